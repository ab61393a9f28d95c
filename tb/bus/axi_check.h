/* AXI4 rules that the master keeps: a request stands until it is taken, bursts are whole beats inside 4 KiB. */
#ifndef DPACS_AXI_CHECK_H
#define DPACS_AXI_CHECK_H

#include <stddef.h>

#include "dut.h"

/* What stood on a channel in the last cycle and was not taken. */
typedef struct {
    bool ar, aw, w, w_last;
    uint8_t ar_len, ar_id, aw_len, aw_id;
    uint64_t ar_addr, aw_addr;
    uint32_t ar_kind, aw_kind;
    uint64_t w_strb;
    uint8_t w_data[DUT_BEAT];
} axi_check;

/* NULL, or what is wrong. `in` holds the readies of the same cycle; `beat`: bytes of one. */
const char *axi_check_stable(axi_check *check, const dut_bus_in *in, const dut_bus_out *out, int beat);
/* Of an address that is taken: its alignment to whole words of DUT_BEAT bytes, its page, and what never changes (size, burst, cache, …). */
const char *axi_check_burst(uint64_t address, uint8_t len, uint32_t kind, int beat);

#endif
