/* dp_positions and dp_dispatch: the tokens of a convolution, or of a chain's. The dispatcher takes
   positions one after another; each takes its cycles, and some that it waits. What it sends is
   written to the map at the end of the pipeline. */
#ifndef DPACS_CYCLE_DISPATCH_H
#define DPACS_CYCLE_DISPATCH_H

#include "cycle_patches.h"
#include "rtl.inc" /* made of rtl/dp_pkg.sv */

enum {
    CYCLE_FIFO = 16, /* positions between iterator and dispatcher */
    CYCLE_PIPELINE = 6 + RTL_ARRAY_LATENCY, /* cycles from the dispatcher to the map write */
    CYCLE_HISTORY = CYCLE_PIPELINE + 1
};

/* The convolution at work. */
typedef struct {
    const plan_command *c;
    bool residual;
    int slice_words;
    int cycles; /* of a result; serial 3x3: of a tap */
} cycle_work;

/* A result, or the second one of a pair: its last cycle, and where it goes. */
typedef struct {
    cycle_time at;
    int bank, words;
    bool pair;
} cycle_out;

typedef struct {
    cycle_model *m;
    cycle_work work;
    /* the iterator */
    cycle_time valid; /* the next position, without the rows that are skipped */
    cycle_time taken[CYCLE_FIFO]; /* by the dispatcher, position i % CYCLE_FIFO */
    unsigned count;
    /* the dispatcher */
    cycle_time done; /* the last cycle of the result before */
    cycle_out out[CYCLE_HISTORY];
    unsigned outs;
    int skip; /* packed patches: words of the next one that are done */
    cycle_patches patches;
} cycle_dispatch;

void cycle_dispatch_start(cycle_dispatch *d, cycle_model *m, const plan_command *c, int lanes, cycle_time start);
/* What follows belongs to another convolution of the chain. */
void cycle_dispatch_switch(cycle_dispatch *d, const plan_command *c, int lanes);
/* The next position, or the end of a pass, goes to the dispatcher, `gap` rows being skipped before
   it: the first cycle it may use. `end`: the iterator starts anew after it. */
cycle_time cycle_dispatch_take(cycle_dispatch *d, int gap, bool end);
/* Two slices, this and the next, take turns at every position (dp_pkg::paired). */
bool cycle_dispatch_pairs(const cycle_dispatch *d, int slice);
/* Cycles of one slice of a position; rows of the source that it reads from. */
int cycle_dispatch_cycles(const cycle_dispatch *d, const cycle_token *t);
int cycle_dispatch_rows(const cycle_dispatch *d, const cycle_token *t);
/* A result of a slice, or a pair's two, the (first) last cycle being `at` or, where banks are
   taken, later. */
void cycle_dispatch_result(cycle_dispatch *d, const cycle_token *t, int slice, bool pair, cycle_time at);
/* Position k of the list, for a slice or a pair whose weights are there from `weights` on. */
void cycle_dispatch_position(cycle_dispatch *d, int k, int slice, bool pair, cycle_time weights);
/* The pass has ended in cycle `last`. */
void cycle_dispatch_end(cycle_dispatch *d, cycle_time last);

#endif
