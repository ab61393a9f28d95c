#include "plan_emit_conv.h"

static int divide_up(int n, int unit) { return (n + unit - 1) / unit; }

/* Where a block's masks and groups apply (docs/numerics.md, "Spatial mask"). */
static void apply_masks(plan_command *c, const dp_layer *l, dp_role role, const plan_masks *masks, bool grouped) {
    bool bottleneck = l->kind == DP_BOTTLENECK, on = masks->on;
    int in = on ? masks->in : 0, out = on ? masks->out : 0;
    uint32_t in_masked = on ? PLAN_IN_MASKED : 0u, out_masked = on ? PLAN_OUT_MASKED : 0u;
    uint32_t in_grouped = grouped ? PLAN_IN_GROUPED : 0u, out_grouped = grouped ? PLAN_OUT_GROUPED : 0u;
    c->out_buf = out;
    switch (role) {
    case DP_CONV1:
        c->in_buf = in;
        if (bottleneck) c->out_buf = in;
        c->flags |= PLAN_RELU | out_masked | (bottleneck ? 0u : in_masked) | out_grouped;
        break;
    case DP_CONV2:
        c->in_buf = bottleneck ? in : out;
        c->flags |= PLAN_RELU | out_masked | in_masked | in_grouped | (bottleneck ? out_grouped : 0u);
        break;
    case DP_CONV3: c->flags |= PLAN_RELU | out_masked | in_grouped; break;
    case DP_SHORTCUT: c->flags |= on ? PLAN_RELU_PRUNED : 0u; break;
    }
}

/* What the shape says of the command. */
static void apply_shape(plan_command *c, const plan_shape *s, const plan_geometry *g) {
    c->op = PLAN_OP_CONV;
    c->cin = s->cin;
    c->cout = s->cout;
    c->out_slices = s->slices;
    c->rows = s->rows;
    if (s->kernel == 3) c->flags |= PLAN_KERNEL3;
    if (s->lanes > g->po) c->flags |= PLAN_DUAL;
    if (!s->patches) return;
    c->flags |= PLAN_PATCHES;
    c->src.slices = s->words;
}

/* Its outputs are scored for the groups of a block. */
static void apply_scores(plan_command *c, const dp_layer *scored) {
    c->groups = scored->groups;
    c->score_keep = scored->keep;
    c->flags |= PLAN_SCORE | (scored->pool == DP_POOL_MAX ? PLAN_POOL_MAX : 0u);
}

/* All of the command but what its tensors say. */
static plan_command conv_command(const plan_input *in, int layer, const dp_conv *conv, const plan_shape *s,
                                 const plan_place *at) {
    const dp_layer *l = &in->m->layers[layer];
    bool grouped = plan_grouped(in, l);
    plan_command c = {.layer = layer, .stage = (int)conv->role, .flags = at->flags, .src = *at->src, .dst = *at->dst};
    apply_shape(&c, s, in->g);
    if (at->in_chain) c.all_rows = s->rows * s->slices;
    if (s->patches && conv->kernel == 7) c.flags |= PLAN_KERNEL7;
    if (conv->stride == 2) c.flags |= PLAN_STRIDE2;
    if (conv->late_y) c.flags |= PLAN_LATE_Y;
    if (conv->late_x) c.flags |= PLAN_LATE_X;
    if (conv->res_mult != NULL) c.flags |= PLAN_RESIDUAL;
    if (l->max_pool) c.flags |= PLAN_MAX_POOL;
    if (grouped) {
        c.group8 = l->group / PLAN_OCTET;
        c.keep = l->keep;
    }
    if (dp_is_block(l))
        apply_masks(&c, l, conv->role, &at->masks, grouped);
    else
        c.flags |= PLAN_RELU;
    return c;
}

/* The whole convolution, kept or not: which groups stay is chosen while it runs. */
static plan_records conv_records(const plan_input *in, const dp_conv *conv, const plan_shape *s, const dp_layer *scored) {
    plan_records r = {.cin = conv->cin, .cout = conv->cout, .kernel = s->kernel, .weight = conv->weight, .quant = conv};
    r.scored = scored;
    if (!s->patches) return r;
    r.cin = conv->cin * conv->kernel * conv->kernel;
    r.patch_channels = conv->cin;
    r.packed_words = s->packed ? s->words : 0;
    r.word_octets = in->g->pi / PLAN_OCTET;
    return r;
}

static void write_records(plan_memory *memory, plan_command *c, const plan_records *r) {
    c->wf_beats = plan_records_wf_beats(r);
    c->aux_beats = plan_records_aux_beats(r);
    c->rec_beats = plan_records_beats(r);
    c->weight_addr = plan_write_records(memory, r);
    if (r->scored != NULL) c->aux_addr = plan_write_channel_bias(memory, r->scored);
}

static plan_conv describe(const plan_command *c, const plan_shape *s, const dp_conv *conv, const char *name) {
    /* of an octet */
    int octets = divide_up(c->cout, PLAN_OCTET), weights = c->rec_beats - c->aux_beats;
    int biases = (c->flags & PLAN_SCORE) != 0 ? divide_up(c->groups, PLAN_BEAT / (int)sizeof(int32_t)) : 0;
    if ((c->flags & PLAN_IN_GROUPED) != 0) weights = divide_up(c->cin, PLAN_OCTET) * s->kernel * s->kernel;
    return (plan_conv){
        .layer = c->layer,
        .stage = c->stage,
        .conv = conv,
        .name = name,
        .cin = c->cin,
        .cout = c->cout,
        .lanes = s->lanes,
        .slices = s->slices,
        .chained = (c->flags & PLAN_CHAIN) != 0,
        .weight_beats = (uint32_t)(octets * weights),
        .other_beats = (uint32_t)(octets * c->aux_beats + biases),
    };
}

static bool fits(plan_emitter *e, const plan_shape *s, const char *name) {
    if (e->status != DP_OK) return false;
    if (s->rows > e->in.g->weight_rows)
        e->status = dp_fail(e->err, DP_BAD_INPUT, "%s: %s needs %d weight rows for an output slice, this build has %d",
                            e->in.m->name, name, s->rows, e->in.g->weight_rows);
    return e->status == DP_OK;
}

static void emit(plan_emitter *e, const plan_command *c, const plan_conv *conv) {
    plan_emit(e, c);
    e->p->conv[e->p->convs++] = *conv;
}

void plan_emit_conv(plan_emitter *e, int layer, const dp_conv *conv, const plan_place *at) {
    const dp_layer *l = &e->in.m->layers[layer], *scored = NULL;
    if (conv == &l->conv[l->convs - 1]) scored = plan_scored(&e->in, layer);
    plan_shape s = plan_shape_conv(&e->in, l, conv);
    if (!fits(e, &s, conv->name)) return;
    plan_command c = conv_command(&e->in, layer, conv, &s, at);
    plan_records r = conv_records(&e->in, conv, &s, scored);
    if (scored != NULL) apply_scores(&c, scored);
    write_records(&e->memory, &c, &r);
    plan_conv entry = describe(&c, &s, conv, conv->name);
    emit(e, &c, &entry);
}

void plan_emit_head(plan_emitter *e, int layer, const plan_map *src) {
    const dp_layer *l = &e->in.m->layers[layer];
    plan_shape s = plan_shape_head(&e->in, l);
    if (!fits(e, &s, l->name)) return;
    plan_command c = {
        .layer = layer,
        .stage = PLAN_STAGE_HEAD,
        .flags = PLAN_HEAD,
        .src = *src,
        .dst = {.base = src->base, .w = src->w, .h = src->h},
    };
    plan_records r = {.cin = l->in, .cout = l->out, .kernel = 1, .weight = l->head_weight, .head_bias = l->head_bias};
    apply_shape(&c, &s, e->in.g);
    write_records(&e->memory, &c, &r);
    plan_conv entry = describe(&c, &s, NULL, l->name);
    emit(e, &c, &entry);
}
