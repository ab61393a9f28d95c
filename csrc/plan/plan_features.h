/* What of the hardware a plan uses: the features that every build must have met (tests/whole/test_builds.c, the nightly). */
#ifndef DPACS_PLAN_FEATURES_H
#define DPACS_PLAN_FEATURES_H

#include "plan.h"

typedef enum {
    PLAN_FEATURE_GIVEN, /* a spatial mask in memory */
    PLAN_FEATURE_COMPUTED, /* one of the mask unit */
    PLAN_FEATURE_GIVEN_WIDE, /* the same of more than 32 columns */
    PLAN_FEATURE_COMPUTED_WIDE,
    PLAN_FEATURE_POOLED, /* 2x2 max-pooled for a block of stride 2 */
    PLAN_FEATURE_GROUPS, /* a channel mask in memory */
    PLAN_FEATURE_SCORES, /* one of the score unit, by sums */
    PLAN_FEATURE_SCORES_MAX, /* … by maxima */
    PLAN_FEATURE_SCORES_LANES, /* an output slice with scores has all lanes of the array */
    PLAN_FEATURE_DUAL, /* two output slices at once */
    PLAN_FEATURE_PAIRS, /* two in turn */
    PLAN_FEATURE_RING_GIVEN, /* a chain's line buffer, masks given */
    PLAN_FEATURE_RING_COMPUTED,
    PLAN_FEATURE_RING_TWO, /* of two tile rows */
    PLAN_FEATURE_PATCHES3,
    PLAN_FEATURE_PATCHES7,
    PLAN_FEATURE_MAX_POOL,
    PLAN_FEATURE_HEAD,
    PLAN_FEATURES
} plan_feature;

const char *plan_feature_name(plan_feature feature);
/* Whether a build of that geometry has it at all: serial arrays have one slice at a time, small builds no 7x7 patches. */
bool plan_feature_possible(plan_feature feature, const plan_geometry *g);
/* A bit for each. */
uint32_t plan_features(const plan *p);

#endif
