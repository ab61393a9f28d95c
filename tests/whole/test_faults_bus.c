/* What goes wrong on the buses is told apart and named: errors, beats that never come, channels that stop, addresses beside memory. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "fault_rig.h"

enum { HEAD = 4, PAGE = 4096 };

TestSuite(faults_bus, .timeout = 300);

static const char *const builds[] = {"parallel-small", "serial-small", "serial-small-board"};
enum { BUILDS = sizeof builds / sizeof *builds };

static void expect_stopped(const rig *r, const char *kind, const char *word, const char *what) {
    cr_expect_eq(r->status, DP_HANG, "%s on %s: status %d", what, r->api->geometry.name, (int)r->status);
    cr_expect(strstr(r->err.text, kind) != NULL && strstr(r->err.text, word) != NULL, "%s on %s: '%s' does not say '%s' and '%s'",
              what, r->api->geometry.name, r->err.text, kind, word);
}

static axi_mem_state run_clean(const char *build) {
    rig r;
    rig_open(&r, build, RIG_COMPUTED);
    rig_run(&r);
    cr_assert_eq(r.status, DP_OK, "%s", r.err.text);
    axi_mem_state state = *axi_mem_look(r.bench.memory);
    rig_close(&r);
    return state;
}

enum { LIST = -1 };

/* LIST: it was a read of the list of commands. */
static int named_layer(const rig *r) {
    const char *at = strstr(r->err.text, "layer L");
    cr_assert(at != NULL || strstr(r->err.text, "in the list of commands (address") != NULL, "%s", r->err.text);
    return at != NULL ? atoi(at + strlen("layer L")) : LIST;
}

static int run_error(const char *build, axi_fault_kind kind, uint64_t nth) {
    rig r;
    rig_open(&r, build, RIG_COMPUTED);
    axi_mem_inject(r.bench.memory, (axi_fault){.kind = kind, .nth = nth});
    rig_run(&r);
    expect_stopped(&r, "BUS ERROR", kind == AXI_FAULT_READ_ERROR ? "answered a read with code 2" : "answered a write with code 2",
                   "SLVERR");
    int layer = named_layer(&r);
    rig_close(&r);
    return layer;
}

Test(faults_bus, an_error_response_names_the_layer) {
    enum { PLACES = 12 };
    for (int b = 0; b < BUILDS; b++) {
        axi_mem_state all = run_clean(builds[b]);
        int before = 0, lists = 0;
        cr_expect_eq(run_error(builds[b], AXI_FAULT_READ_ERROR, 0), LIST, "%s: the first read is the list's", builds[b]);
        for (uint64_t i = 0; i < PLACES; i++) {
            int layer = run_error(builds[b], AXI_FAULT_READ_ERROR, i * (all.read_bursts - 1) / (PLACES - 1));
            lists += layer == LIST;
            if (layer == LIST) continue;
            /* a mask's weights are read a layer ahead of the block that produces its map */
            cr_expect(layer >= before - 1 && layer <= HEAD, "%s: read %d of %d names layer %d, the one before %d", builds[b],
                      (int)i, PLACES, layer, before);
            before = layer;
        }
        cr_expect_eq(before, HEAD, "%s: the last read is the head's, but layer %d is named", builds[b], before);
        cr_expect(lists > 0 && lists < PLACES / 2, "%s: %d reads of the list", builds[b], lists);
        cr_expect_eq(run_error(builds[b], AXI_FAULT_WRITE_ERROR, 0), HEAD, "%s", builds[b]);
    }
}

/* The next beat then has the wrong RLAST; where there is none, nothing moves any more. */
Test(faults_bus, a_dropped_beat_is_seen) {
    enum { PLACES = 6 };
    for (int b = 0; b < BUILDS; b++) {
        axi_mem_state all = run_clean(builds[b]);
        for (uint64_t i = 0; i < PLACES; i++) {
            rig r;
            rig_open(&r, builds[b], RIG_COMPUTED);
            axi_mem_inject(r.bench.memory, (axi_fault){.kind = AXI_FAULT_DROP, .nth = i * (all.read_beats - 1) / (PLACES - 1)});
            rig_run(&r);
            if (strncmp(r.err.text, "HANG", 4) == 0)
                expect_stopped(&r, "HANG at cycle", "no progress since cycle", "a dropped beat");
            else
                /* a lost quarter shifts the others of its piece: a command of them may be refused before RLAST comes */
                expect_stopped(&r, "BUS ERROR", r.api->geometry.ports > 0 ? "stopped" : "RLAST", "a dropped beat");
            rig_close(&r);
        }
    }
}

static void run_protocol(const char *build, axi_fault_kind kind, uint64_t nth, const char *what) {
    rig r;
    rig_open(&r, build, RIG_COMPUTED);
    axi_mem_inject(r.bench.memory, (axi_fault){.kind = kind, .nth = nth});
    rig_run(&r);
    expect_stopped(&r, "BUS ERROR", "RLAST, RID or BID", what);
    rig_close(&r);
}

Test(faults_bus, wrong_last_and_ids_are_seen) {
    enum { PLACES = 6 };
    for (int b = 0; b < BUILDS; b++) {
        axi_mem_state all = run_clean(builds[b]);
        for (uint64_t i = 0; i < PLACES; i++) {
            uint64_t nth = i * (all.read_beats - 1) / (PLACES - 1);
            run_protocol(builds[b], AXI_FAULT_LAST, nth, "a wrong RLAST");
            run_protocol(builds[b], AXI_FAULT_READ_ID, nth, "a wrong RID");
        }
        run_protocol(builds[b], AXI_FAULT_WRITE_ID, 0, "a wrong BID");
    }
}

Test(faults_bus, a_channel_that_stops_is_a_hang) {
    for (int b = 0; b < BUILDS; b++)
        for (axi_channel channel = AXI_AR; channel <= AXI_B; channel++)
            for (uint64_t nth = 0; nth < 20; nth += 9) {
                rig r;
                rig_open(&r, builds[b], RIG_COMPUTED);
                if (channel >= AXI_AW && nth > 0) { /* one burst is written */
                    rig_close(&r);
                    break;
                }
                axi_mem_inject(r.bench.memory, (axi_fault){.kind = AXI_FAULT_WITHHOLD, .channel = channel, .nth = nth});
                rig_run(&r);
                expect_stopped(&r, "HANG at cycle", "no progress since cycle", "a channel that stops");
                if (channel >= AXI_AW)
                    expect_stopped(&r, "weights complete up to L04", "last tile L03", "a write channel that stops");
                rig_close(&r);
            }
}

static void spoil_weight_addr(const char *build, uint32_t beyond, const char *says) {
    rig r;
    rig_open(&r, build, RIG_COMPUTED);
    rig_set_weight_addr(rig_conv(&r, 2, DP_CONV1), r.spare_addr + beyond);
    rig_run(&r);
    expect_stopped(&r, "BUS ERROR at cycle", says, "weights beside memory");
    rig_close(&r);
}

static void spoil_logits_addr(const char *build, bool on_commands, const char *says) {
    rig r;
    rig_open(&r, build, RIG_COMPUTED);
    r.logits_addr = on_commands ? r.memory.cmd_addr : r.spare_addr + PAGE;
    rig_run(&r);
    expect_stopped(&r, "BUS ERROR at cycle", says, "logits beside their place");
    rig_close(&r);
}

Test(faults_bus, addresses_beside_memory_are_found) {
    for (int b = 0; b < BUILDS; b++) {
        spoil_weight_addr(builds[b], PAGE, "read outside the mapped areas");
        spoil_weight_addr(builds[b], 2 * RIG_SPARE, "memory");
        spoil_logits_addr(builds[b], false, "write to a guard byte");
        spoil_logits_addr(builds[b], true, "write to a read-only byte");
    }
}

/* An image that begins in the last beat of a page is fetched in bursts that end there. */
Test(faults_bus, bursts_end_at_pages) {
    for (int b = 0; b < BUILDS; b++) {
        rig r;
        rig_open(&r, builds[b], RIG_COMPUTED);
        cr_assert_gt(r.memory.image_bytes, 2 * PLAN_BEAT);
        r.image_addr = r.spare_addr + PAGE - PLAN_BEAT;
        cr_assert_eq(axi_mem_map(r.bench.memory, r.image_addr, r.memory.image_bytes, false, r.image, &r.err), DP_OK);
        rig_run(&r);
        cr_expect_eq(r.status, DP_OK, "%s: %s", builds[b], r.err.text);
        cr_expect_eq(r.reports, 0);
        rig_close(&r);
    }
}
