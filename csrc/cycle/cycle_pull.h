/* The pull loop: times are computed when somebody asks for them. The array asks for its next slice
   of weights, that lets the loader ask for its next runs, and those let the memory serve beats,
   which are delivered here. What a unit waits for lies before it in the order of the commands, so
   it is known by then. */
#ifndef DPACS_CYCLE_PULL_H
#define DPACS_CYCLE_PULL_H

#include "cycle_state.h"

/* The sequencer takes the next command, in cycle `from` or later: when. */
cycle_time cycle_pull_command(cycle_model *m, cycle_time from);
/* When slice `index`, over all convolutions, is complete. */
cycle_time cycle_pull_slice(cycle_model *m, uint64_t index);
/* The image: the cycle after its first `count` puts. */
cycle_time cycle_pull_image(cycle_model *m, int count);
/* When a pair of masks is complete. */
cycle_time cycle_pull_pair(cycle_model *m, int pair);
/* Ends the sweep that is at work: when the mask unit is idle. */
cycle_time cycle_pull_sweep(cycle_model *m);
/* Beats of logits that may go from `at` on, before which all that happens is served first: when the
   last one goes. */
cycle_time cycle_pull_write(cycle_model *m, cycle_time at, int beats);

#endif
