/* `--fault`: something wrong on the memory bus, to see that it is found. */
#ifndef DPACS_CLI_FAULT_H
#define DPACS_CLI_FAULT_H

#include <argp.h>

#include "axi_mem.h"

/* flip:N[:BIT], withhold:CHANNEL[:N], or KIND:N of drop, read-error, write-error, last, read-id, write-id; a wrong one ends the program through argp_error. */
axi_fault cli_fault(const struct argp_state *state, const char *text);
/* The same text again. */
void cli_fault_describe(const axi_fault *fault, char *text, size_t size);

#endif
