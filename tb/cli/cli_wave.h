/* The waveforms of `dpacs sim`, and what it leaves behind when a run fails. */
#ifndef DPACS_CLI_WAVE_H
#define DPACS_CLI_WAVE_H

#include <argp.h>

#include "bundle.h"

typedef enum {
    CLI_WAVE_AUTO, /* of a failure, where the build with waveforms is there */
    CLI_WAVE_OFF,
    CLI_WAVE_FAIL, /* of a failure, and the build has to be there */
    CLI_WAVE_ALL
} cli_wave_mode;

typedef struct {
    cli_wave_mode mode;
    bool window; /* one of from, to, layer or depth was given */
    uint64_t from, to;
    const char *layer;
    int depth;
    bool snapshots;
    const char *bundle; /* directory; NULL: build/failures/… */
} cli_wave_arguments;
/* --wave, --wave-from, --wave-to, --wave-layer, --wave-depth, --bundle, --no-snapshots. Input: cli_wave_arguments. */
extern const struct argp cli_wave_parser;

typedef struct {
    cli_wave_arguments args;
    const dut_api *trace; /* the build with waveforms, NULL where it is not there or not asked for */
    bool shows_replay; /* the same run can be had with waves */
    int layer; /* of the model, -1: all */
    char path[PATH_MAX]; /* of the wave of the whole run; of a failure's until it is in its bundle */
    capture capture;
} cli_wave;

/* Finds the builds: *api becomes the one with waveforms where the run itself needs it. */
dp_status cli_wave_prepare(cli_wave *w, const dp_model *model, const dut_api **api, int first, dp_error *err) DP_MUST_USE;
/* Sets what concerns waves. */
void cli_wave_set(cli_wave *w, sim_options *options);
/* Says what a wave of the whole run will take. */
void cli_wave_warn(const cli_wave *w, const dp_model *model, const image_set *images, const sim_options *options);
/* After a run with `options`, however it ended: the bundle of its failure, and what there is to say. Returns `outcome`, or that an equal run's
   wave is not there. */
dp_status cli_wave_conclude(cli_wave *w, const dp_model *model, const image_set *images, const sim_options *options,
                            const bundle_run *run, sim_failure *failure, dp_status outcome, dp_error *err) DP_MUST_USE;

#endif
