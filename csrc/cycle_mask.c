/* dp_mask_unit: which cycles of port B it finds free; and that port. */
#include <stdlib.h>
#include <string.h>

#include "cycle_parts.h"

enum { WORDS = 9, FIRST_PORT = 1 << 16 };

static unsigned banks_of(int bank, int words) {
    unsigned run = (1u << words) - 1u;
    return ((run << bank) | (run >> (CYCLE_BANKS - bank))) & ((1u << CYCLE_BANKS) - 1u);
}

void cycle_port_take(cycle_model *m, cycle_time at, int bank, int words) {
    size_t i = (size_t)(at - m->port_base);
    if (i >= m->port_size) {
        size_t size = m->port_size > 0 ? m->port_size : FIRST_PORT;
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

void cycle_sweep_start(cycle_model *m, const plan_command *c, cycle_time start) {
    m->sweep.command = c;
    m->sweep.start = start;
    m->writes = 0;
}

/* One pass over the positions with keep == kept (all of them where keep is NULL), the first of which is there in cycle `at`; returns
   the cycle of its end. A position is read when its producer has written it, where `written`. */
static cycle_time sweep_pass(cycle_model *m, const uint8_t *keep, bool kept, bool written, cycle_time at) {
    const plan_command *c = m->sweep.command;
    cycle_time weights = m->sweep.weights[m->sweep.sweeps % CYCLE_RING];
    int index = 0;
    for (int y = 0; y < c->src.h; y++) {
        bool any = false;
        for (int x = 0; x < c->src.w; x++) {
            if (keep != NULL && (keep[y * c->src.w + x] != 0) != kept) continue;
            any = true;
            at = cycle_later(at, weights);
            if (written) at = cycle_later(at, m->write[index++] + 1);
            for (int word = 0; word < c->src.slices; word += WORDS) {
                int words = c->src.slices - word < WORDS ? c->src.slices - word : WORDS;
                int bank = (x % 3 + 3 * (y % 3)) % CYCLE_BANKS;
                while (cycle_port_busy(m, at, bank, words)) at++;
                at++;
            }
        }
        if (!any) at++;
    }
    return at;
}

cycle_time cycle_sweep_idle(cycle_model *m) {
    cycle_sweep *s = &m->sweep;
    const plan_command *c = s->command;
    if (c == NULL) return s->idle;
    while (s->weights_count <= s->sweeps) cycle_memory_serve(m);
    const uint8_t *before = c->layer > 0 ? m->run->layers[c->layer - 1].mout : NULL;
    cycle_time at = s->start + c->src.h + 3;
    if ((c->flags & PLAN_PREV_MASKED) == 0) {
        at = sweep_pass(m, NULL, true, true, at);
    } else if (c->prev_buf == PLAN_NO_BUFFER) {
        at = sweep_pass(m, NULL, true, false, at);
    } else {
        at = sweep_pass(m, before, false, false, at) + 3;
        at = sweep_pass(m, before, true, true, at);
    }
    m->pair_valid[c->in_buf / 2] = at + 2;
    s->idle = at + 2;
    s->sweeps++;
    s->command = NULL;
    return s->idle;
}
