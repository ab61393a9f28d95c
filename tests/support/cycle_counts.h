/* What the RTL counts in a run, beside what the cycle model says of it. */
#ifndef DPACS_CYCLE_COUNTS_H
#define DPACS_CYCLE_COUNTS_H

#include "sim.h"

enum { COUNTED_CONVS = 128 };

typedef struct {
    const plan *p;
    uint64_t macs[COUNTED_CONVS];
    results r;
} counted;

typedef struct {
    int first, count, latency, bandwidth; /* 0: the usual ones */
    plan_options plan;
} counted_setting;

/* Runs the RTL; the plan and the results are the caller's. What goes wrong ends the test. */
void counted_run(const dut_api *api, const dp_model *m, const image_set *images, const counted_setting *s, plan *p, counted *c);

/* Layers that differ from (layers of c) the model's; the first one is told, where `what` is not NULL. */
int counted_differences(const counted *c, const cycle_layer *model, const char *what);

#endif
