/* Builds a network's maps from the observation records of one image: what the hardware computed, in the network's own channels,
   with the identity where a block did not compute. One image at a time; the scoreboard is what checks. */
#ifndef DPACS_COLLECT_H
#define DPACS_COLLECT_H

#include "arena.h"
#include "dut.h"
#include "plan.h"

typedef struct {
    const plan *p;
    arena memory;
    int8_t **map; /* (plan->convs): (out_h, out_w, cout); 0 where nothing was computed, a block's last with its identity */
    int64_t *score; /* (layers, DP_MAX_GROUPS): of the groups of that layer */
    int32_t *logits; /* (classes) */
    /* private */
    uint8_t **seen; /* (plan->convs): (out_h, out_w) */
    uint64_t *groups; /* (layers) kept groups, bit per group */
    const int8_t *image;
} collect;

dp_status collect_create(collect *c, const plan *p, dp_error *err) DP_MUST_USE;
/* image (in_h, in_w, in_c) stays valid until the last record. */
void collect_start(collect *c, const int8_t *image);
void collect_records(collect *c, const dut_out *o);
void collect_free(collect *c);

/* The map of (layer, stage), NULL if there is none. */
const int8_t *collect_map(const collect *c, int layer, int stage);

#endif
