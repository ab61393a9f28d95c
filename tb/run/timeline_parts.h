/* What the files of the timeline share. */
#ifndef DPACS_TIMELINE_PARTS_H
#define DPACS_TIMELINE_PARTS_H

#include "timeline.h"

/* The cause track. `open` grows until a run of another cause is long enough to begin the next segment. */
typedef struct {
    bool merge, some; /* a convolution has begun */
    uint64_t start; /* of the convolution */
    uint64_t from, open[DUT_CAUSES]; /* the segment's cycles by cause, without those of the run */
    uint64_t run_from, run; /* cycles of the latest cause */
    int cause;
} timeline_causes;

/* Decisions of the spatial mask unit for one block. */
typedef struct {
    int layer; /* -1: none */
    uint64_t from, to;
    int decided, kept;
} timeline_mask;

struct timeline {
    trace_file file;
    const plan *p;
    bool running;
    int started, ended; /* images */
    uint64_t start[SCOREBOARD_IMAGES];
    int index[SCOREBOARD_IMAGES];
    /* array: the convolution at work */
    uint64_t conv_from, conv_cause[DUT_CAUSES];
    uint64_t tiles, positions;
    int conv_next, retired; /* expected next, as plan.conv; images whose last convolution is done */
    timeline_causes causes;
    /* loader */
    uint64_t fetch_from;
    int fetched; /* images */
    timeline_mask mask;
    /* memory */
    uint64_t window_from, window_beats, beats;
    double shown; /* -1: no value yet */
};

/* timeline_causes.c */
void timeline_causes_cycle(timeline *t, int cause, uint64_t cycle);
/* A convolution ends with the cycle before `end`. */
void timeline_causes_end(timeline *t, uint64_t end);

/* timeline_units.c */
void timeline_fetch(timeline *t, const dut_out *o, uint64_t cycle);
void timeline_mask_decision(timeline *t, const dut_out *o, uint64_t cycle);
void timeline_mask_end(timeline *t);
void timeline_channels(timeline *t, const dut_out *o, uint64_t cycle);
void timeline_memory(timeline *t, uint64_t cycle, uint64_t beats);
void timeline_memory_end(timeline *t, uint64_t cycle);

/* The report's name of a convolution, "L7.1" where it has none. */
enum { TIMELINE_NAME = DP_NAME + 16 };
void timeline_name(const timeline *t, int layer, int stage, char *name);
json_t *timeline_count(uint64_t value);

#endif
