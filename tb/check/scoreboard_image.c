/* What one image should show: laid out once for a plan, filled in when golden has computed the image. */
#include <string.h>

#include "scoreboard_parts.h"

scoreboard_image *scoreboard_current(scoreboard *sb) { return sb->done_ahead < sb->in_flight ? sb->image[sb->done_ahead] : NULL; }

int scoreboard_head(const scoreboard *sb) {
    int last = sb->p->convs - 1;
    return sb->p->conv[last].stage == PLAN_STAGE_HEAD ? last : -1;
}

static size_t pool_tiles(const scoreboard_conv *c, const plan_conv *pc) {
    return (size_t)(c->pool_h * c->pool_w) * (size_t)pc->slices;
}

static void create_conv(scoreboard *sb, scoreboard_conv *c, const plan_conv *pc) {
    if (pc->conv == NULL) return;
    const dp_layer *l = &sb->p->model->layers[pc->layer];
    if (l->max_pool) {
        c->pool_h = l->out_h;
        c->pool_w = l->out_w;
        c->pool_seen = arena_alloc(&sb->memory, pool_tiles(c, pc), 1);
    }
    c->positions = pc->conv->out_h * pc->conv->out_w;
    c->seen = arena_alloc(&sb->memory, (size_t)pc->slices * (size_t)c->positions, 1);
    c->octet = arena_alloc(&sb->memory, (size_t)(pc->cout / PLAN_OCTET), sizeof *c->octet);
}

static void create_block(scoreboard *sb, scoreboard_block *b, const dp_layer *layer) {
    if (!dp_is_block(layer) || sb->p->dense) return;
    if (layer->spatial == DP_MASK_UNIT) b->mask_seen = arena_alloc(&sb->memory, (size_t)(layer->in_h * layer->in_w), 1);
    b->scores = layer->channel == DP_MASK_UNIT;
}

dp_status scoreboard_image_create(scoreboard *sb, scoreboard_image **image, dp_error *err) {
    const plan *p = sb->p;
    const dp_model *m = p->model;
    scoreboard_image *i = arena_alloc(&sb->memory, 1, sizeof *i);
    if (i == NULL) return dp_fail(err, DP_NO_MEMORY, "%s: no memory for the scoreboard", m->name);
    *image = i;
    i->conv = arena_alloc(&sb->memory, (size_t)p->convs, sizeof *i->conv);
    i->block = arena_alloc(&sb->memory, (size_t)m->layer_count, sizeof *i->block);
    int head = scoreboard_head(sb);
    i->logit_seen = arena_alloc(&sb->memory, head >= 0 ? (size_t)p->conv[head].slices : 0, 1);
    for (int k = 0; k < p->convs && i->conv != NULL; k++) create_conv(sb, &i->conv[k], &p->conv[k]);
    for (int k = 0; k < m->layer_count && i->block != NULL; k++) create_block(sb, &i->block[k], &m->layers[k]);
    if (sb->memory.failed) return dp_fail(err, DP_NO_MEMORY, "%s: no memory for the scoreboard", m->name);
    return DP_OK;
}

static int kept_positions(const golden_conv *c, int positions) {
    int kept = 0;
    for (int i = 0; i < positions; i++) kept += c->out_keep == NULL || c->out_keep[i] != 0;
    return kept;
}

static void list_octets(const golden_layer *g, const golden_conv *c, uint16_t *octet) {
    int group8 = c->out_grouped ? g->layer->group / PLAN_OCTET : c->conv->cout / PLAN_OCTET;
    int groups = c->out_grouped ? g->layer->groups : 1, n = 0;
    for (int i = 0; i < groups; i++)
        for (int k = 0; k < group8 && (!c->out_grouped || g->group_keep[i] != 0); k++) octet[n++] = (uint16_t)(i * group8 + k);
}

static void start_conv(const scoreboard *sb, scoreboard_conv *c, const plan_conv *pc, const golden_run *run) {
    const golden_layer *g = &run->layers[pc->layer];
    if (pc->conv == NULL) { /* the head runs at every position, golden once on their sum */
        c->macs = (uint64_t)(g->layer->in_h * g->layer->in_w) * (uint64_t)g->layer->in * (uint64_t)g->layer->out;
        return;
    }
    c->golden = &g->conv[pc->conv - g->layer->conv];
    memset(c->seen, 0, (size_t)pc->slices * (size_t)c->positions);
    c->seen_count = 0;
    c->pool_count = 0;
    c->pooled = g->layer->max_pool ? g->out : NULL;
    if (c->pooled != NULL) memset(c->pool_seen, 0, pool_tiles(c, pc));
    c->expected = (uint64_t)kept_positions(c->golden, c->positions) * (uint64_t)pc->slices;
    c->macs = sb->p->geometry.parallel ? c->golden->macs_parallel : c->golden->macs_serial;
    list_octets(g, c->golden, c->octet);
}

void scoreboard_image_start(scoreboard *sb, scoreboard_image *image, int index, const golden_run *run) {
    const plan *p = sb->p;
    image->index = index;
    image->run = run;
    image->logits = 0;
    int head = scoreboard_head(sb);
    if (head >= 0) memset(image->logit_seen, 0, (size_t)p->conv[head].slices);
    for (int i = 0; i < p->convs; i++) start_conv(sb, &image->conv[i], &p->conv[i], run);
    for (int i = 0; i < p->model->layer_count; i++) {
        scoreboard_block *b = &image->block[i];
        const dp_layer *layer = &p->model->layers[i];
        b->masks = 0;
        memset(b->score_seen, 0, sizeof b->score_seen);
        b->groups_seen = 0;
        if (b->mask_seen != NULL) memset(b->mask_seen, 0, (size_t)(layer->in_h * layer->in_w));
    }
}
