/* The mask units: which positions and which channel groups stay, and the pooling that the channel
   mask and the head share. */
#ifndef DPACS_GOLDEN_MASK_H
#define DPACS_GOLDEN_MASK_H

#include "golden.h"

/* x (positions, channels), weight (channels) -> keep (positions) of 0/1: the dot product plus bias
   is positive. */
void golden_mask_positions(const int8_t *x, int positions, int channels, const int8_t *weight, int32_t bias, uint8_t *keep);
/* keep (h, w) -> half ((h+1)/2, (w+1)/2): OR over 2x2 inside the map. */
void golden_mask_halve(const uint8_t *keep, int h, int w, uint8_t *half);

/* x (positions, channels), keep (positions; NULL = all) -> s (channels); returns N
   (docs/numerics.md). */
int golden_pool(const int8_t *x, int positions, int channels, const uint8_t *keep, dp_pool pool, int32_t *s);
/* s (in), N -> score (groups). */
void golden_mask_scores(const dp_layer *block, const int32_t *s, int n, int64_t *score);
/* score (groups) -> keep (groups) of 0/1 with `count` ones: the largest, ties to the lower
   index. */
void golden_mask_groups(const int64_t *score, int groups, int count, uint8_t *keep);

#endif
