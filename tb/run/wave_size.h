/* What the wave of a whole run will take, before it is made. */
#ifndef DPACS_WAVE_SIZE_H
#define DPACS_WAVE_SIZE_H

#include "sim.h"

typedef struct {
    uint64_t cycles; /* traced, says the cycle model of the first image */
    double bytes, seconds; /* of one core; measured, see wave_size.c */
} wave_size;

/* For bench.wave of `options`, all levels of the hierarchy. */
dp_status wave_size_predict(const dp_model *model, const image_set *images, const sim_options *options, wave_size *size,
                            dp_error *err) DP_MUST_USE;

#endif
