/* Masks, pooling, scores, choices. */
#include <inttypes.h>

#include "explain_parts.h"
#include "explain_signals.h"

/* ---- spatial mask ---- */
typedef struct {
    const failure_case *c;
    int valid, y, x, layer, total;
    bool found;
    int64_t total_got;
} mask_scene;

static bool look_mask(void *context, const wave_read *w, uint64_t cycle) {
    mask_scene *s = context;
    (void)cycle;
    if (wave_read_value(w, s->valid) == 0 || (int)wave_read_value(w, s->y) != s->c->y || (int)wave_read_value(w, s->x) != s->c->x)
        return true;
    s->found = (int)wave_read_value(w, s->layer) == s->c->layer;
    s->total_got = wave_read_signed(w, s->total);
    return true;
}

void explain_mask(const failure_case *c, wave_read *w, explanation *e) {
    e->stage = "mask";
    if (c->y < 0 || c->layer < 0 || !c->has_values) return;
    const golden_layer *g = &c->golden.layers[c->layer];
    const dp_layer *l = g->layer;
    const int8_t *x = failure_case_layer_input(c, c->layer) + (size_t)(c->y * l->in_w + c->x) * (size_t)l->in;
    int64_t dot = 0;
    if (l->spatial_weight == NULL) return;
    for (int k = 0; k < l->in; k++) dot += x[k] * l->spatial_weight[k];
    explain_say(e, "  golden: x . wm + bm = %" PRId64 " %+" PRId32 " = %" PRId64 ", so the position is %s\n", dot,
                l->spatial_bias, dot + l->spatial_bias, c->want != 0 ? "kept" : "pruned");
    if (w == NULL) return;
    mask_scene s = {.c = c};
    const explain_wanted wanted[] = {{SIGNAL_MASK_VALID, &s.valid, 0},
                                     {SIGNAL_MASK_Y, &s.y, 0},
                                     {SIGNAL_MASK_X, &s.x, 0},
                                     {SIGNAL_MASK_LAYER, &s.layer, 0},
                                     {SIGNAL_MASK_TOTAL, &s.total, 0}};
    if (!explain_find(e, w, wanted, sizeof wanted / sizeof *wanted) || !explain_watch(e, c, w, look_mask, &s)) return;
    if (!s.found) {
        explain_say(e, "  the wave does not show the decision\n");
        return;
    }
    bool decision = (s.total_got > 0) == (c->got != 0);
    explain_say(e, "  the mask unit had %" PRId64 "%s\n", s.total_got,
                !decision ? ", and decided otherwise"
                : s.total_got == dot + l->spatial_bias
                    ? ""
                    : ": its operands are wrong (the position was read too early or wrongly, or the weights are)");
}

/* ---- max-pool ---- */
void explain_pool(const failure_case *c, explanation *e) {
    const golden_layer *g = &c->golden.layers[c->layer];
    const golden_conv *v = &g->conv[0];
    e->stage = "pooling";
    if (c->y < 0 || c->channel < 0) return;
    explain_say(e, "  the 3x3 outputs under it:");
    for (int t = 0; t < 9; t++) {
        int y = 2 * c->y + t / 3 - 1, x = 2 * c->x + t % 3 - 1;
        bool inside = y >= 0 && x >= 0 && y < v->conv->out_h && x < v->conv->out_w;
        if (inside) explain_say(e, " %d", v->y[(size_t)(y * v->conv->out_w + x) * (size_t)v->conv->cout + (size_t)c->channel]);
        if (!inside) explain_say(e, " -");
    }
    explain_say(e, "\n  all of them came out of the post unit as golden has them\n");
}

/* ---- channel scores: S[c] slice by slice as the score unit got them ---- */
typedef struct {
    const failure_case *c;
    explanation *e;
    const golden_layer *g; /* whose output is pooled */
    const plan_conv *pc;
    int start, first, pool_bus, count;
    int slice, slices_seen;
    bool wrong;
} score_scene;

static bool look_score(void *context, const wave_read *w, uint64_t cycle) {
    score_scene *s = context;
    const failure_case *c = s->c;
    if (wave_read_value(w, s->start) == 0) return true;
    if (wave_read_value(w, s->first) != 0) {
        s->slice = 0;
        s->wrong = false;
        s->e->used = 0; /* an earlier layer's */
        s->slices_seen = 0;
    }
    int n = (int)wave_read_value(w, s->count);
    if (n != s->g->pooled_positions && c->golden.model->layers[c->layer + 1].pool == DP_POOL_AVG && !s->wrong) {
        s->wrong = true;
        explain_say(s->e, "  cycle %" PRIu64 ": %d positions were pooled instead of %d\n", cycle, n, s->g->pooled_positions);
    }
    for (int lane = 0; lane < s->pc->lanes && !s->wrong; lane++) {
        int k = failure_case_channel(c, s->pc, false, s->slice * s->pc->lanes + lane);
        int32_t got = 0;
        if (k < 0 || s->slice * s->pc->lanes + lane >= s->pc->cout) break;
        for (int i = 3; i >= 0; i--) got = (int32_t)((uint32_t)got << 8 | (uint8_t)wave_read_byte(w, s->pool_bus, 4 * lane + i));
        if (got == s->g->pooled[k]) continue;
        s->wrong = true;
        explain_say(s->e, "  cycle %" PRIu64 ": channel %d is pooled to %" PRId32 " instead of %" PRId32 "\n", cycle, k, got,
                    s->g->pooled[k]);
    }
    s->slice++;
    s->slices_seen++;
    return true;
}

void explain_score(const failure_case *c, wave_read *w, explanation *e) {
    e->stage = "score";
    if (c->layer < 0 || c->layer + 1 >= c->model.layer_count || w == NULL) return;
    score_scene s = {.c = c, .e = e, .g = &c->golden.layers[c->layer], .slice = -1};
    for (int i = 0; i < c->plan.convs; i++) /* the layer's last convolution makes its output */
        if (c->plan.conv[i].layer == c->layer && c->plan.conv[i].stage != DP_SHORTCUT) s.pc = &c->plan.conv[i];
    if (s.pc == NULL || s.g->pooled == NULL) return;
    const explain_wanted wanted[] = {{SIGNAL_SCORE_START, &s.start, 0},
                                     {SIGNAL_SCORE_FIRST, &s.first, 0},
                                     {SIGNAL_SCORE_POOLED, &s.pool_bus, 0},
                                     {SIGNAL_SCORE_COUNT, &s.count, 0}};
    if (!explain_find(e, w, wanted, sizeof wanted / sizeof *wanted) || !explain_watch(e, c, w, look_score, &s)) return;
    if (s.slices_seen == 0) {
        explain_say(e, "  the wave does not show what was pooled\n");
        return;
    }
    if (s.wrong) e->stage = "pooling";
    if (!s.wrong)
        explain_say(e, "  the pooled channels of %d slices in the wave are right: weights, bias or sum of the score are not\n",
                    s.slices_seen);
}

void explain_groups(const failure_case *c, explanation *e) {
    e->stage = "top-k";
    if (c->layer < 0 || c->layer + 1 >= c->model.layer_count) return;
    const golden_layer *g = &c->golden.layers[c->layer + 1];
    explain_say(e, "  the scores came right; the best %d of them stay, ties to the lower index:\n   ", g->layer->keep);
    for (int i = 0; i < g->layer->groups; i++)
        explain_say(e, " %d:%" PRId64 "%s", i, g->score[i], g->group_keep[i] != 0 ? "*" : "");
    explain_say(e, "\n");
}
