/* The MAC array of the golden reference: accumulators of one convolution at the positions and
   channels that stay. */
#ifndef DPACS_GOLDEN_CONV_H
#define DPACS_GOLDEN_CONV_H

#include "arena.h"
#include "golden.h"

/* Channels that stay, as `runs` runs of `width` neighbours. */
typedef struct {
    int runs, width;
    int first[DP_MAX_GROUPS];
} golden_channels;

/* Working memory of one convolution, large enough for every convolution of a model. */
typedef struct {
    int16_t *weights; /* (cout, depth) kept weights, packed */
    int16_t *windows; /* (positions of a batch, depth) kept inputs, packed the same way */
    int32_t *sums; /* (positions of a batch, cout) */
} golden_scratch;

void golden_scratch_alloc(golden_scratch *scratch, const dp_model *model, arena *memory);

/* x (in_h, in_w, cin) int8 -> c->acc (out_h, out_w, cout) int32: computed at c->out_keep and
   channels `out`, 0 elsewhere; x reads as 0 outside the map, where c->in_keep is 0 and in channels
   other than `in`. */
void golden_conv_accumulate(golden_conv *c, const int8_t *x, const golden_channels *in, const golden_channels *out,
                            const golden_scratch *scratch);

/* Sets the work that the masks leave; cin_kept and cout_kept are given. */
void golden_conv_count(golden_conv *c);

#endif
