/* The waves of a run, each written by a child of it; see sim_parts.h. */
#include "sim_parts.h"

#include <inttypes.h>
#include <unistd.h>

#include "interrupt.h"

enum {
    AFTERMATH = 64, /* cycles after a failure that a wave shows too */
    BEFORE = 2000, /* and before it, where the run is repeated by hand */
    OBSERVED = 1000 /* from here on the observer sees every cycle */
};
static const double replay_patience = 600; /* seconds */

void sim_start_replay(sim *s, uint64_t since, uint64_t cycle) {
    sim_failure *f = &s->failure;
    f->wave_from = since > SNAPSHOT_WINDOW ? since - SNAPSHOT_WINDOW : 0;
    f->wave_to = cycle + AFTERMATH;
    f->since = since;
    f->at = progress_now();
    if (s->ring == NULL) return;
    if (!snapshot_wake(s->ring, (snapshot_order){f->wave_from, f->wave_to}))
        (void)snprintf(f->unwaved, sizeof f->unwaved, "no snapshot could be taken");
}

/* The run from its start: stalls and faults count from there. Images that were not queued yet change nothing. */
void sim_describe_replay(sim *s, int image, uint64_t since, uint64_t cycle, char *text, size_t size) {
    const sim_options *o = s->options;
    text[0] = '\0';
    if (image < 0 || image == s->replayed) return;
    s->replayed = image;
    int count = image - o->first + s->in_flight_max;
    int length = snprintf(text, size, " --first %d --count %d", o->first, count < o->count ? count : o->count);
    if (!o->replay_wave_too || length < 0 || (size_t)length >= size) return;
    (void)snprintf(text + length, size - (size_t)length, " --wave-from %" PRIu64 " --wave-to %" PRIu64,
                   since > BEFORE ? since - BEFORE : 0, cycle + AFTERMATH);
}

/* In a child: from here on nothing counts but its wave. */
static void keep_silent(sim *s, uint64_t stop) {
    s->bar.on = false;
    s->own.timeline = NULL;
    s->own.capture = NULL;
    s->own.watch = NULL;
    s->own.log = NULL;
    if (s->own.stop == 0 || stop < s->own.stop) s->own.stop = stop;
}

void sim_become_replay(sim *s, const snapshot_order *order) {
    s->replaying = true;
    s->own.stop = 0;
    keep_silent(s, order->to);
    bench_trace(&s->bench, &(bench_wave){s->own.replay_wave, order->from, order->to, s->own.bench.wave.depth});
}

static bool become_writer(sim *s) {
    if (!wave_writer_fork(s->writer)) return false;
    s->writing = true;
    keep_silent(s, s->options->bench.wave.to);
    return true;
}

/* A layer's first convolution is at work when all before it have retired. */
static bool layer_is_at_work(const sim *s) {
    const plan *p = &s->plan;
    return s->retired < (uint64_t)p->convs && p->conv[s->retired].layer == s->options->wave_layer;
}

/* The run forks before the wave's first cycle, and goes on without it. */
bool sim_follow_wave(sim *s, const dut_out *out, uint64_t cycle) {
    const bench_wave *wave = &s->options->bench.wave;
    bool of_layer = s->options->wave_layer >= 0, begins = of_layer ? layer_is_at_work(s) : cycle + 1 >= wave->from;
    if (s->writing) wave_writer_tell(s->writer, cycle);
    if (begins && !wave_writer_begun(s->writer) && become_writer(s)) bench_trace(&s->bench, wave);
    return !s->writing || !of_layer || !out->done_valid || begins;
}

/* A wave from power-up on needs its process before that. */
dp_status sim_open_wave(sim *s, bench_options *setup) {
    const sim_options *o = s->options;
    setup->wave.path = NULL;
    if (o->bench.wave.path == NULL) return DP_OK;
    if (!o->api->geometry.trace) return dp_fail(s->err, DP_NO_BUILD, "%s: the build has no waves", o->api->geometry.name);
    dp_status status = wave_writer_create(&s->writer, o->bench.wave.path, s->err);
    if (status == DP_OK && o->wave_layer < 0 && o->bench.wave.from < OBSERVED && become_writer(s)) setup->wave = o->bench.wave;
    return status;
}

void sim_end_replay(sim *s) {
    sim_failure *f = &s->failure;
    if (s->ring == NULL || !f->any || f->unwaved[0] != '\0') return;
    f->waved = snapshot_wait(s->ring, replay_patience);
    f->replay_seconds = progress_now() - f->at;
    uint64_t begun = snapshot_look(s->ring).woken_at;
    if (f->wave_from < begun) f->wave_from = begun;
    if (f->waved) return;
    int end = snapshot_look(s->ring).end;
    f->unwritten = end != -1;
    if (f->unwritten)
        wave_writer_mourn(end, s->options->replay_wave, f->unwaved, sizeof f->unwaved);
    else
        (void)snprintf(f->unwaved, sizeof f->unwaved, "the replay of the snapshot of cycle %" PRIu64 " did not end", begun);
}

dp_status sim_end_wave(sim *s, dp_status status) {
    sim_failure *f = &s->failure;
    if (s->writer == NULL) return status;
    (void)wave_writer_wait(s->writer, &s->bar, s->bench.cycle, f->lost_wave, sizeof f->lost_wave);
    if (!interrupt_seen() || f->lost_wave[0] != '\0') return status;
    uint64_t last = wave_writer_cycle(s->writer);
    (void)snprintf(f->lost_wave, sizeof f->lost_wave, "interrupted: it ends at cycle %" PRIu64, last);
    return status == DP_OK ? dp_fail(s->err, DP_INTERRUPTED, "interrupted, the wave ends at cycle %" PRIu64, last) : status;
}

void sim_leave_child(sim *s) {
    if (s->replaying || s->writing) _exit(s->have_bench && bench_trace_end(&s->bench) ? 0 : 1);
}
