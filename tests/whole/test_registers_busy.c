/* The registers of the whole device under random accesses, while jobs run, against a model in C. What only the device knows (how many jobs are done, what the
   counters say) has to lie between what was known before and after the access. */
#include <criterion/criterion.h>

#include "fault_rig.h"

TestSuite(registers_busy, .timeout = 900);

enum { OPERATIONS = 500000, WORDS = 64 };

typedef struct {
    uint32_t address[3], high[3], irq_enable, timeout, refused, high_word;
    uint32_t started, done; /* done: at least */
    uint64_t counter[COUNTERS]; /* at least */
} model;

typedef struct {
    rig r;
    rng random;
    model m;
    uint64_t reads, writes, jobs, refusals;
} trial;

static uint32_t read_at(trial *t, uint32_t at) {
    uint32_t value = 0;
    cr_assert_eq(bench_read(&t->r.bench, at, &value, &t->r.err), DP_OK, "%s", t->r.err.text);
    t->reads++;
    return value;
}

static void write_at(trial *t, uint32_t at, uint32_t value, uint8_t strobe) {
    axil_write(&t->r.bench.bus, at, value);
    t->r.bench.bus.strobe = strobe;
    while (t->r.bench.bus.busy) cr_assert_eq(bench_step(&t->r.bench, &t->r.err), DP_OK, "%s", t->r.err.text);
    cr_assert_eq(t->r.bench.bus.resp, 0);
    t->writes++;
}

static uint32_t merge(uint32_t old, uint32_t value, uint8_t strobe) {
    for (int i = 0; i < 4; i++)
        if ((strobe >> i & 1) != 0) old = (old & ~(0xffu << 8 * i)) | (value & 0xffu << 8 * i);
    return old;
}

static void check_jobs(trial *t) {
    uint32_t before = read_at(t, REG_JOBS_DONE), status = read_at(t, REG_STATUS), after = read_at(t, REG_JOBS_DONE);
    uint32_t open = status >> 16 & 0xff, queued = status >> 8 & 7;
    cr_assert(before >= t->m.done && after >= before && after <= t->m.started, "%d to %d jobs done of %d", (int)before,
              (int)after, (int)t->m.started);
    cr_assert(open <= t->m.started - before && open >= t->m.started - after, "%d jobs open", (int)open);
    cr_assert(((status & STATUS_BUSY) != 0) == (open > 0) && ((status & STATUS_FULL) != 0) == (queued == 4) && queued <= open);
    cr_assert_eq(status & (STATUS_ERROR | STATUS_ABORTING), 0);
    t->m.done = after;
}

static void check_counter(trial *t, uint32_t c) {
    uint32_t low = read_at(t, REG_COUNTERS + 8 * c), high = read_at(t, REG_COUNTERS + 8 * c + 4);
    uint64_t value = (uint64_t)high << 32 | low;
    cr_assert_geq(value, t->m.counter[c]);
    if (c == COUNTER_BUSY) cr_assert_leq(value, t->r.bench.cycle);
    t->m.counter[c] = value;
    t->m.high_word = high;
}

static void check_read(trial *t, uint32_t at) {
    const model *m = &t->m;
    uint32_t want = 0;
    switch (at) {
    case REG_JOBS_DONE:
    case REG_STATUS: check_jobs(t); return;
    case REG_IRQ_STATUS: cr_assert_eq(read_at(t, at) & ~(uint32_t)(IRQ_DONE | IRQ_REFUSED), 0); return;
    case REG_GEOMETRY:
    case REG_CAPACITY: cr_assert_neq(read_at(t, at), 0); return;
    case REG_ID: want = REG_ID_VALUE; break;
    case REG_VERSION: want = REG_VERSION_VALUE; break;
    case REG_IRQ_ENABLE: want = m->irq_enable; break;
    case REG_CMD_ADDR:
    case REG_IMAGE_ADDR:
    case REG_LOGITS_ADDR: want = m->address[(at - REG_CMD_ADDR) / 4]; break;
    case REG_CMD_ADDR_HIGH:
    case REG_IMAGE_ADDR_HIGH:
    case REG_LOGITS_ADDR_HIGH: want = m->high[(at - REG_CMD_ADDR_HIGH) / 4]; break;
    case REG_TIMEOUT: want = m->timeout; break;
    case REG_REFUSED: want = m->refused; break;
    default: break;
    }
    if (at >= REG_COUNTERS && at < REG_COUNTERS + 8 * COUNTERS) {
        if (at % 8 == 0)
            check_counter(t, (at - REG_COUNTERS) / 8);
        else
            cr_assert_eq(read_at(t, at), m->high_word);
        return;
    }
    uint32_t got = read_at(t, at);
    cr_assert_eq(got, want, "register 0x%02x reads 0x%08x, not 0x%08x", at, got, want);
}

/* With the right addresses, or with those that lie in the registers; the queue may be full or not. */
static void start(trial *t, bool right) {
    model *m = &t->m;
    const uint32_t addresses[] = {t->r.memory.cmd_addr, t->r.image_addr, t->r.logits_addr};
    for (int i = 0; i < 3 && right; i++) {
        write_at(t, REG_CMD_ADDR + 4 * (uint32_t)i, m->address[i] = addresses[i], 15);
        write_at(t, REG_CMD_ADDR_HIGH + 4 * (uint32_t)i, m->high[i] = 0, 15);
    }
    uint32_t unaligned = 0;
    for (int i = 0; i < 3; i++)
        if (m->address[i] % 64 != 0) unaligned |= (uint32_t)REFUSED_CMD_ADDR << i;
    if (unaligned == 0 && !right) return; /* it would run into nowhere: tests/whole/test_illegal.c */
    bool full = (read_at(t, REG_STATUS) & STATUS_FULL) != 0;
    write_at(t, REG_START, (uint32_t)rng_next(&t->random), 1);
    uint32_t refused = read_at(t, REG_REFUSED);
    cr_assert((refused & ~(uint32_t)REFUSED_FULL) == unaligned && (full || (refused & REFUSED_FULL) == 0), "REFUSED 0x%x",
              refused);
    m->refused = refused;
    m->started += refused == 0;
    t->jobs += refused == 0;
    t->refusals += refused != 0;
}

static void random_write(trial *t) {
    model *m = &t->m;
    uint32_t at = 4 * rng_below(&t->random, WORDS), value = (uint32_t)rng_next(&t->random), which = (at - REG_CMD_ADDR) / 4;
    uint8_t strobe = (uint8_t)rng_below(&t->random, 16);
    if (at == REG_START || at == REG_ABORT) strobe &= 0xe; /* byte 0 alone is what acts */
    if (at == REG_TIMEOUT) value |= 0x80000000, strobe |= 8;
    write_at(t, at, value, strobe);
    if (at >= REG_CMD_ADDR && at <= REG_LOGITS_ADDR) m->address[which] = merge(m->address[which], value, strobe);
    which = (at - REG_CMD_ADDR_HIGH) / 4;
    if (at >= REG_CMD_ADDR_HIGH && at <= REG_LOGITS_ADDR_HIGH && (strobe & 1) != 0) m->high[which] = value & 0xff;
    if (at == REG_IRQ_ENABLE && (strobe & 1) != 0) m->irq_enable = value & 15;
    if (at == REG_TIMEOUT) m->timeout = merge(m->timeout, value, strobe);
}

static void run(const char *build, int stall) {
    static trial t;
    axi_mem_options memory = axi_mem_defaults();
    memory.stall = memory.disorder = stall;
    t = (trial){.reads = 0};
    rig_open_memory(&t.r, build, RIG_COMPUTED, memory);
    t.r.bench.observer = NULL;
    t.m.timeout = 1u << 20;
    rng_seed(&t.random, 77 + (uint64_t)stall);
    const uint64_t operations = (uint64_t)rig_often(OPERATIONS);
    while (t.reads + t.writes < operations) {
        uint32_t kind = rng_below(&t.random, 100);
        if (kind < 55)
            check_read(&t, 4 * rng_below(&t.random, WORDS));
        else if (kind < 97)
            random_write(&t);
        else
            start(&t, rng_below(&t.random, 3) > 0);
    }
    while (read_at(&t, REG_JOBS_DONE) < t.m.started) continue;
    check_jobs(&t);
    cr_expect(t.jobs > 50 && t.refusals > 50, "%d jobs, %d refused", (int)t.jobs, (int)t.refusals);
    rig_tell("%s: %d reads and %d writes with %d jobs and %d refused ones\n", build, (int)t.reads, (int)t.writes, (int)t.jobs,
             (int)t.refusals);
    cr_assert_eq(bench_write(&t.r.bench, REG_IRQ_STATUS, 15, &t.r.err), DP_OK);
    for (int i = 0; i < 3; i++) cr_assert_eq(bench_write(&t.r.bench, REG_CMD_ADDR_HIGH + 4 * (uint32_t)i, 0, &t.r.err), DP_OK);
    rig_again(&t.r);
    t.r.status = rig_start(&t.r);
    uint32_t done = 0;
    cr_assert_eq(t.r.status, DP_OK);
    cr_assert_eq(bench_wait(&t.r.bench, &done, &t.r.err), DP_OK, "%s", t.r.err.text);
    cr_assert_eq(done, t.m.started + 1);
    rig_close(&t.r);
}

Test(registers_busy, random_accesses_on_parallel) { run("parallel-small", 0); }
Test(registers_busy, random_accesses_on_serial) { run("serial-small", 30); }
