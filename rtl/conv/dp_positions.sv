// Position iterator: for a number of passes, every kept position of some rows of a map in raster order, then an end token. A row of the mask is
// read combinationally when its turn comes; a row without kept positions costs one cycle. One token a cycle; stalls on its reader.
module dp_positions #(
    parameter int unsigned MaskW = 32
) (
    input  logic             clk_i,
    input  logic             rst_ni,
    input  logic             start_i,
    input  logic [8:0]       w_i,
    input  logic [8:0]       first_i,   // with start: rows first_i .. end_i - 1
    input  logic [8:0]       end_i,
    input  logic [15:0]      passes_i,
    input  logic             masked_i,  // the map has a mask: kept_o is its bit
    input  logic             skip_i,    // leave out positions that are not kept
    input  logic             invert_i,  // "kept" means pruned
    input  logic             merge_i,   // one row, one pass: its last position says so, and an end token comes only if there is none
    // mask row
    output logic [8:0]       row_y_o,
    input  logic [MaskW-1:0] row_i,
    // tokens
    output logic             idle_o,    // all is taken, or will be with this cycle: may start again
    output logic             valid_o,
    input  logic             ready_i,
    output logic             end_o,     // end of a pass, no position
    output logic             final_o,   // merge: the last position
    output logic [8:0]       y_o,
    output logic [8:0]       x_o,
    output logic             kept_o
);
  localparam int unsigned XW = $clog2(MaskW);

  logic active_q, loaded_q;
  logic [8:0] first_q, rows_end_q, y_q, next_y_q, x_q;
  logic [MaskW-1:0] row_q, fresh, in_map;
  logic [15:0] passes_q;
  logic [XW-1:0] first;
  logic row_done, last_of_row, take, by_bits;

  assign in_map = ~({MaskW{1'b1}} << w_i);
  assign fresh = masked_i ? (row_i ^ {MaskW{invert_i}}) & in_map : in_map;
  assign by_bits = masked_i && skip_i;

  assign first = XW'(dp_pkg::lowest(64'(row_q)));

  assign row_y_o = next_y_q;
  assign y_o = y_q;
  assign x_o = by_bits ? 9'(first) : x_q;
  assign kept_o = !masked_i || by_bits || row_q[x_q[XW-1:0]];
  assign idle_o = !active_q || (take && (end_o || final_o) && (passes_q == 16'd1));
  assign end_o = !loaded_q && (next_y_q == rows_end_q);
  assign valid_o = active_q && (end_o || (loaded_q && (!by_bits || (row_q != '0))));
  assign take = valid_o && ready_i;

  assign last_of_row = by_bits ? (row_q & (row_q - 1'b1)) == '0 : x_q + 9'd1 == w_i;
  assign final_o = merge_i && loaded_q && last_of_row;

  // the row's last token goes out in this cycle, or the row is empty: load the next one
  always_comb begin
    if (!loaded_q) row_done = 1'b1;
    else row_done = (by_bits && (row_q == '0)) || (take && last_of_row);
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      active_q <= 1'b0;
      loaded_q <= 1'b0;
      y_q <= '0;
      next_y_q <= '0;
      x_q <= '0;
      row_q <= '0;
      passes_q <= '0;
      {first_q, rows_end_q} <= '0;
    end else if (start_i) begin
      active_q <= 1'b1;
      loaded_q <= 1'b0;
      next_y_q <= first_i;
      {first_q, rows_end_q} <= {first_i, end_i};
      passes_q <= passes_i;
    end else if (active_q) begin
      if (take && (end_o || final_o)) begin
        loaded_q <= 1'b0;
        next_y_q <= first_q;
        passes_q <= passes_q - 16'd1;
        active_q <= passes_q != 16'd1;
      end else if (row_done && !end_o) begin
        loaded_q <= next_y_q != rows_end_q;
        y_q <= next_y_q;
        next_y_q <= (next_y_q != rows_end_q) ? next_y_q + 9'd1 : next_y_q;
        x_q <= '0;
        row_q <= fresh;
      end else if (take) begin
        x_q <= x_q + 9'd1;
        if (by_bits) row_q <= row_q & (row_q - 1'b1);
      end
    end
  end

`ifdef DP_PROPERTIES
`include "dp_formal.svh"
`include "dp_positions_props.svh"
`endif
endmodule
