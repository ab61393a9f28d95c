#include "pixels.h"

#include <math.h>
#include <stdint.h>

enum { LEVELS = 256 };

/* The same operations on doubles as in models/train/container.py, so the same integers. */
static int8_t affine(const dp_pixels *p, int channel, int pixel) {
    double value = floor((pixel / 255.0 - p->mean[channel]) / p->std[channel] / p->scale + 0.5);
    return (int8_t)(value < INT8_MIN ? INT8_MIN : value > INT8_MAX ? INT8_MAX : value);
}

dp_status pixels_map(void *pixels, size_t count, const dp_model *model, const char *path, dp_error *err) {
    uint8_t *from = pixels;
    int8_t *to = pixels, table[DP_PIXEL_CHANNELS][LEVELS];
    size_t channels = (size_t)model->in_c;
    switch (model->pixels.mode) {
    case DP_PIXELS_HALF:
        for (size_t i = 0; i < count * channels; i++) to[i] = (int8_t)(from[i] >> 1);
        return DP_OK;
    case DP_PIXELS_AFFINE:
        for (int c = 0; c < model->in_c; c++)
            for (int v = 0; v < LEVELS; v++) table[c][v] = affine(&model->pixels, c, v);
        for (size_t i = 0; i < count * channels; i++) to[i] = table[i % channels][from[i]];
        return DP_OK;
    default:
        return dp_fail(err, DP_BAD_INPUT,
                       "%s: 8-bit pixels, but %s does not say what a pixel becomes: name a .npy file of int8 images", path,
                       model->name);
    }
}
