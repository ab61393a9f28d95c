/* Which hardware build a run takes. */
#ifndef DPACS_BUILD_CHOICE_H
#define DPACS_BUILD_CHOICE_H

#include "dut.h"
#include "plan.h"

plan_geometry build_geometry(const dut_geometry *g);

/* Whether the network fits the build; the message says what does not. */
dp_status build_fits(const dp_model *model, const dut_geometry *geometry, plan_options options, dp_error *err) DP_MUST_USE;

typedef struct {
    const char *name; /* --build, or NULL: the smallest that fits */
    const char *arch; /* --arch, or NULL */
    bool dense;
    plan_schedule schedule;
} build_choice;

/* The i-th build that is tried for a network, small ones first; false after the last. */
bool build_candidate(int i, const dp_model *model, const char *arch, bool dense, char name[DUT_NAME_SIZE]);

dp_status build_choose(const build_choice *choice, const dp_model *model, const dut_api **api, dp_error *err) DP_MUST_USE;

/* The name of a build's sister: dense ("parallel-small-dense"), and with waves ("….trace") or without. */
void build_sister(char name[DUT_NAME_SIZE], const char *of, bool dense, bool trace);

#endif
