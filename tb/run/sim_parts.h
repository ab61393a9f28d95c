/* A run in progress, and its children that write waves (sim_wave.c), for sim.c.

      run       bench_step -> sim_follow_wave -> scoreboard ...  fail_first ... conclude -> sim_end_replay -> sim_end_wave
                                | fork     | fork                | wakes one, ends the others  ^ waits           ^ waits
      snapshot                  |          asleep, in snapshot_poll --> bench_step ... order.to -> sim_leave_child
      writer                    bench_step ... end of the wave -> sim_leave_child

   A child returns from the same call of observe as the run did at its fork, and goes on with the same loop on its own copy of everything; `stop`
   ends it, and nothing of it counts but the wave. The writer of a wave from power-up on is forked before that. */
#ifndef DPACS_SIM_PARTS_H
#define DPACS_SIM_PARTS_H

#include "coverage.h"
#include "progress.h"
#include "sim.h"
#include "snapshot.h"
#include "wave_writer.h"

typedef struct {
    const dp_model *model;
    const image_set *images;
    sim_options own;
    const sim_options *options; /* = &own */
    results *out;
    dp_error *err;
    plan plan;
    scoreboard board;
    bench bench;
    golden_run golden[SCOREBOARD_IMAGES];
    bool have_plan, have_board, have_bench;
    int goldens;
    int in_flight_max, queued, done; /* jobs */
    uint64_t first_start, retired, counted; /* cycle; convolutions; cycles of the images that are done */
    int32_t *logits;
    int8_t *pixels; /* of the image that is queued */
    cycle_model *model_cycles; /* NULL: the memory stalls at random, or goes wrong */
    coverage *covered; /* NULL: not asked for */
    sim_failure failure;
    scoreboard_report seen; /* the first report of this cycle */
    bool any_seen;
    snapshot_ring *ring;
    wave_writer *writer; /* NULL: no wave of the run is asked for */
    bool replaying, writing; /* in a child: only for its wave */
    int replayed; /* the last image whose replay was printed, -1: none */
    progress bar;
} sim;

/* The cycles up to `cycle`, and a window before `since`, are replayed at once, beside what the run still has to say. */
void sim_start_replay(sim *s, uint64_t since, uint64_t cycle);
/* The options that repeat the run up to `image` and show what led from `since` to `cycle`; "" where there is nothing to say, or it was said. */
void sim_describe_replay(sim *s, int image, uint64_t since, uint64_t cycle, char *text, size_t size);
/* In a child that was woken. */
void sim_become_replay(sim *s, const snapshot_order *order);
void sim_end_replay(sim *s);

/* Before the bench powers up: `setup` gets the wave in the process that writes it, and none elsewhere. */
dp_status sim_open_wave(sim *s, bench_options *setup) DP_MUST_USE;
/* Once a cycle. False: the wave is complete. */
bool sim_follow_wave(sim *s, const dut_out *out, uint64_t cycle);
/* Waits for the wave; the outcome of the run, or that it was interrupted meanwhile. */
dp_status sim_end_wave(sim *s, dp_status status) DP_MUST_USE;

/* Ends a child: its wave is complete, or not. Does nothing in the run. */
void sim_leave_child(sim *s);

#endif
