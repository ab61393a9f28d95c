/* A failure in a directory of its own (docs/debugging.md lists the files): everything to look at it, and to repeat it. */
#ifndef DPACS_BUNDLE_H
#define DPACS_BUNDLE_H

#include <limits.h>

#include "image.h"
#include "sim.h"

/* The command line of the run. */
typedef struct {
    const char *model; /* path */
    const char *images; /* as --images has it; NULL: the default */
    char build[DUT_NAME_SIZE]; /* without .trace */
    plan_options plan;
    int first, count, stall, latency, bandwidth;
    uint64_t base;
    uint64_t seed, hang_cycles;
    int max_failures;
    char fault[64]; /* as --fault has it; "": none */
} bundle_run;

/* bundle_files.c: takes a wave over, across file systems too. */
dp_status bundle_move(const char *from, const char *to, dp_error *err) DP_MUST_USE;
/* build/failures/last is the last one, wherever it is; a relative link where that can move with the project. */
void bundle_link_last(const char *directory);

/* bundle_run.c: checksums of the network's file ("" for one that is made) and of the pixels of the run's images. */
enum { BUNDLE_SUM = 65 };
dp_status bundle_sums(const bundle_run *run, const image_set *images, char model[BUNDLE_SUM], char pixels[BUNDLE_SUM],
                      dp_error *err) DP_MUST_USE;
/* DP_BAD_INPUT where they are not those of the failure in `directory`. */
dp_status bundle_same(const char *directory, const bundle_run *run, const image_set *images, dp_error *err) DP_MUST_USE;
/* The same for the network alone; `wanted` NULL: nothing is known of it. */
dp_status bundle_same_network(const char *directory, const char *model, const char *wanted, dp_error *err) DP_MUST_USE;
/* The same run with names that hold in any directory, in `room`. */
typedef struct {
    char model[PATH_MAX], images[PATH_MAX];
} bundle_names;
bundle_run bundle_absolute(const bundle_run *run, bundle_names *room);
/* The command that repeats it, without --first and --count. False where there is no room. */
bool bundle_command(const bundle_run *run, const char *program, char *text, size_t size);

typedef struct {
    const dp_model *model;
    const image_set *images;
    const dut_geometry *geometry;
    const bundle_run *run;
    sim_failure *failure; /* gets why its wave could not be taken over */
    capture *capture; /* of the run; its plan may be gone */
    const char *message; /* how the run ended */
    const char *wave; /* a file that becomes wave.fst; NULL: there is none, failure->unwaved says why */
} bundle_input;

/* build/failures/MODEL-BUILD-imgI-cycleC beside the program; its parent is made. */
dp_status bundle_place(const dp_model *model, const bundle_run *run, const sim_failure *failure, char *directory, size_t size,
                       dp_error *err) DP_MUST_USE;
/* Makes the directory, or overwrites what is in it. Without its wave, where that cannot be taken over. `view` gets why there is no wave.gtkw, or "". */
dp_status bundle_write(const char *directory, bundle_input *in, char *view, size_t view_size, dp_error *err) DP_MUST_USE;

/* bundle_tiles.c: image.npy, and of the record that failed golden.npy, rtl.npy, seen.npy, golden-acc.npy and rtl-acc.npy. */
dp_status bundle_write_tiles(const char *directory, const bundle_input *in, dp_error *err) DP_MUST_USE;

#endif
