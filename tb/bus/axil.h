/* AXI4-Lite master: one register access at a time, driven cycle by cycle. */
#ifndef DPACS_AXIL_H
#define DPACS_AXIL_H

#include "dut.h"
#include "rng.h"

typedef struct {
    bool busy, write;
    bool address_open, data_open; /* still to be taken */
    uint32_t address, data; /* data: to be written, or what was read */
    uint8_t strobe; /* of a write: all four bytes, unless it is changed after axil_write */
    uint8_t resp; /* of the last access */
    int stall; /* percent: the chance that a channel waits in a cycle */
    rng random;
    bool address_valid, data_valid, response_ready; /* what this cycle drives */
} axil;

void axil_init(axil *bus, int stall, uint64_t seed);
/* Starts an access; busy until it is answered. */
void axil_write(axil *bus, uint32_t address, uint32_t data);
void axil_read(axil *bus, uint32_t address);

void axil_drive(axil *bus, dut_in *in);
void axil_sample(axil *bus, const dut_out *out);

#endif
