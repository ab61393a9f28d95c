#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "build_choice.h"
#include "dpacs_plan.h"
#include "schedule.h"
#include "sim_parts.h"

enum { SHOW_MASK = 0xfff, LOGIT_POISON = 0x5a };

sim_options sim_defaults(const dut_api *api) {
    return (sim_options){
        .api = api,
        .count = 1,
        .bench = bench_defaults(),
        .fault = {.kind = AXI_FAULT_NONE},
        .max_reports = 10,
        .log = stdout,
        .wave_layer = -1,
    };
}

static void fail_first(sim *s, int image, uint64_t cycle, const scoreboard_report *r) {
    if (s->failure.any) return;
    s->failure = (sim_failure){.any = true, .image = image, .cycle = cycle, .reported = r != NULL};
    if (r != NULL) s->failure.report = *r;
    sim_start_replay(s, r != NULL || s->bench.dog.last > cycle ? cycle : s->bench.dog.last, cycle);
}

static void report(void *context, const scoreboard_report *r) {
    sim *s = context;
    char text[256];
    if (!s->any_seen) s->seen = *r;
    s->any_seen = true;
    if (s->replaying || s->writing) return;
    fail_first(s, r->image, r->cycle, r);
    if (s->options->log == NULL) return;
    scoreboard_format(r, text, sizeof text);
    progress_clear(&s->bar);
    (void)fprintf(s->options->log, "%s\n", text);
    if (s->options->timeline != NULL) timeline_mark(s->options->timeline, text, r->cycle);
    char replay[128];
    sim_describe_replay(s, r->image, r->cycle, r->cycle, replay, sizeof replay);
    if (replay[0] != '\0' && s->options->replay != NULL)
        (void)fprintf(s->options->log, "replay: %s%s\n", s->options->replay, replay);
    (void)fflush(s->options->log);
}

static void show_progress(sim *s, uint64_t cycle) {
    char text[64];
    double share = (double)s->retired / ((double)s->options->count * s->plan.convs);
    (void)snprintf(text, sizeof text, "image %d of %d, cycle %" PRIu64, s->done + 1, s->options->count, cycle);
    progress_show(&s->bar, share, cycle, text);
}

static bool observe(void *context, const dut_out *out, uint64_t cycle) {
    sim *s = context;
    const sim_options *o = s->options;
    snapshot_order order;
    if (s->ring != NULL && snapshot_poll(s->ring, cycle, &order)) sim_become_replay(s, &order);
    s->retired += out->done_valid;
    s->any_seen = false;
    if ((cycle & SHOW_MASK) == 0 && s->bar.on) show_progress(s, cycle);
    bool traced = s->writer == NULL || sim_follow_wave(s, out, cycle);
    if (o->watch != NULL) o->watch(o->watch_context, out);
    if (o->timeline != NULL) timeline_cycle(o->timeline, out, cycle, axi_mem_look(s->bench.memory)->read_beats);
    bool go_on = scoreboard_check(&s->board, out, cycle);
    if (o->capture != NULL) capture_cycle(o->capture, out, cycle, s->any_seen ? &s->seen : NULL);
    return (go_on || s->replaying) && traced && (o->stop == 0 || cycle < o->stop);
}

/* What the device may touch, and then what the driver puts there. */
static dp_status load_memory(sim *s) {
    const plan *p = &s->plan;
    axi_mem *memory = s->bench.memory;
    const dpacs_network network = dpacs_of_plan(p);
    dp_status status = axi_mem_map(memory, 0, p->size, false, NULL, s->err);
    for (uint32_t i = 0; i < PLAN_SLOTS && status == DP_OK; i++) {
        status = axi_mem_map(memory, p->image_addr + i * p->image_stride, p->image_bytes, false, NULL, s->err);
        if (status == DP_OK && p->logits_bytes > 0)
            status = axi_mem_map(memory, p->logits_addr + i * p->logits_stride, p->logits_bytes, true, NULL, s->err);
    }
    return status == DP_OK ? bench_load(&s->bench, &network, s->err) : status;
}

/* A schedule that is to be chosen depends on the set's first image, so that a replay of another one has the same. */
static dp_status make_plan(sim *s, const cycle_memory_options *memory) {
    const sim_options *o = s->options;
    plan_geometry geometry = build_geometry(&o->api->geometry);
    dp_status status = schedule_plan(&s->plan, s->model, &geometry, o->plan, memory, s->images->pixels, s->err);
    s->have_plan = status == DP_OK;
    return status;
}

static dp_status set_up(sim *s) {
    const sim_options *o = s->options;
    cycle_memory_options memory = {o->bench.memory.latency, o->bench.memory.bandwidth, o->bench.memory.reads};
    golden_options masks = {.dense = o->plan.dense};
    bench_options bench_setup = o->bench;
    dp_status status = make_plan(s, &memory);
    if (status != DP_OK) return status;
    s->in_flight_max = s->plan.queue < SCOREBOARD_IMAGES ? s->plan.queue : SCOREBOARD_IMAGES;
    status = results_create(s->out, &s->plan, &o->api->geometry, o->bench.memory.bandwidth, s->err);
    s->out->classes = s->model->classes;
    s->out->foreign_classes = s->images->foreign_classes;
    if (status == DP_OK) status = scoreboard_create(&s->board, &s->plan, s->err);
    if (status != DP_OK) return status;
    s->have_board = true;
    s->board.report = report;
    s->board.context = s;
    s->board.max_reports = o->max_reports;
    for (; s->goldens < s->in_flight_max && status == DP_OK; s->goldens += status == DP_OK)
        status = golden_create(&s->golden[s->goldens], s->model, masks, s->err);
    if (status == DP_OK && o->bench.memory.stall == 0 && o->fault.kind == AXI_FAULT_NONE)
        status = cycle_model_create(&s->model_cycles, &s->plan, &memory, s->err);
    if (status != DP_OK) return status;
    s->logits = calloc((size_t)s->model->classes + 1, sizeof *s->logits);
    s->pixels = malloc(s->plan.image_bytes);
    if (s->logits == NULL || s->pixels == NULL) return dp_fail(s->err, DP_NO_MEMORY, "out of memory");
    bench_setup.memory_bytes = s->plan.memory_bytes;
    status = sim_open_wave(s, &bench_setup);
    if (status == DP_OK) status = bench_open(&s->bench, o->api, &bench_setup, s->err);
    if (status != DP_OK) return status;
    s->have_bench = true;
    s->bench.observer = observe;
    s->bench.context = s;
    axi_mem_inject(s->bench.memory, o->fault);
    status = load_memory(s);
    if (status == DP_OK && o->coverage != NULL)
        status = coverage_open(&s->covered, o->coverage, &s->plan, &o->bench.memory, s->err);
    if (status == DP_OK && o->timeline != NULL) timeline_begin(o->timeline, &s->plan, &o->api->geometry);
    if (status == DP_OK && o->capture != NULL) status = capture_create(o->capture, &s->plan, s->err);
    if (status == DP_OK && o->replay_wave != NULL && o->api->geometry.trace) status = snapshot_create(&s->ring, s->err);
    return status;
}

static void tear_down(sim *s) {
    snapshot_free(s->ring);
    wave_writer_free(s->writer);
    if (s->have_bench) bench_close(&s->bench);
    if (s->have_board) scoreboard_free(&s->board);
    cycle_model_destroy(s->model_cycles);
    coverage_close(s->covered);
    if (s->have_plan) plan_free(&s->plan);
    for (int i = 0; i < s->goldens; i++) golden_free(&s->golden[i]);
    free(s->logits);
    free(s->pixels);
}

/* Computes what must come out of the next image, and queues it. */
static dp_status queue_job(sim *s) {
    int job = s->queued, index = s->options->first + job;
    golden_run *golden = &s->golden[job % s->in_flight_max];
    const uint32_t logits = s->plan.logits_addr + (uint32_t)(job % PLAN_SLOTS) * s->plan.logits_stride;
    image_get(s->images, index, s->pixels);
    golden_compute(golden, s->pixels);
    if (s->plan.logits_bytes > 0) memset(axi_mem_at(s->bench.memory, logits), LOGIT_POISON, s->plan.logits_bytes);
    scoreboard_start_image(&s->board, index, golden, s->bench.cycle);
    if (s->options->timeline != NULL) timeline_start_image(s->options->timeline, index, s->bench.cycle);
    if (job == 0) s->first_start = s->bench.cycle;
    s->queued++;
    dp_status status = bench_queue(&s->bench, s->pixels, s->err);
    if (status == DP_BAD_INPUT) return dp_fail(s->err, status, "%s: image %d: %s", s->model->name, index, s->bench.driver.text);
    return status;
}

static dp_status finish_job(sim *s) {
    int job = s->done, index = s->options->first + job;
    const int32_t *logits = s->plan.logits_bytes > 0 ? s->logits : NULL;
    dp_status status = bench_logits(&s->bench, (uint32_t)job, s->logits, s->err);
    if (status != DP_OK) return status;
    bool go_on = scoreboard_end_image(&s->board, logits, s->bench.cycle);
    if (s->options->timeline != NULL) timeline_end_image(s->options->timeline, s->bench.cycle);
    results_add_image(s->out, &s->plan, &s->golden[job % s->in_flight_max], logits, image_label(s->images, index));
    status = results_add_cycles(s->out, s->out->cycles - s->counted, s->err);
    if (status != DP_OK) return status;
    s->counted = s->out->cycles;
    if (s->covered != NULL) coverage_image(s->covered, &s->golden[job % s->in_flight_max]);
    s->done++;
    if (s->model_cycles != NULL) {
        const golden_run *run = &s->golden[job % s->in_flight_max], *next = &s->golden[s->done % s->in_flight_max];
        status = cycle_model_image(s->model_cycles, run, s->queued > s->done ? next : NULL, s->err);
        if (status != DP_OK) return status;
    }
    return go_on ? DP_OK : dp_fail(s->err, DP_MISMATCH, "stopped after %d failures", s->options->max_reports);
}

static dp_status run_jobs(sim *s) {
    dp_status status = DP_OK;
    while (s->done < s->options->count && status == DP_OK) {
        uint32_t finished = 0;
        while (status == DP_OK && s->queued < s->options->count && s->queued - s->done < s->in_flight_max) status = queue_job(s);
        if (status == DP_OK) status = bench_wait(&s->bench, &finished, s->err);
        s->out->cycles = s->bench.irq_cycle - s->first_start;
        while (status == DP_OK && (uint32_t)s->done < finished) status = finish_job(s);
    }
    return status;
}

/* What can be said only at the end, however that came. */
static dp_status conclude(sim *s, dp_status status) {
    const axi_mem_state *memory = axi_mem_look(s->bench.memory);
    results_add_hardware(s->out, &s->board, memory->read_beats, memory->write_beats);
    if (s->model_cycles != NULL) results_add_model(s->out, s->model_cycles);
    s->out->seconds = progress_now() - s->bar.started;
    s->out->complete = status == DP_OK;
    if (status != DP_OK) s->out->cycles = s->bench.cycle - s->first_start;
    if (status == DP_OK && !axi_mem_verify(s->bench.memory))
        status = dp_fail(s->err, DP_HANG, "BUS ERROR: %s", axi_mem_look(s->bench.memory)->failure);
    if (status == DP_OK && s->board.failures > 0)
        status = dp_fail(s->err, DP_MISMATCH, "%" PRIu64 " failures", s->board.failures);
    if (status == DP_OK && s->covered != NULL) status = coverage_commit(s->covered, s->options->api, s->bench.device, s->err);
    uint64_t at = s->bench.failed_at > 0 ? s->bench.failed_at : s->bench.cycle;
    if (status == DP_HANG || status == DP_MISMATCH) fail_first(s, s->options->first + s->done, at, NULL);
    if (s->failure.any && s->options->capture != NULL) capture_fail(s->options->capture);
    return status;
}

static void end_timeline(sim *s, dp_status status) {
    timeline *t = s->options->timeline;
    if (t == NULL) return;
    if (status != DP_OK) timeline_mark(t, s->err->text, s->bench.cycle);
    timeline_end(t, s->bench.cycle);
}

dp_status sim_run(const dp_model *model, const image_set *images, const sim_options *options, results *out, sim_failure *failure,
                  dp_error *err) {
    sim *s = calloc(1, sizeof *s); /* the scoreboard in it is large */
    *out = (results){.layers = NULL};
    *failure = (sim_failure){.image = -1};
    if (s == NULL) return dp_fail(err, DP_NO_MEMORY, "out of memory");
    *s = (sim){.model = model, .images = images, .own = *options, .out = out, .err = err, .failure = *failure, .replayed = -1};
    s->options = &s->own;
    dp_status status = set_up(s);
    if (status != DP_OK) sim_leave_child(s);
    if (status == DP_OK) {
        progress_start(&s->bar, options->progress);
        status = run_jobs(s);
        sim_leave_child(s);
        status = conclude(s, status);
        progress_clear(&s->bar);
        end_timeline(s, status);
        if (s->failure.any)
            sim_describe_replay(s, s->failure.image, s->failure.since, s->failure.cycle, s->failure.replay,
                                sizeof s->failure.replay);
        sim_end_replay(s);
        status = sim_end_wave(s, status);
        *failure = s->failure;
    }
    tear_down(s);
    free(s);
    return status;
}
