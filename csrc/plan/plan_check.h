/* What a build cannot do with a network, however it is laid out. */
#ifndef DPACS_PLAN_CHECK_H
#define DPACS_PLAN_CHECK_H

#include "plan.h"

/* DP_BAD_INPUT: the message names layer and limit. */
dp_status plan_check(const dp_model *m, const plan_geometry *g, bool dense, dp_error *err) DP_MUST_USE;

#endif
