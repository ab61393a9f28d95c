/* The positions of a convolution, from golden's masks: which are computed (dp_positions), and their
   taps (dp_tap_mask). */
#ifndef DPACS_CYCLE_TOKENS_H
#define DPACS_CYCLE_TOKENS_H

#include "golden.h"
#include "plan_command.h"

/* One position of a convolution. */
typedef struct {
    uint8_t y, x, residue; /* residue: x%3 + 3*(y%3) */
    uint8_t taps; /* that are issued: serial 3x3; else 1 */
    int gap; /* rows without a position since the one before */
} cycle_token;

/* The positions that a convolution computes, in raster order. */
typedef struct {
    int count, tail; /* tail: rows without any after the last */
    uint64_t taps; /* that count, of all positions */
    cycle_token *token; /* (positions of the largest map) */
} cycle_tokens;

void cycle_tokens_list(cycle_tokens *list, const golden_run *golden, const plan_command *c, bool parallel);

#endif
