#include "axil.h"

void axil_init(axil *bus, int stall, uint64_t seed) {
    *bus = (axil){.stall = stall};
    rng_seed(&bus->random, seed);
}

static void start(axil *bus, bool write, uint32_t address, uint32_t data) {
    bus->busy = bus->address_open = true;
    bus->write = bus->data_open = write;
    bus->address = address;
    bus->data = data;
    bus->strobe = 0xf;
}

void axil_write(axil *bus, uint32_t address, uint32_t data) { start(bus, true, address, data); }
void axil_read(axil *bus, uint32_t address) { start(bus, false, address, 0); }

static bool goes(axil *bus) { return bus->stall == 0 || (int)rng_below(&bus->random, 100) >= bus->stall; }

/* A valid stays once it is up; a response is taken no earlier than its request is complete. */
void axil_drive(axil *bus, dut_in *in) {
    bus->address_valid = bus->address_open && (bus->address_valid || goes(bus));
    bus->data_valid = bus->data_open && (bus->data_valid || goes(bus));
    bus->response_ready = bus->busy && !bus->address_open && !bus->data_open && goes(bus);
    in->axil_awvalid = bus->address_valid && bus->write;
    in->axil_arvalid = bus->address_valid && !bus->write;
    in->axil_wvalid = bus->data_valid;
    in->axil_bready = bus->response_ready && bus->write;
    in->axil_rready = bus->response_ready && !bus->write;
    if (!bus->busy) return;
    in->axil_awaddr = in->axil_araddr = bus->address;
    in->axil_wdata = bus->data;
    in->axil_wstrb = bus->strobe;
}

void axil_sample(axil *bus, const dut_out *out) {
    if (!bus->busy) return;
    if (bus->address_valid && (bus->write ? out->axil_awready : out->axil_arready))
        bus->address_open = bus->address_valid = false;
    if (bus->data_valid && out->axil_wready) bus->data_open = bus->data_valid = false;
    if (!bus->response_ready || !(bus->write ? out->axil_bvalid : out->axil_rvalid)) return;
    bus->busy = false;
    bus->resp = bus->write ? out->axil_bresp : out->axil_rresp;
    if (!bus->write) bus->data = out->axil_rdata;
}
