/* See golden_requant.h; docs/numerics.md, "Convolution" and "Spatial mask". */
#include "golden_requant.h"

#include <string.h>

static int8_t max8(int8_t a, int8_t b) { return a > b ? a : b; }

int8_t golden_requantize(const dp_conv *conv, int oc, int32_t acc, int8_t identity, bool relu) {
    int64_t sum = (int64_t)acc * conv->mult[oc] + conv->bias[oc];
    if (conv->res_mult != NULL) sum += (int64_t)identity * conv->res_mult[oc];
    sum >>= conv->shift[oc];
    int64_t low = relu ? 0 : INT8_MIN;
    return (int8_t)(sum < low ? low : sum > INT8_MAX ? INT8_MAX : sum);
}

/* acc (out_h*out_w, cout) int32, out_keep (out_h*out_w), group_keep (groups) -> y (out_h*out_w,
   cout) int8, raster order */
void golden_finish_inner(golden_conv *c, const uint8_t *group_keep, int group) {
    int positions = c->conv->out_h * c->conv->out_w, cout = c->conv->cout;
    memset(c->y, 0, (size_t)positions * (size_t)cout);
    for (int p = 0; p < positions; p++) {
        if (c->out_keep != NULL && c->out_keep[p] == 0) continue;
        size_t at = (size_t)p * (size_t)cout;
        for (int oc = 0; oc < cout; oc++)
            if (group_keep == NULL || group_keep[oc / group] != 0)
                c->y[at + (size_t)oc] = golden_requantize(c->conv, oc, c->acc[at + (size_t)oc], 0, true);
    }
}

/* acc (out_h*out_w, cout) int32, keep (out_h*out_w) -> y (out_h*out_w, cout) int8, raster order */
void golden_finish_shortcut(golden_conv *c, const uint8_t *keep) {
    int positions = c->conv->out_h * c->conv->out_w, cout = c->conv->cout;
    for (int p = 0; p < positions; p++) {
        size_t at = (size_t)p * (size_t)cout;
        bool relu = keep != NULL && keep[p] == 0;
        for (int oc = 0; oc < cout; oc++)
            c->y[at + (size_t)oc] = golden_requantize(c->conv, oc, c->acc[at + (size_t)oc], 0, relu);
    }
}

/* acc (out_h*out_w, cout) int32, identity (out_h*out_w, cout) int8, out_keep (out_h*out_w) -> y
   (out_h*out_w, cout) int8, raster order */
void golden_finish_residual(golden_conv *c, const int8_t *identity) {
    int positions = c->conv->out_h * c->conv->out_w, cout = c->conv->cout;
    for (int p = 0; p < positions; p++) {
        bool kept = c->out_keep == NULL || c->out_keep[p] != 0;
        size_t at = (size_t)p * (size_t)cout;
        for (int oc = 0; oc < cout; oc++, at++)
            c->y[at] = kept ? golden_requantize(c->conv, oc, c->acc[at], identity[at], true) : max8(0, identity[at]);
    }
}

/* conv (h, w, channels) int8 -> out (out_h, out_w, channels) int8, raster order; of each output its
   nine taps, all channels of a tap */
void golden_max_pool(const int8_t *conv, int h, int w, int channels, int8_t *out, int out_h, int out_w) {
    size_t width = (size_t)channels;
    memset(out, INT8_MIN, (size_t)(out_h * out_w) * width);
    for (int y = 0; y < out_h; y++) {
        for (int x = 0; x < out_w; x++, out += width) {
            for (int t = 0; t < 9; t++) {
                int iy = 2 * y + t / 3 - 1, ix = 2 * x + t % 3 - 1;
                if (iy < 0 || iy >= h || ix < 0 || ix >= w) continue;
                const int8_t *from = conv + (size_t)(iy * w + ix) * width;
                for (size_t c = 0; c < width; c++) out[c] = max8(out[c], from[c]);
            }
        }
    }
}
