#include "gen_parts.h"

#include <math.h>
#include <stdlib.h>

/* of a smooth field: that many plane waves, each of up to that many periods a map */
enum { WAVES = 6, MAX_PERIODS = 2 };

typedef struct {
    double value;
    int position;
} sample;

/* Larger value first, then lower position: a total order, so that the result does not depend on
   qsort. */
static int by_value(const void *left, const void *right) {
    const sample *a = left, *b = right;
    if (a->value != b->value) return a->value < b->value ? 1 : -1;
    return (a->position > b->position) - (a->position < b->position);
}

static void random_field(rng *random, int count, sample *field) {
    for (int i = 0; i < count; i++) field[i] = (sample){rng_unit(random), i};
}

/* A sum of long plane waves: what lies above a threshold forms a few smooth regions. */
static void smooth_field(rng *random, int h, int w, sample *field) {
    const double full_turn = 6.283185307179586;
    double fy[WAVES], fx[WAVES], phase[WAVES];
    for (int k = 0; k < WAVES; k++) {
        fy[k] = MAX_PERIODS * (2 * rng_unit(random) - 1) / h;
        fx[k] = MAX_PERIODS * (2 * rng_unit(random) - 1) / w;
        phase[k] = rng_unit(random);
    }
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            double sum = 0;
            for (int k = 0; k < WAVES; k++) sum += cos(full_turn * (fy[k] * y + fx[k] * x + phase[k]));
            field[y * w + x] = (sample){sum, y * w + x};
        }
}

/* One colour of a chessboard before the other; either colour first. */
static void chessboard(rng *random, int h, int w, sample *field) {
    int colour = (int)rng_below(random, 2);
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) field[y * w + x] = (sample){(x + y + colour) % 2, y * w + x};
}

static void keep_largest(sample *field, int count, int keep, uint8_t *mask) {
    qsort(field, (size_t)count, sizeof *field, by_value);
    for (int i = 0; i < count; i++) mask[field[i].position] = i < keep;
}

dp_status gen_spatial_mask(rng *random, gen_mask kind, int h, int w, int keep, uint8_t *mask, dp_error *err) {
    sample *field = malloc((size_t)h * (size_t)w * sizeof *field);
    if (field == NULL) return dp_fail(err, DP_NO_MEMORY, "out of memory for a mask of %dx%d", h, w);
    if (kind == GEN_CLUSTERED)
        smooth_field(random, h, w, field);
    else if (kind == GEN_ALTERNATING)
        chessboard(random, h, w, field);
    else
        random_field(random, h * w, field);
    keep_largest(field, h * w, keep, mask);
    free(field);
    return DP_OK;
}

void gen_channel_mask(rng *random, int groups, int keep, uint8_t *mask) {
    sample field[DP_MAX_GROUPS];
    random_field(random, groups, field);
    keep_largest(field, groups, keep, mask);
}
