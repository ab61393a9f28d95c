/* libdpacs on the bench: registers over AXI4-Lite, the memory as it lies behind AXI4, the interrupt by stepping until it comes. */
#include <inttypes.h>

#include "bench.h"
#include "build_choice.h"
#include "dpacs_plan.h"

static dpacs_status done(bench *b, dp_status status) {
    b->access = status;
    return status == DP_OK ? DPACS_OK : DPACS_IO;
}

static dpacs_status read32(void *context, uint32_t offset, uint32_t *value) {
    bench *b = context;
    return done(b, bench_read(b, offset, value, b->access_err));
}

static dpacs_status write32(void *context, uint32_t offset, uint32_t value) {
    bench *b = context;
    return done(b, bench_write(b, offset, value, b->access_err));
}

static dpacs_status wait_interrupt(void *context) {
    bench *b = context;
    dp_status status = DP_OK;
    while (status == DP_OK && !b->irq) status = bench_step(b, b->access_err);
    b->irq_cycle = b->cycle;
    return done(b, status);
}

/* All of it, whatever is mapped: what the device may touch is the bench's to say. */
static dpacs_status allocate(void *context, size_t bytes, dpacs_memory *memory) {
    const bench *b = context;
    if (bytes > b->memory_bytes) return DPACS_NO_MEMORY;
    *memory = (dpacs_memory){axi_mem_at(b->memory, 0), b->memory_base, b->memory_bytes};
    return DPACS_OK;
}

/* Before a call of the driver. */
static dpacs *driver(bench *b, dp_error *err) {
    b->access = DP_OK;
    b->access_err = err;
    return &b->driver;
}

/* After it. */
static dp_status told(bench *b, dpacs_status status, dp_error *err) {
    const char *text = b->driver.text;
    b->access_err = NULL;
    if (b->access != DP_OK) return b->access; /* the access has said why */
    switch (status) {
    case DPACS_OK: return DP_OK;
    case DPACS_STOPPED:
        return dp_fail(err, DP_HANG, "BUS ERROR: the accelerator stopped at cycle %" PRIu64 ": %s", b->cycle, text);
    case DPACS_REFUSED: return dp_fail(err, DP_HANG, "REFUSED at cycle %" PRIu64 ": %s", b->cycle, text);
    case DPACS_NO_DEVICE: return dp_fail(err, DP_NO_BUILD, "%s: %s", b->api->geometry.name, text);
    case DPACS_IO: return dp_fail(err, DP_MISMATCH, "cycle %" PRIu64 ": %s", b->cycle, text);
    default: return dp_fail(err, DP_BAD_INPUT, "%s", text);
    }
}

/* A build whose constants were given wrongly would fail later, and strangely. */
static dp_status check_build(const bench *b, dp_error *err) {
    const dut_geometry *g = &b->api->geometry;
    const plan_geometry build = build_geometry(g);
    if (b->driver.geometry == dpacs_geometry(&build) && b->driver.capacity == dpacs_capacity(&build)) return DP_OK;
    return dp_fail(err, DP_NO_BUILD, "%s: registers GEOMETRY 0x%08" PRIx32 ", CAPACITY 0x%08" PRIx32 " contradict the build",
                   g->name, b->driver.geometry, b->driver.capacity);
}

dp_status bench_open(bench *b, const dut_api *api, const bench_options *options, dp_error *err) {
    dp_status status = bench_power_up(b, api, options, err);
    if (status != DP_OK) return status;
    const dpacs_ops ops = {b, read32, write32, wait_interrupt, allocate, NULL, NULL, NULL};
    status = told(b, dpacs_open(driver(b, err), &ops), err);
    if (status == DP_OK) status = check_build(b, err);
    if (status != DP_OK) bench_close(b);
    return status;
}

dp_status bench_load(bench *b, const dpacs_network *network, dp_error *err) {
    return told(b, dpacs_load(driver(b, err), network), err);
}

dp_status bench_queue(bench *b, const int8_t *image, dp_error *err) {
    uint32_t job;
    dp_status status = told(b, dpacs_queue(driver(b, err), image, &job), err);
    watchdog_kick(&b->dog, b->cycle, "the start of a job");
    return status;
}

dp_status bench_start(bench *b, uint64_t commands, uint64_t image, uint64_t logits, dp_error *err) {
    dp_status status = told(b, dpacs_start(driver(b, err), commands, image, logits), err);
    watchdog_kick(&b->dog, b->cycle, "the start of a job");
    return status;
}

dp_status bench_wait(bench *b, uint32_t *jobs_done, dp_error *err) {
    dp_status status = told(b, dpacs_wait(driver(b, err)), err);
    *jobs_done = b->driver.jobs_done;
    return status;
}

dp_status bench_logits(bench *b, uint32_t job, int32_t *logits, dp_error *err) {
    return told(b, dpacs_logits(driver(b, err), job, logits), err);
}

dp_status bench_abort(bench *b, dp_error *err) { return told(b, dpacs_abort(driver(b, err)), err); }

dp_status bench_counter(bench *b, int counter, uint64_t *value, dp_error *err) {
    return told(b, dpacs_counter(driver(b, err), counter, value), err);
}

dp_status bench_error(bench *b, dpacs_fault *e, dp_error *err) {
    dp_status status = told(b, dpacs_read_fault(driver(b, err)), err);
    *e = b->driver.fault;
    return status;
}
