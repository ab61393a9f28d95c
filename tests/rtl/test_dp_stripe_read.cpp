// verilate: dp_stripe_read
// verilate: dp_stripe_read_3=dp_stripe_read -GPorts=3 -GStripe=2 -GDepth=8 -GBursts=4
// verilate: dp_stripe_read_1=dp_stripe_read -GPorts=1 -GStripe=1 -GDepth=32
// Bursts over several ports, with dp_port_read inside: the pieces that each port is asked for; beats whole and in order, whenever each port answers; bad
// responses, wrong RLAST and RID, data that nobody asked for, data of older epochs.
#include "Vdp_stripe_read.h"
#include "Vdp_stripe_read_1.h"
#include "Vdp_stripe_read_3.h"
#include "unit.h"

struct Burst {
    uint64_t addr;
    unsigned beats, id;
};

struct Options {
    unsigned bursts = 60, longest = 64;
    unsigned bad = 0, strays = 0, old = 0; // percent: of quarters, of idle port cycles, of port cycles
};

template <class Top, unsigned Ports, unsigned Stripe, unsigned Depth> class Bench {
  public:
    Bench(Trial &t, Options o) : trial(t), rng(t.rng), unit(t, 400000), options(o) {
        Top &top = *unit;
        top.arvalid_i = top.rready_i = top.m_axi_arready_i = top.m_axi_rvalid_i = 0;
        epoch = rng.below(4);
        top.epoch_i = epoch;
        unit.reset();
        unit.edge(); // RREADY rises
        for (unsigned i = 0; i < o.bursts; i++) {
            unsigned beats = rng.percent(50) ? 1 + rng.below(9) : 1 + rng.below(o.longest);
            uint64_t page = rng.bits(28) << 12;
            master.items.push_back({page + 64 * rng.below(65 - beats), beats, epoch << 1 | rng.below(2)});
        }
    }
    void run() {
        while (!master.items.empty() || !want.empty()) cycle();
        for (int i = 0; i < 5; i++) cycle();
    }
    unsigned cycles() const { return unit.cycles; }
    unsigned beats = 0, spoiled = 0, answered_badly = 0;

  private:
    struct Beat {
        uint64_t addr;
        unsigned port, id;
        bool last;
    };
    struct Done {
        unsigned resp;
        bool bad;
    };
    struct Port {
        std::deque<Burst> want, open; // to be asked for; to be answered
        std::deque<Done> done;
        unsigned quarter = 0, resp = 0, outstanding = 0;
        bool bad = false, spoiled = false, shown = false, ours = false;
        Hold hold;
    };

    static uint64_t content(uint64_t addr, unsigned half) { return (addr + half) * 0x9e3779b97f4a7c15u; }

    void split(const Burst &b) {
        for (unsigned at = 0; at < b.beats; at += Stripe) {
            unsigned size = std::min(Stripe, b.beats - at);
            port[turn].want.push_back({b.addr + 64 * at, size, 0});
            for (unsigned i = 0; i < size; i++) want.push_back({b.addr + 64 * (at + i), turn, b.id, at + i + 1 == b.beats});
            turn = (turn + 1) % Ports;
        }
    }

    // What port p shows in this cycle, unless its last word still stands.
    void offer(unsigned p) {
        Top &top = *unit;
        Port &o = port[p];
        if (o.shown) return;
        const bool old = rng.percent(options.old),
                   stray = !old && o.open.empty() && o.want.empty() && rng.percent(options.strays);
        o.ours = !old && !stray;
        if (o.ours && (o.open.empty() || !trial.sends())) return;
        unsigned id = (old ? (epoch + 1 + rng.below(3)) % 4 : epoch) << 1, resp = 0;
        bool last = rng.below(2) != 0;
        set_bits(top.m_axi_rdata_i, 128 * p, 64, rng.next());
        if (o.ours) {
            const Burst &b = o.open.front();
            const uint64_t addr = b.addr + 16 * o.quarter;
            const bool wrong_last = rng.percent(options.bad), wrong_id = rng.percent(options.bad);
            resp = rng.percent(options.bad) ? rng.below(4) : 0;
            last = (o.quarter + 1 == 4 * b.beats) != wrong_last;
            id |= wrong_id;
            o.bad |= wrong_last || wrong_id || o.spoiled;
            o.resp = std::max(o.resp, resp);
            set_bits(top.m_axi_rdata_i, 128 * p, 64, content(addr, 0));
            set_bits(top.m_axi_rdata_i, 128 * p + 64, 64, content(addr, 1));
        }
        o.spoiled |= stray;
        set_bits(top.m_axi_rresp_i, 2 * p, 2, resp);
        set_bits(top.m_axi_rlast_i, p, 1, last);
        set_bits(top.m_axi_rid_i, 3 * p, 3, id);
        o.shown = true;
    }

    void check_address(unsigned p) {
        Top &top = *unit;
        Port &o = port[p];
        bool valid = get_bits(top.m_axi_arvalid_o, p, 1) != 0, ready = get_bits(top.m_axi_arready_i, p, 1) != 0;
        CHECK(trial, o.hold.step(valid, ready), "ARVALID of port %u fell", p);
        if (!valid) return;
        CHECK(trial, !o.want.empty(), "port %u: a burst that nobody asked for", p);
        const Burst b = o.want.front();
        uint64_t addr = get_bits(top.m_axi_araddr_o, 40 * p, 40), len = get_bits(top.m_axi_arlen_o, 8 * p, 8);
        CHECK(trial, addr == b.addr && len == 4 * b.beats - 1 && get_bits(top.m_axi_arid_o, 3 * p, 3) == epoch << 1,
              "port %u: burst %010lx len %u, want %010lx %u", p, (unsigned long)addr, (unsigned)len, (unsigned long)b.addr,
              4 * b.beats - 1);
        if (!ready) return;
        o.want.pop_front();
        o.outstanding += b.beats;
        CHECK(trial, o.outstanding <= Depth + 1, "port %u: more asked for than there is room here and in the last register", p);
        fresh[p].push_back(b); // may be answered from the next cycle on
    }

    void take_quarter(unsigned p) {
        Port &o = port[p];
        CHECK(trial, get_bits(unit->m_axi_rready_o, p, 1) == 1, "port %u: R waits", p);
        o.shown = false;
        if (!o.ours) return;
        if (++o.quarter % 4 == 0) {
            o.done.push_back({o.resp, o.bad});
            o.resp = 0;
            o.bad = false;
        }
        if (o.quarter == 4 * o.open.front().beats) {
            o.open.pop_front();
            o.quarter = 0;
        }
    }

    void take_beat() {
        Top &top = *unit;
        CHECK(trial, r_hold.step(top.rvalid_o, top.rready_i), "RVALID fell");
        if (!top.rvalid_o) return;
        CHECK(trial, !want.empty() && !port[want.front().port].done.empty(), "a beat out of nowhere");
        const Beat w = want.front();
        Port &o = port[w.port];
        const Done d = o.done.front();
        CHECK(trial, top.rid_o == w.id && top.rresp_o == d.resp && top.rlast_o == (w.last != d.bad),
              "beat %010lx: id %u resp %u last %u, want %u %u %u", (unsigned long)w.addr, top.rid_o, top.rresp_o, top.rlast_o,
              w.id, d.resp, w.last != d.bad);
        for (unsigned h = 0; h < 8; h++)
            CHECK(trial, get_bits(top.rdata_o, 64 * h, 64) == content(w.addr + 16 * (h / 2), h % 2), "another beat than %010lx",
                  (unsigned long)w.addr);
        if (!top.rready_i) return;
        beats++;
        spoiled += d.bad;
        answered_badly += d.resp != 0;
        o.outstanding--;
        o.done.pop_front();
        want.pop_front();
    }

    void cycle() {
        Top &top = *unit;
        top.arvalid_i = master.offer(trial);
        if (top.arvalid_i)
            top.araddr_i = master.front().addr, top.arlen_i = master.front().beats - 1, top.arid_i = master.front().id;
        top.rready_i = trial.takes();
        unsigned ready = 0, shown = 0;
        for (unsigned p = 0; p < Ports; p++) {
            ready |= static_cast<unsigned>(trial.takes()) << p;
            offer(p);
            shown |= static_cast<unsigned>(port[p].shown) << p;
        }
        top.m_axi_arready_i = ready;
        top.m_axi_rvalid_i = shown;
        unit.settle();
        take_beat();
        for (unsigned p = 0; p < Ports; p++) {
            check_address(p);
            if (port[p].shown) take_quarter(p);
        }
        if (top.arvalid_i && top.arready_o) split(master.front());
        (void)master.step(top.arready_o);
        unit.edge();
        for (unsigned p = 0; p < Ports; p++) {
            for (const Burst &b : fresh[p]) port[p].open.push_back(b);
            fresh[p].clear();
        }
    }

    Trial &trial;
    Rng &rng;
    Unit<Top> unit;
    Options options;
    unsigned epoch, turn = 0;
    Source<Burst> master;
    std::deque<Beat> want;
    Port port[Ports];
    std::deque<Burst> fresh[Ports];
    Hold r_hold;
};

using Four = Bench<Vdp_stripe_read, 4, 4, 64>;
using Three = Bench<Vdp_stripe_read_3, 3, 2, 8>;
using One = Bench<Vdp_stripe_read_1, 1, 1, 32>;

template <class B> void traffic(Options o) {
    for_trials(2, [&](Trial &trial) {
        B bench(trial, o);
        bench.run();
        CHECK(trial, o.bad == 0 || (bench.spoiled > 0 && bench.answered_badly > 0), "nothing was bad");
    });
}

Test(dp_stripe_read, four_ports) { traffic<Four>({}); }
Test(dp_stripe_read, three_ports) { traffic<Three>({}); }
Test(dp_stripe_read, one_port) { traffic<One>({}); }
Test(dp_stripe_read, errors) {
    traffic<Four>({.bad = 5});
    traffic<Three>({.bad = 5});
}
Test(dp_stripe_read, older_epochs) { traffic<Four>({.old = 30}); }
Test(dp_stripe_read, data_that_nobody_asked_for) {
    unsigned spoiled = 0;
    for_trials(2, [&](Trial &trial) {
        Four bench(trial, {.strays = 3});
        bench.run();
        spoiled += bench.spoiled;
    });
    cr_assert_gt(spoiled, 0, "not told");
}

// 64 bytes a cycle of four ports, 48 of three, 16 of one.
template <class B> void throughput(unsigned cycles_for_three_beats) {
    Trial trial(1, 0, 0);
    B bench(trial, {.bursts = 100});
    bench.run();
    CHECK(trial, 3 * bench.cycles() <= cycles_for_three_beats * bench.beats + 200, "%u beats took %u cycles", bench.beats,
          bench.cycles());
}
Test(dp_stripe_read, a_beat_a_cycle_from_four_ports) { throughput<Four>(3); }
Test(dp_stripe_read, three_beats_in_four_cycles_from_three_ports) { throughput<Three>(4); }
Test(dp_stripe_read, a_beat_in_four_cycles_from_one_port) { throughput<One>(12); }
