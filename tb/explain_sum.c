/* A sum that is wrong, cycle by cycle: which taps and words the array was given, which weights, and whether it added them up. The
   convolution that golden would have made the array do is laid out first (docs/architecture.md, "Dataflow"), then the wave is laid beside it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain_parts.h"

enum { SLOTS = 9, MAX_BYTES = 64, FORGET = 4000 /* cycles without an operand of the tile: an earlier image's */ };

/* One operand word: Pi channels of one tap of one position. */
typedef struct {
    int tap, word; /* of a patch: 0, its word */
    int y, x; /* of the input; outside the map where the tap is */
    int lanes_from; /* first lane whose weights go with it */
    int8_t x_want[MAX_BYTES];
} operand;

/* A cycle of the array, as it should be. */
typedef struct {
    int count;
    operand slot[SLOTS]; /* slot i is byte i*Pi.. of the row */
    bool used[SLOTS];
} step;

typedef struct {
    const failure_case *c;
    explanation *e;
    const plan_conv *pc;
    const golden_conv *g; /* NULL: the head */
    const int8_t *x; /* (h, w, cin) input map */
    int h, w, cin, kernel, stride, pi, po, words, slots, lane, out_channel;
    bool dual, patches;
    step *steps;
    int step_count;
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

/* What reads as zero is not there. */
static bool reads(const scene *s, int y, int x) {
    if (y < 0 || x < 0 || y >= s->h || x >= s->w) return false;
    return s->g == NULL || s->g->in_keep == NULL || s->g->in_keep[y * s->w + x] != 0;
}

static int8_t input(const scene *s, int y, int x, int packed) {
    int channel = failure_case_channel(s->c, s->pc, true, packed);
    if (channel < 0 || packed >= s->pc->cin || y < 0 || x < 0 || y >= s->h || x >= s->w) return 0;
    return s->x[(size_t)(y * s->w + x) * (size_t)s->cin + (size_t)channel];
}

static void fill_word(const scene *s, operand *o, int tap, int word, int y, int x) {
    *o = (operand){.tap = tap, .word = word, .y = y, .x = x};
    for (int i = 0; i < s->pi; i++) o->x_want[i] = reads(s, y, x) ? input(s, y, x, word * s->pi + i) : 0;
}

/* Byte b of a patch is (dy, dx, channel). */
static void fill_patch(const scene *s, operand *o, int word, int y0, int x0) {
    *o = (operand){.word = word, .y = y0, .x = x0};
    for (int i = 0; i < s->pi; i++) {
        int b = word * s->pi + i, tap = b / s->cin, y = y0 + tap / s->kernel, x = x0 + tap % s->kernel;
        if (b < s->kernel * s->kernel * s->cin) o->x_want[i] = input(s, y, x, b % s->cin);
    }
}

static void put(step *t, int slot, const operand *o, int lanes_from) {
    t->slot[slot] = *o;
    t->slot[slot].lanes_from = lanes_from;
    t->used[slot] = true;
    t->count++;
}

/* Words that lie side by side: a 1x1 convolution, or a patch. */
static void add_run(scene *s, int y, int x) {
    for (int word = 0; word < s->words; word += s->slots) {
        step *t = &s->steps[s->step_count++];
        for (int i = 0; i < s->slots && word + i < s->words; i++) {
            operand o;
            if (s->patches)
                fill_patch(s, &o, word + i, y - s->kernel / 2, x - s->kernel / 2);
            else
                fill_word(s, &o, 0, word + i, y, x);
            put(t, i, &o, 0);
            if (s->dual) put(t, 4 + i, &o, s->po);
        }
    }
}

static void add_windows(scene *s, int y, int x) {
    for (int word = 0; word < s->words; word++) {
        bool any = false;
        for (int tap = 0; tap < SLOTS; tap++) {
            operand o;
            int iy = y + tap / 3 - 1, ix = x + tap % 3 - 1;
            if (!s->c->geometry.parallel && !reads(s, iy, ix)) continue;
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

static bool lay_out(scene *s) {
    const failure_case *c = s->c;
    int positions = s->g == NULL ? s->h * s->w : 1;
    s->steps = calloc((size_t)(positions * s->words * SLOTS + 1), sizeof *s->steps);
    if (s->steps == NULL) return false;
    if (s->g == NULL)
        for (int at = 0; at < positions; at++) add_run(s, at / s->w, at % s->w);
    else if (s->kernel == 1 || s->patches)
        add_run(s, c->y * s->stride, c->x * s->stride);
    else
        add_windows(s, c->y * s->stride, c->x * s->stride);
    return true;
}

static bool open_scene(scene *s) {
    const failure_case *c = s->c;
    const golden_layer *layer = &c->golden.layers[c->layer];
    s->pc = strcmp(c->record, "logits") == 0 ? plan_find(&c->plan, c->layer, PLAN_STAGE_HEAD) : failure_case_conv(c);
    if (s->pc == NULL || c->channel < 0 || c->slice < 0 || c->golden.arena == NULL) return false;
    s->pi = c->geometry.pi;
    s->po = c->geometry.po;
    s->slots = c->geometry.parallel ? SLOTS : 1;
    s->h = layer->layer->in_h;
    s->w = layer->layer->in_w;
    s->cin = layer->layer->in;
    s->kernel = s->stride = 1;
    s->x = layer->x != NULL ? layer->x : c->pixels.data;
    if (s->pc->conv != NULL) {
        int k = (int)(s->pc->conv - layer->layer->conv);
        s->g = &layer->conv[k];
        s->kernel = s->pc->conv->kernel;
        s->stride = s->pc->conv->stride;
        s->h = s->pc->conv->in_h;
        s->w = s->pc->conv->in_w;
        s->cin = s->pc->conv->cin;
        if (s->pc->conv->role == DP_CONV2 || s->pc->conv->role == DP_CONV3) {
            for (k--; k > 0 && layer->conv[k].conv->role == DP_SHORTCUT;) k--;
            s->x = layer->conv[k].y;
        }
    }
    s->patches = layer->layer->kind == DP_STEM && s->kernel * s->kernel * s->cin <= c->geometry.patch_bytes &&
                 (s->cin == 1 || s->cin == 3);
    s->words = (s->patches ? s->kernel * s->kernel * s->cin : s->pc->cin) / s->pi;
    if (s->words * s->pi < (s->patches ? s->kernel * s->kernel * s->cin : s->pc->cin)) s->words++;
    s->dual = s->pc->lanes > s->po;
    bool packed = s->patches && c->geometry.parallel && s->words > SLOTS; /* patches run into each other */
    for (s->lane = 0; s->lane < s->pc->lanes; s->lane++) {
        s->out_channel = failure_case_channel(c, s->pc, false, c->slice * s->pc->lanes + s->lane);
        if (s->out_channel == c->channel) break;
    }
    return !packed && s->lane < s->pc->lanes && lay_out(s);
}

static void find_signals(scene *s, wave_read *w) {
    char name[64];
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
    for (int o = 0; o < s->po; o++) {
        (void)snprintf(name, sizeof name, "u_ring.gen_lane[%d].rdata_q", o);
        s->weights[o] = wave_read_signal(w, name);
    }
}

static int8_t weight_of(const scene *s, const operand *o, int i, int channel) {
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

static void list_bytes(const int8_t *bytes, int count, char *text, size_t size) {
    size_t used = 0;
    text[0] = '\0';
    for (int i = 0; i < count && used + 8 < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%d", i > 0 ? " " : "", bytes[i]);
}

/* What an operand that should not be there is: a word of the input nearby, or nothing that is known. */
static void say_origin(scene *s, const operand *o, const int8_t *got) {
    char where[160] =
        "no word of the input is like that: it is wrong in the map memory (written wrongly, or overwritten), or banks are mixed";
    static const int8_t zeros[MAX_BYTES];
    bool zero = memcmp(got, zeros, (size_t)s->pi) == 0, kept = reads(s, o->y, o->x);
    if (zero && kept) (void)snprintf(where, sizeof where, "it reads as zero, though the position is kept");
    for (int y = 0; y < s->h && !zero && !s->patches; y++) {
        for (int x = 0; x < s->w; x++) {
            for (int word = 0; word < s->words; word++) {
                bool same = true;
                for (int i = 0; i < s->pi && same; i++) same = input(s, y, x, word * s->pi + i) == got[i];
                if (!same) continue;
                if (y == o->y && x == o->x && word == o->word)
                    (void)snprintf(where, sizeof where, "the position is pruned, and read nevertheless");
                else
                    (void)snprintf(where, sizeof where, "that is word %d of y=%d x=%d", word, y, x);
                y = s->h;
                x = s->w;
                break;
            }
        }
    }
    explain_say(s->e, "    %s\n", where);
}

/* The array's operands of one cycle against a step. */
static void compare(scene *s, const wave_read *w, const step *t, uint64_t cycle) {
    for (int slot = 0; slot < s->slots; slot++) {
        const operand *o = &t->slot[slot];
        int8_t got[MAX_BYTES] = {0}, weight_got[MAX_BYTES], weight_want[MAX_BYTES];
        char a[320], b[320];
        int lane = s->lane - o->lanes_from;
        bool mine = t->used[slot] && lane >= 0 && lane < s->po;
        for (int i = 0; i < s->pi; i++) {
            got[i] = wave_read_byte(w, s->act, slot * s->pi + i);
            weight_got[i] = lane >= 0 && lane < s->po ? wave_read_byte(w, s->weights[lane], slot * s->pi + i) : 0;
            weight_want[i] = mine ? weight_of(s, o, i, s->out_channel) : 0;
            bool below = !s->dual || (slot >= 4) == (s->lane >= s->po);
            if (below) s->sum += got[i] * wave_read_byte(w, s->weights[s->lane % s->po], slot * s->pi + i);
        }
        if (memcmp(got, o->x_want, (size_t)s->pi) != 0 && !s->gather_wrong && (mine || !s->dual)) {
            s->gather_wrong = true;
            list_bytes(got, s->pi, a, sizeof a);
            list_bytes(o->x_want, s->pi, b, sizeof b);
            explain_say(s->e,
                        "  cycle %" PRIu64 ": tap %d (y=%d x=%d), word %d: the array was given\n    %s\n  instead of\n    %s\n",
                        cycle, o->tap, o->y, o->x, o->word, a, b);
            say_origin(s, o, got);
        }
        if (mine && memcmp(weight_got, weight_want, (size_t)s->pi) != 0 && !s->weights_wrong && s->weights[lane] >= 0) {
            s->weights_wrong = true;
            list_bytes(weight_got, s->pi, a, sizeof a);
            list_bytes(weight_want, s->pi, b, sizeof b);
            (void)snprintf(s->note, sizeof s->note,
                           "  cycle %" PRIu64
                           ": tap %d, word %d, output channel %d: its weights were\n    %s\n  instead of\n    %s\n",
                           cycle, o->tap, o->word, s->out_channel, a, b);
        }
    }
}

static bool is_mine(const scene *s, const wave_read *w) {
    const failure_case *c = s->c;
    if (wave_read_value(w, s->mac) == 0 || (int)wave_read_value(w, s->layer) != s->pc->layer) return false;
    if ((int)wave_read_value(w, s->stage) != s->pc->stage || (int)wave_read_value(w, s->slice) != c->slice) return false;
    return s->g == NULL || ((int)wave_read_value(w, s->y) == c->y && (int)wave_read_value(w, s->x_at) == c->x);
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
    if (is_mine(s, w) && s->at < s->step_count) compare(s, w, &s->steps[s->at++], cycle);
    return true;
}

/* Taps that the array did too much, or too little. */
static void say_steps(scene *s) {
    bool window = s->kernel == 3 && !s->patches && !s->c->geometry.parallel;
    explain_say(s->e, "  the array worked %d cycles on the tile instead of %d\n", s->at, s->step_count);
    if (!window) return;
    int y0 = s->c->y * s->stride, x0 = s->c->x * s->stride;
    for (int tap = 0; tap < SLOTS; tap++) {
        int y = y0 + tap / 3 - 1, x = x0 + tap % 3 - 1, seen = 0;
        for (int i = 0; i < s->at && i < SLOTS * MAX_BYTES; i++) seen += s->src_seen[i][0] == y && s->src_seen[i][1] == x;
        bool inside = y >= 0 && x >= 0 && y < s->h && x < s->w;
        const char *what = !inside ? "outside the map" : reads(s, y, x) ? "kept" : "pruned";
        if ((seen > 0) != reads(s, y, x))
            explain_say(s->e, "    tap %d (y=%d x=%d) is %s, and was %s\n", tap, y, x, what, seen > 0 ? "read" : "left out");
    }
}

/* The first operand that differs decides; where none does, the sum itself is wrong. */
static void judge(scene *s) {
    const failure_case *c = s->c;
    int64_t got = c->has_acc ? c->acc_got : c->got, want = c->has_acc ? c->acc_want : c->want;
    if (s->g == NULL) { /* logits: the bias is added in the post unit */
        got -= c->golden.layers[c->layer].layer->head_bias[c->channel];
        want -= c->golden.layers[c->layer].layer->head_bias[c->channel];
    }
    if (s->gather_wrong) {
        s->e->stage = "gather";
    } else if (s->weights_wrong) {
        s->e->stage = "weights";
        explain_say(s->e, "%s", s->note);
    } else {
        s->e->stage = s->sum != got || s->g != NULL ? "partial sum" : "requantization";
        explain_say(s->e, "  all %d operand cycles are right\n", s->step_count);
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
    if (open_scene(s)) {
        finder f = {.s = s};
        find_signals(s, w);
        bool all =
            s->mac >= 0 && s->act >= 0 && s->weights[0] >= 0 && s->layer >= 0 && s->stage >= 0 && s->slice >= 0 && s->y >= 0;
        told = all && wave_read_run(w, c->from, c->cycle, find_cycle, &f, &err) == DP_OK && s->at > 0;
        bool same = s->at == s->step_count;
        if (told && !same) {
            e->stage = "gather";
            say_steps(s);
        } else if (told) {
            s->at = 0;
            told = wave_read_run(w, f.begin, s->last, compare_cycle, s, &err) == DP_OK;
            if (told) judge(s);
        }
    }
    free(s->steps);
    free(s);
    return told;
}
