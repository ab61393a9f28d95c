#include "faulty_dut.h"

#include <string.h>

static const dut_api *real_api;
static faulty_change *change_of;
static dut_api faulty_api;
static dut_out shown;
static int8_t data[DUT_MAX_PO];
static int32_t acc[DUT_MAX_PO];

static const dut_out *settle(dut *d) {
    int lanes = (real_api->geometry.parallel ? 2 : 1) * real_api->geometry.po;
    shown = *real_api->settle(d);
    memcpy(data, shown.conv_data, (size_t)lanes);
    memcpy(acc, shown.conv_acc, (size_t)lanes * sizeof *acc);
    shown.conv_data = data;
    shown.conv_acc = acc;
    change_of(&shown, data, acc);
    return &shown;
}

const dut_api *faulty_dut(const dut_api *real, faulty_change *change) {
    real_api = real;
    change_of = change;
    faulty_api = *real;
    faulty_api.settle = settle;
    return &faulty_api;
}
