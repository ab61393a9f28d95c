/* Without the wave of a tile: the accumulators of its slice are compared with what they would be if one tap were left out or taken in.
   Only what explains every lane exactly is said. */
#include <inttypes.h>

#include "explain_parts.h"

/* What tap `t` adds to output channel k, masks of positions ignored. */
static int64_t share(const failure_case *c, const golden_conv *g, const int8_t *x, int t, int k) {
    const dp_conv *v = g->conv;
    const plan_conv *pc = failure_case_conv(c);
    int y = c->y * v->stride + v->late_y + t / v->kernel - v->kernel / 2;
    int x0 = c->x * v->stride + v->late_x + t % v->kernel - v->kernel / 2;
    int64_t sum = 0;
    if (y < 0 || x0 < 0 || y >= v->in_h || x0 >= v->in_w) return 0;
    for (int packed = 0; packed < pc->cin; packed++) {
        int in = failure_case_channel(c, pc, true, packed);
        const int8_t *weight = v->weight + ((size_t)k * (size_t)v->cin + (size_t)in) * (size_t)(v->kernel * v->kernel);
        sum += x[(size_t)(y * v->in_w + x0) * (size_t)v->cin + (size_t)in] * weight[t];
    }
    return sum;
}

void explain_sum_blind(const failure_case *c, explanation *e) {
    const golden_conv *g = failure_case_golden(c);
    npy_array acc = {.data = NULL}, seen = {.data = NULL};
    dp_error err;
    e->stage = "gather, weights or partial sum";
    if (g == NULL || failure_case_array(c, "rtl-acc", NPY_INT32, &acc, &err) != DP_OK) return;
    if (failure_case_array(c, "seen", NPY_UINT8, &seen, &err) == DP_OK && seen.count == acc.count) {
        const dp_conv *v = g->conv;
        const int8_t *x = failure_case_input(c, failure_case_conv(c));
        size_t row = (size_t)(c->y * v->out_w + c->x) * (size_t)v->cout;
        for (int t = 0; t < v->kernel * v->kernel && v->kernel <= 3 && row + (size_t)v->cout <= acc.count; t++) {
            int out = 0, in = 0, lanes = 0;
            for (int k = 0; k < v->cout; k++) {
                if (((const uint8_t *)seen.data)[row + (size_t)k] != 2) continue;
                int64_t off = ((const int32_t *)acc.data)[row + (size_t)k] - (int64_t)g->acc[row + (size_t)k],
                        part = share(c, g, x, t, k);
                lanes++;
                out += off == -part;
                in += off == part;
            }
            if (lanes < 4 || (out < lanes && in < lanes) || out == in) continue;
            e->stage = "gather";
            explain_say(e, "  without a wave: all %d accumulators are as if tap %d had been %s\n", lanes, t,
                        out == lanes ? "left out" : "counted twice, or though it is pruned");
        }
    }
    npy_free(&acc);
    npy_free(&seen);
}
