/* Retirement of a convolution: everything of it must have been seen, and its counts must be those that the masks leave. */
#include <string.h>

#include "scoreboard_parts.h"

static void fail_count(scoreboard *sb, const scoreboard_image *image, const plan_conv *pc, const char *what, uint64_t got,
                       uint64_t want, uint64_t cycle) {
    if (got == want) return;
    scoreboard_report r = scoreboard_about_conv(sb, SCOREBOARD_MISMATCH, image, pc, what, cycle);
    r.got = (int64_t)got;
    r.want = (int64_t)want;
    scoreboard_fail(sb, &r);
}

static void fail_missing(scoreboard *sb, scoreboard_report *r, uint64_t count) {
    r->missing = count;
    sb->tiles_failed += count;
    scoreboard_fail(sb, r);
}

static void missing_tiles(scoreboard *sb, const scoreboard_image *image, int conv, uint64_t cycle) {
    const plan_conv *pc = &sb->p->conv[conv];
    const scoreboard_conv *c = &image->conv[conv];
    if (c->golden == NULL || c->seen_count == c->expected) return;
    scoreboard_report r = scoreboard_about_conv(sb, SCOREBOARD_MISSING, image, pc, "", cycle);
    for (int i = 0; i < pc->slices * c->positions; i++) {
        int at = i % c->positions;
        if (c->seen[i] != 0 || (c->golden->out_keep != NULL && c->golden->out_keep[at] == 0)) continue;
        r.y = at / pc->conv->out_w;
        r.x = at % pc->conv->out_w;
        r.k = i / c->positions * pc->lanes;
        break;
    }
    fail_missing(sb, &r, c->expected - c->seen_count);
}

static void missing_pool(scoreboard *sb, const scoreboard_image *image, int conv, uint64_t cycle) {
    const plan_conv *pc = &sb->p->conv[conv];
    const scoreboard_conv *c = &image->conv[conv];
    uint64_t expected = (uint64_t)(c->pool_h * c->pool_w) * (uint64_t)pc->slices;
    if (c->pooled == NULL || c->pool_count == expected) return;
    scoreboard_report r = scoreboard_about(sb, SCOREBOARD_MISSING, image, pc->layer, "pool", cycle);
    int at = 0;
    while (c->pool_seen[at] != 0) at++;
    r.y = at % (c->pool_h * c->pool_w) / c->pool_w;
    r.x = at % c->pool_w;
    r.k = at / (c->pool_h * c->pool_w) * pc->lanes;
    fail_missing(sb, &r, expected - c->pool_count);
}

static void missing_masks(scoreboard *sb, const scoreboard_image *image, int layer, uint64_t cycle) {
    const scoreboard_block *b = &image->block[layer];
    const dp_layer *l = &sb->p->model->layers[layer];
    int positions = l->in_h * l->in_w;
    if (b->mask_seen == NULL || b->masks == positions) return;
    scoreboard_report r = scoreboard_about(sb, SCOREBOARD_MISSING, image, layer, "mask", cycle);
    int at = 0;
    while (b->mask_seen[at] != 0) at++;
    r.y = at / l->in_w;
    r.x = at % l->in_w;
    fail_missing(sb, &r, (uint64_t)(positions - b->masks));
}

static void missing_scores(scoreboard *sb, const scoreboard_image *image, int layer, uint64_t cycle) {
    const scoreboard_block *b = &image->block[layer];
    if (!b->scores) return;
    uint64_t missing = 0;
    scoreboard_report r = scoreboard_about(sb, SCOREBOARD_MISSING, image, layer - 1, "score", cycle);
    for (int g = 0; g < sb->p->model->layers[layer].groups; g++) {
        if (b->score_seen[g] != 0) continue;
        if (missing++ == 0) r.k = g;
    }
    if (missing > 0) fail_missing(sb, &r, missing);
    if (b->groups_seen != 0) return;
    r = scoreboard_about(sb, SCOREBOARD_MISSING, image, layer - 1, "groups", cycle);
    fail_missing(sb, &r, 1);
}

void scoreboard_check_missing(scoreboard *sb, scoreboard_image *image, int conv, uint64_t cycle) {
    const plan_conv *pc = &sb->p->conv[conv];
    missing_tiles(sb, image, conv, cycle);
    missing_pool(sb, image, conv, cycle);
    if (pc->stage != DP_CONV1) return; /* the first of a block waits for the block's masks */
    missing_masks(sb, image, pc->layer, cycle);
    missing_scores(sb, image, pc->layer, cycle);
}

void scoreboard_check_missing_logits(scoreboard *sb, scoreboard_image *image, uint64_t cycle) {
    int head = scoreboard_head(sb);
    if (head < 0 || image->logits == sb->p->conv[head].slices) return;
    scoreboard_report r = scoreboard_about(sb, SCOREBOARD_MISSING, image, sb->p->conv[head].layer, "logits", cycle);
    int slice = 0;
    while (image->logit_seen[slice] != 0) slice++;
    r.k = slice * sb->p->geometry.po;
    fail_missing(sb, &r, (uint64_t)(sb->p->conv[head].slices - image->logits));
}

void scoreboard_check_done(scoreboard *sb, const dut_out *o, uint64_t cycle) {
    scoreboard_image *image = scoreboard_current(sb);
    int index = o->done_stage <= PLAN_STAGE_HEAD ? sb->conv_of[o->done_layer][o->done_stage] : -1;
    if (image == NULL || index != sb->done_next) {
        bool again = image != NULL && index >= 0 && index < sb->done_next;
        scoreboard_report r =
            scoreboard_about(sb, again ? SCOREBOARD_DUPLICATE : SCOREBOARD_UNEXPECTED, image, o->done_layer, "retirement", cycle);
        scoreboard_fail(sb, &r);
        if (image == NULL || index < sb->done_next) return;
    }
    for (; sb->done_next < index; sb->done_next++) scoreboard_check_missing(sb, image, sb->done_next, cycle);
    scoreboard_check_missing(sb, image, index, cycle);
    fail_count(sb, image, &sb->p->conv[index], " MACs", o->done_macs, image->conv[index].macs, cycle);
    scoreboard_layer *layer = &sb->layer[index];
    layer->macs += o->done_macs;
    layer->busy += o->done_busy;
    if (sb->p->conv[index].chained) { /* the last of the chain takes the rest, in a moment */
        layer->cycles += o->done_busy;
        layer->cause[DUT_BUSY] += o->done_busy;
        sb->cause[DUT_BUSY] -= o->done_busy;
        sb->last_done += o->done_busy;
    } else {
        layer->cycles += cycle - sb->last_done;
        for (int i = 0; i < DUT_CAUSES; i++) layer->cause[i] += sb->cause[i];
        memset(sb->cause, 0, sizeof sb->cause);
        sb->last_done = cycle;
    }
    if (++sb->done_next < sb->p->convs) return;
    sb->done_next = 0;
    sb->done_ahead++;
}

void scoreboard_check_fetch(scoreboard *sb, const dut_out *o, uint64_t cycle) {
    const scoreboard_image *image = sb->fetch_ahead < sb->in_flight ? sb->image[sb->fetch_ahead] : NULL;
    int index = o->fetch_stage <= PLAN_STAGE_HEAD ? sb->conv_of[o->fetch_layer][o->fetch_stage] : -1;
    if (index != sb->fetch_next) {
        scoreboard_report r = scoreboard_about(sb, SCOREBOARD_UNEXPECTED, image, o->fetch_layer, "fetch", cycle);
        scoreboard_fail(sb, &r);
        if (index < sb->fetch_next) return;
    }
    const plan_conv *pc = &sb->p->conv[index];
    fail_count(sb, image, pc, " weight beats", o->fetch_weights, pc->weight_beats, cycle);
    fail_count(sb, image, pc, " other beats", o->fetch_other, pc->other_beats, cycle);
    sb->layer[index].weight_beats += o->fetch_weights;
    sb->layer[index].other_beats += o->fetch_other;
    sb->fetch_next = index + 1;
    if (sb->fetch_next < sb->p->convs) return;
    sb->fetch_next = 0;
    sb->fetch_ahead++;
}
