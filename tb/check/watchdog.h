/* Notices that nothing happens any more: progress is a handshake of the memory bus or a record of the observation port. */
#ifndef DPACS_WATCHDOG_H
#define DPACS_WATCHDOG_H

#include "dut.h"

enum { WATCHDOG_CYCLES = 10000 };

typedef struct {
    uint64_t limit; /* idle cycles that are a hang */
    uint64_t last; /* cycle of the last progress */
    const char *what; /* it was */
    bool any; /* a tile was seen */
    uint8_t layer, stage; /* of the last convolution's tile */
    bool fetched;
    uint8_t fetch_layer, fetch_stage; /* last convolution whose weights are complete */
} watchdog;

void watchdog_init(watchdog *dog, uint64_t limit);
void watchdog_kick(watchdog *dog, uint64_t cycle, const char *what); /* progress of another kind: a job was queued */
/* False when `limit` cycles went by without progress. */
bool watchdog_sample(watchdog *dog, uint64_t cycle, bool bus_moved, const dut_out *out);
/* "no progress since cycle 1200 (…); last tile L03 stage 1; …" */
void watchdog_describe(const watchdog *dog, char *text, int room);

#endif
