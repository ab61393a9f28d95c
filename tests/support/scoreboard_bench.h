/* Records of a hardware that is right, for the tests of the scoreboard: two images of a network, executed by the interpreter of
   plans, which knows nothing of golden. */
#ifndef DPACS_SCOREBOARD_BENCH_H
#define DPACS_SCOREBOARD_BENCH_H

#include "plan_support.h"
#include "scoreboard.h"

enum { IMAGES = 2, MAX_RECORDS = 60000 };

typedef struct {
    dut_out o;
    int8_t data[DUT_MAX_PO];
    int32_t acc[DUT_MAX_PO]; /* or logits */
} record;

typedef struct {
    dp_model m;
    plan p;
    golden_run run[IMAGES];
    int32_t *logits[IMAGES]; /* as written to memory */
    record *records[IMAGES];
    int count[IMAGES];
    int recording;
    int po;
    scoreboard sb;
    scoreboard_report first;
    int reports;
    uint64_t cycle;
} scoreboard_bench;

/* Records b->m, which scoreboard_bench_close frees. */
void scoreboard_bench_open_model(scoreboard_bench *b, unsigned geometry);
/* Finds a network that has computed masks of both kinds and a head, so that there are records of every kind. */
void scoreboard_bench_open(scoreboard_bench *b, unsigned geometry);
void scoreboard_bench_close(scoreboard_bench *b);

/* A fresh scoreboard. */
void scoreboard_bench_reset(scoreboard_bench *b);
bool scoreboard_bench_feed(scoreboard_bench *b, const record *r);
/* Both images, one job after the other. */
void scoreboard_bench_play(scoreboard_bench *b);
void scoreboard_bench_expect_clean(const scoreboard_bench *b);

typedef enum { ANY_CONV, ANY_POOL, ANY_MASK, ANY_SCORE, ANY_GROUPS, ANY_LOGIT, ANY_DONE, ANY_FETCH } record_kind;

/* The middle record of a kind, in image 1. */
int scoreboard_bench_middle(const scoreboard_bench *b, record_kind kind);
/* The first report is of this fault, of image 1, and says `words`. */
void scoreboard_bench_expect(const scoreboard_bench *b, scoreboard_fault fault, const char *words);

#endif
