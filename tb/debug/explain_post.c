/* The sum is right and the output is not: parameters, identity, scaling, clamp. */
#include <inttypes.h>

#include "explain_parts.h"
#include "explain_signals.h"
#include "golden_requant.h"

typedef struct {
    const failure_case *c;
    int lane;
    explain_command command;
    int out, relu, y, x, slice, acc, mult, res_mult, bias, id, shift;
    bool found, shifted, relu_got;
    int64_t acc_got, mult_got, res_mult_got, bias_got, id_got, shift_got;
} scene;

static bool find_signals(scene *s, wave_read *w, explanation *e) {
    const explain_wanted wanted[] = {
        {SIGNAL_LAYER, &s->command.layer, 0},
        {SIGNAL_STAGE, &s->command.stage[0], 0},
        {SIGNAL_STAGE_1, &s->command.stage[1], 0},
        {SIGNAL_STAGE_2, &s->command.stage[2], 0},
        {SIGNAL_POST_CONV, &s->command.conv, 0},
        {SIGNAL_POST_OUT, &s->out, 0},
        {SIGNAL_POST_RELU, &s->relu, 0},
        {SIGNAL_POST_Y, &s->y, 0},
        {SIGNAL_POST_X, &s->x, 0},
        {SIGNAL_POST_SLICE, &s->slice, 0},
        {SIGNAL_POST_ACC, &s->acc, s->lane},
        {SIGNAL_POST_MULT, &s->mult, s->lane},
        {SIGNAL_POST_BIAS, &s->bias, s->lane},
        {SIGNAL_POST_RES_MULT, &s->res_mult, s->lane},
        {SIGNAL_POST_IDENTITY, &s->id, s->lane},
        {SIGNAL_POST_SHIFT, &s->shift, s->lane},
    };
    return explain_find(e, w, wanted, sizeof wanted / sizeof *wanted);
}

/* The tile's cycle in stage E is the last one; its shift is registered a cycle later. */
static bool look(void *context, const wave_read *w, uint64_t cycle) {
    scene *s = context;
    const failure_case *c = s->c;
    (void)cycle;
    if (s->found && !s->shifted) s->shift_got = (int64_t)wave_read_value(w, s->shift);
    s->shifted = s->found;
    if (wave_read_value(w, s->out) == 0 || !explain_command_is(&s->command, w, c->layer, c->stage)) return true;
    if ((int)wave_read_value(w, s->y) != c->y || (int)wave_read_value(w, s->x) != c->x ||
        (int)wave_read_value(w, s->slice) != c->slice)
        return true;
    s->found = true;
    s->shifted = false;
    s->relu_got = wave_read_value(w, s->relu) != 0;
    s->acc_got = wave_read_signed(w, s->acc);
    s->mult_got = wave_read_signed(w, s->mult);
    s->res_mult_got = wave_read_signed(w, s->res_mult);
    s->bias_got = wave_read_signed(w, s->bias);
    s->id_got = wave_read_signed(w, s->id);
    return true;
}

/* A shortcut has its ReLU at pruned positions only: the output shows which the hardware took this one for, unless its token had it right and
   the ReLU was not made of it. */
static bool mask_was_wrong(const scene *s, const dp_conv *v, explanation *e) {
    const failure_case *c = s->c;
    const golden_layer *g = &c->golden.layers[c->layer];
    if (v->role != DP_SHORTCUT || g->mout == NULL) return false;
    bool kept = g->mout[c->y * v->out_w + c->x] != 0;
    if (golden_requantize(v, c->channel, c->acc_want, 0, kept) != c->got || (s->found && s->relu_got == !kept)) return false;
    explain_say(e, "  the position is %s, and the shortcut had %s ReLU, as if it were %s\n", kept ? "kept" : "pruned",
                kept ? "a" : "no", kept ? "pruned" : "kept");
    e->stage = "mask";
    return true;
}

static int8_t identity_of(const failure_case *c, const golden_layer *g, size_t at) {
    for (int k = 0; k < g->layer->convs; k++)
        if (g->layer->conv[k].role == DP_SHORTCUT) return g->conv[k].y[at];
    return failure_case_layer_input(c, c->layer)[at];
}

/* Identities that would have given the output. */
static bool some_identity(const dp_conv *v, int k, int32_t acc, int64_t got, int *first, int *last) {
    bool any = false;
    for (int id = INT8_MIN; id <= INT8_MAX; id++) {
        if (golden_requantize(v, k, acc, (int8_t)id, true) != got) continue;
        if (!any) *first = id;
        *last = id;
        any = true;
    }
    return any;
}

static void judge_values(const scene *s, explanation *e, const dp_conv *v, int k, int8_t identity) {
    bool residual = v->res_mult != NULL;
    struct {
        const char *name;
        int64_t got, want;
        const char *stage;
    } value[] = {{"accumulator", s->acc_got, s->c->acc_want, "requantization"},
                 {"mult", s->mult_got, v->mult[k], "requantization"},
                 {"bias", s->bias_got, v->bias[k], "requantization"},
                 {"shift", s->shift_got, v->shift[k], "requantization"},
                 {"res_mult", s->res_mult_got, residual ? v->res_mult[k] : 0, "residual"},
                 {"identity", s->id_got, identity, "residual"}};
    const char *stage = NULL;
    for (size_t i = 0; i < (residual ? 6u : 4u); i++) {
        bool same = value[i].got == value[i].want;
        explain_say(e, "  %-12s %12" PRId64 "%s", value[i].name, value[i].got, same ? "" : "  is wrong: ");
        if (!same) explain_say(e, "golden has %" PRId64, value[i].want);
        explain_say(e, "\n");
        if (!same && stage == NULL) stage = value[i].stage;
    }
    if (!residual && s->id_got != 0 && stage == NULL) {
        stage = "residual";
        explain_say(e, "  an identity of %" PRId64 " was added, where there is none\n", s->id_got);
    }
    if (stage == NULL && residual && golden_requantize(v, k, s->c->acc_want, 0, true) == s->c->got) {
        stage = "residual";
        explain_say(e, "  all operands are right; the output is what it is without the identity\n");
    }
    if (stage == NULL) explain_say(e, "  all operands are right: scaling, shift or clamp is wrong\n");
    e->stage = stage != NULL ? stage : "requantization";
}

void explain_post(const failure_case *c, wave_read *w, explanation *e) {
    const golden_conv *g = failure_case_golden(c);
    const plan_conv *pc = failure_case_conv(c);
    scene s = {.c = c};
    e->stage = "requantization";
    if (g == NULL || pc == NULL || c->channel < 0 || c->slice < 0) return;
    const dp_conv *v = g->conv;
    size_t at = (size_t)(c->y * v->out_w + c->x) * (size_t)v->cout + (size_t)c->channel;
    int8_t identity = v->res_mult != NULL ? identity_of(c, &c->golden.layers[c->layer], at) : 0;
    while (s.lane < pc->lanes && failure_case_channel(c, pc, false, c->slice * pc->lanes + s.lane) != c->channel) s.lane++;
    explain_say(e, "  golden: (%" PRId32 " * %d + %" PRId64, c->acc_want, v->mult[c->channel], v->bias[c->channel]);
    if (v->res_mult != NULL) explain_say(e, " + %d * %" PRId32, identity, v->res_mult[c->channel]);
    explain_say(e, ") >> %d, clamped, is %" PRId64 "\n", v->shift[c->channel], c->want);
    bool watched = w != NULL && find_signals(&s, w, e) && explain_watch(e, c, w, look, &s);
    if (mask_was_wrong(&s, v, e)) return;
    if (watched && s.found) {
        judge_values(&s, e, v, c->channel, identity);
        return;
    }
    if (watched)
        explain_say(e, "  the tile does not leave the array in the wave's cycles, %" PRIu64 " to %" PRIu64 "\n", c->from,
                    c->cycle);
    int first = 0, last = 0;
    if (v->res_mult == NULL || !some_identity(v, c->channel, c->acc_want, c->got, &first, &last)) return;
    explain_say(e, "  an identity of %d to %d would give %" PRId64 "\n", first, last, c->got);
    e->stage = "residual";
}
