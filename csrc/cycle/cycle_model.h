/* How many cycles a run takes, from shapes and masks alone: the accelerator's units as chains of times, without its data and
   without a clock (docs/model.md). */
#ifndef DPACS_CYCLE_MODEL_H
#define DPACS_CYCLE_MODEL_H

#include "golden.h"
#include "plan.h"

typedef struct {
    int latency; /* cycles from a read's acceptance to its first beat */
    int bandwidth; /* bytes a cycle */
    int reads; /* bursts that the memory holds at most */
} cycle_memory_options;

/* A convolution or the head, summed over the images; counted as results.h counts. */
typedef struct {
    uint64_t cycles; /* from the retirement of the one before it to its own */
    uint64_t macs;
    uint64_t weight_beats, other_beats; /* of 64 bytes. Commands and masks belong to the first, logits to the last */
} cycle_layer;

typedef struct cycle_model cycle_model;

/* The plan must outlive the model. Release with cycle_model_destroy, also after a failure. */
dp_status cycle_model_create(cycle_model **model, const plan *p, const cycle_memory_options *memory, dp_error *err) DP_MUST_USE;
void cycle_model_destroy(cycle_model *model);

/* The next image, as golden_compute left it, and the one queued behind it (NULL: none), whose loading begins meanwhile. Nothing of
   them is kept. DP_NO_MEMORY. */
dp_status cycle_model_image(cycle_model *model, const golden_run *run, const golden_run *next, dp_error *err) DP_MUST_USE;

/* (plan->convs) */
const cycle_layer *cycle_model_layers(const cycle_model *model);
/* From the first job's start to the interrupt of the last image so far. */
uint64_t cycle_model_cycles(const cycle_model *model);

#endif
