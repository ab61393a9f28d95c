/* Random small networks over the whole space that docs/container.md allows: kinds, strides, masks, edge values. They pass
   dp_model_check, and a seed gives the same network on every machine. */
#ifndef DPACS_RANDOM_MODEL_H
#define DPACS_RANDOM_MODEL_H

#include "model.h"

typedef enum { RANDOM_ANY, RANDOM_ALWAYS, RANDOM_NEVER } random_choice;

/* All zero asks for anything small. */
typedef struct {
    int max_blocks; /* 1 to this many blocks; 0 = 3 */
    int max_size; /* rows and columns of the input, each 1 to this; 0 = 10 */
    int max_channels; /* of any map, 8 to this in steps of 8 (mid: of the group size); 0 = 32 */
    int group; /* 8, 16, …; 0 = 8 or 16 */
    random_choice stem, head, bottleneck, masks; /* masks: spatial and channel */
    random_choice kernel7, max_pool; /* of the stem */
    random_choice reuse; /* RANDOM_ALWAYS: every block has a spatial mask, and most reuse the one before */
} random_model_options;

/* Ends the process if memory runs out. Free with dp_model_free. */
void random_model(dp_model *m, const random_model_options *o, uint64_t seed);

/* An input for m, (in_h, in_w, in_c) int8 over the whole range, sparse now and then; free(). */
int8_t *random_image(const dp_model *m, uint64_t seed);

#endif
