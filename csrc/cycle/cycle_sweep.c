#include "cycle_sweep.h"

#include <assert.h>

#include "rtl.inc" /* made of rtl/dp_pkg.sv */

int cycle_sweep_words(const plan_geometry *g) {
    int row = CYCLE_BANKS * g->pi, array = g->pi * g->po * (g->parallel ? CYCLE_BANKS : 1);
    return row > array ? CYCLE_BANKS / 3 : CYCLE_BANKS; /* no more multipliers than the array has (dp_top) */
}

void cycle_sweep_start(cycle_sweep *sweep, const plan_command *c, cycle_time start) {
    sweep->command = c;
    sweep->last_pass = (c->flags & PLAN_PREV_MASKED) == 0;
    sweep->y = sweep->x = sweep->word = sweep->index = 0;
    sweep->any = false;
    sweep->at = start + c->src.h + 3; /* the mask is cleared row by row */
    sweep->writes = 0;
}

void cycle_sweep_weights(cycle_sweep *sweep, cycle_time at) { sweep->weights[sweep->weights_count++ % CYCLE_RING] = at; }

bool cycle_sweep_ready(const cycle_sweep *sweep) { return sweep->command == NULL || sweep->weights_count > sweep->sweeps; }

void cycle_sweep_written(cycle_sweep *sweep, cycle_time at) { sweep->write[sweep->writes++] = at; }

/* Whether the pass reads position (y,x): first those that the producer does not write, then those
   that it does. */
static bool wants(const cycle_sweep *sweep) {
    const plan_command *c = sweep->command;
    if ((c->flags & PLAN_PREV_MASKED) == 0 || c->prev_buf == PLAN_NO_BUFFER) return true;
    return (sweep->golden->layers[c->layer - 1].mout[sweep->y * c->src.w + sweep->x] != 0) == sweep->last_pass;
}

/* Reads the position, some words a cycle that is free; false where that is not done by cycle
   `limit`. */
static bool read_position(cycle_sweep *sweep, cycle_time limit) {
    const plan_command *c = sweep->command;
    int bank = (sweep->x % 3 + 3 * (sweep->y % 3)) % CYCLE_BANKS;
    if (sweep->last_pass && sweep->index >= sweep->writes) return false; /* not written yet */
    sweep->at = cycle_later(sweep->at, sweep->weights[sweep->sweeps % CYCLE_RING]);
    if (sweep->last_pass) sweep->at = cycle_later(sweep->at, sweep->write[sweep->index] + 1);
    for (; sweep->word < c->src.slices; sweep->word += sweep->words) {
        int first = (bank + sweep->word) % CYCLE_BANKS;
        int words = c->src.slices - sweep->word < sweep->words ? c->src.slices - sweep->word : sweep->words;
        for (bool waits = true; waits;) {
            if (sweep->at > limit) return false;
            waits = cycle_port_busy(sweep->port, sweep->at, first, words);
            /* a read that waits holds up the image too */
            cycle_port_take(sweep->port, sweep->at++, first, words);
        }
        sweep->read = sweep->at - 1;
    }
    sweep->word = 0;
    sweep->index++;
    return true;
}

/* A row without a position to read takes a cycle. */
static bool run_pass(cycle_sweep *sweep, cycle_time limit) {
    for (; sweep->y < sweep->command->src.h; sweep->y++) {
        for (; sweep->x < sweep->command->src.w; sweep->x++) {
            if (!wants(sweep)) continue;
            sweep->any = true;
            if (!read_position(sweep, limit)) return false;
        }
        sweep->at += !sweep->any;
        sweep->any = false;
        sweep->x = 0;
    }
    sweep->y = sweep->index = 0;
    return true;
}

void cycle_sweep_advance(cycle_sweep *sweep, cycle_time limit) {
    assert(cycle_sweep_ready(sweep));
    if (sweep->command == NULL) return;
    bool no_producer = sweep->command->prev_buf == PLAN_NO_BUFFER && (sweep->command->flags & PLAN_PREV_MASKED) != 0;
    if (!sweep->last_pass) {
        if (!run_pass(sweep, limit)) return;
        sweep->last_pass = true;
        if (!no_producer) sweep->at += 3;
    }
    if (!no_producer && !run_pass(sweep, limit)) return;
    /* what was read last has been multiplied and decided */
    sweep->idle = cycle_later(sweep->at + 2, sweep->read + RTL_MASK_LATENCY + 3);
    sweep->masks->pair_valid[sweep->command->in_buf / 2] = sweep->idle;
    sweep->sweeps++;
    sweep->command = NULL;
}
