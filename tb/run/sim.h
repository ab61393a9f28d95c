/* Runs images of a network through a hardware build and checks every tile in the cycle in which it appears. */
#ifndef DPACS_SIM_H
#define DPACS_SIM_H

#include "bench.h"
#include "capture.h"
#include "image.h"
#include "results.h"
#include "timeline.h"

typedef struct {
    const dut_api *api;
    plan_options plan; /* dense: nothing is pruned, by the network's masks either */
    int first, count; /* images */
    bench_options bench; /* memory_bytes is set here */
    axi_fault fault; /* for tests */
    int max_reports; /* failures after which the run stops; 0: never */
    FILE *log; /* failures */
    const char *replay; /* the command that repeats the run, --first and --count are added; NULL: none is printed */
    bool replay_wave_too; /* with the cycles of a wave */
    void (*watch)(void *context, const dut_out *out); /* sees the outputs of every cycle too; or NULL */
    void *watch_context;
    timeline *timeline; /* gets this run, once; or NULL */
    capture *capture; /* the same; it stays valid after the run */
    const char *
        replay_wave; /* file for the cycles before the first failure: forked snapshots replay them. Needs a trace build; NULL: none */
    const char *coverage; /* file for what an equal run has covered; NULL: none */
    int wave_layer; /* trace only while this layer is at work, for the first time; -1: as bench.wave says */
    bool
        strict; /* cycles that the model did not predict are DP_MISMATCH, where nothing stalls at random and nothing goes wrong on purpose */
    uint64_t stop; /* the run ends after this cycle; 0: never */
    bool progress; /* a bar on stderr */
} sim_options;

sim_options sim_defaults(const dut_api *api);

/* The first failure. */
typedef struct {
    int image; /* -1: there was none, or it belongs to none */
    uint64_t cycle;
    bool any; /* there was one */
    bool reported; /* by the scoreboard: */
    scoreboard_report report;
    uint64_t since; /* the last cycle in which all was well, or `cycle` */
    uint64_t wave_from, wave_to; /* the cycles before it that are worth a waveform */
    bool waved; /* replay_wave holds them */
    char unwaved[320]; /* why not */
    bool unwritten; /* because its process failed: another one would too */
    double at, replay_seconds; /* when it was seen (progress_now); how long the replay took from then on */
    char replay[128]; /* to be added to sim_options.replay, where that was not printed yet; "" */
    char lost_wave[320]; /* why there is no bench.wave, or not to its end; "" */
} sim_failure;

/* DP_OK: all is equal. DP_MISMATCH: it is not. DP_HANG, DP_INTERRUPTED: the run ended early. In all these cases `out` holds what
   was found until then. results_free(out) in any case. */
dp_status sim_run(const dp_model *model, const image_set *images, const sim_options *options, results *out, sim_failure *failure,
                  dp_error *err) DP_MUST_USE;

#endif
