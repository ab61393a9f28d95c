/* What software may do wrong with addresses and lists of commands: each run ends with an error that says so, none hangs, and the next one is right. */
#include <criterion/criterion.h>
#include <string.h>

#include "fault_rig.h"

TestSuite(illegal, .timeout = 900);

enum { RUNS = 5000, WHOLE_EVERY = 250, LATENCY = 8, TIMEOUT = 1500, ENDLESS_COMMANDS = 4096 };

typedef struct {
    rig r;
    rng random;
    uint8_t *list; /* in memory */
    uint8_t right[PLAN_COMMAND_BYTES * 64]; /* as it should be */
    size_t bytes;
    uint64_t commands, image, logits; /* of the job */
    uint32_t refused; /* expected reasons; 0: it runs into an error */
    unsigned codes; /* of which one is expected, 1 << error_code */
    const char *what;
} trial;

static unsigned code(error_code c) { return 1u << c; }

static void open_trial(trial *t, const char *build) {
    axi_mem_options memory = axi_mem_defaults();
    memory.latency = LATENCY;
    memory.decode = true;
    memory.base = 0x1200000000;
    rig_open_memory(&t->r, build, RIG_COMPUTED, memory);
    t->r.bench.dog.limit = 1000000; /* it has to end by itself */
    t->bytes = (size_t)t->r.memory.commands * PLAN_COMMAND_BYTES;
    cr_assert_leq(t->bytes, sizeof t->right);
    t->list = axi_mem_at(t->r.bench.memory, t->r.memory.cmd_addr);
    memcpy(t->right, t->list, t->bytes);
    rng_seed(&t->random, 41);
    cr_assert_eq(bench_write(&t->r.bench, REG_TIMEOUT, TIMEOUT, &t->r.err), DP_OK);
}

static uint8_t *random_command(trial *t, plan_op op) {
    int count = 0;
    uint8_t *chosen = NULL;
    for (size_t at = 0; at < t->bytes; at += PLAN_COMMAND_BYTES)
        if (t->list[at + PLAN_AT_OP] == op && rng_below(&t->random, (uint32_t)++count) == 0) chosen = t->list + at;
    cr_assert_not_null(chosen);
    return chosen;
}

static void put16(uint8_t *at, uint32_t value) {
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

/* A field that the build cannot execute. */
static void spoil_command(trial *t) {
    uint8_t *conv = random_command(t, PLAN_OP_CONV), *mask = random_command(t, PLAN_OP_MASK);
    const dut_geometry *g = &t->r.api->geometry;
    t->codes = code(ERROR_COMMAND);
    t->what = "a command";
    switch (rng_below(&t->random, 16)) {
    case 0: conv[PLAN_AT_OP] = (uint8_t)rng_int(&t->random, 5, 255); break;
    case 1: conv[PLAN_AT_PAD2] = 1; break;
    case 2: conv[PLAN_AT_FLAGS + 3] = (uint8_t)(4 * rng_int(&t->random, 1, 63)); break;
    case 3: conv[PLAN_AT_RESERVED + rng_below(&t->random, 4)] = 1; break;
    case 4: conv[PLAN_AT_SRC_W + rng_below(&t->random, 4)] = 0; break;
    case 5: put16(conv + PLAN_AT_COUT, 0); break;
    case 6: put16(conv + PLAN_AT_OUT_SLICES, rng_below(&t->random, 2) == 0 ? 0 : 1000); break;
    case 7: put16(conv + PLAN_AT_ROWS, (uint32_t)rng_int(&t->random, g->weight_rows + 1, 65535)); break;
    case 8: put16(conv + PLAN_AT_ROWS, 0); break;
    case 9: conv[PLAN_AT_AUX_BEATS] = (uint8_t)rng_below(&t->random, 2); break;
    case 10: put16(conv + PLAN_AT_REC_BEATS, rng_below(&t->random, 2)); break;
    case 11: put16(conv + PLAN_AT_ALL_ROWS, (uint32_t)g->weight_rows + 1); break;
    case 12: put16(conv + PLAN_AT_DST_BASE, (uint32_t)g->map_words); break;
    case 13: mask[PLAN_AT_SRC_W] = (uint8_t)(g->mask_w + 1); break;
    case 14: mask[PLAN_AT_IN_BUF] = (uint8_t)rng_int(&t->random, 6, 255); break;
    default: mask[PLAN_AT_SRC_W + 1] = 0; break;
    }
}

/* A command that points to nowhere, beside the alignment, or beyond the end of all addresses. */
static void spoil_pointer(trial *t) {
    bool mask = rng_below(&t->random, 3) == 0;
    uint8_t *command = random_command(t, mask ? PLAN_OP_MASK : PLAN_OP_CONV);
    uint8_t *low = command + (mask ? PLAN_AT_AUX_ADDR : PLAN_AT_WEIGHT_ADDR),
            *high = command + (mask ? PLAN_AT_AUX_HIGH : PLAN_AT_WEIGHT_HIGH);
    t->what = "a pointer";
    switch (rng_below(&t->random, 3)) {
    case 0:
        low[0] = (uint8_t)(low[0] | 1u << rng_below(&t->random, 6));
        t->codes = code(ERROR_ALIGN);
        break;
    case 1:
        *high = (uint8_t)(*high ^ 1u << rng_below(&t->random, 8));
        t->codes = code(ERROR_RESPONSE);
        break;
    default:
        memset(low, 0xff, 4);
        low[0] = 0xc0;
        *high = 0xff;
        t->codes = code(ERROR_RANGE) | code(ERROR_RESPONSE); /* one beat, or more */
    }
}

static void spoil_address(trial *t) {
    uint64_t *addresses[] = {&t->commands, &t->image, &t->logits}, *address = addresses[rng_below(&t->random, 3)];
    static const uint32_t reasons[] = {REFUSED_CMD_ADDR, REFUSED_IMAGE_ADDR, REFUSED_LOGITS_ADDR};
    t->what = "an address of the job";
    switch (rng_below(&t->random, 3)) {
    case 0:
        *address += 1 + rng_below(&t->random, 63);
        for (int i = 0; i < 3; i++)
            if (*addresses[i] % 64 != 0) t->refused |= reasons[i];
        break;
    case 1:
        *address ^= (uint64_t)1 << rng_int(&t->random, 32, 39);
        t->codes = code(ERROR_RESPONSE);
        break;
    default: *address = (uint64_t)0xffffffffc0; t->codes = code(ERROR_RESPONSE) | code(ERROR_RANGE);
    }
}

static void spoil_end(trial *t) {
    t->what = "the list's end";
    if (rng_below(&t->random, 2) == 0) {
        t->commands += t->bytes - PLAN_COMMAND_BYTES;
        t->codes = code(ERROR_NO_LIST);
    } else { /* it runs on into what follows, which is no command; or what precedes does not work without the rest */
        t->list[t->bytes - PLAN_COMMAND_BYTES] = (uint8_t)rng_int(&t->random, 5, 255);
        t->codes = code(ERROR_COMMAND);
    }
}

/* Well-formed, but waits for what never comes: the masks of a pair that nobody fills. */
static void spoil_sense(trial *t) {
    uint8_t *conv = random_command(t, PLAN_OP_CONV);
    memset(t->list, 0, t->bytes);
    memcpy(t->list, t->right, 2 * PLAN_COMMAND_BYTES);
    memcpy(t->list + PLAN_COMMAND_BYTES, t->right + (size_t)(conv - t->list), PLAN_COMMAND_BYTES);
    uint8_t *alone = t->list + PLAN_COMMAND_BYTES;
    alone[PLAN_AT_FLAGS + 1] = (uint8_t)(alone[PLAN_AT_FLAGS + 1] | PLAN_MASK_WAIT >> 8);
    alone[PLAN_AT_OUT_BUF] = 4;
    t->codes = code(ERROR_TIMEOUT);
    t->what = "a list that waits";
}

static void spoil(trial *t) {
    const uint64_t base = t->r.options.base;
    memcpy(t->list, t->right, t->bytes);
    t->commands = base + t->r.memory.cmd_addr;
    t->image = base + t->r.image_addr;
    t->logits = base + t->r.logits_addr;
    t->refused = 0;
    t->codes = 0;
    uint32_t kind = rng_below(&t->random, 100);
    if (kind < 40)
        spoil_command(t);
    else if (kind < 65)
        spoil_pointer(t);
    else if (kind < 85)
        spoil_address(t);
    else if (kind < 97)
        spoil_end(t);
    else
        spoil_sense(t);
}

static uint32_t read_register(trial *t, uint32_t address) {
    uint32_t value = 0;
    cr_assert_eq(bench_read(&t->r.bench, address, &value, &t->r.err), DP_OK, "%s", t->r.err.text);
    return value;
}

static void expect_error(trial *t, int run) {
    dp_error err;
    dpacs_fault e;
    cr_assert_eq(bench_error(&t->r.bench, &e, &err), DP_OK);
    cr_assert((read_register(t, REG_STATUS) & STATUS_ERROR) != 0, "run %d, %s: no error bit", run, t->what);
    cr_assert((t->codes >> e.code & 1) != 0, "run %d on %s, %s: error %d (%s)", run, t->r.api->geometry.name, t->what,
              (int)e.code, t->r.err.text);
}

static void run_illegal(trial *t, int run) {
    bench *b = &t->r.bench;
    uint32_t done = 0;
    b->observer = NULL;
    cr_assert_eq(bench_start(b, t->commands, t->image, t->logits, &t->r.err), DP_OK, "%s", t->r.err.text);
    cr_assert_eq(bench_wait(b, &done, &t->r.err), DP_HANG, "run %d on %s, %s: it ended well", run, t->r.api->geometry.name,
                 t->what);
    cr_assert(strncmp(t->r.err.text, "BUS ERROR: the acc", 18) == 0 || strncmp(t->r.err.text, "REFUSED", 7) == 0,
              "run %d, %s: %s", run, t->what, t->r.err.text);
    if (t->refused == 0) {
        expect_error(t, run);
        cr_assert_eq(bench_abort(b, &t->r.err), DP_OK, "%s", t->r.err.text);
    } else {
        cr_assert_eq(read_register(t, REG_REFUSED), t->refused, "run %d: REFUSED", run);
        cr_assert_eq(read_register(t, REG_STATUS), STATUS_BUS_IDLE, "run %d: STATUS after a job that was refused", run);
    }
}

static void run_right(trial *t) {
    memcpy(t->list, t->right, t->bytes);
    rig_again(&t->r);
    rig_run(&t->r);
    cr_assert_eq(t->r.status, DP_OK, "%s", t->r.err.text);
    cr_assert_eq(t->r.reports, 0);
    cr_assert_eq(bench_abort(&t->r.bench, &t->r.err), DP_OK); /* no mask is left from this run */
}

static void run_all(const char *build) {
    static trial t;
    const int runs = rig_often(RUNS);
    int refused = 0;
    open_trial(&t, build);
    for (int run = 0; run < runs; run++) {
        if (run % WHOLE_EVERY == 0) run_right(&t);
        spoil(&t);
        run_illegal(&t, run);
        refused += t.refused != 0;
    }
    rig_tell("%s: %d illegal runs, %d of them refused, the others ended by an error\n", build, runs, refused);
    run_right(&t);
    rig_close(&t.r);
}

Test(illegal, lists_and_addresses_on_parallel) { run_all("parallel-small"); }
Test(illegal, lists_and_addresses_on_serial) { run_all("serial-small"); }

/* Commands that can be executed, and go on and on. */
Test(illegal, a_list_without_an_end) {
    static uint8_t list[(ENDLESS_COMMANDS + 4) * PLAN_COMMAND_BYTES];
    static trial t;
    open_trial(&t, "serial-small");
    plan_command c = {.op = PLAN_OP_GROUPS, .groups = 8, .keep = 2, .aux_addr = t.r.options.base + t.r.memory.cmd_addr};
    for (int i = 0; i < ENDLESS_COMMANDS + 4; i++) plan_encode(&c, list + (size_t)i * PLAN_COMMAND_BYTES);
    for (int more = -1; more < 2; more++) { /* one command less is the longest list there may be: here it only ends */
        uint32_t at = (t.r.spare_addr + 4095u) & ~4095u, done = 0;
        if (more == -1)
            cr_assert_eq(axi_mem_map(t.r.bench.memory, at, sizeof list, false, list, &t.r.err), DP_OK, "%s", t.r.err.text);
        memcpy(axi_mem_at(t.r.bench.memory, at), list, sizeof list);
        memset(axi_mem_at(t.r.bench.memory, at + (uint32_t)(ENDLESS_COMMANDS + more) * PLAN_COMMAND_BYTES), 0,
               PLAN_COMMAND_BYTES);
        t.r.bench.observer = NULL;
        cr_assert_eq(
            bench_start(&t.r.bench, t.r.options.base + at, t.r.options.base, t.r.options.base + t.r.logits_addr, &t.r.err),
            DP_OK);
        dp_status status = bench_wait(&t.r.bench, &done, &t.r.err);
        cr_expect_eq(status, more < 0 ? DP_OK : DP_HANG, "%d commands: %s", ENDLESS_COMMANDS + more, t.r.err.text);
        if (status == DP_OK) continue;
        t.what = "an endless list";
        t.codes = code(ERROR_ENDLESS);
        expect_error(&t, more);
        cr_assert_eq(bench_abort(&t.r.bench, &t.r.err), DP_OK);
    }
    run_right(&t);
    rig_close(&t.r);
}
