/* Checks every observation record in its cycle against what golden says of its image: value, accumulator, place. A record
   costs O(Po); nothing is allocated after scoreboard_create. It finds wrong values, unexpected, duplicate and missing tiles, and
   wrong counts of MACs and fetched beats; no progress is the watchdog's. */
#ifndef DPACS_SCOREBOARD_H
#define DPACS_SCOREBOARD_H

#include "arena.h"
#include "dut.h"
#include "golden.h"
#include "plan.h"

enum { SCOREBOARD_IMAGES = 2 }; /* in flight at most */

typedef enum {
    SCOREBOARD_MISMATCH, /* a value or a count differs */
    SCOREBOARD_UNEXPECTED, /* nothing there should have been computed */
    SCOREBOARD_DUPLICATE,
    SCOREBOARD_MISSING /* found when its convolution retires, or its image ends */
} scoreboard_fault;

typedef struct {
    scoreboard_fault fault;
    int image; /* -1: none in flight */
    const char
        *record; /* what it is about: conv, pool, mask, score, groups, logits, memory (the logits there), count (MACs, beats),
                           retirement, fetch, job */
    int layer, stage; /* -1: not of this network; no convolution's */
    char name[DP_NAME + 16]; /* layer and stage: "b2.conv2", "b3.mask", "head.logits", "b2.conv2 MACs" */
    int y, x, k; /* position and channel (group, logit); -1 where there is none */
    int64_t got, want;
    bool has_acc;
    int32_t acc_got, acc_want;
    uint64_t missing; /* how many tiles, the first of which is named */
    uint64_t cycle;
} scoreboard_report;

/* What a convolution took, summed over the images; index as plan.conv. */
typedef struct {
    uint64_t
        cycles; /* from the retirement of the one before it to its own; of a chain: the array's, and all others for the last one */
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

/* "MISMATCH img 3 b2.conv2 y=4 x=11 k=37 got -12 want -11 acc -1493 cycle 184220", without a newline. */
void scoreboard_format(const scoreboard_report *r, char *text, size_t size);

#endif
