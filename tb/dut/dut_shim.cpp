// The only C++ file: one Verilated build of dp_top, or of dp_board around it, behind the C interface of dut.h. Compiled once for every build
// (DUT_HEADER, DUT_CLASS: what Verilator made; DUT_NAME .. DUT_TRACE: how), with hidden symbols, so that several builds live in one process.
//
// Wave time: cycle c has its inputs at 10*c (clock low) and its rising edge at 10*c + 5.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>
#include <new>

#include DUT_HEADER
#include "verilated.h"
#if DUT_TRACE
#include "verilated_fst_c.h"
#endif
#if DUT_COVERAGE
#include "verilated_cov.h"
#endif

extern "C" {
#include "dut.h"
}

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "wide ports are read as bytes");
static_assert((DUT_PARALLEL ? 2 : 1) * DUT_PO <= DUT_MAX_PO, "dut.h has room for fewer output channels");

#if DUT_TRACE
// The writer of waves looks at no result of what it calls; a stream remembers, and is asked here, before it goes.
static bool write_failed; // since the wave was opened
extern "C" int __real_fclose(FILE *stream);
extern "C" int __wrap_fclose(FILE *stream) {
    if (std::fflush(stream) != 0 || std::ferror(stream) != 0) write_failed = true;
    return __real_fclose(stream);
}
#endif

struct dut {
    // In this order: the model must go before its context, the wave before the model.
    VerilatedContext context;
    std::unique_ptr<DUT_CLASS> top;
#if DUT_TRACE
    std::unique_ptr<VerilatedFstC> wave;
#endif
    dut_in in;
    dut_out out;
};

namespace {

constexpr uint64_t HalfPeriod = 5;
constexpr const char *Tools = VERILATOR_PRODUCT " " VERILATOR_VERSION ", g++ " __VERSION__;
constexpr uint64_t SeedModulus = 0x7fffffff;

constexpr unsigned Ports = DUT_PORT_COUNT > 0 ? DUT_PORT_COUNT : 1; // of the memory; they lie side by side in each signal
constexpr unsigned Beat = DUT_PORT_COUNT > 0 ? DUT_PORT_BEAT : DUT_BEAT;

// A port of any width (CData .. QData, VlWide) is little-endian memory that stays where it is while the model lives.
template <typename T, typename Port> const T *port_memory(const Port &port) { return reinterpret_cast<const T *>(&port); }

[[maybe_unused]] void dump(dut *d) {
#if DUT_TRACE
    if (d->wave) d->wave->dump(d->context.time());
#else
    (void)d;
#endif
}

dut *create(uint64_t seed) {
    dut *d = new (std::nothrow) dut();
    if (d == nullptr) return nullptr;
    d->context.randReset(2);
    d->context.randSeed(static_cast<int>(seed % SeedModulus) + 1); // 0 would be a seed taken from the clock
    d->context.fatalOnError(false); // a failed assertion ends the simulation through finished(), not by abort()
    d->context.traceEverOn(DUT_TRACE != 0);
    d->top.reset(new (std::nothrow) DUT_CLASS(&d->context, "dp_top"));
    if (!d->top) {
        delete d;
        return nullptr;
    }
    const DUT_CLASS &top = *d->top;
    for (unsigned p = 0; p < Ports; p++) d->out.bus[p].w_data = port_memory<uint8_t>(top.m_axi_wdata_o) + p * Beat;
    d->out.conv_data = port_memory<int8_t>(top.obs_conv_data_o);
    d->out.pool_data = port_memory<int8_t>(top.obs_pool_data_o);
    d->out.conv_acc = port_memory<int32_t>(top.obs_conv_acc_o);
    d->out.logit_data = port_memory<int32_t>(top.obs_logit_data_o);
#if DUT_CLOCKED
    d->top->eval(); // with the clock low: the first settle is a rising edge
#endif
    return d;
}

void destroy(dut *d) {
    if (d == nullptr) return;
#if DUT_TRACE
    if (d->wave) d->wave->close();
    d->wave.reset();
#endif
    d->top->final();
    delete d;
}

dut_in *input(dut *d) { return &d->in; }

// Bits [width*port, width*port + width) of a signal, at most 56 of them; with one port the signal itself.
template <unsigned Width, typename Port> uint64_t slice(const Port &signal, unsigned port) {
    uint64_t value = 0;
    const unsigned at = Width * port;
    std::memcpy(&value, port_memory<uint8_t>(signal) + at / 8, std::min(sizeof value, sizeof signal - at / 8));
    return value >> at % 8 & ((uint64_t{1} << Width) - 1);
}

// Inputs of all ports together, in signals of at most 64 bits.
template <unsigned Width, typename Port, typename Value> void join(Port &signal, const dut_in &in, Value dut_bus_in::*member) {
    uint64_t all = 0;
    for (unsigned p = 0; p < Ports; p++) all |= static_cast<uint64_t>(in.bus[p].*member) << Width * p;
    signal = static_cast<Port>(all);
}

void drive(dut *d) {
    DUT_CLASS &top = *d->top;
    const dut_in &in = d->in;
    top.rst_ni = in.rst_n;
    join<1>(top.m_axi_arready_i, in, &dut_bus_in::ar_ready);
    join<1>(top.m_axi_rvalid_i, in, &dut_bus_in::r_valid);
    join<1>(top.m_axi_rlast_i, in, &dut_bus_in::r_last);
    join<3>(top.m_axi_rid_i, in, &dut_bus_in::r_id);
    join<2>(top.m_axi_rresp_i, in, &dut_bus_in::r_resp);
    for (unsigned p = 0; p < Ports; p++)
        if (in.bus[p].r_valid) std::memcpy(reinterpret_cast<uint8_t *>(&top.m_axi_rdata_i) + p * Beat, in.bus[p].r_data, Beat);
    join<1>(top.m_axi_awready_i, in, &dut_bus_in::aw_ready);
    join<1>(top.m_axi_wready_i, in, &dut_bus_in::w_ready);
    join<1>(top.m_axi_bvalid_i, in, &dut_bus_in::b_valid);
    join<3>(top.m_axi_bid_i, in, &dut_bus_in::b_id);
    join<2>(top.m_axi_bresp_i, in, &dut_bus_in::b_resp);
    top.s_axil_awvalid_i = in.axil_awvalid;
    top.s_axil_awaddr_i = static_cast<uint8_t>(in.axil_awaddr);
    top.s_axil_wvalid_i = in.axil_wvalid;
    top.s_axil_wdata_i = in.axil_wdata;
    top.s_axil_wstrb_i = in.axil_wstrb;
    top.s_axil_bready_i = in.axil_bready;
    top.s_axil_arvalid_i = in.axil_arvalid;
    top.s_axil_araddr_i = static_cast<uint8_t>(in.axil_araddr);
    top.s_axil_rready_i = in.axil_rready;
}

void read_port(const DUT_CLASS &top, unsigned p, dut_bus_out &out) {
    out.ar_valid = slice<1>(top.m_axi_arvalid_o, p) != 0;
    out.r_ready = slice<1>(top.m_axi_rready_o, p) != 0;
    out.aw_valid = slice<1>(top.m_axi_awvalid_o, p) != 0;
    out.w_valid = slice<1>(top.m_axi_wvalid_o, p) != 0;
    out.b_ready = slice<1>(top.m_axi_bready_o, p) != 0;
    if (out.ar_valid) {
        out.ar_addr = slice<40>(top.m_axi_araddr_o, p);
        out.ar_len = static_cast<uint8_t>(slice<8>(top.m_axi_arlen_o, p));
        out.ar_id = static_cast<uint8_t>(slice<3>(top.m_axi_arid_o, p));
        out.ar_kind =
            DUT_AXI_KIND(slice<3>(top.m_axi_arsize_o, p), slice<2>(top.m_axi_arburst_o, p), slice<1>(top.m_axi_arlock_o, p),
                         slice<4>(top.m_axi_arcache_o, p), slice<3>(top.m_axi_arprot_o, p), slice<4>(top.m_axi_arqos_o, p));
    }
    if (out.aw_valid) {
        out.aw_addr = slice<40>(top.m_axi_awaddr_o, p);
        out.aw_len = static_cast<uint8_t>(slice<8>(top.m_axi_awlen_o, p));
        out.aw_id = static_cast<uint8_t>(slice<3>(top.m_axi_awid_o, p));
        out.aw_kind =
            DUT_AXI_KIND(slice<3>(top.m_axi_awsize_o, p), slice<2>(top.m_axi_awburst_o, p), slice<1>(top.m_axi_awlock_o, p),
                         slice<4>(top.m_axi_awcache_o, p), slice<3>(top.m_axi_awprot_o, p), slice<4>(top.m_axi_awqos_o, p));
    }
    std::memcpy(&out.w_strb, port_memory<uint8_t>(top.m_axi_wstrb_o) + p * Beat / 8, Beat / 8);
    out.w_last = slice<1>(top.m_axi_wlast_o, p) != 0;
}

void read_bus(const DUT_CLASS &top, dut_out &out) {
    for (unsigned p = 0; p < Ports; p++) read_port(top, p, out.bus[p]);
    out.irq = top.irq_o;
    out.axil_awready = top.s_axil_awready_o;
    out.axil_wready = top.s_axil_wready_o;
    out.axil_bvalid = top.s_axil_bvalid_o;
    out.axil_bresp = top.s_axil_bresp_o;
    out.axil_arready = top.s_axil_arready_o;
    out.axil_rvalid = top.s_axil_rvalid_o;
    out.axil_rresp = top.s_axil_rresp_o;
    out.axil_rdata = top.s_axil_rdata_o;
}

void read_masks(const DUT_CLASS &top, dut_out &out) {
    out.mask_valid = top.obs_mask_valid_o;
    if (out.mask_valid) {
        out.mask_layer = top.obs_mask_layer_o;
        out.mask_y = top.obs_mask_y_o;
        out.mask_x = top.obs_mask_x_o;
        out.mask_keep = top.obs_mask_keep_o;
    }
    out.score_valid = top.obs_score_valid_o;
    if (out.score_valid) {
        out.score_layer = top.obs_score_layer_o;
        out.score_group = top.obs_score_group_o;
        out.score_data = static_cast<int64_t>(static_cast<uint64_t>(top.obs_score_data_o) << 16) >> 16; // 48 bits, signed
    }
    out.groups_valid = top.obs_groups_valid_o;
    if (out.groups_valid) {
        out.groups_layer = top.obs_groups_layer_o;
        out.groups_keep = top.obs_groups_keep_o;
    }
}

void read_tiles(const DUT_CLASS &top, dut_out &out) {
    out.conv_valid = top.obs_conv_valid_o;
    if (out.conv_valid) {
        out.conv_layer = top.obs_conv_layer_o;
        out.conv_stage = top.obs_conv_stage_o;
        out.conv_y = top.obs_conv_y_o;
        out.conv_x = top.obs_conv_x_o;
        out.conv_slice = top.obs_conv_slice_o;
    }
    out.pool_valid = top.obs_pool_valid_o;
    if (out.pool_valid) {
        out.pool_layer = top.obs_pool_layer_o;
        out.pool_y = top.obs_pool_y_o;
        out.pool_x = top.obs_pool_x_o;
        out.pool_slice = top.obs_pool_slice_o;
    }
    out.logit_valid = top.obs_logit_valid_o;
    if (out.logit_valid) {
        out.logit_layer = top.obs_logit_layer_o;
        out.logit_slice = top.obs_logit_slice_o;
    }
    out.done_valid = top.obs_done_valid_o;
    if (out.done_valid) {
        out.done_layer = top.obs_done_layer_o;
        out.done_stage = top.obs_done_stage_o;
        out.done_macs = top.obs_done_macs_o;
        out.done_busy = top.obs_done_busy_o;
    }
    out.cause = top.obs_cause_o;
    out.fetch_valid = top.obs_fetch_valid_o;
    if (out.fetch_valid) {
        out.fetch_layer = top.obs_fetch_layer_o;
        out.fetch_stage = top.obs_fetch_stage_o;
        out.fetch_weights = top.obs_fetch_weights_o;
        out.fetch_other = top.obs_fetch_other_o;
    }
}

const dut_out *settle(dut *d) {
    drive(d);
#if DUT_CLOCKED
    // The edge has waited for these inputs, and takes them along (dp_clocked.sv).
    d->top->clk_i = 1;
    d->top->eval();
#endif
    d->top->clk_i = 0;
    d->top->eval();
    dump(d);
    read_bus(*d->top, d->out);
    read_masks(*d->top, d->out);
    read_tiles(*d->top, d->out);
    return &d->out;
}

void edge(dut *d) {
    d->context.timeInc(HalfPeriod);
#if !DUT_CLOCKED
    d->top->clk_i = 1;
    d->top->eval();
    dump(d);
#endif
    d->context.timeInc(HalfPeriod);
}

bool wave_open(dut *d, const char *path, int depth) {
#if DUT_TRACE
    d->wave.reset(new (std::nothrow) VerilatedFstC);
    if (!d->wave) return false;
    write_failed = false;
    if (depth > 0) d->wave->dumpvars(depth, "dp_top");
    d->top->trace(d->wave.get(), 99);
    d->wave->open(path);
    if (!d->wave->isOpen()) d->wave.reset();
    return static_cast<bool>(d->wave);
#else
    (void)d;
    (void)path;
    (void)depth;
    return false;
#endif
}

bool wave_close(dut *d) {
#if DUT_TRACE
    if (d->wave) d->wave->close();
    d->wave.reset();
    return !write_failed;
#else
    (void)d;
    return true;
#endif
}

bool finished(dut *d) { return d->context.gotFinish(); }

bool coverage(dut *d, const char *path) {
#if DUT_COVERAGE
    d->context.coveragep()->forcePerInstance(true);
    d->context.coveragep()->write(path);
    return true;
#else
    (void)d;
    (void)path;
    return false;
#endif
}

const dut_api api = {
    DUT_API_VERSION,
    DUT_SOURCES,
    {DUT_NAME, DUT_PARALLEL != 0, DUT_PRUNE != 0, DUT_TRACE != 0, DUT_COVERAGE != 0, DUT_PI, DUT_PO, DUT_MAP_WORDS,
     DUT_WEIGHT_ROWS, DUT_MASK_W, DUT_PATCH_BYTES, DUT_PORT_COUNT, Tools},
    create,
    destroy,
    input,
    settle,
    edge,
    wave_open,
    wave_close,
    finished,
    coverage,
};

} // namespace

extern "C" __attribute__((visibility("default"))) const dut_api *dpacs_dut_api(void) { return &api; }
