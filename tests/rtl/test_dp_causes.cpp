// verilate: dp_causes
// Every combination of what a cycle could be spent on: the first that applies, and one cause in every cycle; sums of each convolution.
#include "Vdp_causes.h"
#include "unit.h"

enum Cause : unsigned { Idle, Busy, Weights, Inputs, Masks, Drain, Control }; // dp_pkg::cause_e

// The order of docs/architecture.md, "Observation port".
static unsigned cause(const Vdp_causes &top) {
    if (!top.busy_i) return Idle;
    if (top.issue_i) return Busy;
    if (top.wait_mask_i) return Masks;
    if (top.wait_weights_i) return top.wait_groups_i ? Masks : Weights;
    if (top.wait_input_i) return Inputs;
    return top.drain_i ? Drain : Control;
}

Test(dp_causes, first_that_applies) {
    Trial trial(1, 0, 0);
    Unit<Vdp_causes> unit(trial);
    unit->start_i = 0;
    unit->macs_i = unit->conv_i = unit->done_i = 0;
    for (unsigned i = 0; i < 128; i++) {
        unit->busy_i = i & 1;
        unit->issue_i = i >> 1 & 1;
        unit->wait_mask_i = i >> 2 & 1;
        unit->wait_weights_i = i >> 3 & 1;
        unit->wait_groups_i = i >> 4 & 1;
        unit->wait_input_i = i >> 5 & 1;
        unit->drain_i = i >> 6 & 1;
        unit.settle();
        CHECK(trial, unit->cause_o == cause(*unit), "case %u: cause %d, want %u", i, unit->cause_o, cause(*unit));
    }
}

Test(dp_causes, sums_of_each_convolution) {
    for (unsigned seed = 1; seed <= 5; seed++) {
        Trial trial(seed, 30, 0);
        Unit<Vdp_causes> unit(trial);
        unit->busy_i = 1;
        unit->start_i = unit->issue_i = unit->macs_i = unit->conv_i = unit->done_i = 0;
        unit->wait_mask_i = unit->wait_weights_i = unit->wait_groups_i = unit->wait_input_i = unit->drain_i = 0;
        unit.reset();
        uint64_t macs[3] = {}, cycles[3] = {};
        for (int i = 0; i < 1000; i++) {
            unit->start_i = trial.rng.percent(2);
            unit->issue_i = trial.sends();
            unit->macs_i = unit->issue_i ? static_cast<SData>(trial.rng.bits(16)) : 0;
            unsigned conv = unit->conv_i = trial.rng.below(3), shown = unit->done_i = trial.rng.below(3);
            macs[conv] += unit->macs_i;
            cycles[conv] += unit->issue_i;
            for (unsigned k = 0; unit->start_i && k < 3; k++) macs[k] = cycles[k] = 0;
            unit.edge();
            CHECK(trial, unit->macs_o == macs[shown] && unit->array_o == cycles[shown],
                  "cycle %d, convolution %u: %lu macs, want %lu", i, shown, (unsigned long)unit->macs_o,
                  (unsigned long)macs[shown]);
        }
    }
}

// Of a large layer there are more than 2^32.
Test(dp_causes, sums_beyond_32_bits) {
    Trial trial(1, 0, 0);
    Unit<Vdp_causes> unit(trial);
    unit->busy_i = unit->issue_i = 1;
    unit->start_i = unit->macs_i = unit->done_i = unit->conv_i = 0;
    unit->wait_mask_i = unit->wait_weights_i = unit->wait_groups_i = unit->wait_input_i = unit->drain_i = 0;
    unit.reset();
    uint64_t macs = 0;
    for (unit->macs_i = 0xffff; macs < uint64_t{1} << 33; macs += 0xffff) {
        if (unit.cycles > 99000) break; // the unit's budget
        unit.edge();
    }
    CHECK(trial, macs > uint64_t{1} << 32, "only %lu macs", (unsigned long)macs);
    CHECK(trial, unit->macs_o == macs, "%lu macs, want %lu", (unsigned long)unit->macs_o, (unsigned long)macs);
}
