// Max-pool (3x3, stride 2, pad 1) between post unit and map write. Vectors come slice after slice, each in raster order: a running maximum
// along the row, and a row memory of the maxima of the rows so far. The first column and row of a slice ignore what both held.
// Combinational from input to output, a vector a cycle, any idle cycles between; never stalls. Disabled, vectors pass unchanged.
module dp_max_pool #(
    parameter int unsigned Lanes = 16,    // int8 channels of a vector
    parameter int unsigned Columns = 128  // pooled columns, at most
) (
    input  logic               clk_i,
    input  logic               rst_ni,
    input  logic               start_i,
    input  logic               enable_i,
    input  logic [8:0]         h_i,      // of the map that is pooled
    input  logic [8:0]         w_i,
    input  logic               valid_i,
    input  logic [7:0]         y_i,
    input  logic [7:0]         x_i,
    input  logic [Lanes*8-1:0] data_i,
    output logic               valid_o,  // the window of (y_o, x_o) is complete
    output logic [7:0]         y_o,
    output logic [7:0]         x_o,
    output logic [Lanes*8-1:0] data_o
);
  localparam int unsigned W = Lanes * 8;
  localparam int unsigned ColumnW = (Columns > 1) ? $clog2(Columns) : 1;

  function automatic logic [W-1:0] max(input logic [W-1:0] a, input logic [W-1:0] b);
    for (int l = 0; l < Lanes; l++) max[l*8+:8] = ($signed(a[l*8+:8]) > $signed(b[l*8+:8])) ? a[l*8+:8] : b[l*8+:8];
  endfunction

  logic [W-1:0] rows[0:Columns-1];  // of a pooled column: the maximum of its window's rows so far
  logic [W-1:0] run_q, across, both;
  logic [ColumnW-1:0] column;
  logic active, across_end, down_end;

  assign active = valid_i && enable_i;
  assign column = ColumnW'(x_i >> 1);
  assign across_end = x_i[0] || (9'(x_i) + 9'd1 == w_i);
  assign down_end = y_i[0] || (9'(y_i) + 9'd1 == h_i);

  always_comb begin
    across = data_i;
    both = data_i;
    if (active) begin
      if (x_i != 8'd0) across = max(run_q, data_i);
      both = (y_i != 8'd0) ? max(rows[column], across) : across;
    end
  end

  // An odd column, or row, ends one window and starts the next.
  always_ff @(posedge clk_i) begin
    if (active) run_q <= x_i[0] ? data_i : across;
    if (active && across_end) rows[column] <= y_i[0] ? across : both;
  end

  assign valid_o = valid_i && (!enable_i || (across_end && down_end));
  assign y_o = enable_i ? y_i >> 1 : y_i;
  assign x_o = enable_i ? x_i >> 1 : x_i;
  assign data_o = both;

`ifdef DP_PROPERTIES
`include "dp_formal.svh"
`include "dp_max_pool_props.svh"
`endif
endmodule
