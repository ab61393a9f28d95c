/* The mask unit and the channel unit of the interpreter. */
#include <stdlib.h>

#include "plan_interpreter_parts.h"

static void read_bitmap(interpreter *t, const interpreter_command *c) {
    for (int y = 0; y < c->src.h; y++) {
        uint64_t row = interpreter_word(t->memory + c->aux_addr + 8 * (size_t)y, 8);
        for (int x = 0; x < c->src.w; x++) t->keep[c->in_buf][y][x] = row >> x & 1;
    }
}

static void pool(interpreter *t, int in, int out, int h, int w) {
    for (int y = 0; y < h; y += 2)
        for (int x = 0; x < w; x += 2) {
            bool any = false;
            for (int k = 0; k < 4; k++)
                if (y + k / 2 < h && x + k % 2 < w) any = any || t->keep[in][y + k / 2][x + k % 2] != 0;
            t->keep[out][y / 2][x / 2] = any;
        }
}

static void decide(interpreter *t, interpreter_mask *m, int y, int x) {
    int row_channels = 9 * t->pi, stride = (row_channels + 63) / 64 * 64;
    int32_t sum = m->bias;
    for (int k = 0; k < m->cin; k++) {
        int8_t weight = (int8_t)t->memory[m->aux + (uint32_t)(k / row_channels * stride + k % row_channels)];
        sum += weight * interpreter_read(t, &m->map, y, x, k);
    }
    m->decided[y][x] = 1;
    t->keep[m->in_buf][y][x] = sum > 0;
    dut_out o = {
        .mask_valid = true, .mask_layer = (uint8_t)m->layer, .mask_y = (uint8_t)y, .mask_x = (uint8_t)x, .mask_keep = sum > 0};
    interpreter_emit_record(t, &o);
}

void interpreter_mask_finish(interpreter *t) {
    interpreter_mask *m = &t->mask;
    for (int y = 0; y < m->map.h; y++)
        for (int x = 0; x < m->map.w; x++)
            if (m->decided[y][x] == 0) decide(t, m, y, x);
    if (m->pooled) pool(t, m->in_buf, m->out_buf, m->map.h, m->map.w);
    t->valid[m->in_buf] = t->valid[m->out_buf] = true;
    m->pending = false;
}

bool interpreter_mask_command(interpreter *t, const interpreter_command *c) {
    bool pooled = flag(c, FLAG_POOLED);
    int pair = 2 * (t->pairs_taken++ % 3);
    if (t->pairs_taken - t->pairs_released > 3) return interpreter_fail(t, "more than three mask pairs in flight", c);
    if (c->in_buf != pair || c->out_buf != pair + pooled) return interpreter_fail(t, "mask pairs do not rotate", c);
    if (c->src.w > INTERPRETER_SIDE || c->src.h > INTERPRETER_SIDE) return interpreter_fail(t, "mask too large", c);
    if (t->mask.pending) return interpreter_fail(t, "a second mask is pending", c);
    t->valid[c->in_buf] = t->valid[c->out_buf] = false;
    t->mask = (interpreter_mask){.pending = true,
                                 .layer = c->layer,
                                 .map = c->src,
                                 .cin = c->cin,
                                 .in_buf = c->in_buf,
                                 .out_buf = c->out_buf,
                                 .pooled = pooled,
                                 .bias = c->mask_bias,
                                 .aux = c->aux_addr};
    interpreter_mask *m = &t->mask;
    if (flag(c, FLAG_OWN_FETCH)) {
        read_bitmap(t, c);
        for (int y = 0; y < m->map.h; y++)
            for (int x = 0; x < m->map.w; x++) m->decided[y][x] = 1;
    } else if (flag(c, FLAG_PREV_MASKED)) { /* positions that the producer skips are final: decide them from what is there */
        bool none = c->prev_buf == 0xff;
        if (!none && (c->prev_buf >= INTERPRETER_BUFFERS || !t->valid[c->prev_buf]))
            return interpreter_fail(t, "the mask of the producer is not there", c);
        for (int y = 0; y < m->map.h; y++)
            for (int x = 0; x < m->map.w; x++)
                if (none || t->keep[c->prev_buf][y][x] == 0) decide(t, m, y, x);
        if (none) interpreter_mask_finish(t);
        return true;
    }
    if (flag(c, FLAG_OWN_FETCH)) interpreter_mask_finish(t);
    return true;
}

void interpreter_score(interpreter *t, const interpreter_command *c, const int64_t *pooled, int64_t positions) {
    int64_t score[64] = {0};
    uint64_t chosen = 0;
    for (int g = 0; g < c->groups; g++) {
        int32_t bias = (int32_t)interpreter_word(t->memory + c->aux_addr + 4 * (size_t)g, 4);
        score[g] = bias * (flag(c, FLAG_POOL_MAX) ? 1 : positions);
        for (int k = 0; k < c->cout; k++) {
            uint32_t octet = c->weight_addr + (uint32_t)(k / 8 * c->rec_beats * 64);
            score[g] += (int8_t)t->memory[octet + (uint32_t)(128 + 8 * g + k % 8)] * pooled[k];
        }
        dut_out o = {.score_valid = true, .score_layer = (uint8_t)c->layer, .score_group = (uint8_t)g, .score_data = score[g]};
        interpreter_emit_record(t, &o);
    }
    for (int n = 0; n < c->score_keep; n++) {
        int best = -1;
        for (int g = 0; g < c->groups; g++)
            if ((chosen >> g & 1) == 0 && (best < 0 || score[g] > score[best])) best = g;
        chosen |= (uint64_t)1 << best;
    }
    t->groups = chosen;
    dut_out o = {.groups_valid = true, .groups_layer = (uint8_t)c->layer, .groups_keep = chosen};
    interpreter_emit_record(t, &o);
}
