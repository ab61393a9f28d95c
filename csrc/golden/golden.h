/* Golden reference: the whole pruned network, unit by unit, exactly as docs/numerics.md says. Knows
   nothing of the RTL. */
#ifndef DPACS_GOLDEN_H
#define DPACS_GOLDEN_H

#include "model.h"

/* What one convolution produced. Channels are the network's own (dropped groups and pruned
   positions hold 0 in y and acc). */
typedef struct {
    const dp_conv *conv;
    /* (out_h, out_w, cout); conv of role conv2/conv3 with residual: the block's output, identity at
       pruned positions */
    int8_t *y;
    /* (out_h, out_w, cout) accumulators before requantization; 0 where nothing was computed */
    int32_t *acc;
    const uint8_t *in_keep; /* (in_h, in_w) input positions that read as themselves; NULL = all */
    const uint8_t *out_keep; /* (out_h, out_w) output positions computed; NULL = all */
    /* input / output channels restricted to the block's kept groups */
    bool in_grouped, out_grouped;
    /* the work that the masks leave */
    int positions, positions_kept; /* output positions */
    int cin_kept, cout_kept;
    uint64_t macs_dense; /* all positions, channels, taps (taps outside the image count) */
    uint64_t macs_parallel; /* kept positions x kept channels x all taps */
    /* kept positions x kept channels x taps on kept positions inside the image */
    uint64_t macs_serial;
} golden_conv;

typedef struct {
    const dp_layer *layer;
    int8_t *x; /* (in_h, in_w, in) input of the layer; NULL in the stem (that is the image) */
    golden_conv conv[DP_MAX_CONVS]; /* index as in layer->conv */
    /* (out_h, out_w, out) final map: the last convolution's y, or the stem's max-pool; NULL in the
       head */
    int8_t *out;
    /* (in_h, in_w), (out_h, out_w) of 0/1; blocks with spatial != none only, else (or dense)
       NULL */
    uint8_t *min, *mout;
    uint8_t group_keep[DP_MAX_GROUPS]; /* 0/1 per group; all 1 without a channel mask */
    /* channel == unit only: the scores that chose group_keep, from the previous layer's output */
    int64_t score[DP_MAX_GROUPS];
    int groups_kept;
    /* (out) S[c] of this layer's output where the next block's channel mask is computed, else
       NULL */
    int32_t *pooled;
    int pooled_positions; /* N: the kept positions, 1 for a max */
} golden_layer;

/* Called with the accumulators of a convolution before they are requantized. */
typedef void golden_observer(void *context, const golden_layer *layer, const golden_conv *conv);

typedef struct {
    bool dense; /* ignore all masks: every position and group kept */
    /* may set mult, shift, bias and res_mult of this convolution; NULL = nobody looks */
    golden_observer *accumulated;
    void *context;
} golden_options;

typedef struct {
    const dp_model *model;
    golden_options options;
    golden_layer *layers; /* (layer_count) */
    int32_t *logits; /* (classes), NULL without a head */
    int top1; /* -1 without a head */
    void *arena; /* owns every buffer; private to golden.c */
} golden_run;

/* Allocates once for a model; golden_compute may be called for any number of images (x (in_h, in_w,
   in_c) int8). */
dp_status golden_create(golden_run *run, const dp_model *model, golden_options options, dp_error *err) DP_MUST_USE;
void golden_compute(golden_run *run, const int8_t *image);
void golden_free(golden_run *run);

#endif
