#include "axi_check.h"

#include <string.h>

enum { PAGE = 4096 };

static const char *broken(const axi_check *was, const dut_out *out) {
    if (was->ar && !out->ar_valid) return "ARVALID withdrawn before ARREADY";
    if (was->ar && (out->ar_addr != was->ar_addr || out->ar_len != was->ar_len || out->ar_id != was->ar_id))
        return "AR changed before ARREADY";
    if (was->aw && !out->aw_valid) return "AWVALID withdrawn before AWREADY";
    if (was->aw && (out->aw_addr != was->aw_addr || out->aw_len != was->aw_len)) return "AW changed before AWREADY";
    if (was->w && !out->w_valid) return "WVALID withdrawn before WREADY";
    if (was->w && (out->w_last != was->w_last || out->w_strb != was->w_strb || memcmp(out->w_data, was->w_data, DUT_BEAT) != 0))
        return "W changed before WREADY";
    return NULL;
}

const char *axi_check_stable(axi_check *check, const dut_in *in, const dut_out *out) {
    const char *problem = broken(check, out);
    check->ar = out->ar_valid && !in->ar_ready;
    check->ar_addr = out->ar_addr;
    check->ar_len = out->ar_len;
    check->ar_id = out->ar_id;
    check->aw = out->aw_valid && !in->aw_ready;
    check->aw_addr = out->aw_addr;
    check->aw_len = out->aw_len;
    check->w = out->w_valid && !in->w_ready;
    if (check->w) {
        check->w_last = out->w_last;
        check->w_strb = out->w_strb;
        memcpy(check->w_data, out->w_data, DUT_BEAT);
    }
    return problem;
}

const char *axi_check_burst(uint32_t address, uint8_t len, size_t memory_bytes) {
    uint64_t last = (uint64_t)address + ((uint64_t)len + 1) * DUT_BEAT - 1;
    if (address % DUT_BEAT != 0) return "address is not a multiple of 64";
    if (address / PAGE != last / PAGE) return "burst crosses 4 KiB";
    if (last >= memory_bytes) return "burst ends behind the memory";
    return NULL;
}
