/* See plan_interpreter.h. */
#include "plan_interpreter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan_interpreter_parts.h"

uint64_t interpreter_word(const uint8_t *at, int bytes) {
    uint64_t value = 0;
    for (int i = bytes - 1; i >= 0; i--) value = value << 8 | at[i];
    return value;
}

bool interpreter_fail(interpreter *t, const char *what, const interpreter_command *c) {
    if (t->error[0] == 0) (void)snprintf(t->error, sizeof t->error, "layer %d stage %d: %s", c->layer, c->stage, what);
    return false;
}

static uint8_t *word(const interpreter *t, const interpreter_map *m, int y, int x, int s) {
    int tile = m->ring > 0 ? y / 3 % m->ring : y / 3;
    int bank = (x % 3 + 3 * (y % 3) + s) % 9, at = m->base + (tile * ((m->w + 2) / 3) + x / 3) * m->slices + s;
    if (at >= t->map_words) abort();
    return t->banks + (size_t)(bank * t->map_words + at) * (size_t)t->pi;
}

int8_t interpreter_read(const interpreter *t, const interpreter_map *m, int y, int x, int c) {
    return (int8_t)word(t, m, y, x, c / t->pi)[c % t->pi];
}

void interpreter_write(interpreter *t, const interpreter_map *m, int y, int x, int c, int8_t value) {
    word(t, m, y, x, c / t->pi)[c % t->pi] = (uint8_t)value;
}

uint8_t *interpreter_linear(const interpreter *t, int base, int at) {
    int w = at / t->pi, row = base + w / 9;
    if (row >= t->map_words) abort();
    return t->banks + (size_t)(w % 9 * t->map_words + row) * (size_t)t->pi + at % t->pi;
}

void interpreter_emit_record(interpreter *t, const dut_out *o) {
    if (t->emit != NULL) t->emit(t->context, o);
}

static interpreter_command decode(const uint8_t *b) {
    interpreter_command c = {
        .op = b[0],
        .layer = b[1],
        .stage = b[2],
        .flags = (uint32_t)interpreter_word(b + 4, 4),
        .src = {(int)interpreter_word(b + 10, 2), b[14], b[15], (int)interpreter_word(b + 18, 2), b[8]},
        .dst = {(int)interpreter_word(b + 12, 2), b[16], b[17], (int)interpreter_word(b + 20, 2), b[9]},
        .score_keep = b[22],
        .src_tw = b[23],
        .dst_tw = b[24],
        .in_buf = b[25],
        .out_buf = b[26],
        .prev_buf = b[27],
        .cin = (int)interpreter_word(b + 28, 2),
        .cout = (int)interpreter_word(b + 30, 2),
        .out_slices = (int)interpreter_word(b + 32, 2),
        .rows = (int)interpreter_word(b + 34, 2),
        .wf_beats = (int)interpreter_word(b + 36, 2),
        .aux_beats = b[38],
        .group8 = b[39],
        .groups = b[40],
        .keep = b[41],
        .rec_beats = (int)interpreter_word(b + 42, 2),
        .mask_bias = (int32_t)interpreter_word(b + 44, 4),
        .weight_addr = (uint32_t)interpreter_word(b + 48, 4),
        .aux_addr = (uint32_t)interpreter_word(b + 52, 4),
        .all_rows = (int)interpreter_word(b + 56, 2),
    };
    return c;
}

static bool load_image(interpreter *t, const interpreter_command *c) {
    const uint8_t *from = t->memory + t->image_addr;
    t->image_beats = (uint32_t)(c->dst.h * c->dst.w * c->cin + 63) / 64;
    for (int i = 0; flag(c, FLAG_PATCHES) && i < c->dst.h * c->dst.w * c->cin; i++)
        *interpreter_linear(t, c->dst.base, i) = from[i];
    if (flag(c, FLAG_PATCHES)) return true;
    if (c->dst.slices != (c->cin + t->pi - 1) / t->pi) return interpreter_fail(t, "dst_slices", c);
    for (int y = 0; y < c->dst.h; y++)
        for (int x = 0; x < c->dst.w; x++)
            for (int k = 0; k < c->cin; k++, from++) interpreter_write(t, &c->dst, y, x, k, (int8_t)*from);
    return true;
}

static bool checks_hold(interpreter *t, const interpreter_command *c) {
    if (c->op == 1 || c->op == 2) {
        if (c->dst_tw != (c->dst.w + 2) / 3) return interpreter_fail(t, "dst_tw", c);
        int words = (c->dst.ring > 0 ? c->dst.ring : (c->dst.h + 2) / 3) * c->dst_tw * c->dst.slices;
        if (c->op == 1 && flag(c, FLAG_PATCHES))
            words = ((c->dst.h * c->dst.w * c->cin + 63) / 64 * (64 / t->pi) + 8) / 9; /* whole beats are stored */
        if (c->dst.base + words > t->map_words) return interpreter_fail(t, "destination outside the map memory", c);
    }
    if (c->op == 2 || c->op == 3)
        if (c->src_tw != (c->src.w + 2) / 3) return interpreter_fail(t, "src_tw", c);
    return true;
}

bool interpreter_run(interpreter *t) {
    t->error[0] = 0;
    t->pairs_taken = t->pairs_released = 0;
    if (t->banks == NULL) t->banks = malloc((size_t)(9 * t->map_words * t->pi));
    if (t->banks == NULL) abort();
    memset(t->banks, 0x5a, (size_t)(9 * t->map_words * t->pi)); /* nothing may rely on what is there */
    for (uint32_t at = t->cmd_addr;; at += 64) {
        interpreter_command c = decode(t->memory + at), chain[INTERPRETER_CHAIN] = {c};
        int count = 1;
        if (!checks_hold(t, &c)) return false;
        for (; c.op == 2 && flag(&chain[count - 1], FLAG_CHAIN); at += 64, count++) {
            if (count == INTERPRETER_CHAIN) return interpreter_fail(t, "too long a chain", &c);
            chain[count] = decode(t->memory + at + 64);
            if (chain[count].op != 2 || chain[count].layer != c.layer)
                return interpreter_fail(t, "the chain leaves its block", &c);
            if (!checks_hold(t, &chain[count])) return false;
        }
        bool ok = true;
        switch (c.op) {
        case 0: return t->pairs_taken == t->pairs_released || interpreter_fail(t, "a mask pair was never released", &c);
        case 1: ok = load_image(t, &c); break;
        case 2: ok = interpreter_run_convs(t, chain, count); break;
        case 3: ok = interpreter_mask_command(t, &c); break;
        case 4: t->groups = interpreter_word(t->memory + c.aux_addr, 8); break;
        default: ok = interpreter_fail(t, "unknown op", &c);
        }
        if (!ok) return false;
    }
}

void interpreter_free(interpreter *t) {
    free(t->banks);
    t->banks = NULL;
}
