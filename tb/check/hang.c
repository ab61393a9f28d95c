/* See hang.h. Data that are not taken first: a memory that cannot get rid of them takes no
   more addresses. Then the memory: whoever waits for it waits rightly. Then a unit that does not take what is offered. Then the cause that the
   device itself gives for its cycles (dp_causes). */
#include "hang.h"

static const char *blocked_on_bus(const dut_bus_in *in, const dut_bus_out *out, const axi_mem_state *memory) {
    if (in->r_valid && !out->r_ready)
        return "dp_unpack does not take the data that the memory offers (R): no run says where they go, or mask rows or image "
               "cannot be stored";
    if (out->ar_valid && !in->ar_ready) return "dp_axi_read waits for the memory to take an address (AR)";
    if (memory->reads_waiting > 0) return "dp_axi_read waits for data that the memory owes (R)";
    if (out->aw_valid && !in->aw_ready) return "dp_axi_write waits for the memory to take an address (AW)";
    if (out->w_valid && !in->w_ready) return "dp_axi_write waits for the memory to take logits (W)";
    if (memory->writes_waiting > 0 && out->b_ready && !in->b_valid)
        return "dp_axi_write waits for the memory's answer to a write (B)";
    return NULL;
}

const char *hang_blocked(const dut_in *in, const dut_out *out, const axi_mem_state *memory) {
    static const char *const by_cause[DUT_CAUSES] = {
        [DUT_IDLE] = "dp_regs has no job at work: dp_fetch took none, or the interrupt of the last one did not come",
        [DUT_BUSY] = "dp_dispatch issues operands and dp_datapath gives no result",
        [DUT_WEIGHTS] = ("dp_dispatch waits for weights, and dp_loader asks for none: no room in the ring, no parameter "
                         "entry, or the channel mask is not there"),
        [DUT_INPUTS] = ("dp_dispatch waits for its inputs: rows of the image (dp_image_load), patches (dp_patches), or a "
                        "bank of the map memory"),
        [DUT_MASKS] = "dp_sequencer waits for a spatial mask (dp_masks), or dp_loader for the channel mask (dp_score)",
        [DUT_DRAIN] =
            "dp_sequencer waits for the last results of a convolution: slices, scores (dp_score) or logits (dp_axi_write)",
        [DUT_CONTROL] = "dp_sequencer waits for a command (dp_fetch, dp_loader), or dp_dispatch for positions (dp_positions)"};
    const char *bus = NULL;
    for (int i = 0; i < DUT_PORTS && bus == NULL; i++) bus = blocked_on_bus(&in->bus[i], &out->bus[i], memory);
    return bus != NULL ? bus : out->cause < DUT_CAUSES ? by_cause[out->cause] : "?";
}
