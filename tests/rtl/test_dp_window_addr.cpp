// verilate: dp_window_addr
// Every tap of every 3x3 window of maps and line buffers, padding included: where a tap lies inside the map, its bank is given the tap's address.
#include "Vdp_window_addr.h"
#include "pkg.h"

Test(dp_window_addr, every_window) {
    Trial trial(1, 0, 0);
    Vdp_window_addr top;
    for (int map = 0; map < 60; map++) {
        int w = trial.rng.range(1, 20), h = trial.rng.range(1, 20);
        unsigned tile_width = static_cast<unsigned>(w + 2) / 3, slices = 1 + trial.rng.below(12), base = trial.rng.below(0x4000);
        unsigned ring = trial.rng.percent(50) ? 2 : 0;
        for (int y = -1; y < h; y++)
            for (int x = -1; x < w; x++) {
                unsigned slice = trial.rng.below(slices);
                top.y_i = y + 3;
                top.x_i = x + 3;
                top.slice_i = slice;
                top.slice9_i = slice % 9;
                top.base_i = base - (tile_width + 1) * slices; // one tile row and one tile before the map
                top.tw_i = tile_width;
                top.slices_i = slices;
                top.ring_i = ring;
                top.eval();
                CHECK(trial, top.ry_o == (y + 3) % 3 && top.rx_o == (x + 3) % 3, "corner (%d,%d): residues %d %d", y, x, top.ry_o,
                      top.rx_o);
                for (int tap = 0; tap < 9; tap++) {
                    int ty = y + tap / 3, tx = x + tap % 3;
                    if (ty < 0 || tx < 0 || ty >= h || tx >= w) continue;
                    Place want =
                        place_of(static_cast<unsigned>(ty), static_cast<unsigned>(tx), slice, base, tile_width, slices, ring);
                    CHECK(trial, get_bits(top.addr_o, want.bank * 16, 16) == want.addr, "corner (%d,%d) tap %d slice %u", y, x,
                          tap, slice);
                }
            }
    }
}
