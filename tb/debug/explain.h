/* Why a run failed: the first stage that differs from golden, with both values and the operands that led there, taken from the failure's wave
   where it shows them (docs/debugging.md, "Stages"). */
#ifndef DPACS_EXPLAIN_H
#define DPACS_EXPLAIN_H

#include "explanation.h"
#include "failure_case.h"

dp_status explain_failure(const failure_case *c, explanation *e, dp_error *err) DP_MUST_USE;

#endif
