/* Functional coverage of dynamic pruning: which combinations of masks, shapes, schedules and memories a run has compared. Counted from
   what golden computed of each image, not from what was asked for (docs/coverage.md lists the crosses). */
#ifndef DPACS_FUNCTIONAL_H
#define DPACS_FUNCTIONAL_H

#include <stdio.h>

#include "axi_mem.h"
#include "golden.h"
#include "plan.h"

typedef struct functional functional;

dp_status functional_create(functional **f, const plan *p, const axi_mem_options *memory, dp_error *err) DP_MUST_USE;
void functional_free(functional *f);

/* An image whose tiles were all equal. */
void functional_image(functional *f, const golden_run *run);

/* Every bin of every cross, hit or not, as points of a Verilator coverage file: page "v_functional/CROSS", name "AXIS=VALUE …".
   Combinations that cannot be are left out. */
void functional_write(const functional *f, FILE *out);

#endif
