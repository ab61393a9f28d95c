/* See collect.h. */
#include "collect.h"

#include <string.h>

static size_t map_size(const dp_conv *conv) { return (size_t)(conv->out_h * conv->out_w) * (size_t)conv->cout; }

dp_status collect_create(collect *c, const plan *p, dp_error *err) {
    *c = (collect){.p = p};
    size_t layers = (size_t)p->model->layer_count;
    c->map = arena_alloc(&c->memory, (size_t)p->convs, sizeof *c->map);
    c->seen = arena_alloc(&c->memory, (size_t)p->convs, sizeof *c->seen);
    c->score = arena_alloc(&c->memory, layers * DP_MAX_GROUPS, sizeof *c->score);
    c->groups = arena_alloc(&c->memory, layers, sizeof *c->groups);
    c->logits = arena_alloc(&c->memory, (size_t)p->model->classes, sizeof *c->logits);
    for (int i = 0; i < p->convs && !c->memory.failed; i++) {
        if (p->conv[i].conv == NULL) continue;
        c->map[i] = arena_alloc(&c->memory, map_size(p->conv[i].conv), 1);
        c->seen[i] = arena_alloc(&c->memory, map_size(p->conv[i].conv), 1);
    }
    if (!c->memory.failed) return DP_OK;
    collect_free(c);
    return dp_fail(err, DP_NO_MEMORY, "%s: no memory for the collected maps", p->model->name);
}

void collect_free(collect *c) {
    arena_free(&c->memory);
    *c = (collect){.p = NULL};
}

static uint64_t groups_of(const plan *p, const dp_layer *layer) {
    uint64_t groups = 0;
    for (int g = 0; g < layer->groups; g++)
        if (p->dense || layer->channel != DP_MASK_GIVEN || layer->channel_given[g] != 0) groups |= (uint64_t)1 << g;
    return groups;
}

void collect_start(collect *c, const int8_t *image) {
    const plan *p = c->p;
    c->image = image;
    for (int i = 0; i < p->convs; i++) {
        if (p->conv[i].conv == NULL) continue;
        memset(c->map[i], 0, map_size(p->conv[i].conv));
        memset(c->seen[i], 0, map_size(p->conv[i].conv));
    }
    for (int i = 0; i < p->model->layer_count; i++)
        if (dp_is_block(&p->model->layers[i]) && p->model->layers[i].groups <= DP_MAX_GROUPS)
            c->groups[i] = groups_of(p, &p->model->layers[i]);
}

static int find(const collect *c, int layer, int stage) {
    const plan_conv *pc = plan_find(c->p, layer, stage);
    return pc != NULL ? (int)(pc - c->p->conv) : -1;
}

const int8_t *collect_map(const collect *c, int layer, int stage) {
    int i = find(c, layer, stage);
    return i >= 0 ? c->map[i] : NULL;
}

/* The network's channel of a packed one; -1 beyond the kept. */
static int real_channel(const collect *c, const plan_conv *pc, int packed) {
    const dp_layer *layer = &c->p->model->layers[pc->layer];
    if (packed >= pc->cout) return -1;
    if (pc->cout == pc->conv->cout) return packed;
    int nth = packed / layer->group;
    for (int g = 0; g < layer->groups; g++)
        if ((c->groups[pc->layer] >> g & 1) != 0 && nth-- == 0) return g * layer->group + packed % layer->group;
    return -1;
}

static void collect_conv(collect *c, const dut_out *o) {
    int i = find(c, o->conv_layer, o->conv_stage);
    const plan_conv *pc = i >= 0 ? &c->p->conv[i] : NULL;
    if (pc == NULL || pc->conv == NULL || o->conv_y >= pc->conv->out_h || o->conv_x >= pc->conv->out_w) return;
    size_t at = (size_t)(o->conv_y * pc->conv->out_w + o->conv_x) * (size_t)pc->conv->cout;
    for (int lane = 0; lane < pc->lanes; lane++) {
        int channel = real_channel(c, pc, o->conv_slice * pc->lanes + lane);
        if (channel < 0) break;
        c->map[i][at + (size_t)channel] = o->conv_data[lane];
        c->seen[i][at + (size_t)channel] = 1;
    }
}

/* Where a block's last convolution computed nothing, the output is the identity after a ReLU. */
static void fill_identity(collect *c, int i) {
    const plan_conv *pc = &c->p->conv[i];
    if (pc->conv == NULL || pc->conv->res_mult == NULL) return;
    const int8_t *identity = collect_map(c, pc->layer, DP_SHORTCUT);
    if (identity == NULL && pc->layer == 0) identity = c->image;
    if (identity == NULL) { /* the last convolution of the layer before */
        int previous = i;
        while (c->p->conv[previous].layer == pc->layer) previous--;
        identity = c->map[previous];
    }
    for (size_t k = 0; k < map_size(pc->conv); k++)
        if (c->seen[i][k] == 0) c->map[i][k] = identity[k] > 0 ? identity[k] : 0;
}

void collect_records(collect *c, const dut_out *o) {
    int layers = c->p->model->layer_count;
    if (o->conv_valid) collect_conv(c, o);
    if (o->score_valid && o->score_layer + 1 < layers && o->score_group < DP_MAX_GROUPS)
        c->score[(size_t)(o->score_layer + 1) * DP_MAX_GROUPS + o->score_group] = o->score_data;
    if (o->groups_valid && o->groups_layer + 1 < layers) c->groups[o->groups_layer + 1] = o->groups_keep;
    for (int lane = 0; o->logit_valid && lane < c->p->geometry.po; lane++) {
        int k = o->logit_slice * c->p->geometry.po + lane;
        if (k < c->p->model->classes) c->logits[k] = o->logit_data[lane];
    }
    if (!o->done_valid) return;
    int i = find(c, o->done_layer, o->done_stage);
    if (i >= 0) fill_identity(c, i);
}
