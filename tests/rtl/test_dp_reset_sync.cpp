// verilate: dp_reset_sync
// A reset begins without a clock and ends two edges after its source, however short it was.
#include "Vdp_reset_sync.h"
#include "unit.h"

Test(dp_reset_sync, begins_at_once_and_ends_with_the_clock) {
    Trial trial(1, 0, 0);
    Unit<Vdp_reset_sync> unit(trial);
    unit->clk_i = 0;
    for (int i = 0; i < 50; i++) {
        unit->rst_ni = 1;
        unit->eval();
        unit->rst_ni = 0;
        unit->eval();
        CHECK(trial, !unit->rst_no, "no reset");
        for (unsigned held = trial.rng.below(3); held > 0; held--) unit.edge();
        CHECK(trial, !unit->rst_no, "the reset ended before its source");
        unit->rst_ni = 1;
        unit.settle();
        CHECK(trial, !unit->rst_no, "the reset ended without the clock");
        unit.edge();
        CHECK(trial, !unit->rst_no, "the reset ended after one edge");
        unit.edge();
        CHECK(trial, unit->rst_no, "the reset did not end");
        for (unsigned after = trial.rng.below(3); after > 0; after--) unit.edge();
    }
}
