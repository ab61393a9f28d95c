/* Why a run failed: the first stage that differs from golden, with both values and the operands that led there, taken from the failure's wave
   where it shows them (docs/debugging.md, "Stages"). */
#ifndef DPACS_EXPLAIN_H
#define DPACS_EXPLAIN_H

#include "failure_case.h"

typedef struct {
    const char *
        stage; /* mask, gather, weights, partial sum, requantization, residual, pooling, score, top-k, dispatch, fetch, bus, hang … */
    char text[1 << 14]; /* lines */
    size_t used;
} explanation;

dp_status explain_failure(const failure_case *c, explanation *e, dp_error *err) DP_MUST_USE;

#endif
