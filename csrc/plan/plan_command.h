/* One command of the hardware and its 64 bytes (dp_pkg::cmd_t). */
#ifndef DPACS_PLAN_COMMAND_H
#define DPACS_PLAN_COMMAND_H

#include <stdint.h>

#include "plan_layout.h"

enum {
    PLAN_STAGE_HEAD = 4, /* stages below are dp_role */
    PLAN_NO_BUFFER = 0xff /* prev_buf of a Mask command: no position is pending */
};

typedef enum { PLAN_OP_END, PLAN_OP_IMAGE, PLAN_OP_CONV, PLAN_OP_MASK, PLAN_OP_GROUPS } plan_op;

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
    uint64_t weight_addr, aux_addr; /* 40 bits */
} plan_command;

void plan_encode(const plan_command *c, uint8_t *bytes);

#endif
