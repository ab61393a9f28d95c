/* The accelerator's registers as docs/registers.md has them, without an accelerator: jobs are done, fail or stay open as a test says.
   Every access and every call can be made to fail. */
#ifndef DPACS_FAKE_DEVICE_H
#define DPACS_FAKE_DEVICE_H

#include "dpacs.h"
#include "registers.h"

enum { FAKE_MEMORY = 1 << 16, FAKE_JOBS = 64, FAKE_SYNCS = 64, FAKE_NETWORK = 4096 };

typedef struct {
    uint32_t id, version, geometry, capacity;
    uint32_t status, jobs_done, irq_enable, irq, error, refused, timeout;
    uint32_t address[3], high[3]; /* CMD, IMAGE, LOGITS */
    uint64_t error_address, counter[COUNTERS];
    uint32_t counter_high;
    int aborts, abort_polls; /* polls that an ABORT takes; -1: for ever */
    struct {
        uint64_t commands, image, logits;
    } job[FAKE_JOBS];
    int jobs, high_writes;
    int finish; /* jobs that are done while dpacs_wait waits; 0: it times out */
    uint64_t base; /* of the memory */
    size_t memory_bytes;
    int allocations, releases;
    struct {
        size_t at, bytes;
        bool to_device;
    } sync[FAKE_SYNCS];
    int syncs;
    int fail_at; /* the call that fails, counted from 0; -1: none */
    int calls;
    uint8_t memory[FAKE_MEMORY];
} fake_device;

void fake_device_init(fake_device *f);
dpacs_ops fake_device_ops(fake_device *f);

/* A network for it: three commands (two with pointers), images of 100 bytes, three logits, four slots. `bytes` is its content. */
dpacs_network fake_network(uint8_t bytes[FAKE_NETWORK]);

#endif
