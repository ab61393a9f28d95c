/* The device under test behind a C interface: one Verilated build, loaded from build/dut/NAME.so. Layouts as in docs/architecture.md. */
#ifndef DPACS_DUT_H
#define DPACS_DUT_H

#include <stdbool.h>
#include <stdint.h>

#include "status.h"

/* AxSIZE, AxBURST, AxLOCK, AxCACHE, AxPROT and AxQOS in one word, and what they are to be (docs/bus.md). */
#define DUT_AXI_KIND(size, burst, lock, cache, prot, qos)                                                                        \
    ((uint32_t)(size) << 14 | (uint32_t)(burst) << 12 | (uint32_t)(lock) << 11 | (uint32_t)(cache) << 7 |                        \
     (uint32_t)(prot) << 4 | (uint32_t)(qos))
#define DUT_AXI_USUAL(size) DUT_AXI_KIND(size, 1, 0, 3, 2, 0)

/* DUT_BEAT: bytes of a beat of dp_top's bus; DUT_PORT_BEAT: of a port of a board's, of which there are up to DUT_PORTS.
   DUT_BANDWIDTH: bytes a cycle that dp_top's bus is meant to get: what three ports give.
   DUT_API_VERSION grows with every change below: an old build is refused. */
enum { DUT_MAX_PO = 64, DUT_BEAT = 64, DUT_PORT_BEAT = 16, DUT_PORTS = 4, DUT_BANDWIDTH = 48, DUT_API_VERSION = 7 };

/* What a build was made with; constant per build, readable without simulating. */
typedef struct {
    const char *name; /* "parallel-small" */
    bool parallel, prune, trace, coverage;
    int pi, po; /* MACs a cycle: pi*po, times 9 where parallel */
    int map_words, weight_rows, mask_w, patch_bytes;
    int ports; /* dp_board with so many ports of DUT_PORT_BEAT bytes; 0: dp_top with its one of DUT_BEAT */
    const char *tools; /* that made it: "Verilator 5.006 …, g++ 12.2.0" */
} dut_geometry;

/* Of one memory port. */
typedef struct {
    bool ar_ready, r_valid, r_last, aw_ready, w_ready, b_valid;
    uint8_t r_id, r_resp, b_id, b_resp;
    uint8_t r_data[DUT_BEAT];
} dut_bus_in;
typedef struct {
    bool ar_valid, r_ready, aw_valid, w_valid, w_last, b_ready;
    uint8_t ar_id, ar_len, aw_id, aw_len;
    uint64_t ar_addr, aw_addr;
    uint32_t ar_kind, aw_kind; /* DUT_AXI_KIND, while valid */
    uint64_t w_strb;
    const uint8_t *w_data; /* a beat */
} dut_bus_out;

/* Inputs, driven before the rising edge. */
typedef struct {
    bool rst_n;
    dut_bus_in bus[DUT_PORTS]; /* the first, where there is one */
    bool axil_awvalid, axil_wvalid, axil_bready, axil_arvalid, axil_rready;
    uint32_t axil_awaddr, axil_wdata, axil_araddr;
    uint8_t axil_wstrb;
} dut_in;

/* What a cycle is spent on, dp_pkg::cause_e. */
typedef enum { DUT_IDLE, DUT_BUSY, DUT_WEIGHTS, DUT_INPUTS, DUT_MASKS, DUT_DRAIN, DUT_CONTROL, DUT_CAUSES } dut_cause;

/* Outputs, sampled just before the rising edge (so that valid & ready of the same cycle make a transfer). What belongs to a valid is of this
   cycle only with it. */
typedef struct {
    dut_bus_out bus[DUT_PORTS];
    bool irq;
    bool axil_awready, axil_wready, axil_bvalid, axil_arready, axil_rvalid;
    uint8_t axil_bresp, axil_rresp;
    uint32_t axil_rdata;
    /* observation port */
    bool conv_valid, mask_valid, score_valid, groups_valid, logit_valid, done_valid, fetch_valid;
    uint8_t conv_layer, conv_stage, conv_y, conv_x, conv_slice;
    const int8_t *conv_data; /* (2*po where parallel, else po) */
    const int32_t *conv_acc; /* (the same) */
    bool pool_valid; /* a position of the max-pool after the stem */
    uint8_t pool_layer, pool_y, pool_x, pool_slice;
    const int8_t *pool_data; /* (the same) */
    uint8_t mask_layer, mask_y, mask_x;
    bool mask_keep;
    uint8_t score_layer, score_group;
    int64_t score_data;
    uint8_t groups_layer;
    uint64_t groups_keep;
    uint8_t logit_layer, logit_slice;
    const int32_t *logit_data; /* (po) */
    uint8_t done_layer, done_stage;
    uint64_t done_macs;
    uint32_t done_busy;
    uint8_t fetch_layer, fetch_stage;
    uint32_t fetch_weights, fetch_other; /* beats */
    uint8_t cause; /* dut_cause */
} dut_out;

typedef struct dut dut;

/* The functions that every build exports, through one symbol: const dut_api *dpacs_dut_api(void). */
typedef struct {
    int version; /* DUT_API_VERSION of the build */
    const char *sources; /* that it was made of (dut_sources.h) */
    dut_geometry geometry;
    dut *(*create)(uint64_t seed); /* seed of x-initial and x-assign */
    void (*destroy)(dut *);
    dut_in *(*in)(dut *); /* write, then … */
    const dut_out *(*settle)(dut *); /* outputs of this cycle, with these inputs */
    void (*edge)(dut *); /* rising edge; a settle and an edge in turn */
    /* FST from the next cycle on, once per dut; false where the build has no trace. `depth` levels of the hierarchy, 0: all. */
    bool (*wave_open)(dut *, const char *path, int depth);
    bool (*wave_close)(dut *); /* false where not all of it could be written */
    bool (*finished)(dut *); /* an assertion stopped the simulation */
    /* Points of coverage as Verilator writes them, by instance; false where the build has none. */
    bool (*coverage)(dut *, const char *path);
} dut_api;

/* Loads build/dut/NAME.so beside the program (DPACS_DUT_DIR overrides the directory). DP_NO_BUILD: it is not there, or its sources, where they
   are there (two folders above), have changed since. */
dp_status dut_load(const char *name, const dut_api **api, dp_error *err) DP_MUST_USE;
bool dut_exists(const char *name);

/* The builds that are there, in alphabetical order, with their variants (NAME.trace …): names[count], at most `room`. */
enum { DUT_NAME_SIZE = 64 };
int dut_list(char (*names)[DUT_NAME_SIZE], int room);
/* Memory ports, bytes of a beat of each, and bytes a cycle that all of them are meant to get. */
int dut_ports(const dut_geometry *geometry);
int dut_beat(const dut_geometry *geometry);
int dut_bandwidth(const dut_geometry *geometry);
/* MACs a cycle. */
int dut_peak_macs(const dut_geometry *geometry);

#endif
