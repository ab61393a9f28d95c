/* dp_mask_unit: when it has read every position, given what port B leaves free. */
#include "cycle_parts.h"

enum { WORDS = 9 /* of a read */ };

void cycle_sweep_start(cycle_model *m, const plan_command *c, cycle_time start) {
    cycle_sweep *s = &m->sweep;
    s->command = c;
    s->last_pass = (c->flags & PLAN_PREV_MASKED) == 0;
    s->y = s->x = s->word = s->index = 0;
    s->any = false;
    s->at = start + c->src.h + 3; /* the mask is cleared row by row */
    m->writes = 0;
}

/* Whether the pass reads position (y,x): first those that the producer does not write, then those that it does. */
static bool wants(const cycle_model *m) {
    const cycle_sweep *s = &m->sweep;
    const plan_command *c = s->command;
    if ((c->flags & PLAN_PREV_MASKED) == 0 || c->prev_buf == PLAN_NO_BUFFER) return true;
    return (m->run->layers[c->layer - 1].mout[s->y * c->src.w + s->x] != 0) == s->last_pass;
}

/* Reads the position, nine words a cycle that is free; false where that is not done by cycle `limit`. */
static bool read_position(cycle_model *m, cycle_time limit) {
    cycle_sweep *s = &m->sweep;
    const plan_command *c = s->command;
    int bank = (s->x % 3 + 3 * (s->y % 3)) % CYCLE_BANKS;
    if (s->last_pass && s->index >= m->writes) return false; /* not written yet */
    s->at = cycle_later(s->at, s->weights[s->sweeps % CYCLE_RING]);
    if (s->last_pass) s->at = cycle_later(s->at, m->write[s->index] + 1);
    for (; s->word < c->src.slices; s->word += WORDS) {
        int words = c->src.slices - s->word < WORDS ? c->src.slices - s->word : WORDS;
        for (bool waits = true; waits;) {
            if (s->at > limit) return false;
            waits = cycle_port_busy(m, s->at, bank, words);
            cycle_port_take(m, s->at++, bank, words); /* a read that waits holds up the image too */
        }
    }
    s->word = 0;
    s->index++;
    return true;
}

/* A row without a position to read takes a cycle. */
static bool run_pass(cycle_model *m, cycle_time limit) {
    cycle_sweep *s = &m->sweep;
    for (; s->y < s->command->src.h; s->y++) {
        for (; s->x < s->command->src.w; s->x++) {
            if (!wants(m)) continue;
            s->any = true;
            if (!read_position(m, limit)) return false;
        }
        s->at += !s->any;
        s->any = false;
        s->x = 0;
    }
    s->y = s->index = 0;
    return true;
}

void cycle_sweep_advance(cycle_model *m, cycle_time limit) {
    cycle_sweep *s = &m->sweep;
    if (s->command == NULL) return;
    while (s->weights_count <= s->sweeps) cycle_memory_serve(m);
    bool no_producer = s->command->prev_buf == PLAN_NO_BUFFER && (s->command->flags & PLAN_PREV_MASKED) != 0;
    if (!s->last_pass) {
        if (!run_pass(m, limit)) return;
        s->last_pass = true;
        if (!no_producer) s->at += 3;
    }
    if (!no_producer && !run_pass(m, limit)) return;
    s->idle = s->at + 2;
    m->pair_valid[s->command->in_buf / 2] = s->idle;
    s->sweeps++;
    s->command = NULL;
}

cycle_time cycle_sweep_idle(cycle_model *m) {
    cycle_sweep_advance(m, CYCLE_PENDING - 1);
    return m->sweep.idle;
}
