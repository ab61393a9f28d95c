/* dp_loader: which runs are asked for, command after command, and what it waits for. What it asks
   for goes through cycle_pull.c, which owns the order of things; here is what comes next. Slices of
   weights are numbered over all convolutions. */
#ifndef DPACS_CYCLE_LOADER_H
#define DPACS_CYCLE_LOADER_H

#include "cycle_fetch.h"
#include "cycle_image.h"
#include "cycle_memory.h"
#include "plan.h"

typedef struct {
    /* what it is connected to */
    const plan *p;
    cycle_fetch *fetch;
    cycle_masks *masks;
    cycle_image *image;
    cycle_layer *layer; /* (convs) where beats are counted */
    /* the image at work, and the one queued after it, or NULL */
    const golden_run *golden, *golden_next;
    uint64_t jobs; /* before the one at work */
    /* the command at work */
    uint64_t job;
    int command; /* of the list */
    int conv; /* of plan.conv, that is or comes next */
    bool in_slices; /* of the command: they are being asked for */
    bool plain_due; /* the run that the command starts with, or consists of, is to be asked for */
    bool reserved; /* room for the slice */
    bool image_due;
    int slice, octet, part; /* next; of a record: 0 its head, then its groups */
    int groups, group[DP_MAX_GROUPS]; /* kept ones of the block */
    cycle_time at; /* the next step's first cycle */
    /* commands on their way to the sequencer, over all jobs */
    uint64_t forwarded, taken;
    cycle_time forward[CYCLE_RING], take[CYCLE_RING];
    /* slices of weights: complete, and given back */
    uint64_t slices_ready, slices_released;
    cycle_time slice_ready[CYCLE_RING], slice_release[CYCLE_RING];
    int slice_rows[CYCLE_RING];
    uint64_t counted; /* slices whose rows are counted as free */
    int rows_free, entries_free;
} cycle_loader;

/* Connects it; what it is connected to outlives it. */
void cycle_loader_init(cycle_loader *loader, const plan *p);

/* What the next step waits for. */
typedef enum {
    CYCLE_GOES, /* nothing that is not known */
    CYCLE_WAITS_COMMAND, /* to be read */
    CYCLE_WAITS_GROUPS, /* to be read, or for the convolution that makes them */
    CYCLE_WAITS /* for the sequencer: a slice or a place given back, a command taken */
} cycle_wait;
cycle_wait cycle_loader_waits(const cycle_loader *loader);

/* The next step, which waits for nothing: the start of a command, room for a slice, or a run. Of a
   run, true: it is to be asked for, from cycle loader->at on, and then cycle_loader_asked
   follows. */
bool cycle_loader_step(cycle_loader *loader, cycle_run *run);
/* The read master took the run in cycle `at`. */
void cycle_loader_asked(cycle_loader *loader, cycle_time at);

/* The sequencer takes the command forwarded first in cycle `at`. */
void cycle_loader_take(cycle_loader *loader, cycle_time at);

/* The last beat of a slice was taken, its weights may be used from `at` on. */
void cycle_loader_complete(cycle_loader *loader, cycle_time at);
/* A slice of so many rows is given back. */
void cycle_loader_release(cycle_loader *loader, int rows, cycle_time at);

#endif
