#include "plan_command.h"

#include <string.h>

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
    put8(bytes, PLAN_AT_OP, c->op);
    put8(bytes, PLAN_AT_LAYER, c->layer);
    put8(bytes, PLAN_AT_STAGE, c->stage);
    put32(bytes, PLAN_AT_FLAGS, c->flags);
    put8(bytes, PLAN_AT_SRC_RING, c->src.ring);
    put8(bytes, PLAN_AT_DST_RING, c->dst.ring);
    put16(bytes, PLAN_AT_SRC_BASE, c->src.base);
    put16(bytes, PLAN_AT_DST_BASE, c->dst.base);
    put8(bytes, PLAN_AT_SRC_W, c->src.w);
    put8(bytes, PLAN_AT_SRC_H, c->src.h);
    put8(bytes, PLAN_AT_DST_W, c->dst.w);
    put8(bytes, PLAN_AT_DST_H, c->dst.h);
    put16(bytes, PLAN_AT_SRC_SLICES, c->src.slices);
    put16(bytes, PLAN_AT_DST_SLICES, c->dst.slices);
    put8(bytes, PLAN_AT_SCORE_KEEP, c->score_keep);
    put8(bytes, PLAN_AT_SRC_TW, thirds(c->src.w));
    put8(bytes, PLAN_AT_DST_TW, thirds(c->dst.w));
    put8(bytes, PLAN_AT_IN_BUF, c->in_buf);
    put8(bytes, PLAN_AT_OUT_BUF, c->out_buf);
    put8(bytes, PLAN_AT_PREV_BUF, c->prev_buf);
    put16(bytes, PLAN_AT_CIN, c->cin);
    put16(bytes, PLAN_AT_COUT, c->cout);
    put16(bytes, PLAN_AT_OUT_SLICES, c->out_slices);
    put16(bytes, PLAN_AT_ROWS, c->rows);
    put16(bytes, PLAN_AT_WF_BEATS, c->wf_beats);
    put8(bytes, PLAN_AT_AUX_BEATS, c->aux_beats);
    put8(bytes, PLAN_AT_GROUP8, c->group8);
    put8(bytes, PLAN_AT_GROUPS, c->groups);
    put8(bytes, PLAN_AT_KEEP, c->keep);
    put16(bytes, PLAN_AT_REC_BEATS, c->rec_beats);
    put32(bytes, PLAN_AT_MASK_BIAS, (uint32_t)c->mask_bias);
    put32(bytes, PLAN_AT_WEIGHT_ADDR, (uint32_t)c->weight_addr);
    put32(bytes, PLAN_AT_AUX_ADDR, (uint32_t)c->aux_addr);
    put16(bytes, PLAN_AT_ALL_ROWS, c->all_rows);
    put8(bytes, PLAN_AT_WEIGHT_HIGH, (int)(c->weight_addr >> 32));
    put8(bytes, PLAN_AT_AUX_HIGH, (int)(c->aux_addr >> 32));
}
