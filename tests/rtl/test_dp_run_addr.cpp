// verilate: dp_run_addr
// The place of every word of maps of many sizes against the formula of docs/architecture.md.
#include "Vdp_run_addr.h"
#include "pkg.h"

Test(dp_run_addr, every_position) {
    Trial trial(1, 0, 0);
    Vdp_run_addr top;
    for (int map = 0; map < 40; map++) {
        unsigned w = map == 0 ? 255 : 1 + trial.rng.below(60), h = map == 1 ? 255 : 1 + trial.rng.below(60);
        unsigned tile_width = (w + 2) / 3, slices = 1 + trial.rng.below(12), base = trial.rng.below(0x8000);
        for (unsigned y = 0; y < h; y++)
            for (unsigned x = 0; x < w; x++) {
                unsigned slice = trial.rng.below(slices);
                top.y_i = y;
                top.x_i = x;
                top.slice_i = slice;
                top.slice9_i = slice % 9;
                top.base_i = base;
                top.tw_i = tile_width;
                top.slices_i = slices;
                top.eval();
                Place want = place_of(y, x, slice, base, tile_width, slices);
                CHECK(trial, top.bank_o == want.bank && top.addr_o == want.addr, "(%u,%u) word %u of %u: bank %d address %d", y,
                      x, slice, slices, top.bank_o, top.addr_o);
            }
    }
}
