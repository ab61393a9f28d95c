/* ABORT and rst_ni at any cycle: the bus empties, and the next run is as if nothing had been before. */
#include <criterion/criterion.h>

#include <string.h>

#include "fault_rig.h"

TestSuite(abort, .timeout = 600);

enum { ABORTS = 50, RESETS = 25, MOST_JOBS = 3 };

static const char *const builds[] = {"parallel-small.check", "serial-small.check", "serial-small-board.check"};
enum { BUILDS = sizeof builds / sizeof *builds };

static axi_mem_options memory_of(bool hard) {
    axi_mem_options memory = axi_mem_defaults();
    memory.stall = memory.disorder = hard ? 30 : 0;
    return memory;
}

/* A whole run with all checks: how many cycles until the interrupt. */
static uint64_t run_whole(rig *r, const char *what) {
    rig_again(r);
    uint64_t begin = r->bench.cycle;
    rig_run(r);
    cr_assert_eq(r->status, DP_OK, "%s on %s: %s", what, r->api->geometry.name, r->err.text);
    cr_assert_eq(r->reports, 0, "%s on %s", what, r->api->geometry.name);
    return r->bench.irq_cycle - begin;
}

static void steps(rig *r, uint64_t count) {
    for (uint64_t i = 0; i < count; i++) cr_assert_eq(bench_step(&r->bench, &r->err), DP_OK, "%s", r->err.text);
}

/* One to three jobs, up to somewhere. */
static void begin_jobs(rig *r, rng *random, uint64_t cycles) {
    int jobs = rng_int(random, 1, MOST_JOBS);
    r->bench.observer = NULL;
    for (int i = 0; i < jobs; i++) cr_assert_eq(rig_start(r), DP_OK, "%s", r->err.text);
    steps(r, rng_below(random, (uint32_t)cycles));
}

static uint32_t read_status(rig *r) {
    uint32_t status = 0;
    cr_assert_eq(bench_read(&r->bench, REG_STATUS, &status, &r->err), DP_OK, "%s", r->err.text);
    return status;
}

static void abort_often(const char *build, bool hard) {
    rig r;
    rng random;
    rng_seed(&random, 17 + hard);
    rig_open_memory(&r, build, RIG_COMPUTED, memory_of(hard));
    uint64_t cycles = run_whole(&r, "before any abort");
    int waiting = 0;
    const int aborts = rig_often(ABORTS);
    for (int i = 0; i < aborts; i++) {
        begin_jobs(&r, &random, cycles + cycles / 8);
        waiting += axi_mem_look(r.bench.memory)->reads_waiting > 0;
        cr_assert_eq(bench_abort(&r.bench, &r.err), DP_OK, "abort %d on %s: %s", i, build, r.err.text);
        const axi_mem_state *memory = axi_mem_look(r.bench.memory);
        cr_assert_eq(memory->reads_waiting + memory->writes_waiting, 0, "abort %d on %s: the bus is not empty", i, build);
        cr_assert_eq(read_status(&r), STATUS_BUS_IDLE, "abort %d on %s: STATUS 0x%x", i, build, read_status(&r));
        uint64_t again = run_whole(&r, "after an abort");
        /* the memory's bandwidth is a bucket of bytes that is not always as full; its stalls are not the same ones */
        if (!hard)
            cr_assert(again + 2 >= cycles && again <= cycles + 2, "abort %d on %s: %d cycles, not %d", i, build, (int)again,
                      (int)cycles);
    }
    cr_expect_gt(waiting, 0, "no abort met reads that were outstanding");
    rig_tell("%s%s: %d aborts, %d of them with reads outstanding, each followed by an equal run\n", build,
             hard ? " in disorder" : "", aborts, waiting);
    rig_close(&r);
}

Test(abort, at_any_cycle_on_parallel) { abort_often(builds[0], false); }
Test(abort, at_any_cycle_on_serial) { abort_often(builds[1], false); }
Test(abort, at_any_cycle_in_disorder_on_parallel) { abort_often(builds[0], true); }
Test(abort, at_any_cycle_in_disorder_on_serial) { abort_often(builds[1], true); }
Test(abort, at_any_cycle_behind_four_ports) { abort_often(builds[2], false); }
Test(abort, at_any_cycle_in_disorder_behind_four_ports) { abort_often(builds[2], true); }

/* The device alone is reset while the memory goes on: what it still owes belongs to an older epoch. */
static void reset_often(const char *build, bool hard) {
    rig r;
    rng random;
    int waiting = 0;
    rng_seed(&random, 23 + hard);
    rig_open_memory(&r, build, RIG_COMPUTED, memory_of(hard));
    uint64_t cycles = run_whole(&r, "before any reset");
    const int resets = rig_often(RESETS);
    for (int i = 0; i < resets; i++) {
        begin_jobs(&r, &random, cycles);
        while (axi_mem_look(r.bench.memory)->writes_waiting > 0) steps(&r, 1); /* docs/bus.md: not between AW and the last W */
        waiting += axi_mem_look(r.bench.memory)->reads_waiting > 0;
        bench_reset(&r.bench, 1 + (int)rng_below(&random, 5));
        (void)run_whole(&r, "after a reset");
    }
    cr_expect_gt(waiting, 0, "no reset met reads that were outstanding");
    rig_close(&r);
}

Test(abort, reset_with_reads_outstanding) {
    for (int b = 0; b < BUILDS; b++)
        for (int hard = 0; hard < 2; hard++) reset_often(builds[b], hard != 0);
}

/* An error empties the bus by itself; ABORT makes the device usable again. */
Test(abort, after_errors) {
    for (int b = 0; b < BUILDS; b++) {
        rig r;
        rng random;
        rng_seed(&random, 5);
        rig_open_memory(&r, builds[b], RIG_COMPUTED, memory_of(false));
        uint64_t cycles = run_whole(&r, "before any error");
        for (int i = 0; i < 10; i++) {
            uint32_t done = 0;
            uint64_t bursts = axi_mem_look(r.bench.memory)->read_bursts;
            axi_mem_inject(r.bench.memory, (axi_fault){.kind = AXI_FAULT_READ_ERROR, .nth = bursts + rng_below(&random, 20)});
            r.bench.observer = NULL;
            cr_assert_eq(rig_start(&r), DP_OK);
            cr_assert_eq(bench_wait(&r.bench, &done, &r.err), DP_HANG);
            for (uint64_t k = 0; k < cycles && (read_status(&r) & STATUS_BUS_IDLE) == 0; k++) continue;
            cr_assert_eq(read_status(&r) & (STATUS_BUS_IDLE | STATUS_ERROR | STATUS_BUSY),
                         STATUS_BUS_IDLE | STATUS_ERROR | STATUS_BUSY);
            /* the other beats of the burst were errors too */
            cr_assert_eq(bench_write(&r.bench, REG_IRQ_STATUS, IRQ_ERROR, &r.err), DP_OK);
            cr_assert_eq(rig_start(&r), DP_OK); /* refused: it is stopped */
            cr_assert_eq(bench_wait(&r.bench, &done, &r.err), DP_HANG);
            cr_assert_not_null(strstr(r.err.text, "REFUSED"), "%s", r.err.text);
            cr_assert_not_null(strstr(r.err.text, "it is stopped"), "%s", r.err.text);
            cr_assert_eq(bench_abort(&r.bench, &r.err), DP_OK);
            axi_mem_inject(r.bench.memory, (axi_fault){.kind = AXI_FAULT_NONE});
            (void)run_whole(&r, "after an error and an abort");
        }
        rig_close(&r);
    }
}
