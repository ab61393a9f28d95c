/* See explain.h. */
#include "explain.h"

#include <string.h>

#include "explain_parts.h"

static bool is(const failure_case *c, const char *record) { return strcmp(c->record, record) == 0; }

/* Whether everything that is missing comes after everything that came, slice after slice, row after row: the convolution ended too early. */
static bool ended_early(const failure_case *c, const golden_conv *g) {
    const plan_conv *pc = failure_case_conv(c);
    npy_array seen = {.data = NULL};
    dp_error err;
    size_t cout = (size_t)g->conv->cout, positions = (size_t)(g->conv->out_h * g->conv->out_w);
    bool missing = false, in_order = true;
    if (failure_case_array(c, "seen", NPY_UINT8, &seen, &err) != DP_OK) return false;
    for (int slice = 0; slice < pc->slices && seen.count == positions * cout; slice++) {
        int channel = failure_case_channel(c, pc, false, slice * pc->lanes);
        for (size_t at = 0; at < positions && channel >= 0; at++) {
            if (g->out_keep != NULL && g->out_keep[at] == 0) continue;
            bool came = ((const uint8_t *)seen.data)[at * cout + (size_t)channel] != 0;
            in_order &= !(came && missing);
            missing |= !came;
        }
    }
    npy_free(&seen);
    return missing && in_order;
}

/* A tile at a place, or at a time, where none should be; or none where one should be. */
static void explain_place(const failure_case *c, explanation *e) {
    const golden_conv *g = failure_case_golden(c);
    e->stage = "dispatch";
    if (is(c, "mask")) e->stage = "mask";
    if (is(c, "score") || is(c, "groups")) e->stage = is(c, "score") ? "score" : "top-k";
    if (is(c, "pool")) e->stage = "pooling";
    if (!is(c, "conv") || g == NULL || c->y < 0) return;
    bool inside = c->y < g->conv->out_h && c->x < g->conv->out_w;
    if (!inside) {
        explain_say(e, "  the position lies outside the map of %dx%d\n", g->conv->out_h, g->conv->out_w);
        return;
    }
    if (strcmp(c->fault, "MISSING") == 0 && ended_early(c, g)) {
        explain_say(e, "  all tiles before y=%d x=%d of this slice came: the convolution ended too early\n", c->y, c->x);
        return;
    }
    bool kept = g->out_keep == NULL || g->out_keep[c->y * g->conv->out_w + c->x] != 0;
    if (g->out_keep != NULL) {
        explain_say(e, "  golden %s y=%d x=%d of this map\n", kept ? "keeps" : "prunes", c->y, c->x);
        if (strcmp(c->fault, "DUPLICATE") != 0) e->stage = "mask";
        if (e->stage[0] == 'm')
            explain_say(e, "  all decisions of the mask unit came right: the mask was kept, pooled or read wrongly\n");
    }
}

static void explain_tile(const failure_case *c, wave_read *w, explanation *e) {
    const golden_conv *g = failure_case_golden(c);
    bool sums = is(c, "logits") || c->acc_got != c->acc_want;
    if (is(c, "conv") && g != NULL && c->channel >= g->conv->cout) {
        e->stage = sums ? "gather, weights or partial sum" : "requantization";
        explain_say(e, "  the lane is beyond the %d channels, where all is 0\n", g->conv->cout);
    } else if (!sums) {
        explain_say(e, "  the accumulator is right, the output is not\n");
        explain_post(c, w, e);
    } else if (w == NULL || !explain_sum(c, w, e)) {
        explain_sum_blind(c, e);
    }
}

static void explain_record(const failure_case *c, wave_read *w, explanation *e) {
    if (strcmp(c->fault, "MISMATCH") != 0) {
        explain_place(c, e);
    } else if (is(c, "conv") || is(c, "logits")) {
        explain_tile(c, w, e);
    } else if (is(c, "mask")) {
        explain_mask(c, w, e);
    } else if (is(c, "pool")) {
        explain_pool(c, e);
    } else if (is(c, "score")) {
        explain_score(c, w, e);
    } else if (is(c, "groups")) {
        explain_groups(c, e);
    } else if (is(c, "memory")) {
        e->stage = "logit write";
        explain_say(e, "  the logits came right out of the array, and wrong into memory\n");
    } else if (is(c, "count")) {
        bool beats = strstr(c->message, "beats") != NULL;
        e->stage = beats ? "fetch" : "dispatch";
        explain_say(e, "  values were right so far; %s\n",
                    beats ? "the loader fetched something else than what stays" : "the array did another amount of work");
    } else {
        e->stage = is(c, "fetch") ? "fetch" : "dispatch";
    }
}

/* A hang, a bus error, an assertion: the message has it all. */
static void explain_stop(const failure_case *c, explanation *e) {
    e->stage = strcmp(c->fault, "HANG") == 0 ? "hang" : strcmp(c->fault, "BUS ERROR") == 0 ? "bus" : "assertion";
}

dp_status explain_failure(const failure_case *c, explanation *e, dp_error *err) {
    wave_read *w = NULL;
    *e = (explanation){.stage = "dispatch"};
    if (c->image < 0) return DP_OK;
    dp_status status = c->has_wave ? wave_read_open(&w, c->wave, err) : DP_OK;
    if (status != DP_OK) return status;
    if (is(c, "run"))
        explain_stop(c, e);
    else
        explain_record(c, w, e);
    wave_read_close(w);
    return DP_OK;
}
