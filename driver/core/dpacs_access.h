/* Accesses of the core to the device's registers. */
#ifndef DPACS_REGISTER_ACCESS_H
#define DPACS_REGISTER_ACCESS_H

#include "dpacs.h"
#include "registers.h"

dpacs_status dpacs_read32(dpacs *d, uint32_t offset, uint32_t *value) DPACS_MUST_USE;
dpacs_status dpacs_write32(dpacs *d, uint32_t offset, uint32_t value) DPACS_MUST_USE;
/* A job at three addresses, whoever wants it. */
dpacs_status dpacs_begin(dpacs *d, uint64_t commands, uint64_t image, uint64_t logits) DPACS_MUST_USE;
/* JOBS_DONE was read: the oldest jobs are done. */
dpacs_status dpacs_count(dpacs *d, uint32_t jobs_done) DPACS_MUST_USE;
void dpacs_lose_open_jobs(dpacs *d);
/* The high word of an address that comes, unless it is that already. */
dpacs_status dpacs_set_high(dpacs *d, int which, uint64_t address) DPACS_MUST_USE;

#endif
