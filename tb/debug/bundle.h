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
    char fault[64]; /* as --fault has it; "": none */
} bundle_run;

typedef struct {
    const dp_model *model;
    const image_set *images;
    const dut_geometry *geometry;
    const bundle_run *run;
    const sim_failure *failure;
    capture *capture; /* of the run; its plan may be gone */
    const char *message; /* how the run ended */
    const char *wave; /* a file that becomes wave.fst; NULL: there is none, failure->unwaved says why */
} bundle_input;

/* build/failures/MODEL-BUILD-imgI-cycleC beside the program; its parent is made. */
dp_status bundle_place(const dp_model *model, const bundle_run *run, const sim_failure *failure, char *directory, size_t size,
                       dp_error *err) DP_MUST_USE;
/* Makes the directory, or overwrites what is in it. `view` gets why there is no wave.gtkw, or "". */
dp_status bundle_write(const char *directory, const bundle_input *in, char *view, size_t view_size, dp_error *err) DP_MUST_USE;

/* bundle_tiles.c: image.npy, and of the record that failed golden.npy, rtl.npy, seen.npy, golden-acc.npy and rtl-acc.npy. */
dp_status bundle_write_tiles(const char *directory, const bundle_input *in, dp_error *err) DP_MUST_USE;

#endif
