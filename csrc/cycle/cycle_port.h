/* Port B of the map memory, which banks are taken in which cycle: output writes, residual reads and
   the mask unit's reads go before the image, in this order. */
#ifndef DPACS_CYCLE_PORT_H
#define DPACS_CYCLE_PORT_H

#include <stdbool.h>
#include <stddef.h>

#include "cycle_types.h"

/* All zero is a port that nobody has used. */
typedef struct {
    uint16_t *taken; /* (size) a bit a bank, by cycle from `base` on */
    cycle_time base;
    size_t size;
    bool failed; /* out of memory */
} cycle_port;

void cycle_port_free(cycle_port *port);
void cycle_port_take(cycle_port *port, cycle_time at, int bank, int words);
bool cycle_port_busy(const cycle_port *port, cycle_time at, int bank, int words);
/* nobody asks for earlier cycles any more */
void cycle_port_drop(cycle_port *port, cycle_time before);

#endif
