#include "plan_emit.h"

enum { MASK_WORDS = 9 /* of a row of mask weights */ };

static int divide_up(int n, int unit) { return (n + unit - 1) / unit; }

void plan_emit(plan_emitter *e, const plan_command *c) {
    if (e->status != DP_OK || e->memory.failed) return;
    plan_encode(c, e->memory.data + e->p->cmd_addr + (size_t)e->p->commands * PLAN_COMMAND_BYTES);
    e->p->command[e->p->commands++] = *c;
}

void plan_emit_image(plan_emitter *e, const plan_map *map) {
    uint32_t flags = plan_patch_words(e->in.m, e->in.g) > 0 ? PLAN_PATCHES : 0u;
    plan_emit(e, &(plan_command){.op = PLAN_OP_IMAGE, .flags = flags, .dst = *map, .cin = e->in.m->in_c});
}

void plan_emit_groups(plan_emitter *e, int layer) {
    const dp_layer *l = &e->in.m->layers[layer];
    plan_emit(e, &(plan_command){
                     .op = PLAN_OP_GROUPS,
                     .layer = layer,
                     .groups = l->groups,
                     .keep = l->keep,
                     .aux_addr = plan_write_group_bitmap(&e->memory, l),
                 });
}

/* A stride-2 block uses the mask of `layer`: this one, or one of those that reuse it. */
static bool mask_is_pooled(const plan_input *in, int layer) {
    const dp_layer *l = &in->m->layers[layer], *next = plan_next(in, layer);
    while (l->stride == 1 && next != NULL && dp_is_block(next) && next->spatial == DP_MASK_REUSE) {
        l = next;
        next = plan_next(in, ++layer);
    }
    return l->stride != 1;
}

/* Of a computed mask: which positions are written while it is swept, by whom. */
static void name_producer(plan_command *c, const plan_mask_source *from) {
    const plan_masks *producer = from->producer;
    if (producer == NULL) c->prev_buf = PLAN_NO_BUFFER;
    if (producer != NULL && producer->on) c->prev_buf = producer->out;
    if (producer == NULL || producer->on) c->flags |= PLAN_PREV_MASKED;
    if (from->is_image) c->flags |= PLAN_IMAGE_SRC;
}

plan_masks plan_emit_mask(plan_emitter *e, int layer, const plan_mask_source *from) {
    const dp_layer *l = &e->in.m->layers[layer];
    bool given = l->spatial == DP_MASK_GIVEN, pooled = mask_is_pooled(&e->in, layer);
    int first = 2 * from->pair;
    plan_command c = {
        .op = PLAN_OP_MASK,
        .layer = layer,
        .flags = (given ? PLAN_OWN_FETCH : 0u) | (pooled ? PLAN_POOLED : 0u),
        .src = *from->src,
        .dst = {.w = pooled ? divide_up(l->in_w, 2) : l->in_w, .h = pooled ? divide_up(l->in_h, 2) : l->in_h},
        .in_buf = first,
        .out_buf = pooled ? first + 1 : first,
        .cin = l->in,
        .rows = divide_up(plan_slices(e->in.g, l->in), MASK_WORDS),
    };
    if (given) {
        c.aux_addr = plan_write_mask_bitmap(&e->memory, l);
    } else {
        c.aux_addr = plan_write_mask_weights(&e->memory, l, e->in.g->pi);
        c.mask_bias = l->spatial_bias;
        name_producer(&c, from);
    }
    plan_emit(e, &c);
    return (plan_masks){.on = true, .in = first, .out = l->stride != 1 ? first + 1 : first};
}
