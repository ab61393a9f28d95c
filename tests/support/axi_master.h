/* A bus master for the tests of the memory: it keeps the rules unless told otherwise. */
#ifndef DPACS_AXI_MASTER_H
#define DPACS_AXI_MASTER_H

#include "axi_mem.h"

enum { SIZE = 0x10000, READ_AT = 0x1000, READ_BYTES = 0x4000, WRITE_AT = 0x8000, WRITE_BYTES = 0x1000 };

typedef struct {
    axi_mem *mem;
    dut_in in;
    dut_out out;
    uint8_t data[DUT_BEAT];
    uint64_t cycle;
} axi_master;

/* What the readable area holds. */
uint8_t axi_content(uint32_t address);

void axi_master_open(axi_master *m, axi_mem_options options);
void axi_master_close(axi_master *m);

/* Between drive and sample, m->in shows what is ready now. */
void axi_master_drive(axi_master *m);
void axi_master_sample(axi_master *m);

/* Until AR is taken. */
void axi_master_ask(axi_master *m, uint64_t address, int beats, uint8_t id);
/* Takes one beat; false if it does not come. */
bool axi_master_take(axi_master *m, dut_in *beat);
void axi_master_expect_beat(axi_master *m, uint32_t address, bool last, uint8_t id);
/* One write burst, WLAST on beat `last_beat`, and its response: -1 if none comes. */
int axi_master_write(axi_master *m, uint64_t address, int beats, uint64_t strobe, int last_beat);

void axi_master_expect_clean(const axi_master *m);
void axi_master_expect_failure(const axi_master *m, const char *what);

#endif
