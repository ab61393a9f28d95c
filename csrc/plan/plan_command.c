/* See plan_command.h. */
#include "plan_command.h"

#include <string.h>

#include "plan.h"

static void put8(uint8_t *bytes, int at, int value) { bytes[at] = (uint8_t)value; }

static void put16(uint8_t *bytes, int at, int value) {
    put8(bytes, at, value & 0xff);
    put8(bytes, at + 1, value >> 8);
}

static void put32(uint8_t *bytes, int at, uint32_t value) {
    for (int i = 0; i < 4; i++) bytes[at + i] = (uint8_t)(value >> (8 * i));
}

static int thirds(int n) { return (n + 2) / 3; }

void plan_encode(const plan_command *c, uint8_t *bytes) {
    memset(bytes, 0, PLAN_COMMAND_BYTES);
    put8(bytes, 0, c->op);
    put8(bytes, 1, c->layer);
    put8(bytes, 2, c->stage);
    put32(bytes, 4, c->flags);
    put8(bytes, 8, c->src.ring);
    put8(bytes, 9, c->dst.ring);
    put16(bytes, 10, c->src.base);
    put16(bytes, 12, c->dst.base);
    put8(bytes, 14, c->src.w);
    put8(bytes, 15, c->src.h);
    put8(bytes, 16, c->dst.w);
    put8(bytes, 17, c->dst.h);
    put16(bytes, 18, c->src.slices);
    put16(bytes, 20, c->dst.slices);
    put8(bytes, 22, c->score_keep);
    put8(bytes, 23, thirds(c->src.w));
    put8(bytes, 24, thirds(c->dst.w));
    put8(bytes, 25, c->in_buf);
    put8(bytes, 26, c->out_buf);
    put8(bytes, 27, c->prev_buf);
    put16(bytes, 28, c->cin);
    put16(bytes, 30, c->cout);
    put16(bytes, 32, c->out_slices);
    put16(bytes, 34, c->rows);
    put16(bytes, 36, c->wf_beats);
    put8(bytes, 38, c->aux_beats);
    put8(bytes, 39, c->group8);
    put8(bytes, 40, c->groups);
    put8(bytes, 41, c->keep);
    put16(bytes, 42, c->rec_beats);
    put32(bytes, 44, (uint32_t)c->mask_bias);
    put32(bytes, 48, (uint32_t)c->weight_addr);
    put32(bytes, 52, (uint32_t)c->aux_addr);
    put16(bytes, 56, c->all_rows);
    put8(bytes, 58, (int)(c->weight_addr >> 32));
    put8(bytes, 59, (int)(c->aux_addr >> 32));
}
