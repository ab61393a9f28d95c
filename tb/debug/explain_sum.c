/* A sum that is wrong, cycle by cycle: which taps and words the array was given, which weights, and whether it added them up. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain_operands.h"
#include "explain_parts.h"

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
    int mac, first, y, x_at, slice, layer, stage, act, src_y, src_x, weights[MAX_BYTES];
    /* what the wave showed */
    int at; /* steps seen */
    uint64_t last; /* cycle */
    int64_t sum; /* of the operands seen, in the failing lane */
    bool gather_wrong, weights_wrong;
    char note[1024];
    int src_seen[SLOTS * MAX_BYTES][2]; /* where the first cycles read */
} scene;

static void find_signals(scene *s, wave_read *w) {
    char name[96];
    s->mac = wave_read_signal(w, "u_engine.u_datapath.m_q.mac");
    s->first = wave_read_signal(w, "u_engine.u_datapath.m_q.first");
    s->y = wave_read_signal(w, "u_engine.u_datapath.m_q.y");
    s->x_at = wave_read_signal(w, "u_engine.u_datapath.m_q.x");
    s->slice = wave_read_signal(w, "u_engine.u_datapath.m_q.out_slice");
    s->src_y = wave_read_signal(w, "u_engine.u_datapath.m_q.src_y");
    s->src_x = wave_read_signal(w, "u_engine.u_datapath.m_q.src_x");
    s->layer = wave_read_signal(w, "cmd.layer");
    s->stage = wave_read_signal(w, "cmd.stage");
    s->act = wave_read_signal(w, "u_engine.u_datapath.act");
    for (int o = 0; o < s->op.po; o++) {
        (void)snprintf(name, sizeof name, "u_engine.u_datapath.u_array.gen_sim.u_body.gen_lane[%d].weights", o);
        s->weights[o] = wave_read_signal(w, name);
    }
}

static void list_bytes(const int8_t *bytes, int count, char *text, size_t size) {
    size_t used = 0;
    text[0] = '\0';
    for (int i = 0; i < count && used + 8 < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%d", i > 0 ? " " : "", bytes[i]);
}

/* What an operand that should not be there is: a word of the input nearby, or nothing that is known. */
static void say_origin(scene *s, const explain_operand *o, const int8_t *got) {
    char where[160] =
        "no word of the input is like that: it is wrong in the map memory (written wrongly, or overwritten), or banks are mixed";
    static const int8_t zeros[MAX_BYTES];
    bool zero = memcmp(got, zeros, (size_t)s->op.pi) == 0, kept = explain_operands_read(&s->op, o->y, o->x);
    if (zero && kept) (void)snprintf(where, sizeof where, "it reads as zero, though the position is kept");
    for (int y = 0; y < s->op.h && !zero && !s->op.patches; y++) {
        for (int x = 0; x < s->op.w; x++) {
            for (int word = 0; word < s->op.words; word++) {
                bool same = true;
                for (int i = 0; i < s->op.pi && same; i++)
                    same = explain_operands_input(&s->op, y, x, word * s->op.pi + i) == got[i];
                if (!same) continue;
                if (y == o->y && x == o->x && word == o->word)
                    (void)snprintf(where, sizeof where, "the position is pruned, and read nevertheless");
                else
                    (void)snprintf(where, sizeof where, "that is word %d of y=%d x=%d", word, y, x);
                y = s->op.h;
                x = s->op.w;
                break;
            }
        }
    }
    explain_say(s->e, "    %s\n", where);
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
            bool below = !s->op.dual || (slot >= 4) == (s->op.lane >= s->op.po);
            if (below) s->sum += got[i] * wave_read_byte(w, s->weights[s->op.lane % s->op.po], slot * s->op.pi + i);
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
        if (mine && memcmp(weight_got, weight_want, (size_t)s->op.pi) != 0 && !s->weights_wrong && s->weights[lane] >= 0) {
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
    if (wave_read_value(w, s->mac) == 0 || (int)wave_read_value(w, s->layer) != s->op.pc->layer) return false;
    if ((int)wave_read_value(w, s->stage) != s->op.pc->stage || (int)wave_read_value(w, s->slice) != c->slice) return false;
    return s->op.g == NULL || ((int)wave_read_value(w, s->y) == c->y && (int)wave_read_value(w, s->x_at) == c->x);
}

/* First pass: how often the array worked on the tile, and since when. */
typedef struct {
    scene *s;
    uint64_t begin;
} finder;

static bool find_cycle(void *context, const wave_read *w, uint64_t cycle) {
    finder *f = context;
    scene *s = f->s;
    if (cycle > s->c->cycle) return false;
    if (!is_mine(s, w)) return true;
    if (s->at == 0 || cycle - s->last > FORGET) {
        s->at = 0;
        f->begin = cycle;
    }
    if (s->at < SLOTS * MAX_BYTES) {
        s->src_seen[s->at][0] = (int)wave_read_value(w, s->src_y) - 3;
        s->src_seen[s->at][1] = (int)wave_read_value(w, s->src_x) - 3;
    }
    s->at++;
    s->last = cycle;
    return true;
}

static bool compare_cycle(void *context, const wave_read *w, uint64_t cycle) {
    scene *s = context;
    if (cycle > s->last) return false;
    if (is_mine(s, w) && s->at < s->op.step_count) compare(s, w, &s->op.steps[s->at++], cycle);
    return true;
}

/* Taps that the array did too much, or too little. */
static void say_steps(scene *s) {
    bool window = s->op.kernel == 3 && !s->op.patches && !s->c->geometry.parallel;
    explain_say(s->e, "  the array worked %d cycles on the tile instead of %d\n", s->at, s->op.step_count);
    if (!window) return;
    int y0 = s->c->y * s->op.stride, x0 = s->c->x * s->op.stride;
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

bool explain_sum(const failure_case *c, wave_read *w, explanation *e) {
    scene *s = calloc(1, sizeof *s);
    dp_error err;
    bool told = false;
    if (s == NULL) return false;
    *s = (scene){.c = c, .e = e};
    if (explain_operands_open(&s->op, c)) {
        finder f = {.s = s};
        find_signals(s, w);
        bool all =
            s->mac >= 0 && s->act >= 0 && s->weights[0] >= 0 && s->layer >= 0 && s->stage >= 0 && s->slice >= 0 && s->y >= 0;
        told = all && wave_read_run(w, c->from, c->cycle, find_cycle, &f, &err) == DP_OK && s->at > 0;
        bool same = s->at == s->op.step_count;
        if (told && !same) {
            e->stage = "gather";
            say_steps(s);
        } else if (told) {
            s->at = 0;
            told = wave_read_run(w, f.begin, s->last, compare_cycle, s, &err) == DP_OK;
            if (told) judge(s);
        }
    }
    explain_operands_close(&s->op);
    free(s);
    return told;
}
