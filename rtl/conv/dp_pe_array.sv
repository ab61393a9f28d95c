// Weights of the slices in flight, and Po dot products of a row of them with RowBytes int8 operands
// a cycle, accumulated over the cycles of a position. A beat of the stream fills one granule (8
// input channels of one tap) of eight lanes. With nine word slots there are two sums: slots from
// `split_i` on belong to another result, which the next cycle may go on with (carry), or which
// leaves as `second_o`. A row is asked for, its operands come a cycle later, and their sums are
// there Latency cycles after that; a cycle each, never stalls. There are two bodies, equal cycle by
// cycle: one that a C++ compiler makes fast (docs/simulation-speed.md), one that is mapped to
// cells.
module dp_pe_array #(
    parameter int unsigned Po = 8,
    parameter int unsigned RowBytes = 72,
    parameter int unsigned Slots = 9,
    parameter int unsigned Rows = 64,
    parameter int unsigned Latency = dp_pkg::ArrayLatency,
    parameter bit Cells = dp_pkg::ArrayCells,  // the body that is mapped to cells
    localparam int unsigned RowBits = RowBytes * 8
) (
    input  logic               clk_i,
    input  logic               rst_ni,
    // weights from the stream
    input  logic               we_i,
    input  logic [3:0]         lane_i,     // octet of lanes
    input  logic [15:0]        row_i,
    input  logic [7:0]         granule_i,
    input  logic [511:0]       data_i,     // [lane 0..7][channel 0..7]
    // the row of the next operands
    input  logic               re_i,
    input  logic [15:0]        raddr_i,
    // operands
    input  logic               en_i,
    input  logic               first_i,
    input  logic               carry_i,
    input  logic [3:0]         split_i,
    input  logic [RowBits-1:0] act_i,
    // sums
    output logic [Po*32-1:0]   acc_o,
    output logic [Po*32-1:0]   second_o
);
  if (Cells) begin : gen_cells
    dp_array_cells #(
        .Po(Po),
        .RowBytes(RowBytes),
        .Slots(Slots),
        .Rows(Rows),
        .Latency(Latency)
    ) u_body (
        .clk_i, .rst_ni, .we_i, .lane_i, .row_i, .granule_i, .data_i, .re_i, .raddr_i,
        .en_i, .first_i, .carry_i, .split_i, .act_i, .acc_o, .second_o
    );
  end else begin : gen_sim
    dp_array_sim #(
        .Po(Po),
        .RowBytes(RowBytes),
        .Slots(Slots),
        .Rows(Rows),
        .Latency(Latency)
    ) u_body (
        .clk_i, .rst_ni, .we_i, .lane_i, .row_i, .granule_i, .data_i, .re_i, .raddr_i,
        .en_i, .first_i, .carry_i, .split_i, .act_i, .acc_o, .second_o
    );
  end

`ifdef DP_PROPERTIES
`include "dp_formal.svh"
`include "dp_pe_array_props.svh"
`endif
endmodule
