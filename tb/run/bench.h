/* The device on its bench: clock and reset, memory behind one bus, a host on the other, a watchdog, and an observer in every cycle. */
#ifndef DPACS_BENCH_H
#define DPACS_BENCH_H

#include "axi_mem.h"
#include "axil.h"
#include "registers.h"
#include "watchdog.h"

/* Cycles to be traced. */
typedef struct {
    const char *path; /* FST; NULL: none */
    uint64_t from, to; /* first and last cycle */
    int depth; /* levels of the hierarchy; 0: all */
} bench_wave;

typedef struct {
    axi_mem_options memory;
    size_t memory_bytes;
    uint64_t seed; /* of what is x in the RTL */
    uint64_t hang_cycles;
    bench_wave wave;
} bench_options;

/* Sees the outputs of every cycle, before its edge; false ends the run. */
typedef bool bench_observer(void *context, const dut_out *out, uint64_t cycle);

typedef struct {
    const dut_api *api;
    dut *device;
    axi_mem *memory;
    axil bus;
    watchdog dog;
    uint64_t cycle; /* since power-up */
    uint8_t high[3]; /* what the high words of the three addresses are */
    bool irq; /* in the last cycle */
    uint64_t irq_cycle; /* in which bench_wait saw it */
    uint64_t retired_at, asked_at; /* last cycle in which a tile, logits or a convolution left; in which an address was offered */
    bool stopped; /* by the observer */
    uint64_t failed_at; /* the cycle that the message of a failed step names; 0: none has failed */
    const char *blocked; /* who waits for what, when the watchdog barks */
    bench_wave wave;
    uint64_t wave_next; /* cycle in which it begins, or ends; UINT64_MAX: never */
    bool wave_open, wave_failed;
    bench_observer *observer;
    void *context;
} bench;

/* Options for a build as it is meant to run; memory_bytes stays to be set. */
bench_options bench_defaults(void);

/* Powers up and resets; the registers must agree with the build's geometry. The memory is still empty. */
dp_status bench_open(bench *b, const dut_api *api, const bench_options *options, dp_error *err) DP_MUST_USE;
void bench_close(bench *b);

/* Traces from the next cycle on, or from wave->from, whichever is later; once for a bench. In place of what the options said. */
void bench_trace(bench *b, const bench_wave *wave);
/* Ends it: the file is complete. False if it could not be written. */
bool bench_trace_end(bench *b);

/* One cycle. DP_HANG: no progress, a broken bus rule, a failed assertion. DP_INTERRUPTED: Ctrl-C.
   DP_MISMATCH: the observer has seen enough. */
dp_status bench_step(bench *b, dp_error *err) DP_MUST_USE;
/* As many cycles as a register access takes. An access that is answered with an error, or never, is DP_HANG. */
dp_status bench_write(bench *b, uint32_t address, uint32_t data, dp_error *err) DP_MUST_USE;
dp_status bench_read(bench *b, uint32_t address, uint32_t *data, dp_error *err) DP_MUST_USE;
dp_status bench_counter(bench *b, int counter, uint64_t *value, dp_error *err) DP_MUST_USE;

/* Queues a job. Whether it was refused shows in bench_wait. */
dp_status bench_start(bench *b, uint64_t commands, uint64_t image, uint64_t logits, dp_error *err) DP_MUST_USE;
/* Stops everything and waits until the device is as after a reset; its interrupts are cleared. */
dp_status bench_abort(bench *b, dp_error *err) DP_MUST_USE;
/* The device alone is reset, for so many cycles, while the memory goes on. */
void bench_reset(bench *b, int cycles);

/* The device's error record (docs/bus.md). */
typedef struct {
    error_code code;
    int resp, layer;
    bool write, more, list;
    uint64_t address;
} device_error;
dp_status bench_error(bench *b, device_error *e, dp_error *err) DP_MUST_USE;
/* Steps until the device interrupts. *done: finished jobs since reset. A bus error that it reports, and a job that it refused, are DP_HANG;
   after an error it must stand still. */
dp_status bench_wait(bench *b, uint32_t *done, dp_error *err) DP_MUST_USE;

#endif
