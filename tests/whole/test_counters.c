/* The counters that software reads (docs/architecture.md), after whole runs: each against what the observation port and the memory showed. */
#include <criterion/criterion.h>
#include <inttypes.h>

#include "fault_rig.h"
#include "registers.h"

TestSuite(counters, .timeout = 300);

typedef struct {
    rig r;
    bench_observer *observer; /* the rig's own */
    uint64_t cause[DUT_CAUSES], macs, array, weights, other;
} counted;

static bool count(void *context, const dut_out *out, uint64_t cycle) {
    counted *c = context;
    c->cause[out->cause]++;
    c->macs += out->done_valid ? out->done_macs : 0;
    c->array += out->done_valid ? out->done_busy : 0;
    c->weights += out->fetch_valid ? out->fetch_weights : 0;
    c->other += out->fetch_valid ? out->fetch_other : 0;
    return c->observer(&c->r, out, cycle);
}

static void expect(counted *c, counter which, uint64_t want, const char *what) {
    uint64_t got = 0;
    dp_status status = bench_counter(&c->r.bench, (int)which, &got, &c->r.err);
    cr_assert_eq(status, DP_OK, "%s", c->r.err.text);
    cr_expect_eq(got, want, "%s on %s: %" PRIu64 ", want %" PRIu64, what, c->r.api->geometry.name, got, want);
}

static void run(const char *build) {
    static counted c;
    rig_open(&c.r, build, RIG_COMPUTED);
    c.observer = c.r.bench.observer;
    c.r.bench.observer = count;
    c.r.bench.context = &c;
    rig_run(&c.r);
    cr_assert_eq(c.r.status, DP_OK, "%s", c.r.err.text);
    for (int i = DUT_BUSY; i <= DUT_MASKS; i++) cr_expect_gt(c.cause[i], 0, "%s: cause %d never came up", build, i);
    uint64_t beats = axi_mem_look(c.r.bench.memory)->read_beats, busy = 0;
    for (int i = 0; i < DUT_CAUSES; i++) busy += i != DUT_IDLE ? c.cause[i] : 0;
    cr_expect_leq(c.weights + c.other, beats); /* commands and masks belong to no convolution */
    expect(&c, COUNTER_BUSY, busy, "cycles");
    expect(&c, COUNTER_MACS, c.macs, "MACs");
    expect(&c, COUNTER_WEIGHT_BEATS, c.weights, "weight beats");
    expect(&c, COUNTER_OTHER_BEATS, beats - c.weights, "other beats");
    expect(&c, COUNTER_ARRAY, c.array, "array cycles");
    expect(&c, COUNTER_ARRAY, c.cause[DUT_BUSY], "cycles by cause: busy");
    expect(&c, COUNTER_WAIT_WEIGHTS, c.cause[DUT_WEIGHTS], "cycles by cause: weights");
    expect(&c, COUNTER_WAIT_MASKS, c.cause[DUT_MASKS], "cycles by cause: masks");
    expect(&c, COUNTER_CONFLICTS, c.cause[DUT_INPUTS], "cycles by cause: inputs");
    rig_close(&c.r);
}

Test(counters, say_what_was_seen_on_parallel) { run("parallel-small.check"); }
Test(counters, say_what_was_seen_on_serial) { run("serial-small.check"); }
