// verilate: dp_axi_write -GPo=8
// verilate: dp_axi_write_16=dp_axi_write -GPo=16
// verilate: dp_axi_write_32=dp_axi_write -GPo=32
// verilate: dp_axi_write_64=dp_axi_write -GPo=64
// Slices of logits into a memory of bytes: half a beat at an offset, two beats, four beats across pages, all lane counts, late answers, errors, other
// epochs, the end of the address space, halt.
#include "Vdp_axi_write.h"
#include "Vdp_axi_write_16.h"
#include "Vdp_axi_write_32.h"
#include "Vdp_axi_write_64.h"
#include "unit.h"

constexpr unsigned MostOpen = 15; // bursts, when a slice is done
constexpr uint64_t Space = uint64_t{1} << 40;
enum Code { Response = 1, Protocol = 2, Range = 5 };

// A slave that takes addresses and data in any order, writes bytes by strobe, and answers when both are complete. Its memory begins at `base`.
template <class Top> class Bench {
  public:
    Bench(Trial &t, unsigned lanes) : trial(t), rng(t.rng), unit(t), po(lanes), beats((lanes * 4 + 63) / 64) {
        for (unsigned i = 0; i < sizeof memory; i++) memory[i] = want[i] = static_cast<uint8_t>(rng.next());
        unit->valid_i = unit->m_axi_awready_i = unit->m_axi_wready_i = unit->m_axi_bvalid_i = unit->m_axi_bresp_i = unit->halt_i =
            0;
        epoch = rng.below(4);
        unit->epoch_i = epoch;
        base = (rng.bits(26) << 13) & (Space - 1);
        unit.reset();
    }

    // Hands one slice over.
    void send() {
        unsigned lanes = 1 + rng.below(po), unit_bytes = po * 4 < 64 ? po * 4 : 64;
        unsigned offset = rng.below((sizeof memory - po * 4) / unit_bytes + 1) * unit_bytes;
        if (rng.percent(30)) offset = 4096 - 64 * rng.below(beats + 1); // across the page, or at its begin
        addr = base + offset;
        layer = rng.below(256);
        offer(addr, lanes);
        for (unsigned i = 0; i < lanes * 4; i++) want[offset + i] = static_cast<uint8_t>(get_bits(unit->data_i, i * 8, 8));
        uint64_t beat_addr = addr & ~uint64_t{63};
        size_t first = aws.size();
        for (unsigned i = 0; i < beats; i++, beat_addr += 64) {
            if (i == 0 || beat_addr % 4096 == 0) aws.push_back({beat_addr, 0, layer});
            aws.back().beats++;
        }
        for (size_t i = first; i < aws.size(); i++) ws.push_back(aws[i]);
        slice_bursts = static_cast<unsigned>(aws.size() - first);
        open += slice_bursts;
        cycle();
        unit->valid_i = 0;
        set_random(unit->data_i, po * 32, rng);
        done = false;
    }

    void offer(uint64_t at, unsigned lanes) {
        unit->valid_i = 1;
        unit->addr_i = at;
        unit->layer_i = layer;
        unit->lanes_i = lanes;
        set_random(unit->data_i, po * 32, rng);
    }

    void slice() {
        while (!trial.sends()) cycle();
        send();
        while (!done) cycle();
    }

    void finish() {
        answering = true;
        while (open > 0) cycle();
        CHECK(trial, memcmp(memory, want, sizeof memory) == 0, "memory differs");
    }

    // A slice that ends beyond the addresses.
    void refuse() {
        layer = rng.below(256);
        uint64_t at = rng.below(2) ? Space - 64 * (beats - 1) : Space + 64 * rng.below(1000);
        offer(at, po);
        unit.settle();
        if (!unit->m_axi_bvalid_i) expect_error(Range, 0, layer, at & (Space - 1));
        unit->m_axi_awready_i = unit->m_axi_wready_i = 0;
        unit.edge();
        unit->valid_i = 0;
    }

    void cycle() {
        bool starts = unit->valid_i;
        unit->m_axi_awready_i = trial.takes();
        unit->m_axi_wready_i = trial.takes();
        if (!unit->m_axi_bvalid_i) offer_answer();
        unit.settle();
        CHECK(trial, unit->open_o == (open - (starts ? slice_bursts : 0) > 0), "open %d with %u bursts", unit->open_o, open);
        CHECK(trial, aw.step(unit->m_axi_awvalid_o, unit->m_axi_awready_i), "AWVALID fell");
        CHECK(trial, w.step(unit->m_axi_wvalid_o, unit->m_axi_wready_i), "WVALID fell");
        bool answer = unit->m_axi_bvalid_i && unit->m_axi_bready_o, counted = answer && !strange;
        if (counted && unit->m_axi_bresp_i != 0)
            expect_error(Response, unit->m_axi_bresp_i, addressed.front().layer, addressed.front().addr);
        else if (answer && strange && !old)
            expect_error(Protocol, unit->m_axi_bresp_i, 0, 0);
        else
            CHECK(trial, !unit->error_o, "an error");
        if (unit->done_o) {
            CHECK(trial, aws.empty() && ws.empty() && !done && open < MostOpen, "done with %zu bursts to come, %u open",
                  aws.size() + ws.size(), open);
            done = true;
        }
        transfer(starts);
        unit.edge();
        if (answer) unit->m_axi_bvalid_i = 0;
        if (counted) addressed.pop_front(), complete--, open--;
    }

    bool answering = true, done = true;
    unsigned strangers = 0; // percent
    unsigned errors = 0;

  private:
    struct Burst {
        uint64_t addr;
        unsigned beats, layer;
    };

    // To the oldest burst that is complete; or one that nobody waits for: of another epoch, another client.
    void offer_answer() {
        unit->m_axi_bresp_i = rng.percent(20) ? 2 : 0;
        strange = old = false;
        if (rng.percent(strangers)) {
            strange = true;
            old = rng.below(2);
            unit->m_axi_bid_i = old ? ((epoch + 1 + rng.below(3)) % 4) << 1 : epoch << 1 | 1;
            unit->m_axi_bvalid_i = 1;
        } else if (complete > 0 && answering && trial.takes()) {
            unit->m_axi_bid_i = epoch << 1;
            unit->m_axi_bvalid_i = 1;
        }
    }

    void expect_error(unsigned code, unsigned resp, unsigned of_layer, uint64_t at) {
        uint64_t got = unit->error_data_o;
        errors++;
        CHECK(trial, unit->error_o && !unit->error_more_o, "no error");
        CHECK(trial,
              (got & (Space - 1)) == at && (got >> 40 & 0xff) == of_layer && (got >> 48 & 3) == resp && (got >> 50 & 3) == 1 &&
                  got >> 52 == code,
              "error record %014lx, want code %u response %u layer %u address %010lx", (unsigned long)got, code, resp, of_layer,
              (unsigned long)at);
    }

    void transfer(bool starts) {
        if (unit->m_axi_awvalid_o && !starts) {
            CHECK(trial, !aws.empty(), "an address too many");
            const Burst b = aws.front();
            CHECK(trial, unit->m_axi_awaddr_o == b.addr && unit->m_axi_awlen_o == b.beats - 1 && unit->m_axi_awid_o == epoch << 1,
                  "address %010lx len %d, want %010lx %u", (unsigned long)unit->m_axi_awaddr_o, unit->m_axi_awlen_o,
                  (unsigned long)b.addr, b.beats - 1);
            if (unit->m_axi_awready_i) aws.pop_front(), addressed.push_back(b);
        }
        if (unit->m_axi_wvalid_o && !starts) {
            CHECK(trial, !ws.empty() && unit->m_axi_wlast_o == (ws.front().beats == 1), "last %d", unit->m_axi_wlast_o);
            if (unit->m_axi_wready_i) write();
        }
        // answered when address and data are complete
        complete = static_cast<unsigned>(std::min<size_t>(addressed.size(), addressed.size() + aws.size() - ws.size()));
    }

    void write() {
        Burst &b = ws.front();
        for (unsigned i = 0; i < 64; i++)
            if (unit->m_axi_wstrb_o >> i & 1)
                memory[b.addr - base + i] = static_cast<uint8_t>(get_bits(unit->m_axi_wdata_o, i * 8, 8));
        b.addr += 64;
        if (--b.beats == 0) ws.pop_front();
    }

    Trial &trial;
    Rng &rng;
    Unit<Top> unit;
    unsigned po, beats, epoch, layer = 0, open = 0, complete = 0, slice_bursts = 0;
    uint64_t base, addr = 0;
    std::deque<Burst> aws, ws, addressed; // to be addressed, to be written, addressed and not answered
    bool strange = false, old = false;
    Hold aw, w;
    uint8_t memory[8192], want[8192];
};

template <class Top> static void run(Trial &trial, unsigned po, unsigned strangers) {
    Bench<Top> bench(trial, po);
    bench.strangers = strangers;
    for (int i = 0; i < 100; i++) bench.slice();
    bench.finish();
    bench.strangers = 0;
    for (int i = 0; i < 4; i++) bench.cycle();
    for (int i = 0; i < 5; i++) bench.refuse();
    bench.slice();
    bench.finish();
    CHECK(trial, bench.errors > 0, "no error");
}

Test(dp_axi_write, half_a_beat) {
    for_trials(1, [](Trial &trial) { run<Vdp_axi_write>(trial, 8, 0); });
}

Test(dp_axi_write, one_beat) {
    for_trials(1, [](Trial &trial) { run<Vdp_axi_write_16>(trial, 16, 0); });
}

Test(dp_axi_write, two_beats) {
    for_trials(1, [](Trial &trial) { run<Vdp_axi_write_32>(trial, 32, 0); });
}

Test(dp_axi_write, four_beats_across_pages) {
    for_trials(2, [](Trial &trial) { run<Vdp_axi_write_64>(trial, 64, 0); });
}

Test(dp_axi_write, responses_that_nobody_waits_for) {
    for_trials(1, [](Trial &trial) { run<Vdp_axi_write_64>(trial, 64, 10); });
}

Test(dp_axi_write, waits_for_an_answer_when_too_many_are_open) {
    Trial trial(1, 0, 0);
    Bench<Vdp_axi_write> bench(trial, 8);
    bench.answering = false;
    for (unsigned i = 1; i < MostOpen; i++) bench.slice();
    bench.send();
    for (int i = 0; i < 50; i++) bench.cycle();
    CHECK(trial, !bench.done, "done with every place for an answer taken");
    bench.finish();
    CHECK(trial, bench.done, "not done after the answers");
}

Test(dp_axi_write, halt_takes_no_slice_and_completes_the_one_on_its_way) {
    Trial trial(1, 0, 50);
    Unit<Vdp_axi_write_64> unit(trial);
    unit->valid_i = unit->m_axi_awready_i = unit->m_axi_wready_i = unit->m_axi_bvalid_i = unit->m_axi_bresp_i = unit->halt_i = 0;
    unit->epoch_i = 0;
    unit.reset();
    unit->valid_i = 1;
    unit->addr_i = 4096 - 128;
    unit->lanes_i = 64;
    unit.edge();
    unit->halt_i = 1;
    unit->addr_i = Space; // not even refused
    unsigned addresses = 0, words = 0;
    for (int i = 0; i < 100; i++) {
        unit->m_axi_awready_i = trial.takes();
        unit->m_axi_wready_i = trial.takes();
        unit.settle();
        CHECK(trial, !unit->error_o, "an error after halt");
        addresses += unit->m_axi_awvalid_o && unit->m_axi_awready_i;
        words += unit->m_axi_wvalid_o && unit->m_axi_wready_i;
        unit.edge();
    }
    CHECK(trial, addresses == 2 && words == 4 && unit->open_o, "%u addresses, %u words", addresses, words);
}
