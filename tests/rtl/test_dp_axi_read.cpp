// verilate: dp_axi_read -GOpen=8
// Runs of beats become bursts: 4 KiB boundaries, 64 beats, order, the command client first; data in any order between the clients reach theirs; what is
// refused, what memory does wrong and what belongs to another epoch; halt.
#include "Vdp_axi_read.h"
#include "unit.h"

constexpr uint64_t Space = uint64_t{1} << 40;
enum Code { Response = 1, Protocol, Align, Empty, Range };

struct Burst {
    uint64_t addr;
    unsigned beats, client, layer;
};

struct Request {
    uint64_t addr;
    unsigned beats, layer;
    Code refusal() const {
        return addr % 64 != 0 ? Align : beats == 0 ? Empty : addr + uint64_t{64} * beats > Space ? Range : Code{};
    }
};

static Request random_request(Rng &rng, unsigned bad_percent) {
    static const unsigned sizes[] = {1, 2, 4, 63, 64, 65, 128, 200};
    Request r = {rng.bits(39) & ~uint64_t{63}, rng.percent(50) ? sizes[rng.below(8)] : 1 + rng.below(300), rng.below(256)};
    if (rng.percent(30)) r.addr = (r.addr & ~uint64_t{4095}) - 64 * rng.below(3); // at and just before a boundary
    r.addr &= Space - 1;
    if (rng.percent(5)) r.addr = Space - uint64_t{64} * r.beats; // the last bytes there are
    if (!rng.percent(bad_percent)) return r;
    switch (rng.below(3)) {
    case 0: r.addr += 1u << rng.below(6); break;
    case 1: r.beats = 0; break;
    default: r.addr = Space - uint64_t{64} * (r.beats - 1); break;
    }
    r.addr &= Space - 1;
    return r;
}

// Every run beat by beat: a new burst where a beat starts a 4 KiB page or the burst has 64 beats.
static void split(std::deque<Burst> &bursts, const Request &run, unsigned client) {
    for (unsigned i = 0; i < run.beats; i++) {
        uint64_t addr = run.addr + 64 * i;
        if (i == 0 || addr % 4096 == 0 || bursts.back().beats == 64) bursts.push_back({addr, 0, client, client ? run.layer : 0});
        bursts.back().beats++;
    }
}

struct Options {
    unsigned runs = 60, cmd_percent = 30, bad_runs = 0, bad_beats = 0, strays = 0;
    uint64_t halt_at = ~uint64_t{0};
};

class Bench {
  public:
    Bench(Trial &t, Options o) : trial(t), rng(t.rng), unit(t), options(o) {
        Vdp_axi_read &top = *unit;
        top.halt_i = top.cmd_valid_i = top.ld_valid_i = top.ld_rready_i = top.m_axi_arready_i = top.m_axi_rvalid_i = 0;
        epoch = rng.below(4);
        top.epoch_i = epoch;
        unit.reset();
        unit.edge(); // RREADY rises
        for (unsigned i = 0; i < o.runs; i++)
            (rng.percent(o.cmd_percent) ? cmd : ld).items.push_back(random_request(rng, o.bad_runs));
    }

    void run() {
        while (!cmd.items.empty() || !ld.items.empty() || !want.empty() || anything_open() || unit->m_axi_rvalid_i) cycle();
        for (int i = 0; i < 5; i++) cycle();
        CHECK(trial, unit->idle_o, "not idle at the end");
    }

    void run_halted() {
        for (int i = 0; i < 12000; i++) cycle();
        CHECK(trial, unit->idle_o && !unit->m_axi_arvalid_o && unit->m_axi_rready_o, "not idle, long after halt");
    }

    unsigned cycles() const { return unit.cycles; }
    unsigned bursts = 0, beats = 0, errors = 0;

  private:
    bool anything_open() const { return !open[0].empty() || !open[1].empty(); }
    bool halted() const { return unit.cycles > options.halt_at; }

    void drive() {
        Vdp_axi_read &top = *unit;
        top.halt_i = halted();
        top.cmd_valid_i = cmd.offer(trial);
        top.ld_valid_i = ld.offer(trial);
        if (top.cmd_valid_i) top.cmd_addr_i = cmd.front().addr, top.cmd_beats_i = cmd.front().beats;
        if (top.ld_valid_i) top.ld_addr_i = ld.front().addr, top.ld_beats_i = ld.front().beats, top.ld_layer_i = ld.front().layer;
        top.m_axi_arready_i = trial.takes();
        top.ld_rready_i = trial.takes();
        if (!top.m_axi_rvalid_i && trial.sends()) offer_beat();
    }

    // A beat of one of the clients' oldest bursts, whichever; or one that nobody asked for.
    void offer_beat() {
        Vdp_axi_read &top = *unit;
        unsigned client = rng.below(2);
        if (sent[client].empty()) client = !client;
        set_random(top.m_axi_rdata_i, 512, rng);
        top.m_axi_rresp_i = rng.percent(options.bad_beats) ? 2 + rng.below(2) : 0;
        top.m_axi_rlast_i = rng.below(2);
        old = rng.percent(options.strays);
        stray = old;
        if (old) {
            top.m_axi_rid_i = ((epoch + 1 + rng.below(3)) % 4) << 1 | rng.below(2);
        } else if (!sent[client].empty()) {
            Burst &b = sent[client].front();
            top.m_axi_rid_i = epoch << 1 | client;
            top.m_axi_rlast_i = (b.beats == 1) != rng.percent(options.bad_beats);
            set_bits(top.m_axi_rdata_i, 0, 64, b.addr);
            b.addr += 64;
            if (--b.beats == 0) sent[client].pop_front();
        } else {
            stray = rng.percent(options.strays) && !anything_open();
            if (!stray) return;
            top.m_axi_rid_i = epoch << 1 | rng.below(2);
        }
        top.m_axi_rvalid_i = 1;
    }

    // What the unit shows inside: the beat that the skid buffer lets through or has kept.
    struct Beat {
        uint64_t data;
        unsigned client, resp, last;
        bool old, stray;
    };

    void check_address(Vdp_axi_read &top) {
        CHECK(trial, hold.step(top.m_axi_arvalid_o, top.m_axi_arready_i), "ARVALID fell");
        if (!top.m_axi_arvalid_o) return;
        CHECK(trial, !want.empty(), "a burst that nobody asked for");
        const Burst b = want.front();
        CHECK(trial,
              top.m_axi_araddr_o == b.addr && top.m_axi_arlen_o == b.beats - 1 && top.m_axi_arid_o == (epoch << 1 | b.client),
              "burst %010lx len %d id %d, want %010lx %u %u", (unsigned long)top.m_axi_araddr_o, top.m_axi_arlen_o,
              top.m_axi_arid_o, (unsigned long)b.addr, b.beats - 1, b.client);
        CHECK(trial, open[0].size() <= 1 && open[1].size() <= 8, "too many bursts are open");
        if (!top.m_axi_arready_i) return;
        want.pop_front();
        bursts++;
        open[b.client].push_back(b);
        fresh.push_back(b); // may be answered from the next cycle on
    }

    struct Error {
        bool any;
        unsigned code, of_list, resp, layer;
        uint64_t addr;
    };

    // The beat at the head, if it is taken in this cycle; and its error.
    Error take_beat(Vdp_axi_read &top) {
        Error e = {};
        if (top.m_axi_rvalid_i && top.m_axi_rready_o)
            inside.push_back(
                {get_bits(top.m_axi_rdata_i, 0, 64), top.m_axi_rid_i & 1u, top.m_axi_rresp_i, top.m_axi_rlast_i, old, stray});
        if (inside.empty()) {
            CHECK(trial, !top.cmd_rvalid_o && !top.ld_rvalid_o, "a beat out of nowhere");
            return e;
        }
        const Beat b = inside.front();
        bool known = !b.old && !b.stray;
        CHECK(trial, top.cmd_rvalid_o == (known && !b.client && !halted()) && top.ld_rvalid_o == (known && b.client && !halted()),
              "a beat went astray");
        if (known && b.client && !top.ld_rready_i && !halted()) return e;
        inside.pop_front();
        if (b.old) return e;
        if (b.stray) return {true, Protocol, !b.client, b.resp, 0, 0};
        Burst &o = open[b.client].front();
        CHECK(trial, b.data == o.addr && get_bits(top.rdata_o, 0, 64) == o.addr, "another beat");
        if (b.resp != 0 || b.last != (o.beats == 1))
            e = {true, b.resp != 0 ? Response : Protocol, !b.client, b.resp, o.layer, o.addr};
        o.addr += 64;
        beats++;
        if (--o.beats == 0) open[b.client].pop_front();
        return e;
    }

    void cycle() {
        drive();
        unit.settle();
        Vdp_axi_read &top = *unit;
        CHECK(trial, top.idle_o == (want.empty() && !anything_open()) || halted(), "idle %d", top.idle_o);
        bool inside_before = !inside.empty();
        CHECK(trial, top.m_axi_rready_o == !inside_before, "RREADY %d", top.m_axi_rready_o);
        check_address(top);
        CHECK(trial, !(top.cmd_valid_i && top.ld_ready_o), "the loader went first");
        CHECK(trial, !halted() || (!top.cmd_ready_o && !top.ld_ready_o), "a request was accepted after halt");
        Error e = take_beat(top);
        bool more = false;
        for (unsigned client = 0; client < 2; client++) {
            Source<Request> &source = client ? ld : cmd;
            bool taken = client ? top.ld_valid_i && top.ld_ready_o : top.cmd_valid_i && top.cmd_ready_o;
            if (taken && source.front().refusal() != Code{}) {
                const Request &r = source.front();
                more = e.any;
                if (!e.any) e = {true, r.refusal(), !client, 0, client ? r.layer : 0, r.addr};
            } else if (taken) {
                split(want, source.front(), client);
            }
            source.step(client ? top.ld_ready_o : top.cmd_ready_o);
        }
        check_error(top, e, more);
        bool taken = top.m_axi_rvalid_i && top.m_axi_rready_o;
        unit.edge();
        if (taken) top.m_axi_rvalid_i = 0;
        for (const Burst &b : fresh) sent[b.client].push_back(b);
        fresh.clear();
        if (halted()) want.resize(std::min<size_t>(want.size(), top.m_axi_arvalid_o ? 1 : 0));
    }

    void check_error(Vdp_axi_read &top, const Error &e, bool more) {
        CHECK(trial, top.error_o == e.any && top.error_more_o == more, "error %d more %d, want %d %d", top.error_o,
              top.error_more_o, e.any, more);
        if (!e.any) return;
        errors++;
        uint64_t got = top.error_data_o;
        CHECK(trial,
              (got & (Space - 1)) == e.addr && (got >> 40 & 0xff) == e.layer && (got >> 48 & 3) == e.resp &&
                  (got >> 50 & 1) == 0 && (got >> 51 & 1) == e.of_list && got >> 52 == e.code,
              "error record %014lx, want code %u list %u response %u layer %u address %010lx", (unsigned long)got, e.code,
              e.of_list, e.resp, e.layer, (unsigned long)e.addr);
    }

    Trial &trial;
    Rng &rng;
    Unit<Vdp_axi_read> unit;
    Options options;
    unsigned epoch;
    Source<Request> cmd, ld;
    std::deque<Burst> want, open[2], sent[2], fresh; // asked for; on the bus, as the unit counts and as memory does
    std::deque<Beat> inside;
    bool old = false, stray = false;
    Hold hold;
};

Test(dp_axi_read, bursts_and_data) {
    for_trials(3, [](Trial &trial) { Bench(trial, {}).run(); });
}

Test(dp_axi_read, a_burst_a_cycle) {
    Trial trial(1, 0, 0);
    Bench bench(trial, {.runs = 200, .cmd_percent = 0});
    bench.run();
    CHECK(trial, bench.cycles() <= bench.beats + bench.bursts / 8 + 20, "%u beats took %u cycles", bench.beats, bench.cycles());
}

Test(dp_axi_read, refused_runs) {
    for_trials(3, [](Trial &trial) {
        Bench bench(trial, {.bad_runs = 40});
        bench.run();
        CHECK(trial, bench.errors > 0, "nothing was refused");
    });
}

Test(dp_axi_read, errors_strays_and_old_epochs) {
    for_trials(3, [](Trial &trial) {
        Bench bench(trial, {.runs = 40, .bad_runs = 20, .bad_beats = 20, .strays = 10});
        bench.run();
        CHECK(trial, bench.errors > 0, "no error");
    });
}

Test(dp_axi_read, halt_drains) {
    for_trials(4, [](Trial &trial) { Bench(trial, {.runs = 100, .halt_at = 20 + trial.rng.below(300)}).run_halted(); });
}
