/* Which hardware build a case of a sweep takes, and which file that is. */
#ifndef DPACS_SWEEP_BUILDS_H
#define DPACS_SWEEP_BUILDS_H

#include "sweep_plan.h"

/* The build that an item of --build means for a variation: "ref" is "parallel-ref" or "serial-ref". Others are names, and `name`
   becomes "" where that build is of the other variation. */
dp_status sweep_build_name(const char *item, bool parallel, char name[DUT_NAME_SIZE], dp_error *err) DP_MUST_USE;

/* The build that `dpacs sim` takes for a network. Where there is none that fits, the smallest: its run says why. */
void sweep_build_for(const char *net, int group, int rows, bool parallel, char name[DUT_NAME_SIZE]);

/* The same for a trained network. */
dp_status sweep_build_fitting(const dp_model *model, bool parallel, char name[DUT_NAME_SIZE], dp_error *err) DP_MUST_USE;

/* Bytes a cycle that a build's memory is meant to give; its name says how many ports it has. */
int sweep_build_bandwidth(const char *name);

/* The checksum of a file; "missing" where it cannot be read. */
void sweep_checksum(const char *path, char sha[SWEEP_SHA]);

/* The place of a build's file in the plan; each file is read once. */
dp_status sweep_build_file(sweep_plan *plan, const char *name, bool dense, int *file, dp_error *err) DP_MUST_USE;

#endif
