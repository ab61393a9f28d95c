/* What the files of the interpreter share: a decoded command and the units. */
#ifndef DPACS_PLAN_INTERPRETER_PARTS_H
#define DPACS_PLAN_INTERPRETER_PARTS_H

#include "plan_interpreter.h"

typedef struct {
    int op, layer, stage;
    uint32_t flags;
    interpreter_map src, dst;
    int score_keep, src_tw, dst_tw, in_buf, out_buf, prev_buf, cin, cout, out_slices, rows, wf_beats, aux_beats, group8, groups,
        keep, rec_beats, all_rows;
    int32_t mask_bias;
    uint32_t weight_addr, aux_addr;
} interpreter_command;

/* Bit of dp_pkg::flags_t, counted from the last field. */
enum {
    FLAG_KERNEL3,
    FLAG_STRIDE2,
    FLAG_RELU,
    FLAG_RELU_PRUNED,
    FLAG_RESIDUAL,
    FLAG_IN_MASKED,
    FLAG_OUT_MASKED,
    FLAG_IN_GROUPED,
    FLAG_OUT_GROUPED,
    FLAG_SCORE,
    FLAG_POOL_MAX,
    FLAG_HEAD,
    FLAG_IMAGE_SRC,
    FLAG_PRODUCES,
    FLAG_MASK_WAIT,
    FLAG_MASK_RELEASE,
    FLAG_PREV_MASKED,
    FLAG_POOLED,
    FLAG_OWN_FETCH,
    FLAG_KERNEL7,
    FLAG_PATCHES,
    FLAG_DUAL,
    FLAG_MAX_POOL,
    FLAG_CHAIN,
    FLAG_LATE_Y,
    FLAG_LATE_X
};

static inline bool flag(const interpreter_command *c, int bit) { return (c->flags >> bit & 1u) != 0; }

uint64_t interpreter_word(const uint8_t *at, int bytes);
bool interpreter_fail(interpreter *t, const char *what, const interpreter_command *c);
/* Byte `at` of an image that lies byte after byte. */
uint8_t *interpreter_linear(const interpreter *t, int base, int at);
void interpreter_write(interpreter *t, const interpreter_map *m, int y, int x, int c, int8_t value);
void interpreter_emit_record(interpreter *t, const dut_out *o);

enum { INTERPRETER_CHAIN = 3, INTERPRETER_OCTETS = 512 };

/* A convolution at work. */
typedef struct {
    const interpreter_command *c;
    int rows_done;
    int in[INTERPRETER_OCTETS], out[INTERPRETER_OCTETS], ins, outs;
    uint64_t macs;
    int64_t pooled[INTERPRETER_OCTETS * 8], positions;
    int64_t logits[INTERPRETER_OCTETS * 8];
    int8_t *own; /* (h, w, cout) with max-pool: what it pools */
} interpreter_conv;

/* Begin, every row once, end. */
bool interpreter_conv_begin(interpreter *t, const interpreter_command *c, interpreter_conv *s);
void interpreter_conv_row(interpreter *t, interpreter_conv *s);
bool interpreter_conv_end(interpreter *t, interpreter_conv *s);
int interpreter_conv_rows(const interpreter_command *c);

/* A convolution, or those of a chain row by row. */
bool interpreter_run_convs(interpreter *t, const interpreter_command *c, int count);
bool interpreter_mask_command(interpreter *t, const interpreter_command *c);
/* Decides what is left of the pending mask; its producer has retired. */
void interpreter_mask_finish(interpreter *t);
/* Channel mask: sums and the count of kept positions of a finished convolution, (cout) int64. */
void interpreter_score(interpreter *t, const interpreter_command *c, const int64_t *pooled, int64_t positions);

#endif
