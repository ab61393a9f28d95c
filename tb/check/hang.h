/* A device that does nothing any more: which unit blocks, and what it waits for, from what can be seen outside. */
#ifndef DPACS_HANG_H
#define DPACS_HANG_H

#include "axi_mem.h"

/* The outermost unit that waits for something that does not come: "dp_axi_read waits for data: …". Static text. */
const char *hang_blocked(const dut_in *in, const dut_out *out, const axi_mem_state *memory);

#endif
