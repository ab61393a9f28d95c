/* Port B of the map memory: which banks are taken in which cycle. */
#include <stdlib.h>
#include <string.h>

#include "cycle_parts.h"

enum { FIRST_SIZE = 1 << 16 };

static unsigned banks_of(int bank, int words) {
    unsigned run = (1u << words) - 1u;
    return ((run << bank) | (run >> (CYCLE_BANKS - bank))) & ((1u << CYCLE_BANKS) - 1u);
}

void cycle_port_take(cycle_model *m, cycle_time at, int bank, int words) {
    size_t i = (size_t)(at - m->port_base);
    if (i >= m->port_size) {
        size_t size = m->port_size > 0 ? m->port_size : FIRST_SIZE;
        while (size <= i) size *= 2;
        uint16_t *grown = realloc(m->port, size * sizeof *grown);
        m->failed = m->failed || grown == NULL;
        if (grown == NULL) return;
        memset(grown + m->port_size, 0, (size - m->port_size) * sizeof *grown);
        m->port = grown;
        m->port_size = size;
    }
    m->port[i] = (uint16_t)(m->port[i] | banks_of(bank, words));
}

bool cycle_port_busy(const cycle_model *m, cycle_time at, int bank, int words) {
    cycle_time i = at - m->port_base;
    return i >= 0 && (size_t)i < m->port_size && (m->port[i] & banks_of(bank, words)) != 0;
}

void cycle_port_drop(cycle_model *m, cycle_time before) {
    size_t gone = (size_t)(before - m->port_base);
    if (gone > m->port_size) gone = m->port_size;
    if (gone > 0) {
        memmove(m->port, m->port + gone, (m->port_size - gone) * sizeof *m->port);
        memset(m->port + m->port_size - gone, 0, gone * sizeof *m->port);
    }
    m->port_base = before;
}
