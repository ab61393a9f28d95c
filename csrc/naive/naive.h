/* The second implementation: docs/numerics.md read aloud, slow and obvious. Shares no code with
   the golden reference, which it checks. */
#ifndef DPACS_NAIVE_H
#define DPACS_NAIVE_H

#include "golden.h"

typedef struct {
    int8_t *out; /* (out_h, out_w, out) final map; NULL in the head */
    int8_t *y[DP_MAX_CONVS]; /* each convolution's map, index as in layer->conv */
    /* (in_h, in_w), (out_h, out_w) of 0/1; all 1 where nothing is masked; blocks only */
    uint8_t *min, *mout;
    uint8_t group_keep[DP_MAX_GROUPS];
    int64_t score[DP_MAX_GROUPS]; /* channel == unit and not dense only */
} naive_layer;

typedef struct {
    int layer_count;
    naive_layer *layers; /* (layer_count) */
    int32_t *logits; /* (classes), NULL without a head */
    int top1; /* -1 without a head */
} naive_result;

/* image (in_h, in_w, in_c) int8. Ends the process if memory runs out: this is for tests and small
   networks. */
void naive_compute(const dp_model *model, const int8_t *image, golden_options options, naive_result *result);
void naive_free(naive_result *result);

#endif
