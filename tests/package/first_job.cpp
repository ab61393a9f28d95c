// What `fusesoc run --target sim` shows: a host and a memory around dp_top, in one page. The registers say what the build is; a job whose list of commands
// is empty is read from memory, refused with its code and address, and interrupts; ABORT makes the device usable again.
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "Vdp_top.h"
#include "verilated.h"

namespace {

enum {
    Id = 0x00,
    Status = 0x0c,
    IrqEnable = 0x14,
    IrqStatus = 0x18,
    Error = 0x1c,
    CmdAddr = 0x20,
    Start = 0x2c,
    Abort = 0x3c,
    ErrorAddr = 0x84
};
enum { IdValue = 0x44504143, List = 0x1240, EmptyList = 6, IrqAll = 0xf, IrqError = 2, IrqAborted = 8, BusIdle = 8 };

VerilatedContext context;
Vdp_top *top;
uint64_t cycles;
unsigned asked; // beats of reads that memory owes
uint64_t address;
unsigned id;

void require(bool condition, const char *what) {
    if (condition) return;
    std::printf("FAILED after %" PRIu64 " cycles: %s\n", cycles, what);
    std::exit(1);
}

// Memory holds zeros, and answers one burst at a time.
void cycle() {
    top->m_axi_arready_i = asked == 0;
    top->m_axi_rvalid_i = asked > 0;
    top->m_axi_rlast_i = asked == 1;
    top->m_axi_rid_i = id;
    top->clk_i = 0;
    top->eval();
    bool ar = top->m_axi_arvalid_o && top->m_axi_arready_i, r = top->m_axi_rvalid_i && top->m_axi_rready_o;
    if (ar) {
        address = top->m_axi_araddr_o;
        asked = top->m_axi_arlen_o + 1u;
        id = top->m_axi_arid_o;
    } else if (r) {
        asked--;
    }
    top->clk_i = 1;
    top->eval();
    require(++cycles < 10000, "no end");
}

void write(unsigned at, uint32_t data) {
    top->s_axil_awaddr_i = at;
    top->s_axil_wdata_i = data;
    top->s_axil_wstrb_i = 0xf;
    top->s_axil_awvalid_i = top->s_axil_wvalid_i = top->s_axil_bready_i = 1;
    for (bool answered = false; !answered;) {
        top->clk_i = 0;
        top->eval();
        bool aw = top->s_axil_awready_o, w = top->s_axil_wready_o;
        answered = top->s_axil_bvalid_o;
        cycle();
        if (aw) top->s_axil_awvalid_i = 0;
        if (w) top->s_axil_wvalid_i = 0;
    }
    top->s_axil_bready_i = 0;
}

uint32_t read(unsigned at) {
    uint32_t data = 0;
    top->s_axil_araddr_i = at;
    top->s_axil_arvalid_i = top->s_axil_rready_i = 1;
    for (bool answered = false; !answered;) {
        top->clk_i = 0;
        top->eval();
        bool ar = top->s_axil_arready_o;
        answered = top->s_axil_rvalid_o;
        data = top->s_axil_rdata_o;
        cycle();
        if (ar) top->s_axil_arvalid_i = 0;
    }
    top->s_axil_rready_i = 0;
    return data;
}

} // namespace

int main(int argc, char **argv) {
    context.commandArgs(argc, argv);
    top = new Vdp_top(&context);
    top->rst_ni = 0;
    for (int i = 0; i < 4; i++) cycle();
    top->rst_ni = 1;
    for (int i = 0; i < 4; i++) cycle();

    require(read(Id) == IdValue, "the ID register");
    write(IrqEnable, IrqAll);
    write(CmdAddr, List);
    write(Start, 1);
    while (!top->irq_o) cycle();
    require(read(IrqStatus) == IrqError, "the interrupt of an error");
    require((read(Error) >> 4 & 0xf) == EmptyList, "an empty list is refused");
    require(read(ErrorAddr) == List && address == List, "its address");
    write(Abort, 1);
    while ((read(IrqStatus) & IrqAborted) == 0) continue;
    require(read(Status) == BusIdle, "idle after ABORT");
    write(IrqStatus, IrqAll);
    require(!top->irq_o, "the interrupt is cleared");
    std::printf("first job: refused and aborted as it should be, %" PRIu64 " cycles\n", cycles);
    top->final();
    return 0;
}
