/* A chain: dp_chain's row jobs, the rows that dp_dispatch waits for, and what is given back with a
   convolution's last row. */
#ifndef DPACS_CYCLE_CHAIN_H
#define DPACS_CYCLE_CHAIN_H

#include "cycle_state.h"

/* From its first convolution's start to that one's retirement. The commands after `c` are taken
   meanwhile; m->busy is set. */
cycle_time cycle_chain_run(cycle_model *m, const plan_command *c, int index, cycle_time start);

#endif
