/* dp_mask_unit: when it has read every position, given what port B leaves free. */
#ifndef DPACS_CYCLE_SWEEP_H
#define DPACS_CYCLE_SWEEP_H

#include "cycle_masks.h"
#include "cycle_port.h"
#include "golden.h"
#include "plan.h"

typedef struct {
    /* what it is connected to */
    cycle_port *port;
    cycle_masks *masks;
    const golden_run *golden; /* the image at work */
    int words; /* of a read, at most */
    /* the sweep at work */
    const plan_command *command; /* NULL: idle */
    bool last_pass; /* after the producer */
    int y, x, word; /* next */
    int index; /* of the pass's positions */
    bool any; /* in this row */
    cycle_time at; /* the next read, at the earliest */
    cycle_time read; /* the last one */
    int writes;
    cycle_time *write; /* (positions of the largest map) when the producer's outputs are written */
    cycle_time idle; /* the last sweep has ended */
    cycle_time weights[CYCLE_RING]; /* complete, by sweep */
    uint64_t weights_count, sweeps;
} cycle_sweep;

/* Words that it reads and multiplies at a time in a build. */
int cycle_sweep_words(const plan_geometry *g);
void cycle_sweep_start(cycle_sweep *sweep, const plan_command *c, cycle_time start);
/* Its weights are complete in cycle `at`, one sweep after another. */
void cycle_sweep_weights(cycle_sweep *sweep, cycle_time at);
/* It is idle, or has its weights. */
bool cycle_sweep_ready(const cycle_sweep *sweep);
/* The next position of the map that is swept is written. */
void cycle_sweep_written(cycle_sweep *sweep, cycle_time at);
/* Goes on up to a cycle. It is ready, and outputs up to that cycle are known. */
void cycle_sweep_advance(cycle_sweep *sweep, cycle_time limit);

#endif
