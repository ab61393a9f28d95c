/* What a check has found, and how it is told. */
#ifndef DPACS_SCOREBOARD_REPORT_H
#define DPACS_SCOREBOARD_REPORT_H

#include <stddef.h>

#include "model.h"

typedef enum {
    SCOREBOARD_MISMATCH, /* a value or a count differs */
    SCOREBOARD_UNEXPECTED, /* nothing there should have been computed */
    SCOREBOARD_DUPLICATE,
    SCOREBOARD_MISSING, /* found when its convolution retires, or its image ends */
    SCOREBOARD_FAULTS
} scoreboard_fault;

typedef struct {
    scoreboard_fault fault;
    int image; /* -1: none in flight */
    /* what it is about: conv, pool, mask, score, groups, logits, memory (the logits there), count (MACs, beats), retirement, fetch, job */
    const char *record;
    int layer, stage; /* -1: not of this network; no convolution's */
    char name[DP_NAME + 16]; /* layer and stage: "b2.conv2", "b3.mask", "head.logits", "b2.conv2 MACs" */
    int y, x, k; /* position and channel (group, logit); -1 where there is none */
    int64_t got, want;
    bool has_acc;
    int32_t acc_got, acc_want;
    uint64_t missing; /* how many tiles, the first of which is named */
    uint64_t cycle;
} scoreboard_report;

/* "MISMATCH img 3 b2.conv2 y=4 x=11 k=37 got -12 want -11 acc -1493 cycle 184220", without a newline. */
void scoreboard_format(const scoreboard_report *r, char *text, size_t size);

/* "MISMATCH"; "conv2", "shortcut", "head" (plan_conv.stage). */
const char *scoreboard_fault_name(scoreboard_fault fault);
const char *scoreboard_stage_name(int stage);

#endif
