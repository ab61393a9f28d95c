#include "axi_check.h"

#include <string.h>

enum { PAGE = 4096 };

static const char *broken(const axi_check *was, const dut_bus_out *out, int beat) {
    if (was->ar && !out->ar_valid) return "ARVALID withdrawn before ARREADY";
    if (was->ar &&
        (out->ar_addr != was->ar_addr || out->ar_len != was->ar_len || out->ar_id != was->ar_id || out->ar_kind != was->ar_kind))
        return "AR changed before ARREADY";
    if (was->aw && !out->aw_valid) return "AWVALID withdrawn before AWREADY";
    if (was->aw &&
        (out->aw_addr != was->aw_addr || out->aw_len != was->aw_len || out->aw_id != was->aw_id || out->aw_kind != was->aw_kind))
        return "AW changed before AWREADY";
    if (was->w && !out->w_valid) return "WVALID withdrawn before WREADY";
    if (was->w &&
        (out->w_last != was->w_last || out->w_strb != was->w_strb || memcmp(out->w_data, was->w_data, (size_t)beat) != 0))
        return "W changed before WREADY";
    return NULL;
}

const char *axi_check_stable(axi_check *check, const dut_bus_in *in, const dut_bus_out *out, int beat) {
    const char *problem = broken(check, out, beat);
    check->ar = out->ar_valid && !in->ar_ready;
    check->ar_addr = out->ar_addr;
    check->ar_len = out->ar_len;
    check->ar_id = out->ar_id;
    check->ar_kind = out->ar_kind;
    check->aw = out->aw_valid && !in->aw_ready;
    check->aw_addr = out->aw_addr;
    check->aw_len = out->aw_len;
    check->aw_id = out->aw_id;
    check->aw_kind = out->aw_kind;
    check->w = out->w_valid && !in->w_ready;
    if (check->w) {
        check->w_last = out->w_last;
        check->w_strb = out->w_strb;
        memcpy(check->w_data, out->w_data, (size_t)beat);
    }
    return problem;
}

const char *axi_check_burst(uint64_t address, uint8_t len, uint32_t kind, int beat) {
    uint64_t last = address + ((uint64_t)len + 1) * (uint64_t)beat - 1;
    if (address % DUT_BEAT != 0) return "address is not a multiple of 64";
    if (address / PAGE != last / PAGE) return "burst crosses 4 KiB";
    if (kind != DUT_AXI_USUAL(beat == DUT_BEAT ? 6u : 4u))
        return "AxSIZE, AxBURST, AxLOCK, AxCACHE, AxPROT or AxQOS is not what it always is";
    return NULL;
}
