/* The device on its bench: clock and reset, memory behind one bus, a host on the other, a watchdog, and an observer in every cycle. The host programs it
   through libdpacs (driver/), as it would a board: bench_driver.c is the way there. */
#ifndef DPACS_BENCH_H
#define DPACS_BENCH_H

#include "axi_mem.h"
#include "axil.h"
#include "dpacs.h"
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
    uint64_t memory_base;
    size_t memory_bytes;
    axil bus;
    watchdog dog;
    uint64_t cycle; /* since power-up */
    dpacs driver;
    dp_status access; /* of the driver's last access to the device */
    dp_error *access_err; /* what explains it */
    bool irq; /* in the last cycle */
    uint64_t irq_cycle; /* in which bench_wait saw it */
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

/* Powers up and resets. The memory is still empty. */
dp_status bench_power_up(bench *b, const dut_api *api, const bench_options *options, dp_error *err) DP_MUST_USE;
/* And opens the driver; the registers must agree with the build's geometry. The bench stays where it is. */
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
/* The device alone is reset, for so many cycles, while the memory goes on. */
void bench_reset(bench *b, int cycles);

/* What the driver does, with what it says as a dp_status: a bus error that the device reports, and a job that it refused, are DP_HANG. */
dp_status bench_load(bench *b, const dpacs_network *network, dp_error *err) DP_MUST_USE;
dp_status bench_queue(bench *b, const int8_t *image, dp_error *err) DP_MUST_USE;
dp_status bench_logits(bench *b, uint32_t job, int32_t *logits, dp_error *err) DP_MUST_USE;
/* Steps until the device interrupts. *done: finished jobs since reset. */
dp_status bench_wait(bench *b, uint32_t *done, dp_error *err) DP_MUST_USE;
dp_status bench_abort(bench *b, dp_error *err) DP_MUST_USE;
dp_status bench_counter(bench *b, int counter, uint64_t *value, dp_error *err) DP_MUST_USE;
dp_status bench_error(bench *b, dpacs_fault *e, dp_error *err) DP_MUST_USE;
/* A job at any three addresses. Whether it was refused shows in bench_wait. */
dp_status bench_start(bench *b, uint64_t commands, uint64_t image, uint64_t logits, dp_error *err) DP_MUST_USE;

#endif
