/* libdpacs: drives the accelerator, in simulation and on a board alike (docs/driver.md). Registers,
   memory and interrupt are reached through a table of functions. No memory is allocated here and
   nothing is printed; one thread a device. */
#ifndef LIBDPACS_H
#define LIBDPACS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DPACS_MUST_USE __attribute__((warn_unused_result))

enum {
    DPACS_SLOTS = 8, /* images, and logits, that have a place in memory, at most */
    DPACS_OPEN = 4, /* jobs at work at most: so many the accelerator queues, whatever it does */
    DPACS_TEXT = 192,
    DPACS_PAGE = 4096 /* where memory has to begin */
};

/* dpacs.text says more of all but the first. */
typedef enum {
    DPACS_OK,
    DPACS_NO_DEVICE, /* no accelerator there, or one with another register map */
    DPACS_BAD_NETWORK, /* damaged, planned for another build, or a rule of its layout is broken */
    DPACS_BAD_ARGUMENT,
    DPACS_FULL, /* as many jobs are at work as may be: dpacs_wait comes first */
    DPACS_REFUSED, /* a START was not queued: dpacs.refused */
    DPACS_STOPPED, /* an error stopped the accelerator: dpacs.fault; dpacs_abort makes it work again */
    DPACS_LOST, /* the job was aborted */
    DPACS_TIMEOUT, /* no interrupt in the time of the back end, or an ABORT that does not end */
    DPACS_NO_MEMORY,
    DPACS_IO /* the back end failed */
} dpacs_status;

/* Memory that both sides see. */
typedef struct {
    uint8_t *host; /* ordinary memory of the processor, cached or not */
    uint64_t device; /* the accelerator's address of it */
    size_t bytes;
} dpacs_memory;

/* The way to a device. What is not DPACS_OK ends the call that needed it, and is what that
   returns. */
typedef struct {
    void *context;
    /* A register, by its offset in bytes. Writes to memory are seen before a write32 that follows
       them, and memory is not read before a read32 that it follows. */
    dpacs_status (*read32)(void *context, uint32_t offset, uint32_t *value);
    dpacs_status (*write32)(void *context, uint32_t offset, uint32_t value);
    /* Until the interrupt is asserted, which is a level. */
    dpacs_status (*wait)(void *context);
    dpacs_status (*allocate)(void *context, size_t bytes, dpacs_memory *memory);
    void (*release)(void *context, dpacs_memory *memory); /* or NULL */
    /* Caches, for `bytes` bytes from `at` on: what the processor wrote goes to memory; what it reads
       next comes from memory. NULL: coherent, or not cached. */
    dpacs_status (*flush)(void *context, const dpacs_memory *memory, size_t at, size_t bytes);
    dpacs_status (*invalidate)(void *context, const dpacs_memory *memory, size_t at, size_t bytes);
} dpacs_ops;

/* A network as it was planned for one build: what memory holds, and where what lies. Offsets count
   from the beginning of memory, and so do the addresses in its commands. */
typedef struct {
    const uint8_t *bytes; /* (size) weights and commands, which the accelerator only reads */
    uint32_t size;
    uint32_t geometry, capacity; /* the build's registers */
    uint32_t memory_bytes; /* with the slots */
    uint32_t commands_at, commands; /* 64 bytes each; the last one ends a job */
    uint32_t image_at, image_bytes, image_stride; /* slot i lies at image_at + i*image_stride */
    uint32_t logits_at, logits, logits_stride; /* logits: how many, 0 without a head */
    uint32_t slots, open; /* jobs at work at most; 1 where a block works in the image's place */
    uint32_t not_negative; /* 1: the image is pruned in place and has to hold 0..127 */
} dpacs_network;

/* What stopped the accelerator (docs/bus.md). */
typedef struct {
    int code, resp, layer;
    bool write, more, list;
    uint64_t address;
} dpacs_fault;

/* In the order of the registers. */
typedef struct {
    uint64_t busy, macs, weight_beats, other_beats; /* cycles with a job; work; beats of 64 bytes */
    uint64_t array, wait_weights, wait_masks, wait_inputs; /* cycles */
} dpacs_counters;

typedef enum { DPACS_SLOT_FREE, DPACS_SLOT_OPEN, DPACS_SLOT_DONE, DPACS_SLOT_LOST } dpacs_slot_state;

/* The caller's memory; to be read, not written. */
typedef struct {
    dpacs_ops ops;
    uint32_t version, geometry, capacity; /* its registers */
    dpacs_network network; /* that is loaded; its bytes are not needed any more */
    dpacs_memory memory; /* bytes 0: none is loaded */
    uint32_t queued, done; /* jobs of dpacs_queue, from 0 on; the aborted ones count as done */
    uint32_t jobs_done; /* the register, as it was read last */
    struct {
        uint32_t job;
        dpacs_slot_state state;
    } slot[DPACS_SLOTS];
    bool started_alone; /* dpacs_start was used: JOBS_DONE counts others' jobs too */
    uint8_t high[3]; /* what the high words of the three addresses are */
    dpacs_fault fault;
    uint32_t refused; /* REFUSED_… of registers.h */
    char text[DPACS_TEXT]; /* of the last call, "" where it is DPACS_OK */
} dpacs;

/* Looks who is there. The accelerator is expected as it is after a reset; where it may be at work
   for somebody else, dpacs_abort comes next. */
dpacs_status dpacs_open(dpacs *d, const dpacs_ops *ops) DPACS_MUST_USE;
/* Aborts what is at work, and gives the memory back. */
dpacs_status dpacs_close(dpacs *d);

/* Takes memory, puts the network there, with its commands pointing to where that is. Every rule of
   its layout is checked (docs/driver.md). In place of the one that was loaded; no job may be open. */
dpacs_status dpacs_load(dpacs *d, const dpacs_network *network) DPACS_MUST_USE;
/* Copies an image (H,W,C) int8 to its slot and starts a job; *job is its number. */
dpacs_status dpacs_queue(dpacs *d, const int8_t *image, uint32_t *job) DPACS_MUST_USE;
/* Until something happens: at least one job more is done, or the accelerator has stopped. */
dpacs_status dpacs_wait(dpacs *d) DPACS_MUST_USE;
/* Waits for that job, if need be; its logits stay until DPACS_SLOTS jobs more are queued. */
dpacs_status dpacs_logits(dpacs *d, uint32_t job, int32_t *logits) DPACS_MUST_USE;

/* Stops at once, also after an error; jobs that are open are lost, the network stays. */
dpacs_status dpacs_abort(dpacs *d) DPACS_MUST_USE;
dpacs_status dpacs_read_counters(dpacs *d, dpacs_counters *counters) DPACS_MUST_USE;
dpacs_status dpacs_counter(dpacs *d, int which, uint64_t *value) DPACS_MUST_USE;

/* A planned network as `dpacs plan` writes it: DPACS_HEADER bytes, then network.size more. The
   network points into `bytes`; `text`, of DPACS_TEXT, gets what is wrong. */
enum { DPACS_HEADER = 128 };
dpacs_status dpacs_parse(dpacs_network *network, const void *bytes, size_t size, char *text) DPACS_MUST_USE;
void dpacs_header(const dpacs_network *network, uint8_t header[DPACS_HEADER]);

/* Beneath all that: a job at any three addresses, of which nothing is checked here. Whether it was
   refused shows in dpacs_wait; dpacs.jobs_done counts. */
dpacs_status dpacs_start(dpacs *d, uint64_t commands, uint64_t image, uint64_t logits) DPACS_MUST_USE;
/* The record of the error that stands. */
dpacs_status dpacs_read_fault(dpacs *d) DPACS_MUST_USE;
/* The accelerator was reset from outside (rst_ni): its registers are what they are after that, open
   jobs are lost. */
void dpacs_was_reset(dpacs *d);

#ifdef __cplusplus
}
#endif

#endif
