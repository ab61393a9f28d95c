/* What the tests of plan and scoreboard share: geometries, and which random networks fit the hardware. */
#ifndef DPACS_PLAN_SUPPORT_H
#define DPACS_PLAN_SUPPORT_H

#include "plan.h"
#include "plan_interpreter.h"

/* A few builds, small and large, parallel and serial. */
plan_geometry plan_support_geometry(unsigned index);

/* What the hardware cannot do however large its memories are. */
bool plan_support_runs(const dp_model *m, bool dense);

/* An interpreter over a copy of the plan's memory; image (in_h,in_w,in_c) into slot 0. Free with plan_support_free. */
void plan_support_interpreter(interpreter *t, const plan *p, const int8_t *image);
void plan_support_free(interpreter *t);

#endif
