// verilate: dp_guard
// Errors, aborts and the watchdog in random order against a model: the first error stays, an abort ends when the bus is idle and resets, epochs count.
#include "Vdp_guard.h"
#include "unit.h"

constexpr uint64_t Timeout = uint64_t{9} << 52;

class Bench {
  public:
    explicit Bench(Trial &t) : trial(t), rng(t.rng), unit(t) {
        unit->write_i = unit->read_i = unit->list_i = unit->abort_i = unit->busy_i = unit->bus_idle_i = 0;
        restart();
    }

    void restart() {
        unsigned before = unit->epoch_o;
        bool first = unit.cycles == 0;
        unit->rst_ni = 0;
        for (unsigned i = 0; i < 2 + rng.below(5); i++) unit.edge();
        CHECK(trial, !unit->core_rst_no, "the core is not reset");
        unit->rst_ni = 1;
        unit->timeout_i = 0;
        unit.settle();
        CHECK(trial, first || unit->epoch_o == ((before + 1) & 3), "epoch %d after %u", unit->epoch_o, before);
        epoch = unit->epoch_o;
        halted = aborting = failed = more = false;
        record = idle = 0;
    }

    void cycle(unsigned errors, unsigned aborts) {
        if (rng.percent(1)) limit = rng.below(4) * 3;
        unit->timeout_i = limit;
        unit->busy_i = rng.percent(95);
        unit->progress_i = rng.percent(20);
        unit->bus_idle_i = rng.percent(30);
        unit->abort_i = rng.percent(aborts);
        // units in reset are silent
        uint32_t kinds = resetting ? 0 : rng.percent(errors) ? 1 + rng.below(7) : 0;
        unit->write_i = kinds & 1, unit->read_i = kinds >> 1 & 1, unit->list_i = kinds >> 2 & 1;
        unit->write_more_i = unit->write_i && rng.percent(10), unit->read_more_i = unit->read_i && rng.percent(10);
        unit->write_data_i = rng.bits(56), unit->read_data_i = rng.bits(56), unit->list_data_i = rng.bits(56);
        unit.settle();
        check(kinds);
        unit.edge();
        unit.settle();
    }

  private:
    void check(uint32_t kinds) {
        Vdp_guard &top = *unit;
        bool watch = top.busy_i && !halted && !resetting, expired = watch && !top.progress_i && limit != 0 && idle >= limit;
        bool error = kinds != 0 || expired;
        CHECK(trial, top.core_rst_no == !resetting && top.aborted_o == resetting, "core reset %d", !top.core_rst_no);
        CHECK(trial, top.halt_o == halted && top.failed_o == failed && top.aborting_o == aborting,
              "halt %d failed %d aborting %d", top.halt_o, top.failed_o, top.aborting_o);
        CHECK(trial, top.error_o == error, "error %d, kinds %u, timeout %d", top.error_o, kinds, expired);
        CHECK(trial, top.epoch_o == epoch, "epoch %d", top.epoch_o);
        CHECK(trial, top.record_o == record && top.more_o == more, "record %014lx more %d, want %014lx %d",
              (unsigned long)top.record_o, top.more_o, (unsigned long)record, more);
        idle = watch && !top.progress_i && !expired ? idle + 1 : 0;
        if (error) {
            unsigned count = (kinds & 1) + (kinds >> 1 & 1) + (kinds >> 2 & 1) + expired;
            more = recorded || count > 1 || top.write_more_i || top.read_more_i;
            if (!recorded)
                record = top.write_i ? top.write_data_i : top.read_i ? top.read_data_i : top.list_i ? top.list_data_i : Timeout;
            recorded = true;
        }
        bool reset_next = aborting && !resetting && top.bus_idle_i;
        failed = (failed || error) && !resetting;
        aborting = (aborting && !resetting) || top.abort_i;
        resetting = reset_next;
        halted = failed || aborting;
        if (resetting) recorded = more = false, record = idle = 0; // from the edge on
    }

    Trial &trial;
    Rng &rng;
    Unit<Vdp_guard> unit;
    unsigned epoch = 0, limit = 0, idle = 0;
    bool halted = false, aborting = false, failed = false, more = false, resetting = false, recorded = false;
    uint64_t record = 0;

  public:
    void forget() { resetting = recorded = false; }
};

Test(dp_guard, errors_aborts_and_timeouts) {
    for (unsigned seed = 1; seed <= 20; seed++) {
        Trial trial(seed, 0, 0);
        Bench bench(trial);
        for (int run = 0; run < 10; run++) {
            unsigned errors = trial.rng.below(4), aborts = trial.rng.below(4);
            for (int i = 0; i < 400; i++) bench.cycle(errors, aborts);
            bench.restart();
            bench.forget();
        }
    }
}
