/* Records of tiles: each is looked up by its tag, must be expected there and come once, and must equal golden's. */
#include <string.h>

#include "scoreboard_parts.h"

/* A record, and the place that it claims; a report is made of it only when it is wrong. */
typedef struct {
    scoreboard *sb;
    const scoreboard_image *image;
    const plan_conv *pc; /* NULL: what it is about is layer and `what` */
    int layer;
    const char *what; /* "mask" */
    int y, x, k; /* -1: none */
    uint64_t cycle;
} tile;

static void fail(const tile *t, scoreboard_report *r) {
    r->y = t->y;
    r->x = t->x;
    t->sb->tiles_failed++;
    scoreboard_fail(t->sb, r);
}

static scoreboard_report about(const tile *t, scoreboard_fault fault) {
    return t->pc != NULL ? scoreboard_about_conv(t->sb, fault, t->image, t->pc, "", t->cycle)
                         : scoreboard_about(t->sb, fault, t->image, t->layer, t->what, t->cycle);
}

/* It has no value to compare. */
static void fail_place(const tile *t, scoreboard_fault fault) {
    scoreboard_report r = about(t, fault);
    r.k = t->k;
    fail(t, &r);
}

static void fail_value(const tile *t, int k, int64_t got, int64_t want) {
    scoreboard_report r = about(t, SCOREBOARD_MISMATCH);
    r.k = k;
    r.got = got;
    r.want = want;
    fail(t, &r);
}

/* Every record comes by here. True: its value counts. `seen`: the flag of its place, NULL where nothing should be. */
static bool take(const tile *t, uint8_t *seen) {
    t->sb->tiles_checked++;
    if (seen == NULL || *seen != 0) {
        fail_place(t, seen == NULL ? SCOREBOARD_UNEXPECTED : SCOREBOARD_DUPLICATE);
        return false;
    }
    *seen = 1;
    return true;
}

/* Lane by lane, once a tile is known to be wrong: reports the first lane that is. */
static void fail_lanes(const tile *t, const scoreboard_conv *c, const dut_out *o, int at) {
    const plan_conv *pc = t->pc;
    scoreboard_report r = about(t, SCOREBOARD_MISMATCH);
    r.has_acc = true;
    for (int lane = 0; lane < pc->lanes; lane++) {
        int packed = o->conv_slice * pc->lanes + lane;
        bool real = packed < pc->cout;
        r.k = real ? c->octet[packed / PLAN_OCTET] * PLAN_OCTET + packed % PLAN_OCTET : packed;
        size_t i = (size_t)at * (size_t)pc->conv->cout + (size_t)r.k;
        r.got = o->conv_data[lane];
        r.want = real ? c->golden->y[i] : 0;
        r.acc_got = o->conv_acc[lane];
        r.acc_want = real ? c->golden->acc[i] : 0;
        if (r.got != r.want || r.acc_got != r.acc_want) break;
    }
    fail(t, &r);
}

static bool tile_equal(const scoreboard_conv *c, const plan_conv *pc, const dut_out *o, int at) {
    static const int8_t no_data[PLAN_OCTET];
    static const int32_t no_acc[PLAN_OCTET];
    size_t row = (size_t)at * (size_t)pc->conv->cout;
    int octets = pc->cout / PLAN_OCTET, per_slice = pc->lanes / PLAN_OCTET;
    for (int n = 0; n < per_slice; n++) {
        int packed = o->conv_slice * per_slice + n;
        bool real = packed < octets;
        size_t i = real ? row + (size_t)c->octet[packed] * PLAN_OCTET : 0;
        const int8_t *y = real ? c->golden->y + i : no_data;
        const int32_t *acc = real ? c->golden->acc + i : no_acc;
        if (memcmp(o->conv_data + n * PLAN_OCTET, y, PLAN_OCTET) != 0) return false;
        if (memcmp(o->conv_acc + n * PLAN_OCTET, acc, sizeof no_acc) != 0) return false;
    }
    return true;
}

/* The flag of a convolution's tile; NULL outside the map and where the mask prunes. */
static uint8_t *conv_place(const scoreboard_conv *c, const plan_conv *pc, const dut_out *o, int at) {
    bool inside = o->conv_y < pc->conv->out_h && o->conv_x < pc->conv->out_w && o->conv_slice < pc->slices;
    if (!inside || (c->golden->out_keep != NULL && c->golden->out_keep[at] == 0)) return NULL;
    return &c->seen[(size_t)o->conv_slice * (size_t)c->positions + (size_t)at];
}

void scoreboard_check_conv(scoreboard *sb, const dut_out *o, uint64_t cycle) {
    scoreboard_image *image = scoreboard_current(sb);
    int index = o->conv_stage < PLAN_STAGE_HEAD ? sb->conv_of[o->conv_layer][o->conv_stage] : -1;
    tile t = {sb, image, NULL, o->conv_layer, "?", o->conv_y, o->conv_x, -1, cycle};
    if (image == NULL || index < 0) {
        (void)take(&t, NULL);
        return;
    }
    scoreboard_conv *c = &image->conv[index];
    const plan_conv *pc = t.pc = &sb->p->conv[index];
    int at = o->conv_y * pc->conv->out_w + o->conv_x;
    t.k = o->conv_slice * pc->lanes;
    if (!take(&t, conv_place(c, pc, o, at))) return;
    c->seen_count++;
    if (index < sb->done_next) /* it has retired: this tile was reported missing already */
        fail_place(&t, SCOREBOARD_UNEXPECTED);
    else if (!tile_equal(c, pc, o, at))
        fail_lanes(&t, c, o, at);
}

void scoreboard_check_pool(scoreboard *sb, const dut_out *o, uint64_t cycle) {
    scoreboard_image *image = scoreboard_current(sb);
    int index = sb->conv_of[o->pool_layer][DP_CONV1];
    scoreboard_conv *c = image != NULL && index >= 0 && image->conv[index].pooled != NULL ? &image->conv[index] : NULL;
    tile t = {sb, image, NULL, o->pool_layer, "pool", o->pool_y, o->pool_x, -1, cycle};
    if (c == NULL || o->pool_y >= c->pool_h || o->pool_x >= c->pool_w || o->pool_slice >= sb->p->conv[index].slices) {
        (void)take(&t, NULL);
        return;
    }
    const plan_conv *pc = &sb->p->conv[index];
    int at = o->pool_y * c->pool_w + o->pool_x;
    t.k = o->pool_slice * pc->lanes;
    if (!take(&t, &c->pool_seen[o->pool_slice * c->pool_h * c->pool_w + at])) return;
    c->pool_count++;
    for (int k = t.k; k < t.k + pc->lanes && k < pc->cout; k++) {
        int8_t want = c->pooled[(size_t)at * (size_t)pc->cout + (size_t)k], got = o->pool_data[k - t.k];
        if (got == want) continue;
        fail_value(&t, k, got, want);
        return;
    }
}

void scoreboard_check_mask(scoreboard *sb, const dut_out *o, uint64_t cycle) {
    scoreboard_image *image = scoreboard_current(sb);
    tile t = {sb, image, NULL, o->mask_layer, "mask", o->mask_y, o->mask_x, -1, cycle};
    bool known = image != NULL && o->mask_layer < sb->p->model->layer_count && image->block[o->mask_layer].mask_seen != NULL;
    const golden_layer *g = known ? &image->run->layers[o->mask_layer] : NULL;
    if (!known || o->mask_y >= g->layer->in_h || o->mask_x >= g->layer->in_w) {
        (void)take(&t, NULL);
        return;
    }
    scoreboard_block *b = &image->block[o->mask_layer];
    int at = o->mask_y * g->layer->in_w + o->mask_x;
    if (!take(&t, &b->mask_seen[at])) return;
    b->masks++;
    if (o->mask_keep != (g->min[at] != 0)) fail_value(&t, -1, o->mask_keep, g->min[at]);
}

/* The block whose groups the scores of `layer`'s output choose, or -1. */
static int scored_block(const scoreboard *sb, const scoreboard_image *image, int layer) {
    int block = layer + 1;
    return image != NULL && block < sb->p->model->layer_count && image->block[block].scores ? block : -1;
}

void scoreboard_check_score(scoreboard *sb, const dut_out *o, uint64_t cycle) {
    scoreboard_image *image = scoreboard_current(sb);
    int block = scored_block(sb, image, o->score_layer);
    tile t = {sb, image, NULL, o->score_layer, "score", -1, -1, o->score_group, cycle};
    bool expected = block >= 0 && o->score_group < sb->p->model->layers[block].groups;
    if (!take(&t, expected ? &image->block[block].score_seen[o->score_group] : NULL)) return;
    int64_t want = image->run->layers[block].score[o->score_group];
    if (o->score_data != want) fail_value(&t, o->score_group, o->score_data, want);
}

void scoreboard_check_groups(scoreboard *sb, const dut_out *o, uint64_t cycle) {
    scoreboard_image *image = scoreboard_current(sb);
    int block = scored_block(sb, image, o->groups_layer);
    tile t = {sb, image, NULL, o->groups_layer, "groups", -1, -1, -1, cycle};
    if (!take(&t, block >= 0 ? &image->block[block].groups_seen : NULL)) return;
    const golden_layer *g = &image->run->layers[block];
    for (int i = 0; i < DP_MAX_GROUPS; i++) {
        int got = (int)(o->groups_keep >> i & 1), want = i < g->layer->groups && g->group_keep[i] != 0;
        if (got == want) continue;
        fail_value(&t, i, got, want);
        return;
    }
}

/* Logits may come after the retirement of the head, when the array works on the next image already. */
static scoreboard_image *logit_image(scoreboard *sb, int head) {
    if (sb->in_flight == 0) return NULL;
    bool complete = sb->image[0]->logits == sb->p->conv[head].slices;
    bool next = complete && sb->in_flight > 1 && sb->done_ahead > 0 && sb->done_next >= head;
    return sb->image[next ? 1 : 0];
}

void scoreboard_check_logits(scoreboard *sb, const dut_out *o, uint64_t cycle) {
    int head = scoreboard_head(sb), po = sb->p->geometry.po;
    const plan_conv *pc = head >= 0 ? &sb->p->conv[head] : NULL;
    scoreboard_image *image = head >= 0 ? logit_image(sb, head) : scoreboard_current(sb);
    tile t = {sb, image, NULL, o->logit_layer, "logits", -1, -1, o->logit_slice * po, cycle};
    bool expected = pc != NULL && image != NULL && o->logit_layer == pc->layer && o->logit_slice < pc->slices;
    if (!take(&t, expected ? &image->logit_seen[o->logit_slice] : NULL)) return;
    image->logits++;
    for (int lane = 0; lane < po && t.k + lane < pc->cout; lane++) {
        int k = t.k + lane;
        if (o->logit_data[lane] == image->run->logits[k]) continue;
        fail_value(&t, k, o->logit_data[lane], image->run->logits[k]);
        return;
    }
}
