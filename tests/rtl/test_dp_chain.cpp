// verilate: dp_chain
// Random chains with an iterator that takes its time and commands that come late: every cycle's job against the rule of docs/architecture.md.
// No row is given out before what it reads nor into what is still to be read, every row once, and there is always a next one.
#include "Vdp_chain.h"
#include "chain.h"

class Bench {
  public:
    explicit Bench(Trial &t) : trial(t), unit(t) {
        unit->start_i = unit->idle_i = 0;
        unit->chained_i = unit->count_i = unit->rows_i = 0;
        unit.reset();
    }

    void chain(unsigned count, unsigned most) {
        ChainRows rows(random_chain(trial.rng, count, most));
        unsigned there = 1;
        begin(rows, true, rows.chain[0].dst_h);
        set_random(unit->cmds_i, 3 * 512, trial.rng); // of commands that are not there yet
        set_command(unit->cmds_i, rows.chain[0]);
        for (bool start = true; !rows.finished(); start = false) {
            if (there < count && trial.sends() && !start) {
                set_command(unit->cmds_i, rows.chain[there], static_cast<unsigned>(there * sizeof(Command)));
                there++;
            }
            unit->start_i = start;
            unit->idle_i = idle = idle || trial.takes();
            unit->count_i = there;
            unit.settle();
            int want = rows.choice(there);
            CHECK(trial, want >= 0 || there < count, "no row may be worked on: %u %u %u", rows.next(0), rows.next(1),
                  rows.next(2));
            bool job = start || (idle && want >= 0);
            CHECK(trial, unit->job_o == job, "job %d, want %d of %d", unit->job_o, job, want);
            if (!job) {
                same();
                unit.edge();
                continue;
            }
            conv = static_cast<unsigned>(want);
            unsigned y = rows.next(conv);
            CHECK(trial, unit->first_o == y && unit->end_o == y + 1, "rows %d to %d, want %u of %u", unit->first_o, unit->end_o,
                  y, conv);
            rows.give(conv);
            last = rows.next(conv) == rows.chain[conv].dst_h;
            idle = false;
            unit.edge();
        }
        no_more();
    }

    void gang() {
        unsigned rows = 1 + trial.rng.below(trial.rng.percent(20) ? 255 : 20);
        begin(ChainRows({Command()}), false, rows);
        set_random(unit->cmds_i, 3 * 512, trial.rng);
        unit->count_i = 1;
        unit->start_i = 1;
        unit.settle();
        CHECK(trial, unit->job_o && unit->first_o == 0 && unit->end_o == rows, "rows %d to %d of %u", unit->first_o, unit->end_o,
              rows);
        conv = 0;
        last = true;
        unit.edge();
        no_more();
    }

  private:
    void begin(const ChainRows &rows, bool chained, unsigned height) {
        unit->chained_i = chained;
        unit->rows_i = height;
        idle = false;
        conv = rows.next(0);
        last = false;
    }

    // Of the job at work.
    void same() {
        CHECK(trial, unit->conv_o == conv && unit->last_o == last, "convolution %d last %d, want %u %d", unit->conv_o,
              unit->last_o, conv, last);
    }

    void no_more() {
        unit->start_i = 0;
        for (int i = 0; i < 5; i++) {
            unit->idle_i = trial.takes();
            unit.settle();
            CHECK(trial, !unit->job_o, "a job too many");
            same();
            unit.edge();
        }
    }

    Trial &trial;
    Unit<Vdp_chain> unit;
    bool idle = false, last = false;
    unsigned conv = 0;
};

Test(dp_chain, random_chains) {
    for_trials(4, [](Trial &trial) {
        Bench bench(trial);
        for (int i = 0; i < 40; i++) {
            if (trial.rng.percent(20)) bench.gang();
            bench.chain(2 + trial.rng.below(2), trial.rng.percent(50) ? 10 : 40);
        }
    });
}

Test(dp_chain, high_maps) {
    Trial trial(1, 50, 0);
    Bench bench(trial);
    for (int i = 0; i < 20; i++) bench.chain(3, 255);
}
