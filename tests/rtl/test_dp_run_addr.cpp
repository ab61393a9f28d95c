// verilate: dp_run_addr
// The place of every word of maps and line buffers of many sizes against the formula of docs/architecture.md, with and without the offset of a
// tile.
#include "Vdp_run_addr.h"
#include "pkg.h"

Test(dp_run_addr, every_position) {
    Trial trial(1, 0, 0);
    Vdp_run_addr top;
    for (int map = 0; map < 40; map++) {
        unsigned w = map == 0 ? 255 : 1 + trial.rng.below(60), h = map == 1 ? 255 : 1 + trial.rng.below(60);
        unsigned tile_width = (w + 2) / 3, slices = 1 + trial.rng.below(12), base = trial.rng.below(0x8000);
        unsigned ring = map < 2 ? 0 : trial.rng.below(3), lead = trial.rng.below(2), offset = lead * (tile_width + 1) * slices;
        for (unsigned y = 0; y < h; y++)
            for (unsigned x = 0; x < w; x++) {
                unsigned slice = trial.rng.below(slices);
                top.y_i = y + 3 * lead;
                top.x_i = x + 3 * lead;
                top.slice_i = slice;
                top.slice9_i = slice % 9;
                top.base_i = base - offset;
                top.tw_i = tile_width;
                top.slices_i = slices;
                top.ring_i = ring;
                top.lead_i = lead;
                top.eval();
                Place want = place_of(y, x, slice, base, tile_width, slices, ring);
                CHECK(trial, top.bank_o == want.bank && top.addr_o == want.addr, "(%u,%u) word %u of %u: bank %d address %d", y,
                      x, slice, slices, top.bank_o, top.addr_o);
            }
    }
}
