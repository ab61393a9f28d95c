/* What a run keeps to explain its first failure: the last records of the observation port, and what the hardware has shown of the maps at
   work. A record costs a copy. Channels are packed ones, as they come: csrc/plan/plan.h. */
#ifndef DPACS_CAPTURE_H
#define DPACS_CAPTURE_H

#include "arena.h"
#include "plan.h"
#include "scoreboard.h"

enum { CAPTURE_RECORDS = 64 };

typedef enum {
    CAPTURE_CONV,
    CAPTURE_POOL,
    CAPTURE_MASK,
    CAPTURE_SCORE,
    CAPTURE_GROUPS,
    CAPTURE_LOGITS,
    CAPTURE_DONE,
    CAPTURE_FETCH,
    CAPTURE_KINDS
} capture_kind;

typedef struct {
    uint64_t cycle;
    capture_kind kind;
    bool wrong;
    int layer, stage, y, x, slice; /* -1 where there is none; slice is the group of a score */
    int lanes;
    int64_t value; /* keep, score, groups, MACs, beats of weights */
    int8_t data[DUT_MAX_PO];
    int32_t acc[DUT_MAX_PO]; /* or logits */
} capture_record;

/* What came of a map; the next map of its kind takes its place. */
typedef struct {
    int layer, stage; /* -1: nothing yet */
    int lanes, slices, h, w;
    int8_t *data; /* (slices, h, w, lanes) */
    int32_t *acc; /* (slices, h, w, lanes); convolutions only */
    uint8_t *seen; /* (slices, h, w): 0 nothing came, 1 it equals golden, 2 it does not */
} capture_map;

typedef struct {
    const plan *p;
    const plan_conv *at; /* of the last tile */
    arena memory;
    capture_record ring[CAPTURE_RECORDS];
    uint64_t count; /* records until now; the last one is ring[(count - 1) % CAPTURE_RECORDS] */
    bool failed; /* the maps below are those of the first failure, and go on only with it */
    capture_record first; /* the record that was wrong; layer -1 where none was */
    capture_record before[CAPTURE_RECORDS]; /* with it the last ones, the oldest first */
    int before_count;
    capture_map conv, pool, mask; /* a mask has one lane */
    int64_t score[DP_MAX_GROUPS]; /* of the last layer that made some */
    uint64_t scores; /* bit a group: it came */
    int64_t groups; /* chosen last, bit a group */
    int32_t *logits; /* (classes) */
} capture;

dp_status capture_create(capture *c, const plan *p, dp_error *err) DP_MUST_USE;
void capture_free(capture *c);
/* The outputs of a cycle, after the scoreboard has seen them; `r` is its first report in this cycle, or NULL. */
void capture_cycle(capture *c, const dut_out *o, uint64_t cycle, const scoreboard_report *r);

/* A failure that no record shows: the run's end, a hang. */
void capture_fail(capture *c);

const char *capture_kind_name(capture_kind kind);

#endif
