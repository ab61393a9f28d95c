/* Who is blamed for a hang: by what stands at the bus, and by the cause that the device gives. And in whole runs, channel by channel. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "e2e.h"
#include "hang.h"

TestSuite(hang, .timeout = 300);

static void expect(const dut_in *in, const dut_out *out, const axi_mem_state *memory, const char *unit, const char *what) {
    const char *text = hang_blocked(in, out, memory);
    cr_assert_eq(strncmp(text, unit, strlen(unit)), 0, "%s expected: %s", unit, text);
    cr_assert_not_null(strstr(text, what), "%s expected: %s", what, text);
}

Test(hang, the_memory_comes_first) {
    const axi_mem_state none = {0}, reads = {.reads_waiting = 1}, writes = {.writes_waiting = 1};
    expect(&(dut_in){0}, &(dut_out){.bus = {{.ar_valid = true}}, .cause = DUT_WEIGHTS}, &reads, "dp_axi_read", "(AR)");
    expect(&(dut_in){.bus = {{.r_valid = true}}}, &(dut_out){.bus = {{.ar_valid = true}}, .cause = DUT_WEIGHTS}, &reads,
           "dp_unpack", "(R)");
    expect(&(dut_in){.bus = {{.r_valid = true}}}, &(dut_out){.cause = DUT_WEIGHTS}, &reads, "dp_unpack", "(R)");
    expect(&(dut_in){0}, &(dut_out){.bus = {{.r_ready = true}}, .cause = DUT_WEIGHTS}, &reads, "dp_axi_read", "owes");
    expect(&(dut_in){0}, &(dut_out){.bus = {{.aw_valid = true}}, .cause = DUT_DRAIN}, &none, "dp_axi_write", "(AW)");
    expect(&(dut_in){0}, &(dut_out){.bus = {{.w_valid = true}}, .cause = DUT_DRAIN}, &writes, "dp_axi_write", "(W)");
    expect(&(dut_in){0}, &(dut_out){.bus = {{.b_ready = true}}, .cause = DUT_DRAIN}, &writes, "dp_axi_write", "(B)");
}

Test(hang, then_the_cause) {
    const char *const units[DUT_CAUSES] = {"dp_regs",      "dp_dispatch",  "dp_dispatch", "dp_dispatch",
                                           "dp_sequencer", "dp_sequencer", "dp_sequencer"};
    for (uint8_t cause = 0; cause < DUT_CAUSES; cause++)
        expect(&(dut_in){0}, &(dut_out){.cause = cause}, &(axi_mem_state){0}, units[cause], "");
}

/* What the message of a run says when `channel` stops at its nth transfer. */
static void withheld(const dut_api *api, axi_channel channel, uint64_t nth, const char *unit, const char *what) {
    dp_model m;
    image_set images;
    e2e_outcome out;
    e2e_network(&m, false);
    e2e_random_images(&images, &m, 1, 3, true);
    e2e_settings settings = {.fault = {.kind = AXI_FAULT_WITHHOLD, .channel = channel, .nth = nth}};
    e2e_run(api, &m, &images, &settings, &out);
    cr_assert_eq(out.status, DP_HANG, "channel %d: %s", (int)channel, out.text);
    cr_assert_not_null(strstr(out.text, unit), "channel %d: %s", (int)channel, out.text);
    cr_assert_not_null(strstr(out.text, what), "channel %d: %s", (int)channel, out.text);
    free(images.pixels);
    dp_model_free(&m);
}

Test(hang, a_run_names_unit_and_channel) {
    const dut_api *api = e2e_load("serial-small");
    withheld(api, AXI_AR, 10, "dp_axi_read", "(AR)");
    withheld(api, AXI_R, 40, "dp_axi_read", "owes");
    withheld(api, AXI_AW, 0, "dp_axi_write", "(AW)");
    withheld(api, AXI_W, 0, "dp_axi_write", "(W)");
    withheld(api, AXI_B, 0, "dp_axi_write", "(B)");
}
