/* dp_fetch: the list of commands is read four at a time, once for every job; commands are numbered
   over all jobs. */
#ifndef DPACS_CYCLE_FETCH_H
#define DPACS_CYCLE_FETCH_H

#include <stdbool.h>

#include "cycle_types.h"

enum { CYCLE_QUAD = 4 };

typedef struct {
    int commands; /* of the list */
    bool collecting; /* a quad is on its way */
    int next; /* command of the list that the next quad starts with */
    bool idle; /* the list is read, the next job not taken */
    uint64_t jobs, started; /* taken; that the host has started */
    cycle_time start[2]; /* of job i % 2 */
    cycle_time ready; /* idle, or ready to ask for the next quad, from here on */
    uint64_t arrived, popped;
    cycle_time arrival[CYCLE_RING], pop[CYCLE_RING];
} cycle_fetch;

void cycle_fetch_init(cycle_fetch *fetch, int commands);
/* The host starts another job in cycle `at`. */
void cycle_fetch_start(cycle_fetch *fetch, cycle_time at);

/* The cycle in which the next quad is wanted; CYCLE_PENDING if none is. */
cycle_time cycle_fetch_wants(const cycle_fetch *fetch);
/* It is asked for: the command of the list that it starts with. */
int cycle_fetch_ask(cycle_fetch *fetch);
/* One of its beats was taken. */
void cycle_fetch_beat(cycle_fetch *fetch, cycle_time at);

/* A command has arrived; when the first of them may be looked at. */
bool cycle_fetch_any(const cycle_fetch *fetch);
cycle_time cycle_fetch_head(const cycle_fetch *fetch);
void cycle_fetch_pop(cycle_fetch *fetch, cycle_time at);

#endif
