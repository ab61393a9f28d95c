// verilate: dp_tap_mask -GMaskW=16
// Live taps of every window of random masks, and of maps without a mask that are wider than the mask memory.
#include "Vdp_tap_mask.h"
#include "unit.h"

constexpr int MaskW = 16;

static void check(Trial &trial, Vdp_tap_mask &top, int w, int h, bool masked) {
    std::vector<uint16_t> rows;
    for (int y = 0; y < h; y++) rows.push_back(static_cast<uint16_t>(trial.rng.bits(16)));
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            top.y_i = y;
            top.x_i = x;
            top.h_i = h;
            top.w_i = w;
            top.masked_i = masked;
            // beyond the map a row may hold anything
            top.above_i = y > 0 ? rows[static_cast<size_t>(y - 1)] : static_cast<uint16_t>(trial.rng.next());
            top.row_i = rows[static_cast<size_t>(y)];
            top.below_i = y + 1 < h ? rows[static_cast<size_t>(y + 1)] : static_cast<uint16_t>(trial.rng.next());
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

Test(dp_tap_mask, every_window) {
    Trial trial(1, 0, 0);
    Vdp_tap_mask top;
    for (int h = 1; h <= 8; h++)
        for (int w = 1; w <= MaskW; w++) check(trial, top, w, h, true);
}

Test(dp_tap_mask, wide_maps_without_a_mask) {
    Trial trial(2, 0, 0);
    Vdp_tap_mask top;
    for (int w : {1, 16, 17, 40, 255}) check(trial, top, w, 3, false);
}
