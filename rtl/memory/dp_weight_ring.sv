// Weight ring: one RAM per output lane, a row of which is what the PE array consumes in a cycle (9·Pi or Pi bytes). A beat of the stream
// fills one granule (8 input channels of one tap) of eight lanes. Read latency 1, one row a cycle.
module dp_weight_ring #(
    parameter int unsigned Po = 8,
    parameter int unsigned RowBytes = 72,
    parameter int unsigned Rows = 64,
    localparam int unsigned AddrW = $clog2(Rows)
) (
    input  logic                     clk_i,
    input  logic                     we_i,
    input  logic [3:0]               lane_i,     // octet of lanes
    input  logic [15:0]              row_i,
    input  logic [7:0]               granule_i,
    input  logic [511:0]             data_i,     // [lane 0..7][channel 0..7]
    input  logic                     re_i,
    input  logic [15:0]              raddr_i,
    output logic [Po*RowBytes*8-1:0] rdata_o
);
  for (genvar o = 0; o < Po; o++) begin : gen_lane
    logic [RowBytes*8-1:0] mem[0:Rows-1];
    logic [RowBytes*8-1:0] rdata_q;
    always_ff @(posedge clk_i) begin
      // granule by granule: synthesis makes block RAM with write enables of that
      if (we_i && (lane_i == 4'(o / 8)))
        for (int g = 0; g < RowBytes / 8; g++) if (granule_i == 8'(g)) mem[row_i[AddrW-1:0]][g*64+:64] <= data_i[(o%8)*64+:64];
      if (re_i) rdata_q <= mem[raddr_i[AddrW-1:0]];
    end
    assign rdata_o[o*RowBytes*8+:RowBytes*8] = rdata_q;

`ifdef DP_PROPERTIES
`include "dp_weight_ring_props.svh"
`endif
  end
endmodule
