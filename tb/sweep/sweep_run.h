/* Runs the cases of a plan that have no result yet, some at a time, and adds each result to the file when it is there. */
#ifndef DPACS_SWEEP_RUN_H
#define DPACS_SWEEP_RUN_H

#include "sweep_file.h"
#include "sweep_plan.h"

/* DP_OK: all cases of the plan are equal, those of earlier sweeps included. DP_MISMATCH: some failed, the others are there all the same.
   DP_INTERRUPTED, and errors of the file: what has finished is in the file. */
dp_status sweep_run(sweep_plan *plan, sweep_file *file, int jobs, bool terminal, dp_error *err) DP_MUST_USE;

#endif
