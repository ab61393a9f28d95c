/* What 8-bit pixels become for a network (docs/container.md). */
#ifndef DPACS_PIXELS_H
#define DPACS_PIXELS_H

#include <stddef.h>

#include "model.h"

/* pixels (count, channels) uint8, in place to int8. Not where the network does not say what a pixel means. */
dp_status pixels_map(void *pixels, size_t count, const dp_model *model, const char *path, dp_error *err) DP_MUST_USE;

#endif
