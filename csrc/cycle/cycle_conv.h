/* A convolution from its start to its retirement: slice after slice through the dispatcher, and to
   what waits after the pipeline (dp_channels, dp_axi_write). */
#ifndef DPACS_CYCLE_CONV_H
#define DPACS_CYCLE_CONV_H

#include "cycle_state.h"

cycle_time cycle_conv_run(cycle_model *m, const plan_command *c, int index, cycle_time start);

#endif
