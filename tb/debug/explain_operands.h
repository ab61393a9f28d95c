/* What the array must be given for one tile, cycle by cycle: the input words, taps and weights that golden's tile is made of, in the order in
   which the dispatcher issues them (docs/architecture.md, "Dataflow"). */
#ifndef DPACS_EXPLAIN_OPERANDS_H
#define DPACS_EXPLAIN_OPERANDS_H

#include "failure_case.h"

enum {
    EXPLAIN_SLOTS = 9,
    EXPLAIN_BYTES = 64,
    EXPLAIN_SPLIT =
        4 /* dual: the slot from which on weights are those of the upper Po lanes (split in rtl/conv/dp_dispatch.sv) */
};

/* One operand word: Pi channels of one tap of one position. */
typedef struct {
    int tap, word; /* of a patch: 0, its word */
    int y, x; /* of the input; outside the map where the tap is */
    int lanes_from; /* first lane whose weights go with it */
    int8_t x_want[EXPLAIN_BYTES];
} explain_operand;

/* A cycle of the array; slot i is byte i*Pi.. of its row. */
typedef struct {
    int count;
    explain_operand slot[EXPLAIN_SLOTS];
    bool used[EXPLAIN_SLOTS];
} explain_step;

typedef struct {
    const failure_case *c;
    const plan_conv *pc;
    const golden_conv *g; /* NULL: the head */
    const int8_t *x; /* (h, w, cin) input map */
    int h, w, cin, kernel, stride, late_y, late_x;
    int pi, po, words, slots; /* words of a position; slots of a row */
    int lane, out_channel; /* that failed */
    bool dual, patches;
    int step_count;
    explain_step *steps;
} explain_operands;

/* False where the failure is not about a tile, or its patches run into each other (more than nine words on parallel builds). */
bool explain_operands_open(explain_operands *s, const failure_case *c);
void explain_operands_close(explain_operands *s);

/* Whether a position reads as itself; packed channel `packed` of it; weight i of an operand for an output channel. */
bool explain_operands_read(const explain_operands *s, int y, int x);
int8_t explain_operands_input(const explain_operands *s, int y, int x, int packed);
int8_t explain_operands_weight(const explain_operands *s, const explain_operand *o, int i, int channel);

#endif
