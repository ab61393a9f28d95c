/* What a sweep runs: the cases that its options span, each with an identity that says whether it was run before. */
#ifndef DPACS_SWEEP_PLAN_H
#define DPACS_SWEEP_PLAN_H

#include "dut.h"
#include "plan.h"

enum { SWEEP_ITEMS = 64, SWEEP_NAME = 64, SWEEP_ID = 17, SWEEP_SHA = 65 };

typedef struct {
    double spatial, channel; /* shares that stay */
    bool dense; /* the baseline: nothing pruned, hardware without pruning */
} sweep_keep;

/* The lists of the command line. None may be empty, except that of builds: then the network's size decides. */
typedef struct {
    int nets, keeps, builds, bandwidths, seeds;
    char net[SWEEP_ITEMS][SWEEP_NAME];
    sweep_keep keep[SWEEP_ITEMS];
    bool kind[2]; /* which are wanted of random, clustered */
    bool scope[2]; /* block, resolution */
    bool arch[2]; /* parallel, serial */
    bool schedule[PLAN_SCHEDULES];
    char build[SWEEP_ITEMS][SWEEP_NAME]; /* small, mid, ref: of the case's variation; or the name of a build */
    int bandwidth[SWEEP_ITEMS]; /* 0: as the case's build has it */
    uint64_t seed[SWEEP_ITEMS]; /* of weights, masks and images */
    int count, stall, latency, group; /* images a case, the same for all; group 0: the network's own */
    bool trained; /* the networks are .dpm files, and run `total` images of their data set, `count` a case */
    int total;
    const char *images; /* of trained networks: a path, or NULL for their own data set */
    char fault[SWEEP_NAME]; /* "" is none */
    bool table; /* resolution masks only where the published table has them: bottlenecks, equal ratios */
} sweep_options;

typedef enum { SWEEP_MISSING, SWEEP_EQUAL, SWEEP_FAILED } sweep_state;

typedef struct {
    char net[SWEEP_NAME], build[DUT_NAME_SIZE]; /* without -dense */
    sweep_keep keep;
    bool clustered, resolution, parallel;
    plan_schedule schedule;
    int bandwidth, count, stall, latency, group;
    uint64_t seed;
    char fault[SWEEP_NAME];
    bool trained; /* `net` is a .dpm file, which needs nothing of the shares and masks above */
    int first; /* image */
    const char *images;
    char net_sha[SWEEP_SHA]; /* of that file */
    char id[SWEEP_ID]; /* of all above, and of the build's file */
    int file; /* the build's, in the plan */
    double work; /* about proportional to the time that it takes */
    sweep_state state;
} sweep_case;

typedef struct {
    char name[DUT_NAME_SIZE]; /* with -dense */
    char sha[SWEEP_SHA]; /* "missing" where it is not there */
    int64_t size, changed; /* when it was read */
} sweep_build;

typedef struct {
    sweep_case *cases;
    int count, room;
    sweep_build build[2 * SWEEP_ITEMS];
    int builds;
} sweep_plan;

/* The options of `dpacs sweep` without any. */
sweep_options sweep_defaults(void);

dp_status sweep_plan_create(sweep_plan *plan, const sweep_options *options, dp_error *err) DP_MUST_USE;
void sweep_plan_free(sweep_plan *plan);

/* Whether the file of the case's build is still what the plan was made with. */
bool sweep_build_unchanged(const sweep_build *build);

#endif
