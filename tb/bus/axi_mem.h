/* DDR behind AXI4: one port of 512 bits, or up to four of 128; one latency, one bandwidth over all ports and both directions together (and a beat a
   cycle, port and direction), seeded stalls on demand. Bursts of a port are served in order of acceptance, or those of different IDs in any order and
   interleaved, with late responses to writes. Every rule that the master must keep is checked, and every byte that it may touch is registered. */
#ifndef DPACS_AXI_MEM_H
#define DPACS_AXI_MEM_H

#include <stddef.h>

#include "dut.h"

typedef struct axi_mem axi_mem;

enum { AXI_MEM_BANDWIDTH = DUT_BANDWIDTH };

typedef struct {
    int latency; /* cycles from the acceptance of AR to the first beat, and from the last W to B */
    int bandwidth; /* bytes a cycle, 1 to DUT_BEAT */
    int ports, beat; /* how many, and bytes of a beat of each: DUT_BEAT or DUT_PORT_BEAT */
    int reads; /* bursts accepted and not yet answered, at a port */
    int stall; /* percent: the chance that a channel makes the master, or itself, wait in a cycle */
    int disorder; /* percent: the chance that a beat comes from another ID than the oldest burst's; responses to writes are late */
    bool decode; /* what lies beside the mapped areas is answered with DECERR; otherwise it is a failure */
    uint64_t seed; /* of the stalls and the disorder */
    uint64_t base; /* where the memory begins for the master, a multiple of 4096; the host and messages count from 0 */
} axi_mem_options;

axi_mem_options axi_mem_defaults(void);

/* `bytes` bytes from address 0 on, all of them guard until mapped. */
dp_status axi_mem_create(axi_mem **mem, const axi_mem_options *options, size_t bytes, dp_error *err) DP_MUST_USE;
void axi_mem_destroy(axi_mem *mem);

/* Lets the master read, or also write, [address, address+bytes); `data` (NULL: zeros) is the content. Areas must not overlap. */
dp_status axi_mem_map(axi_mem *mem, uint32_t address, size_t bytes, bool writable, const void *data, dp_error *err) DP_MUST_USE;
/* The host's view. */
uint8_t *axi_mem_at(axi_mem *mem, uint32_t address);

/* A cycle: drive the inputs, settle the device, sample the outputs. True in a cycle with a handshake. */
void axi_mem_drive(axi_mem *mem, dut_in *in);
bool axi_mem_sample(axi_mem *mem, const dut_out *out);
/* The master is being reset: what stood on its channels may go. The memory still owes what was asked for. */
void axi_mem_master_reset(axi_mem *mem);

typedef struct {
    uint64_t read_bursts, read_beats, write_bursts, write_beats; /* beats: of DUT_BEAT bytes */
    int reads_waiting, writes_waiting; /* bursts accepted and not yet answered */
    uint64_t failures;
    uint64_t failure_cycle; /* of the first one, counted in samples */
    char failure[160]; /* the first one, or "" */
} axi_mem_state;

const axi_mem_state *axi_mem_look(const axi_mem *mem);
/* Whether all guard bytes are what they were; a changed one is added to the failures. */
bool axi_mem_verify(axi_mem *mem);

/* Faults, for tests: one at a time. Of several ports, number nth % ports has it, at its own beat, burst or handshake nth / ports. */
typedef enum { AXI_AR, AXI_R, AXI_AW, AXI_W, AXI_B } axi_channel;
typedef enum {
    AXI_FAULT_NONE,
    AXI_FAULT_FLIP, /* bit `bit` of the nth read beat */
    AXI_FAULT_DROP, /* the nth read beat is never sent */
    AXI_FAULT_READ_ERROR, /* SLVERR on all beats of the nth read burst */
    AXI_FAULT_WRITE_ERROR, /* SLVERR to the nth write burst */
    AXI_FAULT_LAST, /* RLAST of the nth read beat is wrong */
    AXI_FAULT_READ_ID, /* the nth read beat has the ID of another client */
    AXI_FAULT_WRITE_ID, /* the response to the nth write burst has another ID */
    AXI_FAULT_WITHHOLD /* from its nth handshake on, `channel` never moves again */
} axi_fault_kind;
typedef struct {
    axi_fault_kind kind;
    uint64_t nth; /* from 0 */
    int bit;
    axi_channel channel;
} axi_fault;
void axi_mem_inject(axi_mem *mem, axi_fault fault);

#endif
