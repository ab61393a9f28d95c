/* Gang or chain, block by block: what the cycle model says is faster (docs/model.md). */
#ifndef DPACS_SCHEDULE_H
#define DPACS_SCHEDULE_H

#include "cycle_model.h"

/* plan_create; with PLAN_AUTO the masks of `image` (in_h, in_w, in_c) and the memory decide which
   blocks run as a chain: from the faster of gang and all chains, block by block the other one where
   that makes the whole faster. DP_BAD_INPUT: neither of the two fits. */
dp_status schedule_plan(plan *p, const dp_model *model, const plan_geometry *g, plan_options options,
                        const cycle_memory_options *memory, const int8_t *image, dp_error *err) DP_MUST_USE;

#endif
