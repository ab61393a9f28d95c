/* See explain_operands.h; docs/architecture.md, "Dataflow". */
#include "explain_operands.h"

#include <stdlib.h>
#include <string.h>

/* What reads as zero is not there. */
bool explain_operands_read(const explain_operands *s, int y, int x) {
    if (y < 0 || x < 0 || y >= s->h || x >= s->w) return false;
    return s->g == NULL || s->g->in_keep == NULL || s->g->in_keep[y * s->w + x] != 0;
}

int8_t explain_operands_input(const explain_operands *s, int y, int x, int packed) {
    int channel = failure_case_channel(s->c, s->pc, true, packed);
    if (channel < 0 || packed >= s->pc->cin || y < 0 || x < 0 || y >= s->h || x >= s->w) return 0;
    return s->x[(size_t)(y * s->w + x) * (size_t)s->cin + (size_t)channel];
}

static void fill_word(const explain_operands *s, explain_operand *o, int tap, int word, int y, int x) {
    *o = (explain_operand){.tap = tap, .word = word, .y = y, .x = x};
    for (int i = 0; i < s->pi; i++)
        o->x_want[i] = explain_operands_read(s, y, x) ? explain_operands_input(s, y, x, word * s->pi + i) : 0;
}

/* Byte b of a patch is (dy, dx, channel). */
static void fill_patch(const explain_operands *s, explain_operand *o, int word, int y0, int x0) {
    *o = (explain_operand){.word = word, .y = y0, .x = x0};
    for (int i = 0; i < s->pi; i++) {
        int b = word * s->pi + i, tap = b / s->cin, y = y0 + tap / s->kernel, x = x0 + tap % s->kernel;
        if (b < s->kernel * s->kernel * s->cin) o->x_want[i] = explain_operands_input(s, y, x, b % s->cin);
    }
}

static void put(explain_step *t, int slot, const explain_operand *o, int lanes_from) {
    t->slot[slot] = *o;
    t->slot[slot].lanes_from = lanes_from;
    t->used[slot] = true;
    t->count++;
}

/* Words that lie side by side: a 1x1 convolution, or a patch. */
static void add_run(explain_operands *s, int y, int x) {
    for (int word = 0; word < s->words; word += s->slots) {
        explain_step *t = &s->steps[s->step_count++];
        for (int i = 0; i < s->slots && word + i < s->words; i++) {
            explain_operand o;
            if (s->patches)
                fill_patch(s, &o, word + i, y - s->kernel / 2, x - s->kernel / 2);
            else
                fill_word(s, &o, 0, word + i, y, x);
            put(t, i, &o, 0);
            if (s->dual) put(t, EXPLAIN_SPLIT + i, &o, s->po);
        }
    }
}

static void add_windows(explain_operands *s, int y, int x) {
    for (int word = 0; word < s->words; word++) {
        bool any = false;
        for (int tap = 0; tap < EXPLAIN_SLOTS; tap++) {
            explain_operand o;
            int iy = y + tap / 3 - 1, ix = x + tap % 3 - 1;
            if (!s->c->geometry.parallel && !explain_operands_read(s, iy, ix)) continue;
            fill_word(s, &o, tap, word, iy, ix);
            if (!any || !s->c->geometry.parallel) s->step_count++;
            any = true;
            put(&s->steps[s->step_count - 1], s->c->geometry.parallel ? tap : 0, &o, 0);
        }
        if (any) continue;
        s->step_count++; /* no tap is left: one cycle of zeros for all words */
        return;
    }
}

static bool lay_out(explain_operands *s) {
    const failure_case *c = s->c;
    int positions = s->g == NULL ? s->h * s->w : 1;
    s->steps = calloc((size_t)(positions * s->words * EXPLAIN_SLOTS + 1), sizeof *s->steps);
    if (s->steps == NULL) return false;
    if (s->g == NULL)
        for (int at = 0; at < positions; at++) add_run(s, at / s->w, at % s->w);
    else if (s->kernel == 1 || s->patches)
        add_run(s, c->y * s->stride, c->x * s->stride); /* never late */
    else
        add_windows(s, c->y * s->stride + s->late_y, c->x * s->stride + s->late_x);
    return true;
}

bool explain_operands_open(explain_operands *s, const failure_case *c) {
    *s = (explain_operands){.c = c};
    const golden_layer *layer = &c->golden.layers[c->layer];
    s->pc = strcmp(c->record, "logits") == 0 ? plan_find(&c->plan, c->layer, PLAN_STAGE_HEAD) : failure_case_conv(c);
    if (s->pc == NULL || c->channel < 0 || c->slice < 0 || c->golden.arena == NULL) return false;
    s->pi = c->geometry.pi;
    s->po = c->geometry.po;
    s->slots = c->geometry.parallel ? EXPLAIN_SLOTS : 1;
    s->h = layer->layer->in_h;
    s->w = layer->layer->in_w;
    s->cin = layer->layer->in;
    s->kernel = s->stride = 1;
    s->x = failure_case_input(c, s->pc);
    if (s->pc->conv != NULL) {
        s->g = &layer->conv[s->pc->conv - layer->layer->conv];
        s->kernel = s->pc->conv->kernel;
        s->stride = s->pc->conv->stride;
        s->late_y = s->pc->conv->late_y;
        s->late_x = s->pc->conv->late_x;
        s->h = s->pc->conv->in_h;
        s->w = s->pc->conv->in_w;
        s->cin = s->pc->conv->cin;
    }
    s->patches = layer->layer->kind == DP_STEM && s->kernel * s->kernel * s->cin <= c->geometry.patch_bytes &&
                 (s->cin == 1 || s->cin == 3);
    int bytes = s->patches ? s->kernel * s->kernel * s->cin : s->pc->cin;
    s->words = (bytes + s->pi - 1) / s->pi;
    s->dual = s->pc->lanes > s->po;
    bool packed = s->patches && c->geometry.parallel && s->words > EXPLAIN_SLOTS; /* patches run into each other */
    for (s->lane = 0; s->lane < s->pc->lanes; s->lane++) {
        s->out_channel = failure_case_channel(c, s->pc, false, c->slice * s->pc->lanes + s->lane);
        if (s->out_channel == c->channel) break;
    }
    return !packed && s->lane < s->pc->lanes && lay_out(s);
}

int8_t explain_operands_weight(const explain_operands *s, const explain_operand *o, int i, int channel) {
    const dp_layer *layer = s->c->golden.layers[s->pc->layer].layer;
    int in = o->word * s->pi + i, taps = s->kernel * s->kernel;
    if (s->patches) {
        if (in >= taps * s->cin) return 0;
        return s->pc->conv
            ->weight[((size_t)channel * (size_t)s->cin + (size_t)(in % s->cin)) * (size_t)taps + (size_t)(in / s->cin)];
    }
    int from = in < s->pc->cin ? failure_case_channel(s->c, s->pc, true, in) : -1;
    if (from < 0) return 0;
    if (s->pc->conv == NULL) return layer->head_weight[(size_t)channel * (size_t)layer->in + (size_t)from];
    return s->pc->conv->weight[((size_t)channel * (size_t)s->cin + (size_t)from) * (size_t)taps + (size_t)o->tap];
}

void explain_operands_close(explain_operands *s) {
    free(s->steps);
    s->steps = NULL;
}
