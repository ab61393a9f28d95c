/* A plan for a build that need not be made: what `dpacs model` and `dpacs plan` share. */
#ifndef DPACS_CLI_PLANNED_H
#define DPACS_CLI_PLANNED_H

#include "cli_common.h"
#include "cycle_model.h"

typedef struct {
    char build[DUT_NAME_SIZE];
    dut_geometry geometry;
    cycle_memory_options memory; /* as that build has it */
    plan plan;
} cli_planned;

/* The build that `dpacs sim` takes where all of them are made. Where the schedule is to be chosen, it is for the masks of `image`. On success
   plan_free(&p->plan). */
dp_status cli_plan_choose(cli_planned *p, const build_choice *choice, const dp_model *model, const int8_t *image,
                          const cli_memory *memory, dp_error *err) DP_MUST_USE;

#endif
