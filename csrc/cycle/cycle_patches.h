/* dp_patches: the patches that a stem makes of the image. */
#ifndef DPACS_CYCLE_PATCHES_H
#define DPACS_CYCLE_PATCHES_H

#include "cycle_pull.h"

typedef struct {
    const plan_command *c;
    int kernel, stride, group, columns;
    int left; /* patches of the group not used */
    int y, x; /* output row, first column of the next group */
    cycle_time read; /* the last row of a group */
    cycle_time ready; /* a patch of the current group may be used from here on */
    cycle_time moved; /* the current group was moved to where patches are made */
    cycle_time take, advance, pop; /* of the patch before */
    bool first, fresh; /* no patch was taken: at all, of the group */
} cycle_patches;

void cycle_patches_start(cycle_patches *patches, const cycle_model *m, const plan_command *c, cycle_time start);
/* When the next patch may be used. */
cycle_time cycle_patches_ready(cycle_patches *patches, cycle_model *m);
/* The same, and takes it; cycle_patches_use says when its last cycle is. */
cycle_time cycle_patches_next(cycle_patches *patches, cycle_model *m);
void cycle_patches_use(cycle_patches *patches, cycle_time last);

#endif
