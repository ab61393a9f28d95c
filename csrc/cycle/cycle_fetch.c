#include "cycle_fetch.h"

void cycle_fetch_init(cycle_fetch *fetch, int commands) { *fetch = (cycle_fetch){.commands = commands, .idle = true}; }

static void take_job(cycle_fetch *fetch) {
    if (!fetch->idle || fetch->jobs == fetch->started) return;
    fetch->ready = cycle_later(fetch->ready, fetch->start[fetch->jobs++ % 2] + 1) + 1;
    fetch->idle = false;
    fetch->next = 0;
}

void cycle_fetch_start(cycle_fetch *fetch, cycle_time at) {
    fetch->start[fetch->started++ % 2] = at;
    take_job(fetch);
}

/* There is room for a quad when four of the last eight are gone. */
cycle_time cycle_fetch_wants(const cycle_fetch *fetch) {
    if (fetch->collecting || fetch->idle || fetch->arrived > fetch->popped + CYCLE_QUAD) return CYCLE_PENDING;
    if (fetch->arrived <= CYCLE_QUAD) return fetch->ready;
    return cycle_later(fetch->ready, fetch->pop[(fetch->arrived - CYCLE_QUAD - 1) % CYCLE_RING] + 1);
}

int cycle_fetch_ask(cycle_fetch *fetch) {
    fetch->collecting = true;
    return fetch->next;
}

void cycle_fetch_beat(cycle_fetch *fetch, cycle_time at) {
    if (fetch->next < fetch->commands) fetch->arrival[fetch->arrived++ % CYCLE_RING] = at + 1;
    if (++fetch->next % CYCLE_QUAD != 0) return;
    fetch->collecting = false;
    fetch->ready = at + 1;
    fetch->idle = fetch->next >= fetch->commands;
    take_job(fetch);
}

bool cycle_fetch_any(const cycle_fetch *fetch) { return fetch->arrived > fetch->popped; }

cycle_time cycle_fetch_head(const cycle_fetch *fetch) { return fetch->arrival[fetch->popped % CYCLE_RING]; }

void cycle_fetch_pop(cycle_fetch *fetch, cycle_time at) { fetch->pop[fetch->popped++ % CYCLE_RING] = at; }
