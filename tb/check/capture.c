/* See capture.h. */
#include "capture.h"

#include <string.h>

const char *capture_kind_name(capture_kind kind) {
    static const char *const names[CAPTURE_KINDS] = {"conv", "pool", "mask", "score", "groups", "logits", "retirement", "fetch"};
    return names[kind];
}

/* Room for the largest map of its kind. */
static void create_maps(capture *c) {
    size_t conv = 0, conv_tiles = 0, pool = 0, pool_tiles = 0, mask = 0;
    for (int i = 0; i < c->p->convs; i++) {
        const plan_conv *pc = &c->p->conv[i];
        const dp_layer *layer = &c->p->model->layers[pc->layer];
        if (pc->conv == NULL) continue;
        size_t tiles = (size_t)pc->slices * (size_t)(pc->conv->out_h * pc->conv->out_w);
        size_t pooled = layer->max_pool ? (size_t)pc->slices * (size_t)(layer->out_h * layer->out_w) : 0;
        size_t positions = (size_t)(layer->in_h * layer->in_w), lanes = (size_t)pc->lanes;
        if (conv < tiles * lanes) conv = tiles * lanes;
        if (conv_tiles < tiles) conv_tiles = tiles;
        if (pool < pooled * lanes) pool = pooled * lanes;
        if (pool_tiles < pooled) pool_tiles = pooled;
        if (mask < positions) mask = positions;
    }
    c->conv.data = arena_alloc(&c->memory, conv, 1);
    c->conv.acc = arena_alloc(&c->memory, conv, sizeof *c->conv.acc);
    c->conv.seen = arena_alloc(&c->memory, conv_tiles, 1);
    c->pool.data = arena_alloc(&c->memory, pool, 1);
    c->pool.seen = arena_alloc(&c->memory, pool_tiles, 1);
    c->mask.data = arena_alloc(&c->memory, mask, 1);
    c->mask.seen = arena_alloc(&c->memory, mask, 1);
}

dp_status capture_create(capture *c, const plan *p, dp_error *err) {
    *c = (capture){.p = p, .first.layer = -1, .conv.layer = -1, .pool.layer = -1, .mask.layer = -1};
    create_maps(c);
    c->logits = arena_alloc(&c->memory, (size_t)p->model->classes, sizeof *c->logits);
    if (!c->memory.failed) return DP_OK;
    capture_free(c);
    return dp_fail(err, DP_NO_MEMORY, "%s: out of memory", p->model->name);
}

void capture_free(capture *c) {
    arena_free(&c->memory);
    *c = (capture){.p = NULL};
}

static capture_record *next(capture *c, capture_kind kind, uint64_t cycle, int layer, const scoreboard_report *r) {
    capture_record *to = &c->ring[c->count++ % CAPTURE_RECORDS];
    to->cycle = cycle;
    to->kind = kind;
    to->wrong = r != NULL && strcmp(r->record, capture_kind_name(kind)) == 0;
    to->layer = layer;
    to->stage = to->y = to->x = to->slice = -1;
    to->lanes = 0;
    to->value = 0;
    return to;
}

/* False where the record belongs to no map that is kept. */
static bool turn_to(const capture *c, capture_map *m, const capture_record *r, int lanes, int slices, int h, int w) {
    bool same = m->layer == r->layer && m->stage == r->stage;
    if (!same && c->failed) return false;
    if (!same) {
        m->layer = r->layer;
        m->stage = r->stage;
        m->lanes = lanes;
        m->slices = slices;
        m->h = h;
        m->w = w;
        memset(m->seen, 0, (size_t)slices * (size_t)(h * w));
    }
    return r->y < m->h && r->x < m->w && r->slice < m->slices;
}

static void keep_tile(capture_map *m, const capture_record *r) {
    size_t tile = ((size_t)r->slice * (size_t)m->h + (size_t)r->y) * (size_t)m->w + (size_t)r->x;
    size_t at = tile * (size_t)m->lanes;
    memcpy(m->data + at, r->data, (size_t)m->lanes);
    if (m->acc != NULL) memcpy(m->acc + at, r->acc, (size_t)m->lanes * sizeof *m->acc);
    m->seen[tile] = r->wrong ? 2 : 1;
}

static const plan_conv *find(capture *c, int layer, int stage) {
    if (c->at == NULL || c->at->layer != layer || c->at->stage != stage) c->at = plan_find(c->p, layer, stage);
    return c->at;
}

static void add_conv(capture *c, const dut_out *o, uint64_t cycle, const scoreboard_report *report) {
    capture_record *r = next(c, CAPTURE_CONV, cycle, o->conv_layer, report);
    const plan_conv *pc = find(c, o->conv_layer, o->conv_stage);
    r->stage = o->conv_stage;
    r->y = o->conv_y;
    r->x = o->conv_x;
    r->slice = o->conv_slice;
    r->lanes = pc != NULL ? pc->lanes : c->p->geometry.po;
    memcpy(r->data, o->conv_data, (size_t)r->lanes);
    memcpy(r->acc, o->conv_acc, (size_t)r->lanes * sizeof *r->acc);
    if (pc == NULL || pc->conv == NULL) return;
    if (turn_to(c, &c->conv, r, pc->lanes, pc->slices, pc->conv->out_h, pc->conv->out_w)) keep_tile(&c->conv, r);
}

static void add_pool(capture *c, const dut_out *o, uint64_t cycle, const scoreboard_report *report) {
    capture_record *r = next(c, CAPTURE_POOL, cycle, o->pool_layer, report);
    const plan_conv *pc = find(c, o->pool_layer, DP_CONV1);
    r->y = o->pool_y;
    r->x = o->pool_x;
    r->slice = o->pool_slice;
    if (pc == NULL) return;
    const dp_layer *layer = &c->p->model->layers[pc->layer];
    r->lanes = pc->lanes;
    memcpy(r->data, o->pool_data, (size_t)r->lanes);
    if (layer->max_pool && turn_to(c, &c->pool, r, pc->lanes, pc->slices, layer->out_h, layer->out_w)) keep_tile(&c->pool, r);
}

static void add_mask(capture *c, const dut_out *o, uint64_t cycle, const scoreboard_report *report) {
    capture_record *r = next(c, CAPTURE_MASK, cycle, o->mask_layer, report);
    r->y = o->mask_y;
    r->x = o->mask_x;
    r->slice = 0;
    r->lanes = 1;
    r->value = r->data[0] = o->mask_keep;
    if (o->mask_layer >= c->p->model->layer_count) return;
    const dp_layer *layer = &c->p->model->layers[o->mask_layer];
    if (turn_to(c, &c->mask, r, 1, 1, layer->in_h, layer->in_w)) keep_tile(&c->mask, r);
}

static void add_score(capture *c, const dut_out *o, uint64_t cycle, const scoreboard_report *report) {
    capture_record *r = next(c, CAPTURE_SCORE, cycle, o->score_layer, report);
    r->slice = o->score_group;
    r->value = o->score_data;
    if (c->failed && c->first.kind == CAPTURE_SCORE && c->first.layer != o->score_layer) return;
    if (o->score_group == 0) c->scores = 0;
    if (o->score_group >= DP_MAX_GROUPS) return;
    c->scores |= (uint64_t)1 << o->score_group;
    c->score[o->score_group] = o->score_data;
}

static void add_logits(capture *c, const dut_out *o, uint64_t cycle, const scoreboard_report *report) {
    capture_record *r = next(c, CAPTURE_LOGITS, cycle, o->logit_layer, report);
    int po = c->p->geometry.po;
    r->slice = o->logit_slice;
    r->lanes = po;
    memcpy(r->acc, o->logit_data, (size_t)po * sizeof *r->acc);
    for (int lane = 0; lane < po && r->slice * po + lane < c->p->model->classes; lane++)
        c->logits[r->slice * po + lane] = o->logit_data[lane];
}

static void add_rest(capture *c, const dut_out *o, uint64_t cycle, const scoreboard_report *report) {
    if (o->groups_valid) {
        next(c, CAPTURE_GROUPS, cycle, o->groups_layer, report)->value = (int64_t)o->groups_keep;
        if (!c->failed) c->groups = (int64_t)o->groups_keep;
    }
    if (o->done_valid) {
        capture_record *r = next(c, CAPTURE_DONE, cycle, o->done_layer, report);
        r->stage = o->done_stage;
        r->value = (int64_t)o->done_macs;
    }
    if (o->fetch_valid) {
        capture_record *r = next(c, CAPTURE_FETCH, cycle, o->fetch_layer, report);
        r->stage = o->fetch_stage;
        r->value = o->fetch_weights;
    }
}

/* The first failure: what was seen before is put aside. */
void capture_fail(capture *c) {
    uint64_t have = c->count < CAPTURE_RECORDS ? c->count : CAPTURE_RECORDS;
    if (c->failed) return;
    c->failed = true;
    c->before_count = (int)have;
    for (uint64_t i = 0; i < have; i++) {
        c->before[i] = c->ring[(c->count - have + i) % CAPTURE_RECORDS];
        if (c->before[i].wrong) c->first = c->before[i];
    }
}

void capture_cycle(capture *c, const dut_out *o, uint64_t cycle, const scoreboard_report *r) {
    if (o->conv_valid) add_conv(c, o, cycle, r);
    if (o->pool_valid) add_pool(c, o, cycle, r);
    if (o->mask_valid) add_mask(c, o, cycle, r);
    if (o->score_valid) add_score(c, o, cycle, r);
    if (o->logit_valid) add_logits(c, o, cycle, r);
    if (o->groups_valid || o->done_valid || o->fetch_valid) add_rest(c, o, cycle, r);
    if (r != NULL) capture_fail(c);
}
