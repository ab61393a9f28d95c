#include "bench.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "hang.h"
#include "interrupt.h"
#include "registers.h"

enum { RESET_CYCLES = 10, ACCESS_CYCLES = 2000, AUTOPSY_CYCLES = 200 };
/* After an error: what was in the pipeline leaves it, then nothing more comes. */
enum { PIPELINE_CYCLES = 64, QUIET_CYCLES = 256 };

bench_options bench_defaults(void) {
    return (bench_options){.memory = axi_mem_defaults(), .seed = 1, .hang_cycles = WATCHDOG_CYCLES};
}

void bench_trace(bench *b, const bench_wave *wave) {
    b->wave = *wave;
    b->wave_next = wave->path == NULL ? UINT64_MAX : wave->from > b->cycle ? wave->from : b->cycle + 1;
}

bool bench_trace_end(bench *b) {
    bool begun = b->wave_open || b->wave.path == NULL;
    if (b->wave_open && !b->api->wave_close(b->device)) b->wave_failed = true;
    b->wave_next = UINT64_MAX;
    return begun && !b->wave_failed;
}

/* The cycle that begins is the first of the wave, or the first after it. */
static void turn_wave(bench *b) {
    if (b->wave_open) {
        (void)bench_trace_end(b);
        return;
    }
    b->wave_open = b->api->wave_open(b->device, b->wave.path, b->wave.depth);
    b->wave_failed = !b->wave_open;
    b->wave_next = b->wave_open && b->wave.to < UINT64_MAX ? b->wave.to + 1 : UINT64_MAX;
}

static bool cycle(bench *b);

static void reset(bench *b) {
    dut_in *in = b->api->in(b->device);
    for (int i = 0; i < RESET_CYCLES; i++) {
        if (b->cycle == b->wave_next) turn_wave(b);
        in->rst_n = false;
        (void)b->api->settle(b->device);
        b->api->edge(b->device);
        b->cycle++;
    }
    in->rst_n = true;
    watchdog_kick(&b->dog, b->cycle, "reset");
}

static uint32_t geometry_register(const dut_geometry *g) {
    return (uint32_t)g->pi | (uint32_t)g->po << 8 | (uint32_t)g->parallel << 16 | (uint32_t)g->prune << 17 |
           (uint32_t)g->mask_w << 24;
}

/* A build whose constants were given wrongly would fail later, and strangely. */
static dp_status check_identity(bench *b, dp_error *err) {
    const dut_geometry *g = &b->api->geometry;
    uint32_t id = 0, version = 0, geometry = 0, capacity = 0;
    dp_status status = bench_read(b, REG_ID, &id, err);
    if (status == DP_OK) status = bench_read(b, REG_VERSION, &version, err);
    if (status == DP_OK) status = bench_read(b, REG_GEOMETRY, &geometry, err);
    if (status == DP_OK) status = bench_read(b, REG_CAPACITY, &capacity, err);
    if (status != DP_OK) return status;
    if (id != REG_ID_VALUE) return dp_fail(err, DP_NO_BUILD, "%s: ID register reads 0x%08" PRIx32, g->name, id);
    if (version != REG_VERSION_VALUE)
        return dp_fail(err, DP_NO_BUILD, "%s: register map 0x%08" PRIx32 ", expected 0x%08" PRIx32, g->name, version,
                       (uint32_t)REG_VERSION_VALUE);
    if (geometry != geometry_register(g) || capacity != ((uint32_t)g->map_words | (uint32_t)g->weight_rows << 16))
        return dp_fail(err, DP_NO_BUILD, "%s: registers GEOMETRY 0x%08" PRIx32 ", CAPACITY 0x%08" PRIx32 " contradict the build",
                       g->name, geometry, capacity);
    return DP_OK;
}

/* The high words keep what they were: most memories lie in one place. */
static dp_status set_high(bench *b, int which, uint64_t address, dp_error *err) {
    static const uint32_t registers[] = {REG_CMD_ADDR_HIGH, REG_IMAGE_ADDR_HIGH, REG_LOGITS_ADDR_HIGH};
    uint8_t high = (uint8_t)(address >> 32);
    if (b->high[which] == high) return DP_OK;
    b->high[which] = high;
    return bench_write(b, registers[which], high, err);
}

dp_status bench_open(bench *b, const dut_api *api, const bench_options *options, dp_error *err) {
    *b = (bench){.api = api, .wave = options->wave, .wave_next = options->wave.path != NULL ? options->wave.from : UINT64_MAX};
    watchdog_init(&b->dog, options->hang_cycles);
    axil_init(&b->bus, options->memory.stall, options->memory.seed + 1);
    dp_status status = axi_mem_create(&b->memory, &options->memory, options->memory_bytes, err);
    if (status != DP_OK) return status;
    b->device = api->create(options->seed);
    if (b->device == NULL) {
        status = dp_fail(err, DP_NO_MEMORY, "%s: out of memory", api->geometry.name);
    } else if (options->wave.path != NULL && !api->geometry.trace) {
        status = dp_fail(err, DP_NO_BUILD, "%s: the build has no waves", api->geometry.name);
    } else {
        reset(b);
        status = check_identity(b, err);
        for (int i = 0; i < 3 && status == DP_OK; i++) status = set_high(b, i, options->memory.base, err);
    }
    if (status != DP_OK) bench_close(b);
    return status;
}

void bench_close(bench *b) {
    if (b->device != NULL) {
        (void)b->api->wave_close(b->device);
        b->api->destroy(b->device);
    }
    axi_mem_destroy(b->memory);
    *b = (bench){0};
}

void bench_reset(bench *b, int cycles) {
    dut_in *in = b->api->in(b->device);
    b->bus.busy = b->bus.address_open = b->bus.data_open = false;
    memset(b->high, 0, sizeof b->high);
    axi_mem_master_reset(b->memory);
    in->rst_n = false;
    for (int i = 0; i < cycles; i++) (void)cycle(b);
    in->rst_n = true;
    watchdog_kick(&b->dog, b->cycle, "reset");
}

/* True unless the watchdog barks. */
static bool cycle(bench *b) {
    dut_in *in = b->api->in(b->device);
    if (b->cycle == b->wave_next) turn_wave(b);
    axi_mem_drive(b->memory, in);
    axil_drive(&b->bus, in);
    const dut_out *out = b->api->settle(b->device);
    bool moved = axi_mem_sample(b->memory, out);
    axil_sample(&b->bus, out);
    b->irq = out->irq;
    if (out->conv_valid || out->pool_valid || out->logit_valid || out->done_valid) b->retired_at = b->cycle;
    if (out->ar_valid || out->aw_valid) b->asked_at = b->cycle;
    if (b->observer != NULL && !b->observer(b->context, out, b->cycle)) b->stopped = true;
    bool alive = watchdog_sample(&b->dog, b->cycle, moved, out);
    if (!alive) b->blocked = hang_blocked(in, out, axi_mem_look(b->memory));
    b->api->edge(b->device);
    b->cycle++;
    return alive;
}

/* Reads a register of a device that hangs; false where that does not work either. */
static bool autopsy_read(bench *b, uint32_t address, uint32_t *data) {
    if (b->bus.busy) return false;
    axil_read(&b->bus, address);
    for (int i = 0; i < AUTOPSY_CYCLES && b->bus.busy; i++) (void)cycle(b);
    *data = b->bus.data;
    return !b->bus.busy;
}

static dp_status report_hang(bench *b, dp_error *err) {
    char what[256], registers[160] = "registers do not answer";
    const axi_mem_state *memory = axi_mem_look(b->memory);
    uint32_t status = 0, weights = 0, masks = 0, array = 0;
    b->failed_at = b->cycle; /* the autopsy goes on from there */
    watchdog_describe(&b->dog, what, (int)sizeof what);
    int waiting = memory->reads_waiting;
    const char *blocked = b->blocked; /* the autopsy reads registers, nothing else */
    if (autopsy_read(b, REG_STATUS, &status) && autopsy_read(b, REG_COUNTERS + 8 * COUNTER_WAIT_WEIGHTS, &weights) &&
        autopsy_read(b, REG_COUNTERS + 8 * COUNTER_WAIT_MASKS, &masks) &&
        autopsy_read(b, REG_COUNTERS + 8 * COUNTER_ARRAY, &array))
        (void)snprintf(registers, sizeof registers,
                       "STATUS 0x%08" PRIx32 "; cycles: array %" PRIu32 ", waiting for weights %" PRIu32 ", for masks %" PRIu32,
                       status, array, weights, masks);
    return dp_fail(err, DP_HANG, "HANG at cycle %" PRIu64 ": %s; %s; %d reads outstanding; %s", b->failed_at, blocked, what,
                   waiting, registers);
}

dp_status bench_step(bench *b, dp_error *err) {
    bool alive = cycle(b);
    const axi_mem_state *memory = axi_mem_look(b->memory);
    bool asserted = b->api->finished(b->device);
    if (memory->failures > 0 || asserted) b->failed_at = b->cycle - 1;
    if (memory->failures > 0) return dp_fail(err, DP_HANG, "BUS ERROR at cycle %" PRIu64 ": %s", b->failed_at, memory->failure);
    if (asserted) return dp_fail(err, DP_HANG, "ASSERTION of the RTL failed at cycle %" PRIu64, b->failed_at);
    if (!alive) return report_hang(b, err);
    if (b->wave_failed) return dp_fail(err, DP_BAD_INPUT, "%s: cannot be written", b->wave.path);
    if (b->stopped) return dp_fail(err, DP_MISMATCH, "stopped at cycle %" PRIu64, b->cycle);
    return interrupt_seen() ? dp_fail(err, DP_INTERRUPTED, "interrupted at cycle %" PRIu64, b->cycle) : DP_OK;
}

static dp_status finish_access(bench *b, dp_error *err) {
    uint32_t address = b->bus.address;
    for (int i = 0; b->bus.busy; i++) {
        dp_status status = bench_step(b, err);
        if (status != DP_OK) return status;
        if (i == ACCESS_CYCLES)
            return dp_fail(err, DP_HANG, "HANG at cycle %" PRIu64 ": register 0x%02" PRIx32 " does not answer", b->cycle,
                           address);
    }
    if (b->bus.resp != 0)
        return dp_fail(err, DP_HANG, "BUS ERROR: register 0x%02" PRIx32 " answers with code %d", address, b->bus.resp);
    return DP_OK;
}

dp_status bench_write(bench *b, uint32_t address, uint32_t data, dp_error *err) {
    axil_write(&b->bus, address, data);
    return finish_access(b, err);
}

dp_status bench_read(bench *b, uint32_t address, uint32_t *data, dp_error *err) {
    axil_read(&b->bus, address);
    dp_status status = finish_access(b, err);
    *data = b->bus.data;
    return status;
}

dp_status bench_counter(bench *b, int counter, uint64_t *value, dp_error *err) {
    uint32_t low = 0, high = 0, address = REG_COUNTERS + 8 * (uint32_t)counter;
    dp_status status = bench_read(b, address, &low, err);
    if (status == DP_OK) status = bench_read(b, address + 4, &high, err);
    *value = (uint64_t)high << 32 | low;
    return status;
}

dp_status bench_start(bench *b, uint64_t commands, uint64_t image, uint64_t logits, dp_error *err) {
    dp_status status = bench_write(b, REG_IRQ_ENABLE, IRQ_DONE | IRQ_ERROR | IRQ_REFUSED, err);
    if (status == DP_OK) status = set_high(b, 0, commands, err);
    if (status == DP_OK) status = bench_write(b, REG_CMD_ADDR, (uint32_t)commands, err);
    if (status == DP_OK) status = set_high(b, 1, image, err);
    if (status == DP_OK) status = bench_write(b, REG_IMAGE_ADDR, (uint32_t)image, err);
    if (status == DP_OK) status = set_high(b, 2, logits, err);
    if (status == DP_OK) status = bench_write(b, REG_LOGITS_ADDR, (uint32_t)logits, err);
    if (status == DP_OK) status = bench_write(b, REG_START, 1, err);
    watchdog_kick(&b->dog, b->cycle, "the start of a job");
    return status;
}

dp_status bench_abort(bench *b, dp_error *err) {
    uint32_t state = STATUS_ABORTING;
    dp_status status = bench_write(b, REG_ABORT, 1, err);
    while (status == DP_OK && (state & STATUS_ABORTING) != 0) status = bench_read(b, REG_STATUS, &state, err);
    if (status == DP_OK) status = bench_write(b, REG_IRQ_STATUS, IRQ_DONE | IRQ_ERROR | IRQ_REFUSED | IRQ_ABORTED, err);
    return status;
}

dp_status bench_error(bench *b, device_error *e, dp_error *err) {
    uint32_t record = 0, low = 0, high = 0;
    dp_status status = bench_read(b, REG_ERROR, &record, err);
    if (status == DP_OK) status = bench_read(b, REG_ERROR_ADDR, &low, err);
    if (status == DP_OK) status = bench_read(b, REG_ERROR_ADDR_HIGH, &high, err);
    *e = (device_error){.code = (error_code)(record >> 4 & 0xf),
                        .resp = (int)(record & 3),
                        .write = (record & ERROR_WRITE) != 0,
                        .more = (record & ERROR_MORE) != 0,
                        .list = (record & ERROR_LIST) != 0,
                        .layer = (int)(record >> 8 & 0xff),
                        .address = (uint64_t)high << 32 | low};
    return status;
}

static dp_status report_error(bench *b, dp_error *err) {
    static const char *const refusals[] = {[ERROR_PROTOCOL] = "RLAST, RID or BID was wrong",
                                           [ERROR_ALIGN] = "what is to be read is not aligned",
                                           [ERROR_EMPTY] = "nothing is to be read",
                                           [ERROR_RANGE] = "what is to be read or written goes beyond the addresses",
                                           [ERROR_NO_LIST] = "the list of commands is empty",
                                           [ERROR_ENDLESS] = "the list of commands has no end",
                                           [ERROR_COMMAND] = "the build cannot execute a command",
                                           [ERROR_TIMEOUT] = "nothing moves any more"};
    enum { CODES = sizeof refusals / sizeof *refusals };
    device_error e;
    char what[64], where[32];
    dp_status status = bench_error(b, &e, err);
    if (status != DP_OK) return status;
    (void)snprintf(what, sizeof what, "memory answered a %s with code %d", e.write ? "write" : "read", e.resp);
    (void)snprintf(where, sizeof where, e.list ? "the list of commands" : "layer L%02d", e.layer);
    const char *text = e.code == ERROR_RESPONSE ? what : (int)e.code < CODES ? refusals[e.code] : NULL;
    return dp_fail(err, DP_HANG, "BUS ERROR: the accelerator stopped at cycle %" PRIu64 ": %s in %s (address 0x%08" PRIx64 ")",
                   b->cycle, text != NULL ? text : "unknown error", where, e.address);
}

/* Whether the device stands still: no tile retires once the pipeline is empty, and nothing is asked of the memory. */
static dp_status stays_stopped(bench *b, dp_status status, dp_error *err) {
    uint64_t stopped = b->irq_cycle + PIPELINE_CYCLES;
    while (b->cycle < stopped + QUIET_CYCLES && !b->stopped) (void)cycle(b);
    if (b->retired_at > stopped)
        return dp_fail(err, DP_HANG,
                       "BUS ERROR: the accelerator reported an error at cycle %" PRIu64 " and retired a tile at %" PRIu64,
                       b->irq_cycle, b->retired_at);
    if (b->asked_at > stopped)
        return dp_fail(err, DP_HANG,
                       "BUS ERROR: the accelerator reported an error at cycle %" PRIu64 " and used the bus at %" PRIu64,
                       b->irq_cycle, b->asked_at);
    return status;
}

static dp_status report_refusal(bench *b, dp_error *err) {
    uint32_t reasons = 0;
    dp_status status = bench_read(b, REG_REFUSED, &reasons, err);
    if (status != DP_OK) return status;
    return dp_fail(err, DP_HANG, "REFUSED at cycle %" PRIu64 ": a job was not queued:%s%s%s%s%s", b->cycle,
                   (reasons & REFUSED_FULL) != 0 ? " the queue is full" : "",
                   (reasons & REFUSED_CMD_ADDR) != 0 ? " CMD_ADDR is not aligned" : "",
                   (reasons & REFUSED_IMAGE_ADDR) != 0 ? " IMAGE_ADDR is not aligned" : "",
                   (reasons & REFUSED_LOGITS_ADDR) != 0 ? " LOGITS_ADDR is not aligned" : "",
                   (reasons & REFUSED_STOPPED) != 0 ? " it is stopped" : "");
}

/* The interrupt is cleared before the jobs are counted: one that ends in between interrupts again. */
dp_status bench_wait(bench *b, uint32_t *done, dp_error *err) {
    uint32_t cause = 0;
    dp_status status = DP_OK;
    while (status == DP_OK && !b->irq) status = bench_step(b, err);
    b->irq_cycle = b->cycle;
    if (status == DP_OK) status = bench_read(b, REG_IRQ_STATUS, &cause, err);
    if (status == DP_OK) status = bench_write(b, REG_IRQ_STATUS, cause, err);
    if (status == DP_OK && (cause & IRQ_ERROR) != 0) return stays_stopped(b, report_error(b, err), err);
    if (status == DP_OK && (cause & IRQ_REFUSED) != 0) return report_refusal(b, err);
    if (status == DP_OK) status = bench_read(b, REG_JOBS_DONE, done, err);
    return status;
}
