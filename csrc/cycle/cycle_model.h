/* How many cycles a run takes, from shapes and masks alone: the accelerator's units as chains of
   times, without its data and without a clock (docs/model.md). */
#ifndef DPACS_CYCLE_MODEL_H
#define DPACS_CYCLE_MODEL_H

#include "cycle_types.h"
#include "golden.h"
#include "plan.h"

/* The plan must outlive the model. Release with cycle_model_destroy, also after a failure. */
dp_status cycle_model_create(cycle_model **model, const plan *p, const cycle_memory_options *memory, dp_error *err) DP_MUST_USE;
void cycle_model_destroy(cycle_model *model);

/* The next image, as golden_compute left it, and the one queued after it (NULL: none), whose
   loading begins meanwhile. Nothing of them is kept. DP_NO_MEMORY. */
dp_status cycle_model_image(cycle_model *model, const golden_run *run, const golden_run *next, dp_error *err) DP_MUST_USE;

/* (plan->convs) */
const cycle_layer *cycle_model_layers(const cycle_model *model);
/* From the first job's start to the interrupt of the last image so far. */
uint64_t cycle_model_cycles(const cycle_model *model);

#endif
