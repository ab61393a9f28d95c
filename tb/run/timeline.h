/* What every unit does, cycle by cycle, as a trace to look at (docs/usage.md, "Timeline"): made from the observation port alone, written
   while the run goes on; memory does not grow with it. A cycle is a microsecond of the trace: the one with number c lasts from c to c+1. */
#ifndef DPACS_TIMELINE_H
#define DPACS_TIMELINE_H

#include "plan.h"
#include "scoreboard.h"
#include "trace_file.h"

typedef struct timeline timeline;

/* Of the trace, which names them. */
enum {
    TIMELINE_IMAGES = 1, /* and, two in flight, the next one */
    TIMELINE_ARRAY = TIMELINE_IMAGES + SCOREBOARD_IMAGES,
    TIMELINE_CAUSE,
    TIMELINE_LOADER,
    TIMELINE_MASKS,
    TIMELINE_CHANNELS
};
enum {
    TIMELINE_WINDOW = 256, /* cycles of a value of the memory's counter */
    TIMELINE_SHORT = 8, /* segments of a cause that are shorter, or … */
    TIMELINE_SHARE = 128 /* … shorter than this part of their convolution so far, are merged */
};

/* `merge` false: every segment is there, however short. */
dp_status timeline_open(timeline **t, const char *path, bool merge, dp_error *err) DP_MUST_USE;
/* Ends the file, in whatever state the run did; no run, no file. The timeline is gone either way. */
dp_status timeline_close(timeline *t, dp_error *err) DP_MUST_USE;

/* Of one run, whose plan lives until timeline_end; at most SCOREBOARD_IMAGES images are in flight. */
void timeline_begin(timeline *t, const plan *p, const dut_geometry *geometry);
void timeline_start_image(timeline *t, int index, uint64_t cycle);
/* The outputs of a cycle; `beats` have been read from memory until now. */
void timeline_cycle(timeline *t, const dut_out *o, uint64_t cycle, uint64_t beats);
/* The oldest image's job is done: `cycle` is the first without it. */
void timeline_end_image(timeline *t, uint64_t cycle);
/* A failure, in words. */
void timeline_mark(timeline *t, const char *text, uint64_t cycle);
/* Ends what is still open. */
void timeline_end(timeline *t, uint64_t cycle);

#endif
