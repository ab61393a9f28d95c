/* A failure bundle, read back: what failed, and what golden says of the same image. */
#ifndef DPACS_FAILURE_CASE_H
#define DPACS_FAILURE_CASE_H

#include <jansson.h>
#include <limits.h>

#include "golden.h"
#include "npy.h"
#include "plan.h"

typedef struct {
    const char *directory;
    json_t *json; /* owns the texts */
    const char *fault, *message, *end, *record; /* docs/debugging.md */
    int image, layer, stage, y, x, channel, slice; /* -1 where there is none */
    bool has_values, has_acc;
    int64_t got, want;
    int32_t acc_got, acc_want;
    uint64_t cycle, from, to; /* of the failure, of the wave */
    bool has_wave;
    plan_options options;
    char wave[PATH_MAX];
    const char *model_path;
    dp_model model;
    plan_geometry geometry;
    plan plan;
    golden_run golden; /* of the image; not computed where image is -1 */
    npy_array pixels;
} failure_case;

/* `open_model` opens the network that the bundle names (network_open, dp_model_load). */
typedef dp_status failure_case_model(dp_model *model, const char *name, dp_error *err);
dp_status failure_case_open(failure_case *c, const char *directory, failure_case_model *open_model, dp_error *err) DP_MUST_USE;
void failure_case_close(failure_case *c);

/* An array of the bundle ("rtl", "rtl-acc"), which must have `type`; npy_free it. */
dp_status failure_case_array(const failure_case *c, const char *name, npy_type type, npy_array *array, dp_error *err) DP_MUST_USE;

/* The convolution that failed, of the plan and as golden computed it; NULL where no convolution did. */
const plan_conv *failure_case_conv(const failure_case *c);
const golden_conv *failure_case_golden(const failure_case *c);
/* The map (h, w, channels) that a layer, or a convolution of the plan, reads. */
const int8_t *failure_case_layer_input(const failure_case *c, int layer);
const int8_t *failure_case_input(const failure_case *c, const plan_conv *pc);
/* The network's channel of a packed one of a convolution's output (or input); -1 beyond the kept. */
int failure_case_channel(const failure_case *c, const plan_conv *pc, bool input, int packed);

#endif
