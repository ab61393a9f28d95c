/* One command of the hardware and its 64 bytes (dp_pkg::cmd_t). */
#ifndef DPACS_PLAN_COMMAND_H
#define DPACS_PLAN_COMMAND_H

#include <stdint.h>

enum {
    PLAN_COMMAND_BYTES = 64,
    PLAN_STAGE_HEAD = 4, /* stages below are dp_role */
    PLAN_NO_BUFFER = 0xff /* prev_buf of a Mask command: no position is pending */
};

typedef enum { PLAN_OP_END, PLAN_OP_IMAGE, PLAN_OP_CONV, PLAN_OP_MASK, PLAN_OP_GROUPS } plan_op;

/* Bits of the command's flags, dp_pkg::flags_t. */
typedef enum {
    PLAN_KERNEL3 = 1 << 0,
    PLAN_STRIDE2 = 1 << 1,
    PLAN_RELU = 1 << 2,
    PLAN_RELU_PRUNED = 1 << 3,
    PLAN_RESIDUAL = 1 << 4,
    PLAN_IN_MASKED = 1 << 5,
    PLAN_OUT_MASKED = 1 << 6,
    PLAN_IN_GROUPED = 1 << 7,
    PLAN_OUT_GROUPED = 1 << 8,
    PLAN_SCORE = 1 << 9,
    PLAN_POOL_MAX = 1 << 10,
    PLAN_HEAD = 1 << 11,
    PLAN_IMAGE_SRC = 1 << 12,
    PLAN_PRODUCES = 1 << 13,
    PLAN_MASK_WAIT = 1 << 14,
    PLAN_MASK_RELEASE = 1 << 15,
    PLAN_PREV_MASKED = 1 << 16,
    PLAN_POOLED = 1 << 17,
    PLAN_OWN_FETCH = 1 << 18,
    PLAN_KERNEL7 = 1 << 19,
    PLAN_PATCHES = 1 << 20,
    PLAN_DUAL = 1 << 21,
    PLAN_MAX_POOL = 1 << 22,
    PLAN_CHAIN = 1 << 23,
    PLAN_LATE_Y = 1 << 24,
    PLAN_LATE_X = 1 << 25
} plan_flag;

/* A map in the nine banks: position (y,x), word s at base + ((y/3)*tw + x/3)*slices + s. */
typedef struct {
    int base, w, h, slices;
    int words; /* in each bank */
    /* tile rows of a line buffer, which takes the map's rows in turn; 0: the whole map is there */
    int ring;
} plan_map;

typedef struct {
    int op, layer, stage;
    uint32_t flags; /* plan_flag */
    plan_map src, dst;
    int in_buf, out_buf, prev_buf;
    int cin, cout, out_slices, rows;
    int all_rows; /* in a chain: of all output slices */
    int aux_beats, wf_beats, rec_beats;
    int groups, group8, keep, score_keep;
    int32_t mask_bias;
    uint32_t weight_addr, aux_addr;
} plan_command;

void plan_encode(const plan_command *c, uint8_t *bytes);

#endif
