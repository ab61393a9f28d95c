/* The register bus master against a slave of two registers, with stalls on either side. */
#include <criterion/criterion.h>
#include <string.h>

#include "axil.h"

enum { REGISTERS = 2, PATIENCE = 1000, DECERR = 3 };

/* A slave that takes address and data in any order; addresses beyond its registers answer DECERR. */
typedef struct {
    uint32_t value[REGISTERS];
    bool address_taken, data_taken, read_taken;
    uint32_t address, data;
    uint8_t strobe;
    rng random;
    int stall;
    dut_in was; /* the cycle before, for the rule that a valid stands */
    dut_out was_out;
} slave;

static bool goes(slave *s) { return (int)rng_below(&s->random, 100) >= s->stall; }

static void check_stands(const slave *s, const dut_in *in) {
    if (s->was.axil_awvalid && !s->was_out.axil_awready) cr_assert(in->axil_awvalid && in->axil_awaddr == s->was.axil_awaddr);
    if (s->was.axil_wvalid && !s->was_out.axil_wready) cr_assert(in->axil_wvalid && in->axil_wdata == s->was.axil_wdata);
    if (s->was.axil_arvalid && !s->was_out.axil_arready) cr_assert(in->axil_arvalid && in->axil_araddr == s->was.axil_araddr);
}

static void outputs(slave *s, dut_out *out) {
    bool known = s->address / 4 < REGISTERS, held_b = s->was_out.axil_bvalid && !s->was.axil_bready;
    bool held_r = s->was_out.axil_rvalid && !s->was.axil_rready;
    *out = (dut_out){
        .axil_awready = !s->address_taken && goes(s),
        .axil_wready = !s->data_taken && goes(s),
        .axil_arready = !s->read_taken && goes(s),
        .axil_bvalid = s->address_taken && s->data_taken && (held_b || goes(s)),
        .axil_rvalid = s->read_taken && (held_r || goes(s)),
        .axil_bresp = known ? 0 : DECERR,
        .axil_rresp = known ? 0 : DECERR,
        .axil_rdata = known ? s->value[s->address / 4] : 0,
    };
}

static void edge(slave *s, const dut_in *in, const dut_out *out) {
    if (in->axil_awvalid && out->axil_awready) {
        s->address_taken = true;
        s->address = in->axil_awaddr;
    }
    if (in->axil_wvalid && out->axil_wready) {
        s->data_taken = true;
        s->data = in->axil_wdata;
        s->strobe = in->axil_wstrb;
    }
    if (in->axil_arvalid && out->axil_arready) {
        s->read_taken = true;
        s->address = in->axil_araddr;
    }
    if (out->axil_bvalid && in->axil_bready) {
        s->address_taken = s->data_taken = false;
        for (int i = 0; i < 4 && s->address / 4 < REGISTERS; i++) {
            uint32_t byte = 0xffu << 8 * i, *value = &s->value[s->address / 4];
            if ((s->strobe >> i & 1) != 0) *value = (*value & ~byte) | (s->data & byte);
        }
    }
    if (out->axil_rvalid && in->axil_rready) s->read_taken = false;
    s->was = *in;
    s->was_out = *out;
}

static void finish(axil *bus, slave *s) {
    for (int i = 0; i < PATIENCE && bus->busy; i++) {
        dut_in in = {.rst_n = true};
        dut_out out;
        axil_drive(bus, &in);
        check_stands(s, &in);
        outputs(s, &out);
        axil_sample(bus, &out);
        edge(s, &in, &out);
    }
    cr_assert_not(bus->busy, "the access did not end");
}

static void exchange(int bus_stall, int slave_stall) {
    axil bus;
    slave s = {.stall = slave_stall};
    rng_seed(&s.random, 3);
    axil_init(&bus, bus_stall, 4);
    for (uint32_t i = 0; i < 50; i++) {
        axil_write(&bus, 4 * (i % REGISTERS), i * 77);
        finish(&bus, &s);
        cr_assert_eq(bus.resp, 0);
        cr_assert_eq(s.value[i % REGISTERS], i * 77);
        axil_read(&bus, 4 * (i % REGISTERS));
        finish(&bus, &s);
        cr_assert_eq(bus.resp, 0);
        cr_assert_eq(bus.data, i * 77);
    }
}

Test(axil, reads_what_it_wrote) { exchange(0, 0); }
Test(axil, reads_what_it_wrote_with_a_slow_slave) { exchange(0, 80); }
Test(axil, reads_what_it_wrote_with_a_slow_master) { exchange(80, 0); }
Test(axil, reads_what_it_wrote_with_both_slow) { exchange(60, 60); }

Test(axil, writes_the_bytes_that_the_strobe_says) {
    axil bus;
    slave s = {.value = {0x11223344, 0}, .stall = 0};
    rng_seed(&s.random, 1);
    axil_init(&bus, 0, 1);
    axil_write(&bus, 0, 0xaabbccdd);
    bus.strobe = 5;
    finish(&bus, &s);
    cr_assert_eq(s.value[0], 0x11bb33dd);
}

Test(axil, passes_on_error_responses) {
    axil bus;
    slave s = {.stall = 0};
    rng_seed(&s.random, 1);
    axil_init(&bus, 0, 1);
    axil_read(&bus, 4 * REGISTERS);
    finish(&bus, &s);
    cr_assert_eq(bus.resp, DECERR);
    axil_write(&bus, 4 * REGISTERS, 1);
    finish(&bus, &s);
    cr_assert_eq(bus.resp, DECERR);
}

Test(axil, drives_nothing_when_idle) {
    axil bus;
    dut_in in;
    memset(&in, 0xff, sizeof in);
    axil_init(&bus, 0, 1);
    axil_drive(&bus, &in);
    cr_assert_not(in.axil_awvalid || in.axil_wvalid || in.axil_arvalid || in.axil_bready || in.axil_rready);
}
