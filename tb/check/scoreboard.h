/* Checks every observation record in its cycle against what golden says of its image: value, accumulator, place. A record
   costs O(Po); nothing is allocated after scoreboard_create. It finds wrong values, unexpected, duplicate and missing tiles, and
   wrong counts of MACs and fetched beats; no progress is the watchdog's. */
#ifndef DPACS_SCOREBOARD_H
#define DPACS_SCOREBOARD_H

#include "arena.h"
#include "dut.h"
#include "golden.h"
#include "plan.h"
#include "scoreboard_report.h"

enum { SCOREBOARD_IMAGES = 2 }; /* in flight at most */

/* What a convolution took, summed over the images; index as plan.conv. */
typedef struct {
    /* from the retirement of the one before it to its own; of a chain: the array's, and all others for the last one */
    uint64_t cycles;
    uint64_t macs, busy; /* executed; cycles of the array */
    uint64_t cause[DUT_CAUSES]; /* the cycles by what they were spent on */
    uint64_t weight_beats, other_beats; /* fetched */
} scoreboard_layer;

typedef struct scoreboard_image scoreboard_image;

typedef struct {
    /* set after scoreboard_create, before the first record */
    void (*report)(void *context, const scoreboard_report *r); /* NULL: only counted */
    void *context;
    int max_reports; /* 0: all */
    /* results */
    uint64_t tiles_checked; /* records of convolutions, masks, scores, groups and logits */
    uint64_t tiles_failed; /* of those, and missing ones */
    uint64_t failures; /* with wrong counts: 0 = all equal */
    int images_done;
    scoreboard_layer *layer; /* (plan->convs) */
    /* private */
    const plan *p;
    arena memory;
    scoreboard_image *image[SCOREBOARD_IMAGES]; /* [0] the oldest in flight */
    int in_flight;
    int done_next; /* convolution of the plan that retires next, of image[done_ahead] */
    int done_ahead;
    int fetch_next, fetch_ahead; /* the same for the loader */
    uint64_t last_done;
    uint64_t cause[DUT_CAUSES]; /* cycles since the last retirement */
    int reports;
    int16_t conv_of[256][PLAN_STAGE_HEAD + 1]; /* [layer][stage] -> index in plan.conv, -1 */
} scoreboard;

dp_status scoreboard_create(scoreboard *sb, const plan *p, dp_error *err) DP_MUST_USE;
void scoreboard_free(scoreboard *sb);

/* Golden has computed this image, and keeps it until scoreboard_end_image; at most SCOREBOARD_IMAGES are in flight. `index` is
   what reports call it, `cycle` the present. */
void scoreboard_start_image(scoreboard *sb, int index, const golden_run *run, uint64_t cycle);

/* The records of one cycle. False once max_reports have been made: the run may stop. */
bool scoreboard_check(scoreboard *sb, const dut_out *o, uint64_t cycle);

/* The oldest image's job is done; `logits` (classes) are what it wrote to memory, NULL without a head. */
bool scoreboard_end_image(scoreboard *sb, const int32_t *logits, uint64_t cycle);

#endif
