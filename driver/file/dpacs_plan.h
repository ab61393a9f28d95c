/* Between csrc/plan and libdpacs: a plan as the accelerator's memory, a build as its registers say it. */
#ifndef DPACS_OF_PLAN_H
#define DPACS_OF_PLAN_H

#include "dpacs.h"
#include "plan.h"

/* The network points into the plan, which lives on until it is loaded. */
dpacs_network dpacs_of_plan(const plan *p);

/* GEOMETRY and CAPACITY of a build, and the reverse. */
uint32_t dpacs_geometry(const plan_geometry *g);
uint32_t dpacs_capacity(const plan_geometry *g);
plan_geometry dpacs_build(uint32_t geometry, uint32_t capacity);

#endif
