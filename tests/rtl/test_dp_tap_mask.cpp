// verilate: dp_tap_mask @builds
// Live taps of every window of random masks, and of maps without a mask that are wider than the mask memory.
#include UNIT_HEADER
#include "unit.h"

constexpr int GEOMETRY;

namespace {

static void check(Trial &trial, TOP &top, int w, int h, bool masked) {
    std::vector<uint64_t> rows;
    for (int y = 0; y < h; y++) rows.push_back(trial.rng.next());
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            top.y_i = y;
            top.x_i = x;
            top.h_i = h;
            top.w_i = w;
            top.masked_i = masked;
            // beyond the map a row may hold anything
            set_bits(top.above_i, 0, MaskW, y > 0 ? rows[static_cast<size_t>(y - 1)] : trial.rng.next());
            set_bits(top.row_i, 0, MaskW, rows[static_cast<size_t>(y)]);
            set_bits(top.below_i, 0, MaskW, y + 1 < h ? rows[static_cast<size_t>(y + 1)] : trial.rng.next());
            top.eval();
            unsigned want = 0;
            for (int tap = 0; tap < 9; tap++) {
                int ty = y + tap / 3 - 1, tx = x + tap % 3 - 1;
                bool inside = ty >= 0 && tx >= 0 && ty < h && tx < w;
                if (inside && (!masked || (rows[static_cast<size_t>(ty)] >> tx & 1) != 0)) want |= 1u << tap;
            }
            CHECK(trial, top.taps_o == want, "%dx%d (%d,%d) masked %d: taps %03x, want %03x", h, w, y, x, masked, top.taps_o,
                  want);
        }
}

} // namespace

Test(SUITE, every_window) {
    Trial trial(1, 0, 0);
    TOP top;
    for (int h = 1; h <= 8; h++)
        for (int w = 1; w <= MaskW; w++) check(trial, top, w, h, true);
}

Test(SUITE, wide_maps_without_a_mask) {
    Trial trial(2, 0, 0);
    TOP top;
    for (int w : {1, 33, 65, 255}) check(trial, top, w, 3, false);
}
