// The positions of a convolution, or of a chain's in turn, one after another, each with the taps of its window that count. Ahead of its
// reader by a FIFO; a position a cycle.
module dp_position_stream #(
    parameter bit Parallel = 1'b1,
    parameter int unsigned MaskW = 32
) (
    input  logic             clk_i,
    input  logic             rst_ni,
    input  logic             start_i,
    input  logic             chained_i,
    input  logic [3*512-1:0] cmds_i,
    input  logic [1:0]       count_i,  // commands that are there
    output logic [8:0]       h_o,      // of the first convolution's own map, before max-pool
    output logic [8:0]       w_o,
    // masks: the row to iterate over, and the three rows around a position's centre
    output logic [7:0]       it_buf_o,
    output logic [8:0]       it_y_o,
    input  logic [MaskW-1:0] it_row_i,
    output logic [7:0]       win_buf_o,
    output logic [8:0]       win_y_o,
    input  logic [MaskW-1:0] win_above_i,
    input  logic [MaskW-1:0] win_row_i,
    input  logic [MaskW-1:0] win_below_i,
    // positions
    output logic             valid_o,
    input  logic             ready_i,
    output logic             end_o,    // of a pass, in a chain of a row without positions
    output logic             final_o,  // chain: the last position of a row
    output logic             last_o,   // of the convolution's last row
    output logic [1:0]       conv_o,
    output logic [8:0]       y_o,
    output logic [8:0]       x_o,
    output logic             kept_o,
    output logic [8:0]       taps_o
);
  dp_pkg::cmd_t first, it, out;  // commands: of a gang, at the iterator, at the FIFO's end
  assign first = cmds_i[0+:512];
  always_comb begin
    h_o = 9'(first.dst_h);
    w_o = 9'(first.dst_w);
    if (first.flags.max_pool) begin
      h_o = first.flags.stride2 ? (9'(first.src_h) + 9'd1) >> 1 : 9'(first.src_h);
      w_o = first.flags.stride2 ? (9'(first.src_w) + 9'd1) >> 1 : 9'(first.src_w);
    end
  end

  logic job, idle, job_last, it_valid, it_ready, it_end, it_final, it_kept;
  logic [1:0] it_conv;
  logic [8:0] first_row, end_row, it_y, it_x;
  dp_chain u_chain (
      .clk_i,
      .rst_ni,
      .start_i,
      .chained_i,
      .cmds_i,
      .count_i,
      .rows_i (h_o),
      .idle_i (idle),
      .job_o  (job),
      .conv_o (it_conv),
      .first_o(first_row),
      .end_o  (end_row),
      .last_o (job_last)
  );
  assign it = (it_conv == 2'd2) ? cmds_i[2*512+:512] : (it_conv == 2'd1) ? cmds_i[512+:512] : cmds_i[0+:512];
  assign it_buf_o = it.out_buf;

  logic pairs;
  logic [15:0] passes;
  assign pairs = Parallel && dp_pkg::paired(first.flags.residual, first.flags.kernel3, first.flags.score, first.src_slices);
  assign passes = chained_i ? 16'd1 : pairs ? (first.out_slices + 16'd1) >> 1 : first.out_slices;
  dp_positions #(
      .MaskW(MaskW)
  ) u_positions (
      .clk_i,
      .rst_ni,
      .start_i (job),
      .w_i     (chained_i ? 9'(it.dst_w) : w_o),
      .first_i (first_row),
      .end_i   (end_row),
      .passes_i(passes),
      .masked_i(it.flags.out_masked || it.flags.relu_pruned),
      .skip_i  (it.flags.out_masked),
      .invert_i(1'b0),
      .merge_i (chained_i),
      .row_y_o (it_y_o),
      .row_i   (it_row_i),
      .idle_o  (idle),
      .valid_o (it_valid),
      .ready_i (it_ready),
      .end_o   (it_end),
      .final_o (it_final),
      .y_o     (it_y),
      .x_o     (it_x),
      .kept_o  (it_kept)
  );

  // deep enough for the rows of a chain's fast convolutions to be found while a slow one is at work
  dp_fifo #(
      .Width(24),
      .Depth(16)
  ) u_fifo (
      .clk_i,
      .rst_ni,
      .in_valid_i (it_valid),
      .in_ready_o (it_ready),
      .in_data_i  ({it_conv, job_last, it_final, it_end, it_kept, it_y, it_x}),
      .out_valid_o(valid_o),
      .out_ready_i(ready_i),
      .out_data_o ({conv_o, last_o, final_o, end_o, kept_o, y_o, x_o})
  );

  logic [8:0] centre_y, centre_x;
  assign out = (conv_o == 2'd2) ? cmds_i[2*512+:512] : (conv_o == 2'd1) ? cmds_i[512+:512] : cmds_i[0+:512];
  assign win_buf_o = out.in_buf;
  assign centre_y = dp_pkg::middle(out.flags.stride2, out.flags.late_y, y_o);
  assign centre_x = dp_pkg::middle(out.flags.stride2, out.flags.late_x, x_o);
  assign win_y_o = centre_y;
  dp_tap_mask #(
      .MaskW(MaskW)
  ) u_taps (
      .y_i     (centre_y),
      .x_i     (centre_x),
      .h_i     (9'(out.src_h)),
      .w_i     (9'(out.src_w)),
      .masked_i(out.flags.in_masked),
      .above_i (win_above_i),
      .row_i   (win_row_i),
      .below_i (win_below_i),
      .taps_o
  );

`ifdef DP_PROPERTIES
`include "dp_formal.svh"
`include "dp_position_stream_props.svh"
`endif
endmodule
