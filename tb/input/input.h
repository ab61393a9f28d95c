/* Images of a run: where they come from, and how many where --count does not say. */
#ifndef DPACS_INPUT_H
#define DPACS_INPUT_H

#include "image.h"

/* Images as image_open has them, and seeded noise: for "random", and where no data set has the network's input size. "signed" has numbers below 0
   too, where the network takes them. `count` 0: as many as there are. */
dp_status input_images(image_set *set, const char *path, const dp_model *model, uint64_t seed, int first, int count,
                       dp_error *err) DP_MUST_USE;

/* The same for a run through hardware or model. *count 0 becomes 10, 1 for inputs larger than 64x64, or as many as there are. */
dp_status input_run_images(image_set *set, const char *path, const dp_model *model, uint64_t seed, int first, int *count,
                           dp_error *err) DP_MUST_USE;

/* Whether a block has a mask of either kind: with --dense it is another network than the one that was trained. */
bool input_has_masks(const dp_model *model);

#endif
