/* A hardware build whose observation port lies: what a cycle shows is changed before anybody sees it. */
#ifndef DPACS_FAULTY_DUT_H
#define DPACS_FAULTY_DUT_H

#include "dut.h"

/* May change the outputs of a cycle; `data` and `acc` are copies of the tile's, which it shows. */
typedef void faulty_change(dut_out *out, int8_t *data, int32_t *acc);

/* One at a time. */
const dut_api *faulty_dut(const dut_api *real, faulty_change *change);

#endif
