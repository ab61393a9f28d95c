/* Commands one by one, into the list and the memory that they point into. */
#ifndef DPACS_PLAN_EMIT_H
#define DPACS_PLAN_EMIT_H

#include "plan_shape.h"
#include "plan_weights.h"

/* The first failure stays in `status`; what follows it does nothing. */
typedef struct {
    plan_input in;
    plan *p; /* command and conv have been sized, cmd_addr is set */
    plan_memory memory;
    dp_error *err;
    dp_status status;
} plan_emitter;

/* The next command. */
void plan_emit(plan_emitter *e, const plan_command *c);
void plan_emit_image(plan_emitter *e, const plan_map *map);
void plan_emit_groups(plan_emitter *e, int layer);

/* The mask buffers that a block's convolutions use. */
typedef struct {
    bool on;
    int in, out; /* buffers; equal where the block keeps its resolution */
} plan_masks;

/* Where the mask of a block comes from, and where it goes. */
typedef struct {
    const plan_map *src; /* the block's input */
    bool is_image; /* which lies where the image was loaded: it is swept before its producer runs */
    const plan_masks *producer; /* masks of the block that produces it; NULL: nothing does */
    int pair; /* of buffers */
} plan_mask_source;

/* The mask of block `layer`. Returns the buffers. */
plan_masks plan_emit_mask(plan_emitter *e, int layer, const plan_mask_source *from);

#endif
