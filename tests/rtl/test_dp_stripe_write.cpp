// verilate: dp_stripe_write
// verilate: dp_stripe_write_3=dp_stripe_write -GPorts=3
// verilate: dp_stripe_write_1=dp_stripe_write -GPorts=1
// Bursts to the ports in turn: address, every byte and strobe of them; responses in the order of the bursts, whenever each port answers; errors, wrong
// BIDs, responses that nobody waits for, those of older epochs.
#include "Vdp_stripe_write.h"
#include "Vdp_stripe_write_1.h"
#include "Vdp_stripe_write_3.h"
#include "unit.h"

struct Burst {
    uint64_t addr;
    unsigned beats, id, seed;
};

struct Options {
    unsigned bad = 0, strays = 0, old = 0; // percent: of responses, of idle port cycles, of port cycles
};

template <class Top, unsigned Ports> class Bench {
  public:
    Bench(Trial &t, Options o) : trial(t), rng(t.rng), unit(t, 200000), options(o) {
        Top &top = *unit;
        top.awvalid_i = top.wvalid_i = top.bready_i = top.m_axi_awready_i = top.m_axi_wready_i = top.m_axi_bvalid_i = 0;
        epoch = rng.below(4);
        top.epoch_i = epoch;
        unit.reset();
        unit.edge();
        for (unsigned i = 0; i < 80; i++) {
            unsigned beats = rng.percent(90) ? 1 + rng.below(4) : 1 + rng.below(64);
            Burst b = {(rng.bits(28) << 12) + 64 * rng.below(65 - beats), beats, epoch << 1, rng.below(1000)};
            address.items.push_back(b);
            for (unsigned k = 0; k < beats; k++) data.items.push_back({b.addr + 64 * k, k + 1 == beats, b.id, b.seed});
        }
    }
    void run() {
        while (!address.items.empty() || !data.items.empty() || !open.empty()) cycle();
        for (int i = 0; i < 5; i++) cycle();
    }
    unsigned told = 0, wrong_ids = 0;

  private:
    struct Response {
        unsigned resp;
        bool bad;
    };
    struct Port {
        std::deque<Burst> want, wants_data, owed; // addresses to come; being written; to be answered
        std::deque<Response> sent;
        unsigned quarter = 0;
        bool shown = false, ours = false, lastly = false;
        Response now = {};
        Hold aw, w;
    };

    static uint64_t content(uint64_t addr, unsigned seed) { return (addr + seed) * 0x9e3779b97f4a7c15u; }

    void offer(unsigned p) {
        Top &top = *unit;
        Port &o = port[p];
        if (o.shown) return;
        bool any_open = !o.owed.empty() || !o.want.empty() || !o.wants_data.empty();
        const bool old = rng.percent(options.old), stray = !old && !any_open && rng.percent(options.strays);
        o.ours = !old && !stray;
        if (o.ours && (o.owed.empty() || !trial.sends())) return;
        const bool wrong = o.ours && rng.percent(options.bad);
        unsigned id = (old ? (epoch + 1 + rng.below(3)) % 4 : epoch) << 1 | wrong;
        o.now = {rng.percent(options.bad) ? rng.below(4) : 0, wrong};
        spoil_next |= stray;
        set_bits(top.m_axi_bid_i, 3 * p, 3, id);
        set_bits(top.m_axi_bresp_i, 2 * p, 2, o.now.resp);
        o.shown = true;
    }

    void check_port(unsigned p) {
        Top &top = *unit;
        Port &o = port[p];
        bool aw = get_bits(top.m_axi_awvalid_o, p, 1) != 0, aw_ready = get_bits(top.m_axi_awready_i, p, 1) != 0;
        bool w = get_bits(top.m_axi_wvalid_o, p, 1) != 0, w_ready = get_bits(top.m_axi_wready_i, p, 1) != 0;
        CHECK(trial, o.aw.step(aw, aw_ready) && o.w.step(w, w_ready), "AWVALID or WVALID of port %u fell", p);
        if (aw) {
            CHECK(trial, !o.want.empty(), "port %u: an address that nobody gave", p);
            const Burst &b = o.want.front();
            CHECK(trial,
                  get_bits(top.m_axi_awaddr_o, 40 * p, 40) == b.addr &&
                      get_bits(top.m_axi_awlen_o, 8 * p, 8) == 4 * b.beats - 1 &&
                      get_bits(top.m_axi_awid_o, 3 * p, 3) == epoch << 1,
                  "port %u: another burst than %010lx", p, (unsigned long)b.addr);
            if (aw_ready) {
                if (o.lastly)
                    o.owed.push_back(b); // its data have all come
                else
                    addressed[p] = true;
                o.lastly = false;
                o.want.pop_front();
            }
        }
        if (!w) return;
        CHECK(trial, !o.wants_data.empty(), "port %u: data that nobody gave", p);
        const Burst &b = o.wants_data.front();
        const uint64_t addr = b.addr + 16 * o.quarter;
        const bool last = o.quarter + 1 == 4 * b.beats;
        CHECK(trial,
              get_bits(top.m_axi_wdata_o, 128 * p, 64) == content(addr, b.seed) &&
                  get_bits(top.m_axi_wdata_o, 128 * p + 64, 64) == content(addr + 8, b.seed) &&
                  get_bits(top.m_axi_wstrb_o, 16 * p, 16) == (content(addr, b.seed) >> 40 & 0xffff) &&
                  get_bits(top.m_axi_wlast_o, p, 1) == last,
              "port %u: other data than those of %010lx", p, (unsigned long)addr);
        if (!w_ready) return;
        o.quarter++;
        if (!last) return;
        o.quarter = 0;
        if (addressed[p])
            o.owed.push_back(b);
        else
            o.lastly = true;
        addressed[p] = false;
        o.wants_data.pop_front();
    }

    void check_response() {
        Top &top = *unit;
        CHECK(trial, b_hold.step(top.bvalid_o, top.bready_i), "BVALID fell");
        if (!top.bvalid_o) return;
        CHECK(trial, !open.empty() && !port[open.front()].sent.empty(), "a response out of nowhere");
        Port &o = port[open.front()];
        const Response r = o.sent.front();
        const unsigned id = epoch << 1;
        CHECK(trial, top.bresp_o == r.resp && (top.bid_o == (id | r.bad) || (top.bid_o == (id | 1) && spoil_next)),
              "resp %u id %u, want %u %u", top.bresp_o, top.bid_o, r.resp, id | r.bad);
        if (!top.bready_i) return;
        told += r.resp != 0;
        wrong_ids += top.bid_o & 1;
        o.sent.pop_front();
        open.pop_front();
    }

    void cycle() {
        Top &top = *unit;
        top.awvalid_i = address.offer(trial);
        top.wvalid_i = data.offer(trial);
        if (top.awvalid_i)
            top.awaddr_i = address.front().addr, top.awlen_i = address.front().beats - 1, top.awid_i = address.front().id;
        if (top.wvalid_i) {
            const Burst &b = data.front();
            for (unsigned q = 0; q < 8; q++) set_bits(top.wdata_i, 64 * q, 64, content(b.addr + 8 * q, b.seed));
            for (unsigned q = 0; q < 4; q++) set_bits(top.wstrb_i, 16 * q, 16, content(b.addr + 16 * q, b.seed) >> 40 & 0xffff);
            top.wlast_i = b.beats != 0;
        }
        top.bready_i = trial.takes();
        unsigned aw = 0, w = 0, shown = 0;
        for (unsigned p = 0; p < Ports; p++) {
            aw |= static_cast<unsigned>(trial.takes()) << p;
            w |= static_cast<unsigned>(trial.takes()) << p;
            offer(p);
            shown |= static_cast<unsigned>(port[p].shown) << p;
        }
        top.m_axi_awready_i = aw;
        top.m_axi_wready_i = w;
        top.m_axi_bvalid_i = shown;
        unit.settle();
        check_response();
        for (unsigned p = 0; p < Ports; p++) {
            Port &o = port[p];
            bool taken = o.shown;
            CHECK(trial, !taken || get_bits(top.m_axi_bready_o, p, 1) == 1, "port %u: B waits", p);
            if (taken && o.ours) {
                o.sent.push_back(o.now);
                o.owed.pop_front();
            }
            o.shown = false;
            check_port(p);
        }
        if (top.awvalid_i && top.awready_o) {
            port[turn].want.push_back(address.front());
            port[turn].wants_data.push_back(address.front());
            open.push_back(turn);
            turn = (turn + 1) % Ports;
        }
        (void)address.step(top.awready_o);
        (void)data.step(top.wready_o);
        unit.edge();
    }

    Trial &trial;
    Rng &rng;
    Unit<Top> unit;
    Options options;
    unsigned epoch, turn = 0;
    Source<Burst> address, data; // of data: address of the beat; beats: it is the last one
    std::deque<unsigned> open; // ports, in the order of the bursts
    Port port[Ports];
    bool addressed[Ports] = {}, spoil_next = false;
    Hold b_hold;
};

template <class B> void traffic(Options o) {
    for_trials(2, [&](Trial &trial) {
        B bench(trial, o);
        bench.run();
        CHECK(trial, o.bad == 0 || (bench.told > 0 && bench.wrong_ids > 0), "no error was told");
        CHECK(trial, o.strays == 0 || bench.wrong_ids > 0, "a stray response was not told");
        CHECK(trial, o.bad != 0 || o.strays != 0 || bench.wrong_ids == 0, "an error without reason");
    });
}

using Four = Bench<Vdp_stripe_write, 4>;
using Three = Bench<Vdp_stripe_write_3, 3>;
using One = Bench<Vdp_stripe_write_1, 1>;

Test(dp_stripe_write, four_ports) { traffic<Four>({}); }
Test(dp_stripe_write, three_ports) { traffic<Three>({}); }
Test(dp_stripe_write, one_port) { traffic<One>({}); }
Test(dp_stripe_write, errors) {
    traffic<Four>({.bad = 30});
    traffic<Three>({.bad = 30});
}
Test(dp_stripe_write, older_epochs) { traffic<Four>({.old = 30}); }
Test(dp_stripe_write, responses_that_nobody_waits_for) { traffic<Three>({.strays = 10}); }
