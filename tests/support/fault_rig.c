/* See fault_rig.h. */
#include "fault_rig.h"

#include "build_choice.h"
#include "dpacs_plan.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HANG_CYCLES = 3000 };

static void keep_report(void *context, const scoreboard_report *report) {
    rig *r = context;
    if (r->reports < RIG_REPORTS) r->report[r->reports] = *report;
    r->reports++;
}

static bool observe(void *context, const dut_out *out, uint64_t cycle) {
    rig *r = context;
    return scoreboard_check(&r->board, out, cycle);
}

static bool some(int y, int x, int h, int w) { return (y + 2 * x) % 5 < 3 && y * w + x < h * w; }

void rig_open(rig *r, const char *build, rig_masks masks) { rig_open_memory(r, build, masks, axi_mem_defaults()); }

void rig_open_memory(rig *r, const char *build, rig_masks masks, axi_mem_options memory) {
    *r = (rig){.reports = 0, .options = memory};
    e2e_network(&r->m, false);
    if (masks == RIG_COMPUTED) e2e_compute_masks(&r->m, &r->masks, 0, 2, DP_POOL_AVG, false);
    if (masks == RIG_GIVEN) e2e_give_masks(&r->m, &r->masks, some, 2);
    rig_open_model(r, build, false, false);
}

static void map_memory(rig *r) {
    const plan *p = &r->memory;
    axi_mem *memory = r->bench.memory;
    const dpacs_network network = dpacs_of_plan(p);
    dp_status status = axi_mem_map(memory, 0, p->size, false, NULL, &r->err);
    if (status == DP_OK) status = axi_mem_map(memory, p->image_addr, p->image_bytes, false, r->image, &r->err);
    if (status == DP_OK && p->logits_bytes > 0)
        status = axi_mem_map(memory, p->logits_addr, p->logits_bytes, true, NULL, &r->err);
    if (status == DP_OK) status = bench_load(&r->bench, &network, &r->err);
    cr_assert_eq(status, DP_OK, "%s", r->err.text);
}

void rig_open_model(rig *r, const char *build, bool dense_memory, bool dense_expected) {
    r->api = e2e_load(build);
    plan_geometry geometry = build_geometry(&r->api->geometry);
    bench_options options = bench_defaults();
    if (r->options.bandwidth > 0) options.memory = r->options;
    cr_assert_eq(plan_create(&r->memory, &r->m, &geometry, (plan_options){.dense = dense_memory}, &r->err), DP_OK, "%s",
                 r->err.text);
    cr_assert_eq(plan_create(&r->expected, &r->m, &geometry, (plan_options){.dense = dense_expected}, &r->err), DP_OK, "%s",
                 r->err.text);
    cr_assert_eq(golden_create(&r->golden, &r->m, (golden_options){.dense = dense_expected}, &r->err), DP_OK, "%s", r->err.text);
    image_set images;
    e2e_random_images(&images, &r->m, 1, 3, r->memory.image_not_negative);
    r->image = images.pixels;
    golden_compute(&r->golden, r->image);
    cr_assert_eq(scoreboard_create(&r->board, &r->expected, &r->err), DP_OK, "%s", r->err.text);
    r->board.report = keep_report;
    r->board.context = r;
    options.memory_bytes = r->memory.memory_bytes + RIG_SPARE;
    options.hang_cycles = HANG_CYCLES;
    cr_assert_eq(bench_open(&r->bench, r->api, &options, &r->err), DP_OK, "%s", r->err.text);
    r->bench.observer = observe;
    r->bench.context = r;
    r->image_addr = r->memory.image_addr;
    r->logits_addr = r->memory.logits_addr;
    r->spare_addr = (uint32_t)r->memory.memory_bytes;
    map_memory(r);
}

void rig_close(rig *r) {
    bench_close(&r->bench);
    scoreboard_free(&r->board);
    golden_free(&r->golden);
    plan_free(&r->memory);
    plan_free(&r->expected);
    free(r->image);
    dp_model_free(&r->m);
}

static uint8_t *find_command(rig *r, plan_op op, int layer, int stage) {
    uint8_t *at = axi_mem_at(r->bench.memory, r->memory.cmd_addr);
    for (int i = 0; i < r->memory.commands; i++, at += PLAN_COMMAND_BYTES)
        if (at[0] == op && at[1] == layer && at[2] == stage) return at;
    cr_assert_fail("no command %d of layer %d, stage %d", (int)op, layer, stage);
    return NULL;
}

uint8_t *rig_conv(rig *r, int layer, int stage) { return find_command(r, PLAN_OP_CONV, layer, stage); }
uint8_t *rig_command(rig *r, plan_op op, int layer) { return find_command(r, op, layer, 0); }

static uint32_t get32(const uint8_t *from) {
    return (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

uint32_t rig_weight_addr(const uint8_t *command) { return get32(command + PLAN_AT_WEIGHT_ADDR); }
uint32_t rig_aux_addr(const uint8_t *command) { return get32(command + PLAN_AT_AUX_ADDR); }

void rig_set_weight_addr(uint8_t *command, uint32_t address) {
    for (int i = 0; i < 4; i++) command[PLAN_AT_WEIGHT_ADDR + i] = (uint8_t)(address >> (8 * i));
}

static void finish(rig *r) {
    int32_t *logits = calloc((size_t)r->m.classes + 1, sizeof *logits);
    cr_assert_not_null(logits);
    uint8_t *written = axi_mem_at(r->bench.memory, r->logits_addr);
    if (r->spoil_logits) written[0] ^= 1;
    memcpy(logits, written, r->memory.logits_bytes);
    (void)scoreboard_end_image(&r->board, r->m.classes > 0 ? logits : NULL, r->bench.cycle);
    free(logits);
    if (!axi_mem_verify(r->bench.memory)) r->status = DP_HANG;
    if (r->status == DP_OK && r->board.failures > 0) r->status = DP_MISMATCH;
}

void rig_again(rig *r) {
    scoreboard_free(&r->board);
    cr_assert_eq(scoreboard_create(&r->board, &r->expected, &r->err), DP_OK, "%s", r->err.text);
    r->board.report = keep_report;
    r->board.context = r;
    r->reports = 0;
    r->bench.observer = observe;
    memset(axi_mem_at(r->bench.memory, r->logits_addr), 0x5a, r->memory.logits_bytes);
}

dp_status rig_start(rig *r) {
    const uint64_t base = r->options.base;
    return bench_start(&r->bench, base + r->memory.cmd_addr, base + r->image_addr, base + r->logits_addr, &r->err);
}

void rig_run(rig *r) {
    uint32_t done = 0;
    scoreboard_start_image(&r->board, 0, &r->golden, r->bench.cycle);
    r->status = rig_start(r);
    if (r->status == DP_OK) r->status = bench_wait(&r->bench, &done, &r->err);
    if (r->status == DP_OK) finish(r);
}

void rig_expect_first(const rig *r, scoreboard_fault fault, const char *name, const char *what) {
    char text[256] = "nothing";
    if (r->reports > 0) scoreboard_format(&r->report[0], text, sizeof text);
    bool right = r->reports > 0 && r->report[0].fault == fault && strcmp(r->report[0].name, name) == 0;
    cr_expect(right, "%s on %s: '%s' instead of %s", what, r->api->geometry.name, text, name);
    cr_expect_eq(r->status, DP_MISMATCH, "%s on %s", what, r->api->geometry.name);
}

const scoreboard_report *rig_find(const rig *r, const char *end) {
    for (int i = 0; i < r->reports && i < RIG_REPORTS; i++) {
        size_t length = strlen(r->report[i].name), tail = strlen(end);
        if (length >= tail && strcmp(r->report[i].name + length - tail, end) == 0) return &r->report[i];
    }
    return NULL;
}

int rig_often(int n) {
    const char *times = getenv("DPACS_OFTEN");
    char *end = NULL;
    if (times == NULL) return n;
    long value = strtol(times, &end, 10);
    cr_assert(*times != '\0' && *end == '\0' && value >= 1 && value <= 1000, "DPACS_OFTEN=%s: not 1 to 1000", times);
    return n * (int)value;
}

void rig_tell(const char *format, ...) {
    va_list args;
    if (getenv("DPACS_OFTEN") == NULL) return;
    va_start(args, format);
    (void)vfprintf(stderr, format, args);
    va_end(args);
}
