/* Convolutions and the head: each a command, its records in memory, and an entry of plan.conv for
   those that compare. */
#ifndef DPACS_PLAN_EMIT_CONV_H
#define DPACS_PLAN_EMIT_CONV_H

#include "plan_emit.h"

/* Where a convolution stands in the walk. */
typedef struct {
    const plan_map *src, *dst;
    plan_masks masks; /* of its block */
    bool in_chain;
    /* that depend on its place: what it waits for, what waits for it, where its input lies */
    uint32_t flags;
} plan_place;

void plan_emit_conv(plan_emitter *e, int layer, const dp_conv *conv, const plan_place *at);
void plan_emit_head(plan_emitter *e, int layer, const plan_map *src);

#endif
