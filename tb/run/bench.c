#include "bench.h"

#include <inttypes.h>
#include <stdio.h>

#include "hang.h"
#include "interrupt.h"
#include "registers.h"

enum { RESET_CYCLES = 10, ACCESS_CYCLES = 2000, AUTOPSY_CYCLES = 200 };

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

dp_status bench_power_up(bench *b, const dut_api *api, const bench_options *options, dp_error *err) {
    *b = (bench){.api = api,
                 .memory_base = options->memory.base,
                 .memory_bytes = options->memory_bytes,
                 .wave = options->wave,
                 .wave_next = options->wave.path != NULL ? options->wave.from : UINT64_MAX};
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
    if (b->observer != NULL && !b->observer(b->context, out, b->cycle)) b->stopped = true;
    bool alive = watchdog_sample(&b->dog, b->cycle, moved, out);
    if (!alive) b->blocked = hang_blocked(in, out, axi_mem_look(b->memory));
    b->api->edge(b->device);
    b->cycle++;
    return alive;
}

void bench_reset(bench *b, int cycles) {
    dut_in *in = b->api->in(b->device);
    b->bus.busy = b->bus.address_open = b->bus.data_open = false;
    dpacs_was_reset(&b->driver);
    axi_mem_master_reset(b->memory);
    in->rst_n = false;
    for (int i = 0; i < cycles; i++) (void)cycle(b);
    in->rst_n = true;
    watchdog_kick(&b->dog, b->cycle, "reset");
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
