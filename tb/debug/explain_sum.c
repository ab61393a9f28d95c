/* A sum that is wrong, cycle by cycle: which taps and words the array was given, which weights, and whether it added them up. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain_operands.h"
#include "explain_parts.h"
#include "explain_signals.h"

enum {
    SLOTS = EXPLAIN_SLOTS,
    MAX_BYTES = EXPLAIN_BYTES,
    FORGET = 4000 /* cycles without an operand of the tile: an earlier image's */
};

typedef struct {
    const failure_case *c;
    explanation *e;
    explain_operands op;
    /* signals */
    explain_command command;
    int mac, y, x, slice, act, src_y, src_x, weights[MAX_BYTES];
    /* what the wave showed */
    int at; /* steps seen */
    uint64_t begin, last; /* cycles */
    int64_t sum; /* of the operands seen, in the failing lane */
    bool gather_wrong, weights_wrong;
    char note[1024];
    int src_seen[SLOTS * MAX_BYTES][2]; /* where the first cycles read */
} scene;

static bool find_signals(scene *s, wave_read *w) {
    enum { SINGLE = 12 };
    explain_wanted wanted[SINGLE + MAX_BYTES] = {{SIGNAL_LAYER, &s->command.layer, 0},
                                                 {SIGNAL_STAGE, &s->command.stage[0], 0},
                                                 {SIGNAL_STAGE_1, &s->command.stage[1], 0},
                                                 {SIGNAL_STAGE_2, &s->command.stage[2], 0},
                                                 {SIGNAL_ARRAY_CONV, &s->command.conv, 0},
                                                 {SIGNAL_ARRAY_MAC, &s->mac, 0},
                                                 {SIGNAL_ARRAY_Y, &s->y, 0},
                                                 {SIGNAL_ARRAY_X, &s->x, 0},
                                                 {SIGNAL_ARRAY_SLICE, &s->slice, 0},
                                                 {SIGNAL_ARRAY_SRC_Y, &s->src_y, 0},
                                                 {SIGNAL_ARRAY_SRC_X, &s->src_x, 0},
                                                 {SIGNAL_ARRAY_INPUTS, &s->act, 0}};
    for (int lane = 0; lane < s->op.po; lane++)
        wanted[SINGLE + lane] = (explain_wanted){SIGNAL_ARRAY_WEIGHTS, &s->weights[lane], lane};
    return explain_find(s->e, w, wanted, SINGLE + s->op.po);
}

static void list_bytes(const int8_t *bytes, int count, char *text, size_t size) {
    size_t used = 0;
    text[0] = '\0';
    for (int i = 0; i < count && used + 8 < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%d", i > 0 ? " " : "", bytes[i]);
}

static bool is_word(const explain_operands *op, const int8_t *bytes, int y, int x, int word) {
    for (int i = 0; i < op->pi; i++)
        if (explain_operands_input(op, y, x, word * op->pi + i) != bytes[i]) return false;
    return true;
}

/* Where in the input map `bytes` are: the first word that is like that. */
static bool find_word(const explain_operands *op, const int8_t *bytes, int *y, int *x, int *word) {
    for (*y = 0; *y < op->h; ++*y)
        for (*x = 0; *x < op->w; ++*x)
            for (*word = 0; *word < op->words; ++*word)
                if (is_word(op, bytes, *y, *x, *word)) return true;
    return false;
}

/* What an operand that should not be there is: a word of the input nearby, or nothing that is known. */
static void say_origin(scene *s, const explain_operand *o, const int8_t *got) {
    static const int8_t zeros[MAX_BYTES];
    int y, x, word;
    bool zero = memcmp(got, zeros, (size_t)s->op.pi) == 0;
    if (zero && explain_operands_read(&s->op, o->y, o->x))
        explain_say(s->e, "    it reads as zero, though the position is kept\n");
    else if (zero || s->op.patches || !find_word(&s->op, got, &y, &x, &word))
        explain_say(s->e,
                    "    no word of the input is like that: it is wrong in the map memory (written wrongly, or overwritten), or "
                    "banks are mixed\n");
    else if (y == o->y && x == o->x && word == o->word)
        explain_say(s->e, "    the position is pruned, and read nevertheless\n");
    else
        explain_say(s->e, "    that is word %d of y=%d x=%d\n", word, y, x);
}

/* The array's operands of one cycle against a step. */
static void compare(scene *s, const wave_read *w, const explain_step *t, uint64_t cycle) {
    for (int slot = 0; slot < s->op.slots; slot++) {
        const explain_operand *o = &t->slot[slot];
        int8_t got[MAX_BYTES] = {0}, weight_got[MAX_BYTES], weight_want[MAX_BYTES];
        char a[320], b[320];
        int lane = s->op.lane - o->lanes_from;
        bool mine = t->used[slot] && lane >= 0 && lane < s->op.po;
        for (int i = 0; i < s->op.pi; i++) {
            got[i] = wave_read_byte(w, s->act, slot * s->op.pi + i);
            weight_got[i] = lane >= 0 && lane < s->op.po ? wave_read_byte(w, s->weights[lane], slot * s->op.pi + i) : 0;
            weight_want[i] = mine ? explain_operands_weight(&s->op, o, i, s->op.out_channel) : 0;
            bool summed = !s->op.dual || (slot >= EXPLAIN_SPLIT) == (s->op.lane >= s->op.po);
            if (summed) s->sum += got[i] * wave_read_byte(w, s->weights[s->op.lane % s->op.po], slot * s->op.pi + i);
        }
        if (memcmp(got, o->x_want, (size_t)s->op.pi) != 0 && !s->gather_wrong && (mine || !s->op.dual)) {
            s->gather_wrong = true;
            list_bytes(got, s->op.pi, a, sizeof a);
            list_bytes(o->x_want, s->op.pi, b, sizeof b);
            explain_say(s->e,
                        "  cycle %" PRIu64 ": tap %d (y=%d x=%d), word %d: the array was given\n    %s\n  instead of\n    %s\n",
                        cycle, o->tap, o->y, o->x, o->word, a, b);
            say_origin(s, o, got);
        }
        if (mine && memcmp(weight_got, weight_want, (size_t)s->op.pi) != 0 && !s->weights_wrong) {
            s->weights_wrong = true;
            list_bytes(weight_got, s->op.pi, a, sizeof a);
            list_bytes(weight_want, s->op.pi, b, sizeof b);
            (void)snprintf(s->note, sizeof s->note,
                           "  cycle %" PRIu64
                           ": tap %d, word %d, output channel %d: its weights were\n    %s\n  instead of\n    %s\n",
                           cycle, o->tap, o->word, s->op.out_channel, a, b);
        }
    }
}

static bool is_mine(const scene *s, const wave_read *w) {
    const failure_case *c = s->c;
    if (wave_read_value(w, s->mac) == 0 || !explain_command_is(&s->command, w, s->op.pc->layer, s->op.pc->stage)) return false;
    if ((int)wave_read_value(w, s->slice) != c->slice) return false;
    return s->op.g == NULL || ((int)wave_read_value(w, s->y) == c->y && (int)wave_read_value(w, s->x) == c->x);
}

/* First pass: how often the array worked on the tile, and since when. */
static bool find_cycle(void *context, const wave_read *w, uint64_t cycle) {
    scene *s = context;
    if (!is_mine(s, w)) return true;
    if (s->at == 0 || cycle - s->last > FORGET) {
        s->at = 0;
        s->begin = cycle;
    }
    if (s->at < SLOTS * MAX_BYTES) {
        s->src_seen[s->at][0] = (int)wave_read_value(w, s->src_y) - SIGNAL_SRC_PLUS;
        s->src_seen[s->at][1] = (int)wave_read_value(w, s->src_x) - SIGNAL_SRC_PLUS;
    }
    s->at++;
    s->last = cycle;
    return true;
}

static bool compare_cycle(void *context, const wave_read *w, uint64_t cycle) {
    scene *s = context;
    if (cycle > s->last) return false;
    if (cycle >= s->begin && is_mine(s, w) && s->at < s->op.step_count) compare(s, w, &s->op.steps[s->at++], cycle);
    return true;
}

/* Taps that the array did too much, or too little. */
static void say_steps(scene *s) {
    bool window = s->op.kernel == 3 && !s->op.patches && !s->c->geometry.parallel;
    explain_say(s->e, "  the array worked %d cycles on the tile instead of %d\n", s->at, s->op.step_count);
    if (!window) return;
    int y0 = s->c->y * s->op.stride + s->op.late_y, x0 = s->c->x * s->op.stride + s->op.late_x;
    for (int tap = 0; tap < SLOTS; tap++) {
        int y = y0 + tap / 3 - 1, x = x0 + tap % 3 - 1, seen = 0;
        for (int i = 0; i < s->at && i < SLOTS * MAX_BYTES; i++) seen += s->src_seen[i][0] == y && s->src_seen[i][1] == x;
        bool inside = y >= 0 && x >= 0 && y < s->op.h && x < s->op.w;
        const char *what = !inside ? "outside the map" : explain_operands_read(&s->op, y, x) ? "kept" : "pruned";
        if ((seen > 0) != explain_operands_read(&s->op, y, x))
            explain_say(s->e, "    tap %d (y=%d x=%d) is %s, and was %s\n", tap, y, x, what, seen > 0 ? "read" : "left out");
    }
}

/* The first operand that differs decides; where none does, the sum itself is wrong. */
static void judge(scene *s) {
    const failure_case *c = s->c;
    int64_t got = c->has_acc ? c->acc_got : c->got, want = c->has_acc ? c->acc_want : c->want;
    if (s->op.g == NULL) { /* logits: the bias is added in the post unit */
        got -= c->golden.layers[c->layer].layer->head_bias[c->channel];
        want -= c->golden.layers[c->layer].layer->head_bias[c->channel];
    }
    if (s->gather_wrong) {
        s->e->stage = "gather";
    } else if (s->weights_wrong) {
        s->e->stage = "weights";
        explain_say(s->e, "%s", s->note);
    } else {
        s->e->stage = s->sum != got || s->op.g != NULL ? "partial sum" : "requantization";
        explain_say(s->e, "  all %d operand cycles are right\n", s->op.step_count);
    }
    explain_say(s->e, "  their products add up to %" PRId64 "; accumulated was %" PRId64 ", golden has %" PRId64 "\n", s->sum,
                got, want);
}

/* Two passes over the wave: which cycles are the tile's, then what the array was given in each. */
static bool tell(scene *s, wave_read *w) {
    const failure_case *c = s->c;
    if (!find_signals(s, w) || !explain_watch(s->e, c, w, find_cycle, s)) return false;
    if (s->at == 0) {
        explain_say(s->e, "  the array does not work on the tile in the wave's cycles, %" PRIu64 " to %" PRIu64 "\n", c->from,
                    c->cycle);
        return false;
    }
    if (s->at != s->op.step_count) {
        s->e->stage = "gather";
        say_steps(s);
        return true;
    }
    s->at = 0;
    if (!explain_watch(s->e, c, w, compare_cycle, s)) return false;
    judge(s);
    return true;
}

bool explain_sum(const failure_case *c, wave_read *w, explanation *e) {
    scene *s = calloc(1, sizeof *s);
    bool told = false;
    if (s == NULL) return false;
    *s = (scene){.c = c, .e = e};
    if (explain_operands_open(&s->op, c))
        told = tell(s, w);
    else
        explain_say(e,
                    "  the wave was not looked at: which operands the tile has is known only where patches do not run into each "
                    "other\n");
    explain_operands_close(&s->op);
    free(s);
    return told;
}
