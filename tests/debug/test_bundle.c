/* Failure bundles and their explanation: every kind of wrong record, made from a hardware that is right and a port that lies; and what
   is refused. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bundle.h"
#include "e2e.h"
#include "explain.h"
#include "faulty_dut.h"

TestSuite(bundle, .timeout = 300);

enum { IMAGES = 2 };

typedef struct {
    dp_model m;
    e2e_masks masks;
    image_set images;
    const dut_api *api;
    int wave_depth;
    sim_failure failure;
    capture kept;
    dp_status status;
    char place[64], directory[96], model[96], wave[96];
    bundle_run run;
    failure_case again;
    explanation why;
    dp_error err;
} fixture;

/* A network with all masks computed, in files, for both sides of a bundle. */
static fixture *open_network(const char *build, bool bottleneck) {
    static fixture f;
    f.api = e2e_load(build);
    f.wave_depth = 0;
    e2e_network(&f.m, bottleneck);
    e2e_compute_masks(&f.m, &f.masks, 500, 2, DP_POOL_AVG, false);
    e2e_random_images(&f.images, &f.m, IMAGES, 5, true);
    memcpy(f.place, "/tmp/dpacs-bundle-XXXXXX", sizeof "/tmp/dpacs-bundle-XXXXXX");
    cr_assert_not_null(mkdtemp(f.place));
    (void)snprintf(f.directory, sizeof f.directory, "%s/failure", f.place);
    (void)snprintf(f.model, sizeof f.model, "%s/net.dpm", f.place);
    (void)snprintf(f.wave, sizeof f.wave, "%s/wave.fst", f.place);
    cr_assert_eq(dp_model_save(&f.m, f.model, &f.err), DP_OK, "%s", f.err.text);
    f.run = (bundle_run){.model = f.model,
                         .build = "serial-small",
                         .count = IMAGES,
                         .latency = 80,
                         .bandwidth = 48,
                         .seed = 1,
                         .hang_cycles = 4000};
    return &f;
}

static fixture *open_fixture(const char *build) { return open_network(build, false); }

static void close_fixture(fixture *f) {
    char command[128];
    capture_free(&f->kept);
    if (f->again.directory != NULL) failure_case_close(&f->again);
    free(f->images.pixels);
    dp_model_free(&f->m);
    (void)snprintf(command, sizeof command, "rm -rf '%s'", f->place);
    cr_assert_eq(system(command), 0);
}

/* Runs, writes the bundle and reads it back. */
static void fail(fixture *f, faulty_change *change, axi_fault fault) {
    results r;
    char view[96];
    sim_options o = sim_defaults(change != NULL ? faulty_dut(f->api, change) : f->api);
    o.count = IMAGES;
    o.log = NULL;
    o.fault = fault;
    o.bench.hang_cycles = f->run.hang_cycles;
    o.capture = &f->kept;
    o.replay_wave = f->wave;
    o.bench.wave.depth = f->wave_depth;
    o.plan = f->run.plan;
    f->status = sim_run(&f->m, &f->images, &o, &r, &f->failure, &f->err);
    results_free(&r);
    cr_assert_eq(f->status, fault.kind == AXI_FAULT_WITHHOLD ? DP_HANG : DP_MISMATCH);
    cr_assert(f->failure.any);
    bundle_input in = {.model = &f->m,
                       .images = &f->images,
                       .geometry = &f->api->geometry,
                       .run = &f->run,
                       .failure = &f->failure,
                       .capture = &f->kept,
                       .message = f->err.text,
                       .wave = f->failure.waved ? f->wave : NULL};
    cr_assert_eq(bundle_write(f->directory, &in, view, sizeof view, &f->err), DP_OK, "%s", f->err.text);
    cr_assert_eq(failure_case_open(&f->again, f->directory, dp_model_load, &f->err), DP_OK, "%s", f->err.text);
    cr_assert_eq(explain_failure(&f->again, &f->why, &f->err), DP_OK, "%s", f->err.text);
}

static void expect(faulty_change *change, const char *fault, const char *record, const char *stage, const char *said) {
    fixture *f = open_fixture("serial-small.trace");
    fail(f, change, (axi_fault){.kind = AXI_FAULT_NONE});
    cr_assert(f->failure.waved, "%s", f->failure.unwaved);
    cr_assert_str_eq(f->again.fault, fault);
    cr_assert_str_eq(f->again.record, record);
    cr_assert_eq(f->again.cycle, f->failure.cycle);
    cr_assert(f->again.from <= f->again.cycle && f->again.cycle <= f->again.to);
    cr_assert_str_eq(f->why.stage, stage, "%s: %s\n%s", record, f->why.stage, f->why.text);
    cr_assert_not_null(strstr(f->why.text, said), "%s: %s", record, f->why.text);
    close_fixture(f);
}

static bool late(const dut_out *o) { return o->conv_valid && o->conv_layer == 2 && o->conv_stage == DP_CONV2; }

static void wrong_output(dut_out *o, int8_t *data, int32_t *acc) {
    (void)acc;
    if (late(o)) data[3] ^= 1;
}
static void wrong_sum(dut_out *o, int8_t *data, int32_t *acc) {
    (void)data;
    if (late(o)) acc[2] += 1;
}
static void wrong_mask(dut_out *o, int8_t *data, int32_t *acc) {
    (void)data;
    (void)acc;
    if (o->mask_valid && o->mask_layer == 2) o->mask_keep = !o->mask_keep;
}
static void wrong_score(dut_out *o, int8_t *data, int32_t *acc) {
    (void)data;
    (void)acc;
    if (o->score_valid && o->score_layer == 1) o->score_data += 1;
}
static void wrong_groups(dut_out *o, int8_t *data, int32_t *acc) {
    (void)data;
    (void)acc;
    if (o->groups_valid) o->groups_keep ^= 3;
}
static void twice(dut_out *o, int8_t *data, int32_t *acc) {
    static uint8_t x;
    (void)data;
    (void)acc;
    if (!late(o)) return;
    if (o->conv_x != 0 && x == 0) o->conv_x--;
    x = o->conv_x;
}
static void wrong_macs(dut_out *o, int8_t *data, int32_t *acc) {
    (void)data;
    (void)acc;
    if (o->done_valid) o->done_macs++;
}

Test(bundle, a_wrong_output) { expect(wrong_output, "MISMATCH", "conv", "requantization", "all operands are right"); }
Test(bundle, a_wrong_sum) { expect(wrong_sum, "MISMATCH", "conv", "partial sum", "operand cycles are right"); }
Test(bundle, a_wrong_mask) { expect(wrong_mask, "MISMATCH", "mask", "mask", "decided otherwise"); }
Test(bundle, a_wrong_score) { expect(wrong_score, "MISMATCH", "score", "score", "pooled channels"); }
Test(bundle, a_wrong_choice) { expect(wrong_groups, "MISMATCH", "groups", "top-k", "the scores came right"); }
Test(bundle, a_wrong_count) { expect(wrong_macs, "MISMATCH", "count", "dispatch", "another amount of work"); }

Test(bundle, a_tile_in_the_place_of_another) {
    fixture *f = open_fixture("serial-small.trace");
    fail(f, twice, (axi_fault){.kind = AXI_FAULT_NONE});
    cr_assert_str_neq(f->again.fault, "HANG");
    cr_assert_str_eq(f->again.record, "conv");
    close_fixture(f);
}

static int at_layer, at_stage;

static void wrong_sum_there(dut_out *o, int8_t *data, int32_t *acc) {
    (void)data;
    if (o->conv_valid && o->conv_layer == at_layer && o->conv_stage == at_stage && o->conv_y == 4) acc[1] += 1;
}

/* Whatever the convolution: the operands that the wave shows are those that golden's tile is made of, and add up to it. */
static void operands_are_known(const char *build, bool bottleneck, plan_schedule schedule) {
    fixture *f = open_network(build, bottleneck);
    e2e_fit fit;
    f->run.plan.schedule = schedule;
    cr_assert(e2e_fits(&f->m, f->api, f->run.plan, &fit));
    cr_assert((fit.chains > 0) == (schedule == PLAN_CHAINS), "%d chains", fit.chains);
    for (int layer = 0; layer < f->m.layer_count; layer++) {
        for (int k = 0; k < f->m.layers[layer].convs; k++) {
            at_layer = layer;
            at_stage = (int)f->m.layers[layer].conv[k].role;
            fail(f, wrong_sum_there, (axi_fault){.kind = AXI_FAULT_NONE});
            cr_assert_str_eq(f->why.stage, "partial sum", "%s, %s: %s", build, f->again.message, f->why.text);
            cr_assert_not_null(strstr(f->why.text, "operand cycles are right"), "%s, %s: %s", build, f->again.message,
                               f->why.text);
            int64_t sum = 0, accumulated = 0;
            const char *told = strstr(f->why.text, "add up to ");
            cr_assert_eq(sscanf(told, "add up to %" SCNd64 "; accumulated was %" SCNd64, &sum, &accumulated), 2);
            cr_assert_eq(sum, f->again.acc_want, "%s, %s: %s", build, f->again.message, f->why.text);
            cr_assert_eq(accumulated, f->again.acc_got);
            failure_case_close(&f->again);
            capture_free(&f->kept);
        }
    }
    close_fixture(f);
}

Test(bundle, operands_of_basic_blocks_on_serial) { operands_are_known("serial-small.trace", false, PLAN_GANG); }
Test(bundle, operands_of_bottlenecks_on_serial) { operands_are_known("serial-small.trace", true, PLAN_GANG); }
Test(bundle, operands_behind_four_ports) { operands_are_known("serial-small-board.trace", false, PLAN_GANG); }
Test(bundle, operands_of_basic_blocks_on_parallel) { operands_are_known("parallel-small.trace", false, PLAN_GANG); }
Test(bundle, operands_of_bottlenecks_on_parallel) { operands_are_known("parallel-small.trace", true, PLAN_GANG); }
/* There the command at work is that of the first convolution, whichever the tile is of. */
Test(bundle, operands_of_basic_blocks_in_chains) { operands_are_known("serial-small.trace", false, PLAN_CHAINS); }
Test(bundle, operands_of_bottlenecks_in_chains) { operands_are_known("parallel-small.trace", true, PLAN_CHAINS); }

static void wrong_logit(dut_out *o, int8_t *data, int32_t *acc) {
    static int32_t logits[DUT_MAX_PO];
    (void)data;
    (void)acc;
    if (!o->logit_valid) return;
    memcpy(logits, o->logit_data, 8 * sizeof *logits);
    logits[0]++;
    o->logit_data = logits;
}

Test(bundle, a_wrong_logit) { expect(wrong_logit, "MISMATCH", "logits", "partial sum", "operand cycles are right"); }

/* A bit of a weight that was flipped on its way: the explanation shows both weights. */
Test(bundle, a_wrong_weight) {
    bool found = false;
    for (uint64_t beat = 400; beat < 430 && !found; beat++) {
        fixture *f = open_fixture("serial-small.trace");
        results r;
        sim_options o = sim_defaults(f->api);
        o.count = IMAGES;
        o.log = NULL;
        o.fault = (axi_fault){.kind = AXI_FAULT_FLIP, .nth = beat, .bit = 70};
        bool differs = sim_run(&f->m, &f->images, &o, &r, &f->failure, &f->err) == DP_MISMATCH;
        results_free(&r);
        if (differs) {
            fail(f, NULL, o.fault);
            found = strcmp(f->why.stage, "weights") == 0 && strstr(f->why.text, "its weights were") != NULL;
        }
        close_fixture(f);
    }
    cr_assert(found, "no flipped bit was found in a weight");
}

Test(bundle, a_hang_names_who_waits) {
    fixture *f = open_fixture("serial-small.trace");
    fail(f, NULL, (axi_fault){.kind = AXI_FAULT_WITHHOLD, .channel = AXI_R, .nth = 300});
    cr_assert_eq(f->status, DP_HANG);
    cr_assert_str_eq(f->again.fault, "HANG");
    cr_assert_str_eq(f->why.stage, "hang");
    cr_assert_not_null(strstr(f->again.message, "dp_axi_read waits"), "%s", f->again.message);
    cr_assert(f->failure.waved, "%s", f->failure.unwaved);
    close_fixture(f);
}

/* Golden and hardware side by side: they differ where the tile says, and nowhere before it. */
Test(bundle, tiles_are_side_by_side) {
    fixture *f = open_fixture("serial-small.trace");
    npy_array golden, rtl, seen;
    fail(f, wrong_output, (axi_fault){.kind = AXI_FAULT_NONE});
    cr_assert_eq(failure_case_array(&f->again, "golden", NPY_INT8, &golden, &f->err), DP_OK, "%s", f->err.text);
    cr_assert_eq(failure_case_array(&f->again, "rtl", NPY_INT8, &rtl, &f->err), DP_OK, "%s", f->err.text);
    cr_assert_eq(failure_case_array(&f->again, "seen", NPY_UINT8, &seen, &f->err), DP_OK, "%s", f->err.text);
    size_t wrong = 0;
    for (size_t i = 0; i < golden.count; i++) {
        bool differs = ((int8_t *)golden.data)[i] != ((int8_t *)rtl.data)[i];
        cr_assert(!differs || ((uint8_t *)seen.data)[i] != 1, "%zu", i);
        wrong += differs && ((uint8_t *)seen.data)[i] == 2;
    }
    cr_assert_gt(wrong, 0);
    npy_free(&golden);
    npy_free(&rtl);
    npy_free(&seen);
    close_fixture(f);
}

Test(bundle, without_a_wave_it_says_what_it_can) {
    fixture *f = open_fixture("serial-small.trace");
    char path[128];
    fail(f, wrong_sum, (axi_fault){.kind = AXI_FAULT_NONE});
    f->again.has_wave = false;
    cr_assert_eq(explain_failure(&f->again, &f->why, &f->err), DP_OK);
    cr_assert_not_null(strstr(f->why.stage, "partial sum"));
    (void)snprintf(path, sizeof path, "%s/wave.fst", f->directory);
    f->again.has_wave = true;
    FILE *file = fopen(path, "wb"); /* a wave that broke off */
    (void)fputs("not an FST", file);
    (void)fclose(file);
    cr_assert_eq(explain_failure(&f->again, &f->why, &f->err), DP_BAD_INPUT);
    close_fixture(f);
}

Test(bundle, what_the_wave_lacks_is_told) {
    static faulty_change *const changes[] = {wrong_output, wrong_sum, wrong_mask, wrong_score};
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        fixture *f = open_fixture("serial-small.trace");
        f->wave_depth = 1;
        fail(f, changes[i], (axi_fault){.kind = AXI_FAULT_NONE});
        cr_expect_not_null(strstr(f->why.text, "not looked at: it lacks "), "%s: %s", f->why.stage, f->why.text);
        close_fixture(f);
    }
}

static void edit(const fixture *f, const char *from, const char *to) {
    char path[128], text[1 << 14];
    (void)snprintf(path, sizeof path, "%s/failure.json", f->directory);
    FILE *file = fopen(path, "r");
    text[fread(text, 1, sizeof text - 256, file)] = '\0';
    (void)fclose(file);
    char *at = strstr(text, from);
    cr_assert_not_null(at, "%s", from);
    memmove(at + strlen(to), at + strlen(from), strlen(at + strlen(from)) + 1);
    memcpy(at, to, strlen(to));
    file = fopen(path, "w");
    (void)fputs(text, file);
    (void)fclose(file);
}

/* What others wrote, or what broke, ends with a message. */
Test(bundle, knows_the_schedule) {
    for (int i = 0; i < PLAN_SCHEDULES; i++) {
        fixture *f = open_fixture("serial-small");
        f->run.plan.schedule = (plan_schedule)i;
        fail(f, wrong_output, (axi_fault){.kind = AXI_FAULT_NONE});
        cr_expect_eq(f->again.options.schedule, (plan_schedule)i);
        close_fixture(f);
    }
}

Test(bundle, damaged_ones_are_refused) {
    static const char *const edits[][2] = {{"\"version\": 1", "\"version\": 7"},
                                           {"\"layer\": 2", "\"layer\": 200"},
                                           {"\"po\": 8", "\"po\": 0"},
                                           {"\"pi\": 8", "\"pi\": -3"},
                                           {"\"x\": ", "\"x\": 99"},
                                           {"net.dpm", "nut.dpm"},
                                           {"{", "["}};
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        fixture *f = open_fixture("serial-small.trace");
        fail(f, wrong_output, (axi_fault){.kind = AXI_FAULT_NONE});
        failure_case_close(&f->again);
        edit(f, edits[i][0], edits[i][1]);
        cr_assert_eq(failure_case_open(&f->again, f->directory, dp_model_load, &f->err), DP_BAD_INPUT, "%s", edits[i][1]);
        f->again.directory = NULL;
        close_fixture(f);
    }
    failure_case c;
    dp_error err;
    cr_assert_eq(failure_case_open(&c, "/nonexistent", dp_model_load, &err), DP_BAD_INPUT);
}
