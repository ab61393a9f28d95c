/* A ring of forked children, each the whole run as it stood at one cycle, asleep until the run goes wrong. The one that is woken lives that
   time again, with waveforms on; nobody waits for the others. A child sleeps on a socket whose other end the run holds: however that
   ends, its children end with it. They share memory with the run until either writes. */
#ifndef DPACS_SNAPSHOT_H
#define DPACS_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>

#include "status.h"

enum {
    SNAPSHOT_WINDOW = 20000, /* cycles before a failure that a snapshot can always replay, or from the first one on */
    SNAPSHOT_MAX = 4 /* children at a time */
};

typedef struct snapshot_ring snapshot_ring;

/* What a woken child shall do: show the cycles `from` to `to`, then leave. */
typedef struct {
    uint64_t from, to;
} snapshot_order;

dp_status snapshot_create(snapshot_ring **ring, dp_error *err) DP_MUST_USE;
/* Ends the children that are left. */
void snapshot_free(snapshot_ring *ring);

/* Once a cycle, between two moments in which memory is consistent. Takes a snapshot when it is time: the first one at once, then so
   often that they cost a small share of the run. Returns true in a child that was woken, with its order; it must end with _exit. */
bool snapshot_poll(snapshot_ring *ring, uint64_t cycle, snapshot_order *order);

/* Wakes the youngest child that has seen nothing from `from` on, or the oldest one, and ends the others. Once. False: there is none. */
bool snapshot_wake(snapshot_ring *ring, snapshot_order order);
/* Waits for the woken child. True: it exited with 0, and in time. */
bool snapshot_wait(snapshot_ring *ring, double seconds);

typedef struct {
    int taken, alive;
    uint64_t interval; /* cycles between the last two */
    double cost; /* seconds spent on snapshots until now, page faults included (an estimate) */
    uint64_t woken_at; /* cycle of the child that was woken */
    int end; /* how that one ended, as waitpid has it; -1: snapshot_wait did not see it */
    int pid[SNAPSHOT_MAX]; /* of those alive, the oldest first */
} snapshot_state;
snapshot_state snapshot_look(const snapshot_ring *ring);

#endif
