#include "cause.h"

#include "dut.h"

const char *cause_name(int cause) {
    static const char *const names[DUT_CAUSES] = {
        [DUT_IDLE] = "idle",   [DUT_BUSY] = "busy",   [DUT_WEIGHTS] = "weights", [DUT_INPUTS] = "inputs",
        [DUT_MASKS] = "masks", [DUT_DRAIN] = "drain", [DUT_CONTROL] = "control"};
    return cause >= 0 && cause < DUT_CAUSES ? names[cause] : "?";
}
