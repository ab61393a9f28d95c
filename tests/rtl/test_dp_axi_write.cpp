// verilate: dp_axi_write -GPo=8
// verilate: dp_axi_write_32=dp_axi_write -GPo=32
// Slices of logits into a memory of bytes: half a beat at an offset, two beats, all lane counts, late answers and errors.
#include "Vdp_axi_write.h"
#include "Vdp_axi_write_32.h"
#include "unit.h"

constexpr unsigned MostOpen = 15;

// A slave that takes addresses and data in any order, writes bytes by strobe, and answers when both are complete.
template <class Top> class Bench {
  public:
    Bench(Trial &t, unsigned lanes) : trial(t), unit(t), po(lanes), beats((lanes * 4 + 63) / 64), beat(beats) {
        for (unsigned i = 0; i < sizeof memory; i++) memory[i] = want[i] = static_cast<uint8_t>(trial.rng.next());
        unit->valid_i = unit->m_axi_awready_i = unit->m_axi_wready_i = unit->m_axi_bvalid_i = unit->m_axi_bresp_i = 0;
        unit.reset();
    }

    // Hands one slice over.
    void send() {
        unsigned lanes = 1 + trial.rng.below(po);
        addr = trial.rng.below(sizeof memory / (po * 4)) * po * 4;
        unit->valid_i = 1;
        unit->addr_i = addr;
        unit->lanes_i = lanes;
        set_random(unit->data_i, po * 32, trial.rng);
        for (unsigned i = 0; i < lanes * 4; i++) want[addr + i] = static_cast<uint8_t>(get_bits(unit->data_i, i * 8, 8));
        cycle();
        unit->valid_i = 0;
        set_random(unit->data_i, po * 32, trial.rng);
        slices++;
        addressed = done = false;
        beat = 0;
    }

    void slice() {
        while (!trial.sends()) cycle();
        send();
        while (!done) cycle();
    }

    void finish() {
        answering = true;
        while (answered < slices) cycle();
        CHECK(trial, memcmp(memory, want, sizeof memory) == 0, "memory differs");
    }

    void cycle() {
        unit->m_axi_awready_i = trial.takes();
        unit->m_axi_wready_i = trial.takes();
        bool due = complete > answered && answering;
        if (!unit->m_axi_bvalid_i) unit->m_axi_bresp_i = trial.rng.percent(20) ? 2 : 0;
        unit->m_axi_bvalid_i = unit->m_axi_bvalid_i || (due && trial.takes());
        unit.settle();
        CHECK(trial, unit->open_o == (slices > answered), "open %d with %u slices, %u answered", unit->open_o, slices, answered);
        CHECK(trial, aw.step(unit->m_axi_awvalid_o, unit->m_axi_awready_i), "AWVALID fell");
        CHECK(trial, w.step(unit->m_axi_wvalid_o, unit->m_axi_wready_i), "WVALID fell");
        bool answer = unit->m_axi_bvalid_i && unit->m_axi_bready_o;
        CHECK(trial, unit->error_o == (answer && unit->m_axi_bresp_i != 0), "error %d", unit->error_o);
        if (unit->error_o) CHECK(trial, unit->error_resp_o == unit->m_axi_bresp_i, "response %d", unit->error_resp_o);
        if (unit->done_o) {
            CHECK(trial, addressed && beat == beats && !done && slices - answered < MostOpen, "done with %u beats, %u open", beat,
                  slices - answered);
            done = true;
        }
        transfer();
        unit.edge();
        if (answer) {
            answered++;
            unit->m_axi_bvalid_i = 0;
        }
    }

    bool answering = true, done = true;

  private:
    void transfer() {
        if (unit->m_axi_awvalid_o) {
            CHECK(trial, !addressed && unit->m_axi_awaddr_o == (addr & ~63u) && unit->m_axi_awlen_o == beats - 1,
                  "address %08x len %d for a slice at %08x", unit->m_axi_awaddr_o, unit->m_axi_awlen_o, addr);
            addressed = unit->m_axi_awready_i;
        }
        if (unit->m_axi_wvalid_o) {
            CHECK(trial, beat < beats && unit->m_axi_wlast_o == (beat + 1 == beats), "beat %u last %d", beat,
                  unit->m_axi_wlast_o);
            if (unit->m_axi_wready_i) write((addr & ~63u) + 64 * beat++);
        }
        complete = slices - (addressed && beat == beats ? 0 : 1);
    }

    void write(unsigned at) {
        for (unsigned i = 0; i < 64; i++)
            if (unit->m_axi_wstrb_o >> i & 1) memory[at + i] = static_cast<uint8_t>(get_bits(unit->m_axi_wdata_o, i * 8, 8));
    }

    Trial &trial;
    Unit<Top> unit;
    unsigned po, beats, addr = 0, beat, slices = 0, complete = 0, answered = 0;
    bool addressed = true;
    Hold aw, w;
    uint8_t memory[1024], want[1024];
};

template <class Top> static void run(Trial &trial, unsigned po) {
    Bench<Top> bench(trial, po);
    for (int i = 0; i < 100; i++) bench.slice();
    bench.finish();
}

Test(dp_axi_write, half_a_beat) {
    for_trials(1, [](Trial &trial) { run<Vdp_axi_write>(trial, 8); });
}

Test(dp_axi_write, two_beats) {
    for_trials(1, [](Trial &trial) { run<Vdp_axi_write_32>(trial, 32); });
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
