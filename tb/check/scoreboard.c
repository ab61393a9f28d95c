/* See scoreboard.h. Which image is where. */
#include "scoreboard.h"

#include <string.h>

#include "scoreboard_parts.h"

dp_status scoreboard_create(scoreboard *sb, const plan *p, dp_error *err) {
    *sb = (scoreboard){.p = p, .layer = NULL};
    sb->layer = arena_alloc(&sb->memory, (size_t)p->convs, sizeof *sb->layer);
    dp_status status = DP_OK;
    for (int i = 0; i < SCOREBOARD_IMAGES && status == DP_OK; i++) status = scoreboard_image_create(sb, &sb->image[i], err);
    if (status == DP_OK && sb->memory.failed)
        status = dp_fail(err, DP_NO_MEMORY, "%s: no memory for the scoreboard", p->model->name);
    if (status != DP_OK) {
        scoreboard_free(sb);
        return status;
    }
    memset(sb->conv_of, -1, sizeof sb->conv_of);
    for (int i = 0; i < p->convs; i++) sb->conv_of[p->conv[i].layer][p->conv[i].stage] = (int16_t)i;
    return DP_OK;
}

void scoreboard_free(scoreboard *sb) {
    arena_free(&sb->memory);
    *sb = (scoreboard){0};
}

void scoreboard_start_image(scoreboard *sb, int index, const golden_run *run, uint64_t cycle) {
    if (sb->in_flight == 0) {
        sb->last_done = cycle - 1; /* this cycle is the first of its first convolution */
        memset(sb->cause, 0, sizeof sb->cause);
    }
    scoreboard_image_start(sb, sb->image[sb->in_flight++], index, run);
}

static bool may_go_on(const scoreboard *sb) { return sb->max_reports == 0 || sb->reports < sb->max_reports; }

/* A convolution's last tile and its retirement may share a cycle: tiles first. */
bool scoreboard_check(scoreboard *sb, const dut_out *o, uint64_t cycle) {
    if (sb->in_flight > 0) sb->cause[o->cause]++;
    if (o->fetch_valid) scoreboard_check_fetch(sb, o, cycle);
    if (o->conv_valid) scoreboard_check_conv(sb, o, cycle);
    if (o->pool_valid) scoreboard_check_pool(sb, o, cycle);
    if (o->mask_valid) scoreboard_check_mask(sb, o, cycle);
    if (o->score_valid) scoreboard_check_score(sb, o, cycle);
    if (o->groups_valid) scoreboard_check_groups(sb, o, cycle);
    if (o->logit_valid) scoreboard_check_logits(sb, o, cycle);
    if (o->done_valid) scoreboard_check_done(sb, o, cycle);
    return may_go_on(sb);
}

static void check_written(scoreboard *sb, const scoreboard_image *image, const int32_t *logits, uint64_t cycle) {
    int head = scoreboard_head(sb);
    for (int k = 0; head >= 0 && logits != NULL && k < sb->p->conv[head].cout; k++) {
        if (logits[k] == image->run->logits[k]) continue;
        scoreboard_report r = scoreboard_about(sb, SCOREBOARD_MISMATCH, image, sb->p->conv[head].layer, "memory", cycle);
        r.k = k;
        r.got = logits[k];
        r.want = image->run->logits[k];
        scoreboard_fail(sb, &r);
    }
}

/* The loader should have passed this image too. */
static void end_fetch(scoreboard *sb, const scoreboard_image *image, uint64_t cycle) {
    if (sb->fetch_ahead > 0) {
        sb->fetch_ahead--;
        return;
    }
    scoreboard_report r = scoreboard_about(sb, SCOREBOARD_MISSING, image, sb->p->conv[sb->fetch_next].layer, "fetch", cycle);
    r.missing = (uint64_t)(sb->p->convs - sb->fetch_next);
    scoreboard_fail(sb, &r);
    sb->fetch_next = 0;
}

bool scoreboard_end_image(scoreboard *sb, const int32_t *logits, uint64_t cycle) {
    if (sb->in_flight == 0) {
        scoreboard_report r = scoreboard_about(sb, SCOREBOARD_UNEXPECTED, NULL, -1, "job", cycle);
        scoreboard_fail(sb, &r);
        return may_go_on(sb);
    }
    scoreboard_image *oldest = sb->image[0];
    if (sb->done_ahead > 0) {
        sb->done_ahead--;
    } else {
        for (int i = sb->done_next; i < sb->p->convs; i++) scoreboard_check_missing(sb, oldest, i, cycle);
        sb->done_next = 0;
    }
    scoreboard_check_missing_logits(sb, oldest, cycle);
    check_written(sb, oldest, logits, cycle);
    end_fetch(sb, oldest, cycle);
    sb->in_flight--;
    sb->images_done++;
    for (int i = 1; i < SCOREBOARD_IMAGES; i++) sb->image[i - 1] = sb->image[i];
    sb->image[SCOREBOARD_IMAGES - 1] = oldest;
    return may_go_on(sb);
}
