/* Whole networks through the RTL, and the same with something wrong on the memory bus: random shapes, stalls, unknowns, faults. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "build_choice.h"
#include "plan_support.h"
#include "progress.h"
#include "random_network.h"
#include "sim.h"

enum { IMAGES = 2, NETWORKS = 40, STALL = 40, HANG_CYCLES = 3000, MOST_SEEDS = 1000 };

TestSuite(sim, .timeout = 900);

typedef struct {
    const dut_api *api;
    dp_model model;
    image_set images;
    sim_options options;
    results out;
    sim_failure failure;
    dp_error err;
} fixture;

/* With assertions and random unknowns if that build is there. False where neither is. */
static bool load(fixture *f, const char *build) {
    char checked[DUT_NAME_SIZE];
    (void)snprintf(checked, sizeof checked, "%s.check", build);
    return dut_load(checked, &f->api, &f->err) == DP_OK || dut_load(build, &f->api, &f->err) == DP_OK;
}

#define LOAD(f, build)                                                                                                           \
    if (!load(f, build)) cr_skip_test("build/dut/%s.so is not there", build)

/* False where the hardware does not run that network. */
static bool open_network(fixture *f, uint64_t seed) {
    gen_random_options o = {.stem = RANDOM_ALWAYS, .head = RANDOM_ALWAYS, .max_blocks = 3, .max_size = 12};
    random_model(&f->model, &o, seed);
    plan_geometry geometry = build_geometry(&f->api->geometry);
    if (!plan_support_runs(&f->model, &geometry, !f->api->geometry.prune) ||
        build_fits(&f->model, &f->api->geometry, (plan_options){.dense = !f->api->geometry.prune}, &f->err) != DP_OK) {
        dp_model_free(&f->model);
        return false;
    }
    size_t bytes = (size_t)f->model.in_h * (size_t)f->model.in_w * (size_t)f->model.in_c;
    f->images = (image_set){.count = IMAGES, .image_bytes = bytes, .pixels = malloc(bytes * IMAGES)};
    for (size_t i = 0; i < IMAGES; i++) {
        int8_t *image = random_image(&f->model, seed * IMAGES + i);
        for (size_t k = 0; k < bytes; k++) f->images.pixels[i * bytes + k] = image[k];
        free(image);
    }
    f->options = sim_defaults(f->api);
    f->options.plan.dense = !f->api->geometry.prune;
    f->options.count = IMAGES;
    f->options.bench.seed = f->options.bench.memory.seed = seed;
    f->options.bench.hang_cycles = HANG_CYCLES;
    f->options.log = fopen("/dev/null", "w");
    return true;
}

static void close_network(fixture *f) {
    (void)fclose(f->options.log);
    free(f->images.pixels);
    dp_model_free(&f->model);
}

static dp_status run(fixture *f) {
    const double began = progress_now();
    dp_status status = sim_run(&f->model, &f->images, &f->options, &f->out, &f->failure, &f->err);
    if (status == DP_OK) {
        uint64_t cycles = 0;
        for (int i = 0; i < f->out.images; i++) cycles += f->out.image_cycles[i];
        cr_assert(f->out.images == IMAGES && cycles == f->out.cycles, "%d images", f->out.images);
        cr_assert(f->out.seconds > 0 && f->out.seconds <= progress_now() - began, "%g s", f->out.seconds);
    }
    results_free(&f->out);
    return status;
}

static void expect_equal(fixture *f, uint64_t seed, int stall) {
    f->options.bench.memory.stall = stall;
    dp_status status = run(f);
    cr_assert_eq(status, DP_OK, "%s, network %llu, stall %d: %s", f->api->geometry.name, (unsigned long long)seed, stall,
                 f->err.text);
}

static void run_networks(const char *build) {
    fixture f;
    int ran = 0;
    LOAD(&f, build);
    for (uint64_t seed = 1; seed <= NETWORKS; seed++) {
        if (!open_network(&f, seed)) continue;
        ran++;
        expect_equal(&f, seed, 0);
        expect_equal(&f, seed, STALL);
        close_network(&f);
    }
    cr_assert_gt(ran, NETWORKS / 4);
}

Test(sim, random_networks_are_equal_on_parallel) { run_networks("parallel-small"); }
Test(sim, random_networks_are_equal_on_serial) { run_networks("serial-small"); }
Test(sim, random_networks_are_equal_on_dense_parallel) { run_networks("parallel-small-dense"); }
Test(sim, random_networks_are_equal_on_dense_serial) { run_networks("serial-small-dense"); }

static void open_any(fixture *f) {
    uint64_t seed = 1;
    while (!open_network(f, seed)) cr_assert_lt(++seed, MOST_SEEDS, "no network fits");
}

/* Constants that are not the hardware's, one at a time. */
Test(sim, a_build_that_says_other_sizes_is_refused) {
    fixture f;
    LOAD(&f, "parallel-small");
    const dut_api *real = f.api;
    for (int i = 0; i < 2; i++) {
        dut_api other = *real;
        if (i == 0) other.geometry.patch_bytes += 8;
        if (i == 1) other.geometry.map_words *= 2;
        f.api = &other;
        open_any(&f);
        cr_expect_eq(run(&f), DP_NO_BUILD, "%d", i);
        cr_expect_not_null(strstr(f.err.text, "contradict the build"), "%s", f.err.text);
        close_network(&f);
    }
}

/* How a run ends with `fault` in it; also how many transfers there are to go wrong, without it. */
static dp_status with_fault(fixture *f, axi_fault fault) {
    f->options.fault = fault;
    return run(f);
}

Test(sim, flipped_bits_are_found) {
    fixture f;
    int found = 0, runs = 0;
    LOAD(&f, "parallel-small");
    open_any(&f);
    for (uint64_t beat = 0; beat < 40; beat++, runs++) {
        dp_status status = with_fault(&f, (axi_fault){.kind = AXI_FAULT_FLIP, .nth = beat, .bit = (int)(beat * 37 % 512)});
        /* A beat may hold padding; a command that makes no sense is told, and nothing just stands still. */
        cr_assert(status == DP_OK || status == DP_MISMATCH || status == DP_HANG, "beat %d: %s", (int)beat, f.err.text);
        cr_assert(status != DP_HANG || strncmp(f.err.text, "HANG", 4) != 0, "beat %d: %s", (int)beat, f.err.text);
        found += status == DP_MISMATCH;
    }
    cr_assert_gt(found, runs / 4, "%d of %d", found, runs);
    close_network(&f);
}

Test(sim, dropped_beats_are_found) {
    fixture f;
    LOAD(&f, "parallel-small");
    open_any(&f);
    for (uint64_t beat = 0; beat < 20; beat++)
        cr_assert_eq(with_fault(&f, (axi_fault){.kind = AXI_FAULT_DROP, .nth = beat}), DP_HANG);
    close_network(&f);
}

Test(sim, bus_errors_are_found) {
    fixture f;
    LOAD(&f, "parallel-small");
    open_any(&f);
    for (uint64_t burst = 0; burst < 10; burst++)
        cr_assert_eq(with_fault(&f, (axi_fault){.kind = AXI_FAULT_READ_ERROR, .nth = burst}), DP_HANG, "burst %d", (int)burst);
    for (uint64_t burst = 0; burst < IMAGES; burst++)
        cr_assert_eq(with_fault(&f, (axi_fault){.kind = AXI_FAULT_WRITE_ERROR, .nth = burst}), DP_HANG, "burst %d", (int)burst);
    close_network(&f);
}

Test(sim, a_channel_that_stops_is_a_hang) {
    fixture f;
    LOAD(&f, "parallel-small");
    open_any(&f);
    for (axi_channel channel = AXI_AR; channel <= AXI_B; channel++) {
        dp_status status = with_fault(&f, (axi_fault){.kind = AXI_FAULT_WITHHOLD, .channel = channel, .nth = 1});
        cr_assert_eq(status, DP_HANG, "channel %d: %s", (int)channel, f.err.text);
    }
    close_network(&f);
}

Test(sim, a_short_watchdog_takes_latency_for_a_hang) {
    fixture f;
    LOAD(&f, "parallel-small");
    open_any(&f);
    f.options.bench.memory.latency = 500;
    f.options.bench.hang_cycles = 400;
    cr_assert_eq(run(&f), DP_HANG);
    close_network(&f);
}

/* A build that stands still in one cycle in which nothing is on a bus, and nothing retires: one cycle more than the model says. */
static const dut_api *real;
static dut_api late;
static const dut_in *seen_in;
static bool at_rest;
static int steps;

static dut_in *late_in(dut *d) {
    dut_in *in = real->in(d);
    seen_in = in;
    return in;
}

static const dut_out *late_settle(dut *d) {
    const dut_out *o = real->settle(d);
    bool bus = o->bus[0].ar_valid || o->bus[0].aw_valid || o->bus[0].w_valid || seen_in->bus[0].r_valid ||
               seen_in->bus[0].b_valid || seen_in->axil_awvalid || seen_in->axil_wvalid || seen_in->axil_arvalid ||
               o->axil_bvalid || o->axil_rvalid;
    at_rest = o->cause == DUT_BUSY && !bus && !o->conv_valid && !o->pool_valid && !o->mask_valid && !o->score_valid &&
              !o->groups_valid && !o->logit_valid && !o->done_valid && !o->fetch_valid && !o->irq;
    return o;
}

static void late_edge(dut *d) {
    if (at_rest && ++steps == 3) return;
    real->edge(d);
}

static void run_late(fixture *f, int stall, bool strict) {
    steps = 0;
    real = f->api;
    late = *real;
    late.in = late_in;
    late.settle = late_settle;
    late.edge = late_edge;
    f->options.api = &late;
    f->options.strict = strict;
    f->options.bench.memory.stall = stall;
    dp_status status = sim_run(&f->model, &f->images, &f->options, &f->out, &f->failure, &f->err);
    cr_assert(steps >= 3 || stall > 0, "no cycle at rest");
    cr_assert_eq(status, strict && stall == 0 ? DP_MISMATCH : DP_OK, "%s", f->err.text);
    if (status == DP_MISMATCH) cr_assert_not_null(strstr(f->err.text, "CYCLES"), "%s", f->err.text);
    results_free(&f->out);
}

Test(sim, a_cycle_that_the_model_did_not_predict) {
    fixture f;
    LOAD(&f, "serial-small");
    open_any(&f);
    run_late(&f, 0, true);
    run_late(&f, 0, false);
    run_late(&f, STALL, true);
    close_network(&f);
}
