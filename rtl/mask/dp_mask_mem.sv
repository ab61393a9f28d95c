// Spatial mask memory: three pairs of {input, pooled output} masks, 64 rows each. Combinational row reads; one write a cycle, either a
// whole row (given masks) or one position (mask unit), with the 2x2 max-pool written alongside.
module dp_mask_mem #(
    parameter int unsigned MaskW = 32
) (
    input  logic             clk_i,
    // write into pair pair_i
    input  logic             clear_i,   // row y_i of both masks to 0
    input  logic             set_i,     // position (y_i, x_i) is kept
    input  logic             row_we_i,  // row y_i is row_i; rows come in order
    input  logic             pooled_i,
    input  logic [1:0]       pair_i,
    input  logic [5:0]       y_i,
    input  logic [8:0]       x_i,
    input  logic [MaskW-1:0] row_i,
    // reads: iterator of the sequencer, three rows around a window, iterator of the mask unit
    input  logic [7:0]       it_buf_i,
    input  logic [8:0]       it_y_i,
    output logic [MaskW-1:0] it_row_o,
    input  logic [7:0]       win_buf_i,
    input  logic [8:0]       win_y_i,   // middle row
    output logic [MaskW-1:0] win_above_o,
    output logic [MaskW-1:0] win_row_o,
    output logic [MaskW-1:0] win_below_o,
    input  logic [7:0]       unit_buf_i,
    input  logic [8:0]       unit_y_i,
    output logic [MaskW-1:0] unit_row_o
);
  // buffer {p, b} is rows {p, y} of the input masks (b = 0) or of the pooled output masks
  localparam int unsigned Rows = 64 * 4;
  logic [MaskW-1:0] in_mem[0:Rows-1], out_mem[0:Rows-1];  // a write port each

  logic [7:0] in_row, out_row;
  logic [MaskW-1:0] in_old, out_old, pooled_row, in_new, out_new;
  assign in_row = {pair_i, y_i};
  assign out_row = {pair_i, 1'b0, y_i[5:1]};
  assign in_old = in_mem[in_row];
  assign out_old = out_mem[out_row];

  always_comb begin
    pooled_row = '0;
    in_new = in_old;
    out_new = out_old;
    if (clear_i) begin
      in_new = '0;
      out_new = '0;
    end else if (row_we_i) begin
      for (int x = 0; x < MaskW / 2; x++) pooled_row[x] = row_i[2*x] | row_i[2*x+1];
      in_new = row_i;
      out_new = pooled_row | (y_i[0] ? out_old : '0);
    end else if (set_i) begin
      in_new = in_old | (MaskW'(1) << x_i);
      out_new = out_old | (MaskW'(1) << x_i[8:1]);
    end
  end

  always_ff @(posedge clk_i) begin
    if (clear_i || set_i || row_we_i) begin
      in_mem[in_row] <= in_new;
      if (pooled_i) out_mem[out_row] <= out_new;
    end
  end

  logic [7:0] it_row, above, row, below, unit_row;
  assign it_row = {it_buf_i[2:1], it_y_i[5:0]};
  assign above = {win_buf_i[2:1], 6'(win_y_i - 9'd1)};
  assign row = {win_buf_i[2:1], win_y_i[5:0]};
  assign below = {win_buf_i[2:1], 6'(win_y_i + 9'd1)};
  assign unit_row = {unit_buf_i[2:1], unit_y_i[5:0]};
  assign it_row_o = it_buf_i[0] ? out_mem[it_row] : in_mem[it_row];
  assign win_above_o = win_buf_i[0] ? out_mem[above] : in_mem[above];
  assign win_row_o = win_buf_i[0] ? out_mem[row] : in_mem[row];
  assign win_below_o = win_buf_i[0] ? out_mem[below] : in_mem[below];
  assign unit_row_o = unit_buf_i[0] ? out_mem[unit_row] : in_mem[unit_row];
endmodule
