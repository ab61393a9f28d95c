#include "cycle_port.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SIZE = 1 << 16 };

void cycle_port_free(cycle_port *port) {
    free(port->taken);
    *port = (cycle_port){.taken = NULL};
}

static unsigned banks_of(int bank, int words) {
    unsigned run = (1u << words) - 1u;
    return ((run << bank) | (run >> (CYCLE_BANKS - bank))) & ((1u << CYCLE_BANKS) - 1u);
}

void cycle_port_take(cycle_port *port, cycle_time at, int bank, int words) {
    size_t i = (size_t)(at - port->base);
    if (i >= port->size) {
        size_t size = port->size > 0 ? port->size : FIRST_SIZE;
        while (size <= i) size *= 2;
        uint16_t *grown = realloc(port->taken, size * sizeof *grown);
        port->failed = port->failed || grown == NULL;
        if (grown == NULL) return;
        memset(grown + port->size, 0, (size - port->size) * sizeof *grown);
        port->taken = grown;
        port->size = size;
    }
    port->taken[i] = (uint16_t)(port->taken[i] | banks_of(bank, words));
}

bool cycle_port_busy(const cycle_port *port, cycle_time at, int bank, int words) {
    cycle_time i = at - port->base;
    return i >= 0 && (size_t)i < port->size && (port->taken[i] & banks_of(bank, words)) != 0;
}

void cycle_port_drop(cycle_port *port, cycle_time before) {
    size_t gone = (size_t)(before - port->base);
    if (gone > port->size) gone = port->size;
    if (gone > 0) {
        memmove(port->taken, port->taken + gone, (port->size - gone) * sizeof *port->taken);
        memset(port->taken + port->size - gone, 0, gone * sizeof *port->taken);
    }
    port->base = before;
}
