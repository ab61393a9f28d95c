/* What the two halves of the memory share: axi_mem_drive.c shows what the memory gives, axi_mem.c takes what the master does. */
#ifndef DPACS_AXI_MEM_PARTS_H
#define DPACS_AXI_MEM_PARTS_H

#include "axi_check.h"
#include "axi_mem.h"
#include "rng.h"

enum { MAX_READS = 256, MAX_WRITES = 8, MAX_AREAS = 64 };

typedef struct {
    uint32_t address;
    uint8_t len, id;
    int beat; /* next; beyond len: all are sent */
    bool nowhere; /* DECERR */
    uint64_t due; /* first cycle in which it may be answered */
} burst;

typedef struct {
    burst slot[MAX_READS];
    int first, count;
} burst_queue;

typedef struct {
    size_t begin, end;
    bool writable;
} area;

typedef struct {
    axi_check check;
    dut_bus_in driven; /* what this cycle's inputs are, without the data */
    burst_queue reads, writes, responses;
    burst *serving; /* whose beat is on R, or was last */
    bool beat_standing, response_standing; /* R, B show what was not taken yet */
    bool write_waits; /* W was valid and not taken: it goes first */
    uint64_t handshakes[5], read_bursts; /* AXI_R, AXI_W: beats; AXI_B: bursts written */
} port;

struct axi_mem {
    axi_mem_options options;
    axi_mem_state state;
    uint8_t *bytes;
    size_t size;
    area areas[MAX_AREAS]; /* by address */
    int area_count;
    rng random;
    axi_fault fault;
    uint64_t cycle;
    uint64_t bytes_read, bytes_written;
    int tokens; /* bytes that may move: every cycle brings the bandwidth, a beat takes its size, a beat and a cycle's worth pile up */
    port ports[DUT_PORTS];
};

static inline burst *front(burst_queue *q) { return &q->slot[q->first]; }

static inline void pop(burst_queue *q) {
    q->first = (q->first + 1) % MAX_READS;
    q->count--;
}

/* Bursts that are sent leave the queue, the oldest first. */
static inline void pop_sent(port *p) {
    while (p->reads.count > 0 && front(&p->reads)->beat > front(&p->reads)->len) pop(&p->reads);
}

#endif
