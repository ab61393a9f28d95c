/* Records of tiles: each is looked up by its tag, must be awaited, and must equal golden's. */
#include <string.h>

#include "scoreboard_parts.h"

static void fail_tile(scoreboard *sb, const scoreboard_report *r) {
    sb->tiles_failed++;
    scoreboard_fail(sb, r);
}

/* A tile that is not awaited; it has no value to compare. */
static void fail_place(scoreboard *sb, scoreboard_fault fault, const scoreboard_image *image, int layer, const char *stage, int y,
                       int x, int k, uint64_t cycle) {
    scoreboard_report r = scoreboard_about(sb, fault, image, layer, stage, cycle);
    r.y = y;
    r.x = x;
    r.k = k;
    fail_tile(sb, &r);
}

/* Lane by lane, once a tile is known to be wrong: reports the first lane that is. */
static void fail_value(scoreboard *sb, const scoreboard_image *image, const scoreboard_conv *c, const plan_conv *pc,
                       const dut_out *o, int at, uint64_t cycle) {
    scoreboard_report r = scoreboard_about_conv(sb, SCOREBOARD_MISMATCH, image, pc, "", cycle);
    r.y = o->conv_y;
    r.x = o->conv_x;
    r.has_acc = true;
    for (int lane = 0; lane < pc->lanes; lane++) {
        int packed = o->conv_slice * pc->lanes + lane;
        bool real = packed < pc->cout;
        int k = real ? c->octet[packed / PLAN_OCTET] * PLAN_OCTET + packed % PLAN_OCTET : packed;
        size_t i = (size_t)at * (size_t)pc->conv->cout + (size_t)k;
        r.k = k;
        r.got = o->conv_data[lane];
        r.want = real ? c->golden->y[i] : 0;
        r.acc_got = o->conv_acc[lane];
        r.acc_want = real ? c->golden->acc[i] : 0;
        if (r.got != r.want || r.acc_got != r.acc_want) break;
    }
    fail_tile(sb, &r);
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

static void fail_conv(scoreboard *sb, scoreboard_fault fault, const scoreboard_image *image, const plan_conv *pc,
                      const dut_out *o, uint64_t cycle) {
    scoreboard_report r = scoreboard_about_conv(sb, fault, image, pc, "", cycle);
    r.y = o->conv_y;
    r.x = o->conv_x;
    r.k = o->conv_slice * pc->lanes;
    fail_tile(sb, &r);
}

void scoreboard_check_conv(scoreboard *sb, const dut_out *o, uint64_t cycle) {
    scoreboard_image *image = scoreboard_current(sb);
    int index = o->conv_stage < PLAN_STAGE_HEAD ? sb->conv_of[o->conv_layer][o->conv_stage] : -1;
    sb->tiles_checked++;
    if (image == NULL || index < 0) {
        fail_place(sb, SCOREBOARD_UNEXPECTED, image, o->conv_layer, "?", o->conv_y, o->conv_x, -1, cycle);
        return;
    }
    scoreboard_conv *c = &image->conv[index];
    const plan_conv *pc = &sb->p->conv[index];
    int at = o->conv_y * pc->conv->out_w + o->conv_x;
    bool inside = o->conv_y < pc->conv->out_h && o->conv_x < pc->conv->out_w && o->conv_slice < pc->slices;
    if (!inside || (c->golden->out_keep != NULL && c->golden->out_keep[at] == 0)) {
        fail_conv(sb, SCOREBOARD_UNEXPECTED, image, pc, o, cycle);
        return;
    }
    uint8_t *seen = &c->seen[(size_t)o->conv_slice * (size_t)c->positions + (size_t)at];
    if (*seen != 0) {
        fail_conv(sb, SCOREBOARD_DUPLICATE, image, pc, o, cycle);
        return;
    }
    *seen = 1;
    c->seen_count++;
    if (index < sb->done_next) { /* it has retired: this tile was reported missing already */
        fail_conv(sb, SCOREBOARD_UNEXPECTED, image, pc, o, cycle);
    } else if (!tile_equal(c, pc, o, at)) {
        fail_value(sb, image, c, pc, o, at, cycle);
    }
}

void scoreboard_check_pool(scoreboard *sb, const dut_out *o, uint64_t cycle) {
    scoreboard_image *image = scoreboard_current(sb);
    int index = sb->conv_of[o->pool_layer][DP_CONV1];
    scoreboard_conv *c = image != NULL && index >= 0 ? &image->conv[index] : NULL;
    sb->tiles_checked++;
    if (c == NULL || c->pooled == NULL || o->pool_y >= c->pool_h || o->pool_x >= c->pool_w ||
        o->pool_slice >= sb->p->conv[index].slices) {
        fail_place(sb, SCOREBOARD_UNEXPECTED, image, o->pool_layer, "pool", o->pool_y, o->pool_x, -1, cycle);
        return;
    }
    const plan_conv *pc = &sb->p->conv[index];
    int at = o->pool_y * c->pool_w + o->pool_x, first = o->pool_slice * pc->lanes;
    uint8_t *seen = &c->pool_seen[o->pool_slice * c->pool_h * c->pool_w + at];
    if (*seen != 0) {
        fail_place(sb, SCOREBOARD_DUPLICATE, image, o->pool_layer, "pool", o->pool_y, o->pool_x, first, cycle);
        return;
    }
    *seen = 1;
    c->pool_count++;
    for (int k = first; k < first + pc->lanes && k < pc->cout; k++) {
        int8_t want = c->pooled[(size_t)at * (size_t)pc->cout + (size_t)k], got = o->pool_data[k - first];
        if (got == want) continue;
        scoreboard_report r = scoreboard_about(sb, SCOREBOARD_MISMATCH, image, o->pool_layer, "pool", cycle);
        r.y = o->pool_y;
        r.x = o->pool_x;
        r.k = k;
        r.got = got;
        r.want = want;
        fail_tile(sb, &r);
        return;
    }
}

void scoreboard_check_mask(scoreboard *sb, const dut_out *o, uint64_t cycle) {
    scoreboard_image *image = scoreboard_current(sb);
    sb->tiles_checked++;
    bool known = image != NULL && o->mask_layer < sb->p->model->layer_count && image->block[o->mask_layer].mask_seen != NULL;
    const golden_layer *g = known ? &image->run->layers[o->mask_layer] : NULL;
    if (!known || o->mask_y >= g->layer->in_h || o->mask_x >= g->layer->in_w) {
        fail_place(sb, SCOREBOARD_UNEXPECTED, image, o->mask_layer, "mask", o->mask_y, o->mask_x, -1, cycle);
        return;
    }
    scoreboard_block *b = &image->block[o->mask_layer];
    int at = o->mask_y * g->layer->in_w + o->mask_x;
    if (b->mask_seen[at] != 0) {
        fail_place(sb, SCOREBOARD_DUPLICATE, image, o->mask_layer, "mask", o->mask_y, o->mask_x, -1, cycle);
        return;
    }
    b->mask_seen[at] = 1;
    b->masks++;
    if (o->mask_keep == (g->min[at] != 0)) return;
    scoreboard_report r = scoreboard_about(sb, SCOREBOARD_MISMATCH, image, o->mask_layer, "mask", cycle);
    r.y = o->mask_y;
    r.x = o->mask_x;
    r.got = o->mask_keep;
    r.want = g->min[at];
    fail_tile(sb, &r);
}

/* The block whose groups the scores of `layer`'s output choose, or -1. */
static int scored_block(const scoreboard *sb, const scoreboard_image *image, int layer) {
    int block = layer + 1;
    return image != NULL && block < sb->p->model->layer_count && image->block[block].scores ? block : -1;
}

void scoreboard_check_score(scoreboard *sb, const dut_out *o, uint64_t cycle) {
    scoreboard_image *image = scoreboard_current(sb);
    int block = scored_block(sb, image, o->score_layer);
    sb->tiles_checked++;
    if (block < 0 || o->score_group >= sb->p->model->layers[block].groups) {
        fail_place(sb, SCOREBOARD_UNEXPECTED, image, o->score_layer, "score", -1, -1, o->score_group, cycle);
        return;
    }
    uint64_t bit = (uint64_t)1 << o->score_group;
    if ((image->block[block].score_seen & bit) != 0) {
        fail_place(sb, SCOREBOARD_DUPLICATE, image, o->score_layer, "score", -1, -1, o->score_group, cycle);
        return;
    }
    image->block[block].score_seen |= bit;
    int64_t want = image->run->layers[block].score[o->score_group];
    if (o->score_data == want) return;
    scoreboard_report r = scoreboard_about(sb, SCOREBOARD_MISMATCH, image, o->score_layer, "score", cycle);
    r.k = o->score_group;
    r.got = o->score_data;
    r.want = want;
    fail_tile(sb, &r);
}

void scoreboard_check_groups(scoreboard *sb, const dut_out *o, uint64_t cycle) {
    scoreboard_image *image = scoreboard_current(sb);
    int block = scored_block(sb, image, o->groups_layer);
    sb->tiles_checked++;
    if (block < 0 || image->block[block].groups_seen) {
        fail_place(sb, block < 0 ? SCOREBOARD_UNEXPECTED : SCOREBOARD_DUPLICATE, image, o->groups_layer, "groups", -1, -1, -1,
                   cycle);
        return;
    }
    const golden_layer *g = &image->run->layers[block];
    image->block[block].groups_seen = true;
    for (int i = 0; i < DP_MAX_GROUPS; i++) {
        int got = (int)(o->groups_keep >> i & 1), want = i < g->layer->groups && g->group_keep[i] != 0;
        if (got == want) continue;
        scoreboard_report r = scoreboard_about(sb, SCOREBOARD_MISMATCH, image, o->groups_layer, "groups", cycle);
        r.k = i;
        r.got = got;
        r.want = want;
        fail_tile(sb, &r);
        return;
    }
}

/* Logits may come behind the retirement of the head, when the array works on the next image already. */
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
    sb->tiles_checked++;
    if (pc == NULL || image == NULL || o->logit_layer != pc->layer || o->logit_slice >= pc->slices) {
        fail_place(sb, SCOREBOARD_UNEXPECTED, image, o->logit_layer, "logits", -1, -1, o->logit_slice * po, cycle);
        return;
    }
    if (image->logit_seen[o->logit_slice] != 0) {
        fail_place(sb, SCOREBOARD_DUPLICATE, image, o->logit_layer, "logits", -1, -1, o->logit_slice * po, cycle);
        return;
    }
    image->logit_seen[o->logit_slice] = 1;
    image->logits++;
    for (int lane = 0; lane < po && o->logit_slice * po + lane < pc->cout; lane++) {
        int k = o->logit_slice * po + lane;
        if (o->logit_data[lane] == image->run->logits[k]) continue;
        scoreboard_report r = scoreboard_about(sb, SCOREBOARD_MISMATCH, image, o->logit_layer, "logits", cycle);
        r.k = k;
        r.got = o->logit_data[lane];
        r.want = image->run->logits[k];
        fail_tile(sb, &r);
        return;
    }
}
