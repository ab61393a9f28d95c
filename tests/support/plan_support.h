/* What the tests of plan and scoreboard share: geometries, and which random networks fit the hardware. */
#ifndef DPACS_PLAN_SUPPORT_H
#define DPACS_PLAN_SUPPORT_H

#include "plan.h"
#include "plan_interpreter.h"

/* A few builds, small and large, parallel and serial. */
plan_geometry plan_support_geometry(unsigned index);

/* What the hardware cannot do however large its memories are. */
bool plan_support_runs(const dp_model *m, const plan_geometry *g, bool dense);

/* Ways in which blocks share a mask, as bits. */
enum {
    REUSE_OF_POOLED = 1 << 0, /* after the stride-2 block that decided */
    REUSE_STRIDED = 1 << 1, /* by a stride-2 block, of a given mask */
    REUSE_STRIDED_UNIT = 1 << 2, /* by a stride-2 block, of a computed mask */
    REUSE_RUN_BEFORE = 1 << 3, /* by a stride-2 block, after a block that reuses it at stride 1 */
    REUSE_AFTER = 1 << 4, /* after a stride-2 block that reuses */
    REUSE_PRODUCES = 1 << 5, /* by a stride-2 block whose output the next mask is computed from */
    REUSE_WAYS = 6
};
unsigned plan_support_reuse(const dp_model *m);

/* The kind of a stem: 3x3 or 7x7, 1, 2, 3 or 8 channels, stride 1 or 2, with max-pool or without. */
enum { STEM_KINDS = 32 };
int plan_support_stem(const dp_model *m);
/* Whether a build runs stems of that kind. */
bool plan_support_stem_runs(int kind, const plan_geometry *g);

/* Decisions of spatial mask units in an image. */
int plan_support_masks(const dp_model *m, bool dense);

/* An interpreter over a copy of the plan's memory; image (in_h,in_w,in_c) into slot 0. Free with plan_support_free. */
void plan_support_interpreter(interpreter *t, const plan *p, const int8_t *image);
void plan_support_free(interpreter *t);

#endif
