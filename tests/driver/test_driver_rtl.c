/* libdpacs on the RTL, from a file to the logits, as a program on a board would use it: only clock and memory are the bench's. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "dpacs_file.h"
#include "e2e.h"
#include "program.h"

TestSuite(driver_rtl, .timeout = 300);

enum { MEMORY = 1 << 20, IMAGES = 6 };
static const char container[] = "models/fmnist-s50c50.dpm";
static const char *const builds[] = {"parallel-small", "serial-small"};

typedef struct {
    bench b;
    dpacs *d;
    dpacs_file file;
    dp_model model;
    image_set images;
    golden_run golden;
} rig;

/* What the device may touch of its memory, as the network says; the driver is to need no more. */
static void map(rig *r) {
    const dpacs_network *n = &r->file.network;
    dp_error err;
    cr_assert_eq(axi_mem_map(r->b.memory, 0, n->size, false, NULL, &err), DP_OK);
    for (uint32_t i = 0; i < n->slots; i++) {
        cr_assert_eq(axi_mem_map(r->b.memory, n->image_at + i * n->image_stride, n->image_bytes, false, NULL, &err), DP_OK);
        cr_assert_eq(axi_mem_map(r->b.memory, n->logits_at + i * n->logits_stride, n->logits * 4, true, NULL, &err), DP_OK);
    }
}

static rig *open_file(const char *build, const char *path) {
    static rig r;
    dp_error err = {""};
    bench_options options = bench_defaults();
    options.memory_bytes = MEMORY;
    options.memory.base = 0x8200001000;
    r = (rig){.d = &r.b.driver};
    cr_assert_eq(bench_open(&r.b, e2e_load(build), &options, &err), DP_OK, "%s", err.text);
    cr_assert_eq(dpacs_file_read(r.d, path, &r.file), DPACS_OK, "%s", r.d->text);
    map(&r);
    cr_assert_eq(dpacs_load(r.d, &r.file.network), DPACS_OK, "%s", r.d->text);
    dpacs_file_free(&r.file);
    cr_assert_eq(dp_model_load(&r.model, container, &err), DP_OK, "%s", err.text);
    cr_assert_eq(golden_create(&r.golden, &r.model, (golden_options){.dense = false}, &err), DP_OK);
    e2e_random_images(&r.images, &r.model, IMAGES, 5, true);
    return &r;
}

static void close_rig(rig *r) {
    cr_expect_eq(dpacs_close(r->d), DPACS_OK, "%s", r->d->text);
    cr_expect_str_eq(axi_mem_look(r->b.memory)->failure, "");
    cr_expect(axi_mem_verify(r->b.memory));
    bench_close(&r->b);
    golden_free(&r->golden);
    dp_model_free(&r->model);
    free(r->images.pixels);
}

static const int8_t *image(const rig *r, uint32_t i) { return r->images.pixels + i % IMAGES * r->images.image_bytes; }

static void expect_logits(rig *r, uint32_t job, uint32_t i) {
    int32_t logits[E2E_CLASSES];
    golden_compute(&r->golden, image(r, i));
    cr_assert_eq(dpacs_logits(r->d, job, logits), DPACS_OK, "job %u: %s", job, r->d->text);
    cr_expect_eq(memcmp(logits, r->golden.logits, (size_t)r->model.classes * sizeof *logits), 0, "job %u of image %u", job, i);
}

/* As many jobs as go, always. */
static void run_images(rig *r, uint32_t count) {
    uint32_t queued = 0, job, first = r->d->queued;
    int full = 0;
    for (uint32_t i = 0; i < count; i++) {
        dpacs_status status = DPACS_OK;
        while (queued < count && (status = dpacs_queue(r->d, image(r, queued), &job)) == DPACS_OK)
            cr_assert_eq(job, first + queued++);
        cr_assert(queued == count || status == DPACS_FULL, "%s", r->d->text);
        full += status == DPACS_FULL;
        expect_logits(r, first + i, i);
    }
    cr_expect_gt(full, 0);
}

Test(driver_rtl, a_container_runs) {
    for (int i = 0; i < 2; i++) {
        dpacs_counters before, after;
        rig *r = open_file(builds[i], container);
        cr_assert_eq(dpacs_read_counters(r->d, &before), DPACS_OK);
        run_images(r, 2 * DPACS_SLOTS + 1); /* every slot, and again */
        cr_assert_eq(dpacs_read_counters(r->d, &after), DPACS_OK);
        cr_expect(before.macs == 0 && after.macs > 1000000 && after.busy > after.array && after.weight_beats > 0);
        close_rig(r);
    }
}

/* What was planned beforehand is what the driver plans for the build that it finds. */
Test(driver_rtl, a_planned_network_runs) {
    for (int i = 0; i < 2; i++) {
        char path[] = "/tmp/dpacs-planned-XXXXXX", arguments[PROGRAM_COMMAND];
        int file = mkstemp(path);
        cr_assert_geq(file, 0);
        (void)close(file);
        (void)snprintf(arguments, sizeof arguments, "plan %s --build %s -o %s", container, builds[i], path);
        program_expect(arguments, 0, "the accelerator's memory takes");
        rig *r = open_file(builds[i], path);
        run_images(r, IMAGES);
        close_rig(r);
        dpacs_file other;
        bench_options options = bench_defaults();
        bench b;
        dp_error err;
        options.memory_bytes = MEMORY;
        cr_assert_eq(bench_open(&b, e2e_load(builds[1 - i]), &options, &err), DP_OK);
        cr_assert_eq(dpacs_file_read(&b.driver, path, &other), DPACS_OK);
        cr_expect_eq(dpacs_load(&b.driver, &other.network), DPACS_BAD_NETWORK);
        cr_expect_not_null(strstr(b.driver.text, "planned for another build"), "%s", b.driver.text);
        dpacs_file_free(&other);
        bench_close(&b);
        (void)unlink(path);
    }
}

Test(driver_rtl, files_that_are_no_networks_are_refused) {
    static const char *const files[][2] = {{"/nonexistent.dpm", "No such file"}, {"Makefile", "not a model container"}};
    dp_error err;
    bench b;
    dpacs_file file;
    bench_options options = bench_defaults();
    options.memory_bytes = MEMORY;
    cr_assert_eq(bench_open(&b, e2e_load("serial-small"), &options, &err), DP_OK);
    for (int i = 0; i < 2; i++) {
        cr_expect_neq(dpacs_file_read(&b.driver, files[i][0], &file), DPACS_OK);
        cr_expect_not_null(strstr(b.driver.text, files[i][1]), "%s", b.driver.text);
        cr_expect_null(file.storage);
    }
    bench_close(&b);
}

static void steps(rig *r, int count) {
    dp_error err;
    for (int i = 0; i < count; i++) cr_assert_eq(bench_step(&r->b, &err), DP_OK);
}

Test(driver_rtl, aborted_jobs_are_lost_and_the_next_ones_are_not) {
    enum { ABORTS = 12 };
    for (int i = 0; i < 2; i++) {
        rig *r = open_file(builds[i], container);
        for (uint32_t k = 0; k < ABORTS; k++) {
            int32_t logits[E2E_CLASSES];
            uint32_t jobs[2];
            for (uint32_t j = 0; j < 2; j++) cr_assert_eq(dpacs_queue(r->d, image(r, k + j), &jobs[j]), DPACS_OK);
            steps(r, (int)(1 + k * k * 397 % 20000));
            cr_assert_eq(dpacs_abort(r->d), DPACS_OK, "%s", r->d->text);
            cr_expect_eq(dpacs_logits(r->d, jobs[1], logits), DPACS_LOST);
            run_images(r, DPACS_OPEN + 1);
        }
        close_rig(r);
    }
}

Test(driver_rtl, a_full_queue_refuses) {
    rig *r = open_file("serial-small", container);
    uint32_t job;
    const dpacs_network *n = &r->d->network;
    for (uint32_t i = 0; i < DPACS_OPEN; i++) cr_assert_eq(dpacs_queue(r->d, image(r, i), &job), DPACS_OK);
    cr_expect_eq(dpacs_queue(r->d, image(r, 0), &job), DPACS_FULL);
    /* whoever starts more beneath it hears of it */
    const uint64_t base = r->d->memory.device, slot = 7;
    for (int i = 0; i < 4; i++) {
        cr_assert_eq(dpacs_start(r->d, base + n->commands_at, base + n->image_at + slot * n->image_stride,
                                 base + n->logits_at + slot * n->logits_stride),
                     DPACS_OK);
    }
    cr_expect_eq(dpacs_wait(r->d), DPACS_REFUSED);
    cr_expect_not_null(strstr(r->d->text, "the queue is full"), "%s", r->d->text);
    for (uint32_t i = 0; i < DPACS_OPEN; i++) expect_logits(r, i, i);
    close_rig(r);
}

/* Memory answers with an error: which response, of what, in which layer, where; then nothing starts until ABORT. */
Test(driver_rtl, an_error_is_told_and_aborted) {
    for (int i = 0; i < 2; i++) {
        rig *r = open_file(builds[i], container);
        int32_t logits[E2E_CLASSES];
        uint32_t job;
        for (int write = 0; write < 2; write++) {
            const axi_mem_state *m = axi_mem_look(r->b.memory);
            axi_mem_inject(r->b.memory, write ? (axi_fault){.kind = AXI_FAULT_WRITE_ERROR, .nth = m->write_bursts}
                                              : (axi_fault){.kind = AXI_FAULT_READ_ERROR, .nth = m->read_bursts + 40});
            cr_assert_eq(dpacs_queue(r->d, image(r, 0), &job), DPACS_OK);
            cr_assert_eq(dpacs_logits(r->d, job, logits), DPACS_STOPPED);
            const dpacs_fault *f = &r->d->fault;
            cr_expect(f->code == ERROR_RESPONSE && f->resp == 2 && f->write == (write != 0), "%s", r->d->text);
            cr_expect(f->address >= r->d->memory.device && f->address < r->d->memory.device + r->d->network.memory_bytes);
            cr_expect_not_null(strstr(r->d->text, write ? "answered a write with code 2" : "answered a read with code 2"));
            cr_expect_not_null(strstr(r->d->text, write ? "in layer L07" : "in layer L0"), "%s", r->d->text);
            axi_mem_inject(r->b.memory, (axi_fault){.kind = AXI_FAULT_NONE});
            steps(r, 500); /* the other beats of the burst */
            cr_assert_eq(bench_write(&r->b, REG_IRQ_STATUS, IRQ_ERROR, NULL), DP_OK);
            cr_assert_eq(dpacs_queue(r->d, image(r, 1), &job), DPACS_OK);
            cr_expect_eq(dpacs_wait(r->d), DPACS_REFUSED);
            cr_expect_not_null(strstr(r->d->text, "it is stopped"), "%s", r->d->text);
            cr_assert_eq(dpacs_abort(r->d), DPACS_OK);
            run_images(r, DPACS_OPEN + 1);
        }
        close_rig(r);
    }
}
