/* Commands one by one: their fields, their tensors, and what the scoreboard may expect of them. */
#include <string.h>

#include "plan_parts.h"

static int divide_up(int n, int unit) { return (n + unit - 1) / unit; }

int plan_slices(const plan_walk *w, int channels) { return divide_up(channels, w->g->pi); }

enum { WORD_SLOTS = 9, DUAL_WORDS = 4, MAX_PATCH_WORDS = 15 };

int plan_patch_words(const dp_model *m, const plan_geometry *g) {
    const dp_layer *l = &m->layers[0];
    int bytes = l->conv[0].kernel * l->conv[0].kernel * l->in, words = divide_up(bytes, g->pi);
    bool small = l->kind == DP_STEM && (l->in == 1 || l->in == 3) && bytes <= g->patch_bytes;
    return small && words <= MAX_PATCH_WORDS ? words : 0;
}

bool plan_is_block(const dp_layer *layer) { return layer->kind == DP_BASIC || layer->kind == DP_BOTTLENECK; }

bool plan_grouped(const plan_walk *w, const dp_layer *layer) {
    return plan_is_block(layer) && !w->dense && layer->channel != DP_MASK_NONE;
}

const dp_layer *plan_next(const plan_walk *w, int layer) {
    return layer + 1 < w->m->layer_count ? &w->m->layers[layer + 1] : NULL;
}

void plan_emit(plan_walk *w, const plan_command *c) {
    if (w->status != DP_OK || w->memory.failed) return;
    plan_encode(c, w->memory.data + w->p->cmd_addr + (size_t)w->p->commands * PLAN_COMMAND_BYTES);
    w->p->command[w->p->commands++] = *c;
}

void plan_emit_image(plan_walk *w, const plan_map *map) {
    uint32_t flags = plan_patch_words(w->m, w->g) > 0 ? PLAN_PATCHES : 0u;
    plan_emit(w, &(plan_command){.op = PLAN_OP_IMAGE, .flags = flags, .dst = *map, .cin = w->m->in_c});
}

void plan_emit_groups(plan_walk *w, int layer) {
    const dp_layer *l = &w->m->layers[layer];
    plan_emit(w, &(plan_command){
                     .op = PLAN_OP_GROUPS,
                     .layer = layer,
                     .groups = l->groups,
                     .keep = l->keep,
                     .aux_addr = plan_write_group_bitmap(&w->memory, l),
                 });
}

/* A stride-2 block uses the mask of `layer`: this one, or one of those that reuse it. */
static bool mask_is_pooled(const plan_walk *w, int layer) {
    const dp_layer *l = &w->m->layers[layer], *next = plan_next(w, layer);
    while (l->stride == 1 && next != NULL && plan_is_block(next) && next->spatial == DP_MASK_REUSE) {
        l = next;
        next = plan_next(w, ++layer);
    }
    return l->stride != 1;
}

plan_masks plan_emit_mask(plan_walk *w, int layer, const plan_map *src, const plan_masks *previous) {
    const dp_layer *l = &w->m->layers[layer];
    bool given = l->spatial == DP_MASK_GIVEN, pooled = mask_is_pooled(w, layer);
    int first = 2 * (w->pairs++ % PLAN_MASK_PAIRS);
    plan_masks masks = {.on = true, .in = first, .out = l->stride != 1 ? first + 1 : first};
    plan_command c = {
        .op = PLAN_OP_MASK,
        .layer = layer,
        .flags = (given ? PLAN_OWN_FETCH : 0u) | (pooled ? PLAN_POOLED : 0u),
        .src = *src,
        .dst = {.w = pooled ? divide_up(l->in_w, 2) : l->in_w, .h = pooled ? divide_up(l->in_h, 2) : l->in_h},
        .in_buf = first,
        .out_buf = pooled ? first + 1 : first,
        .cin = l->in,
        .rows = divide_up(plan_slices(w, l->in), 9),
    };
    if (given) {
        c.aux_addr = plan_write_mask_bitmap(&w->memory, l);
    } else {
        c.aux_addr = plan_write_mask_weights(&w->memory, l, w->g->pi);
        c.mask_bias = l->spatial_bias;
        if (previous == NULL) c.prev_buf = PLAN_NO_BUFFER;
        if (previous != NULL && previous->on) c.prev_buf = previous->out;
        if (previous == NULL || previous->on) c.flags |= PLAN_PREV_MASKED;
        if (w->x_is_image && src->base == w->x.base) c.flags |= PLAN_IMAGE_SRC; /* swept before its producer runs */
    }
    plan_emit(w, &c);
    return masks;
}

int plan_weight_rows(const plan_geometry *g, int kernel, int words) {
    if (!g->parallel) return words * kernel * kernel;
    return kernel == 3 ? words : divide_up(words, WORD_SLOTS);
}

int plan_lanes(const plan_geometry *g, int kernel, int words, int cout) {
    return g->parallel && kernel == 1 && words <= DUAL_WORDS && cout > g->po ? 2 * g->po : g->po;
}

static int rows_of(const plan_walk *w, const plan_command *c, const plan_records *r) {
    if ((c->flags & PLAN_PATCHES) == 0) return plan_weight_rows(w->g, r->kernel, plan_slices(w, c->cin));
    if (!w->g->parallel) return c->src.slices;
    return r->packed_words > 0 ? r->packed_words : 1;
}

static int lanes_of(const plan_walk *w, const plan_command *c, const plan_records *r) {
    int words = (c->flags & PLAN_PATCHES) != 0 ? c->src.slices : plan_slices(w, c->cin);
    return (c->flags & PLAN_HEAD) != 0 ? w->g->po : plan_lanes(w->g, r->kernel, words, c->cout);
}

/* Fills what follows from the channels and records, writes the records, and notes the convolution for the scoreboard. */
static void emit_records(plan_walk *w, plan_command *c, const plan_records *r, const dp_conv *conv, const char *name) {
    if (w->status != DP_OK) return;
    c->op = PLAN_OP_CONV;
    int lanes = lanes_of(w, c, r);
    if (lanes > w->g->po) c->flags |= PLAN_DUAL;
    c->out_slices = divide_up(c->cout, lanes);
    c->rows = rows_of(w, c, r);
    c->all_rows = w->in_chain ? c->rows * c->out_slices : 0;
    if (c->rows > w->g->weight_rows) {
        w->status = dp_fail(w->err, DP_BAD_INPUT, "%s: %s needs %d weight rows for an output slice, this build has %d",
                            w->m->name, name, c->rows, w->g->weight_rows);
        return;
    }
    c->wf_beats = plan_records_wf_beats(r);
    c->aux_beats = plan_records_aux_beats(r);
    c->rec_beats = plan_records_beats(r);
    c->weight_addr = plan_write_records(&w->memory, r);
    int octets = divide_up(c->cout, PLAN_OCTET), bias_beats = 0;
    if (r->scored != NULL) {
        bias_beats = divide_up(r->scored->groups, PLAN_BEAT / 4);
        c->aux_addr = plan_write_channel_bias(&w->memory, r->scored);
        c->groups = r->scored->groups;
        c->score_keep = r->scored->keep;
        c->flags |= PLAN_SCORE | (r->scored->pool == DP_POOL_MAX ? PLAN_POOL_MAX : 0u);
    }
    /* the image is fetched behind the first slice of weights */
    int image_beats = w->p->convs == 0 ? divide_up(w->m->in_h * w->m->in_w * w->m->in_c, PLAN_BEAT) : 0;
    plan_emit(w, c);
    w->p->conv[w->p->convs++] = (plan_conv){
        .layer = c->layer,
        .stage = c->stage,
        .conv = conv,
        .name = name,
        .cin = c->cin,
        .cout = c->cout,
        .lanes = lanes,
        .slices = c->out_slices,
        .chained = (c->flags & PLAN_CHAIN) != 0,
        .weight_beats = (c->flags & PLAN_IN_GROUPED) != 0
                            ? (uint32_t)(octets * divide_up(c->cin, PLAN_OCTET) * r->kernel * r->kernel)
                            : (uint32_t)(octets * (c->rec_beats - c->aux_beats)),
        .other_beats = (uint32_t)(octets * c->aux_beats + bias_beats + image_beats),
    };
}

/* Where a block's masks and groups apply (docs/numerics.md, "Spatial mask"). */
static uint32_t block_flags(const plan_walk *w, const dp_layer *l, const dp_conv *conv, plan_command *c) {
    bool bottleneck = l->kind == DP_BOTTLENECK, grouped = plan_grouped(w, l), on = w->masks.on;
    uint32_t flags = 0;
    c->out_buf = on ? w->masks.out : 0;
    switch (conv->role) {
    case DP_CONV1:
        if (on) flags |= PLAN_OUT_MASKED | (bottleneck ? 0u : PLAN_IN_MASKED);
        if (on) c->in_buf = w->masks.in;
        if (on && bottleneck) c->out_buf = w->masks.in;
        if (grouped) flags |= PLAN_OUT_GROUPED;
        return flags | PLAN_RELU;
    case DP_CONV2:
        if (on) flags |= PLAN_OUT_MASKED | PLAN_IN_MASKED;
        if (on) c->in_buf = bottleneck ? w->masks.in : w->masks.out;
        if (grouped) flags |= PLAN_IN_GROUPED | (bottleneck ? PLAN_OUT_GROUPED : 0u);
        return flags | PLAN_RELU;
    case DP_CONV3:
        if (on) flags |= PLAN_OUT_MASKED;
        if (grouped) flags |= PLAN_IN_GROUPED;
        return flags | PLAN_RELU;
    case DP_SHORTCUT: break;
    }
    return on ? PLAN_RELU_PRUNED : 0u;
}

void plan_emit_conv(plan_walk *w, int layer, const dp_conv *conv, const plan_map *src, const plan_map *dst, uint32_t flags) {
    const dp_layer *l = &w->m->layers[layer];
    bool scores = conv == &l->conv[l->convs - 1] && plan_scores(w, layer);
    plan_command c = {.layer = layer, .stage = (int)conv->role, .flags = flags, .src = *src, .dst = *dst};
    c.flags |= plan_is_block(l) ? block_flags(w, l, conv, &c) : PLAN_RELU;
    if (conv->kernel == 3) c.flags |= PLAN_KERNEL3;
    if (conv->stride == 2) c.flags |= PLAN_STRIDE2;
    if (conv->res_mult != NULL) c.flags |= PLAN_RESIDUAL;
    c.cin = plan_cin(w, l, conv);
    c.cout = plan_cout(w, l, conv);
    if (plan_grouped(w, l)) {
        c.group8 = l->group / PLAN_OCTET;
        c.keep = l->keep;
    }
    plan_records r = {.cin = conv->cin, .cout = conv->cout, .kernel = conv->kernel, .weight = conv->weight, .quant = conv};
    int words = l->kind == DP_STEM ? plan_patch_words(w->m, w->g) : 0;
    if (words > 0) { /* a 1x1 convolution of patches */
        c.flags = (c.flags & ~(uint32_t)PLAN_KERNEL3) | PLAN_PATCHES | (conv->kernel == 7 ? PLAN_KERNEL7 : 0u);
        c.src.slices = words;
        r.kernel = 1;
        r.cin = conv->cin * conv->kernel * conv->kernel;
        r.patch_channels = conv->cin;
        if (w->g->parallel && words > WORD_SLOTS) r.packed_words = words;
        r.word_octets = w->g->pi / PLAN_OCTET;
    }
    if (l->max_pool) c.flags |= PLAN_MAX_POOL;
    if (scores) r.scored = plan_next(w, layer);
    emit_records(w, &c, &r, conv, conv->name);
}

void plan_emit_head(plan_walk *w, int layer, const plan_map *src) {
    const dp_layer *l = &w->m->layers[layer];
    plan_command c = {
        .layer = layer,
        .stage = PLAN_STAGE_HEAD,
        .flags = PLAN_HEAD,
        .src = *src,
        .dst = {.base = src->base, .w = src->w, .h = src->h},
        .cin = l->in,
        .cout = l->out,
    };
    plan_records r = {.cin = l->in, .cout = l->out, .kernel = 1, .weight = l->head_weight, .head_bias = l->head_bias};
    emit_records(w, &c, &r, NULL, l->name);
}
