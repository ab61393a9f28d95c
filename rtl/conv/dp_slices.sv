// Which output slice is at work, where its weights, parameters and results lie, and whether its weights are there. One slice after another
// has all positions of its convolution, or two take turns at every position (a pair), and their weights are given back. In a chain
// every position has all slices in turn, and all are given back with the convolution's last row; convolutions end in their order, which
// dp_chain sees to. Combinational answers; a step a cycle.
module dp_slices #(
    parameter bit Parallel = 1'b1,
    parameter int unsigned Pi = 8,
    parameter int unsigned Po = 8,
    parameter int unsigned WeightRows = 64,
    localparam int unsigned WordsOut = Po / Pi  // of an output slice; twice as many of a dual one
) (
    input  logic             clk_i,
    input  logic             rst_ni,
    input  logic             start_i,
    input  logic             chained_i,
    input  logic [3*512-1:0] cmds_i,
    input  logic [1:0]       conv_i,      // of the position at work
    input  logic             ready_i,     // the weights of one more slice are there
    // steps
    input  logic             result_i,    // the last cycle of a result is issued
    input  logic             end_i,       // an end token is
    input  logic             is_end_i,    // the position at work is an end token
    input  logic             final_i,     // chain: the last position of its row
    input  logic             last_i,      // of its convolution's last row
    output logic             position_done_o,
    output logic             slice_end_o, // weights are given back
    output logic             row_end_o,   // chain
    output logic             done_o,      // of all
    // the slice
    output logic             have_o,
    output logic             pair_o,      // it has a partner
    output logic             second_o,    // it is the other one of a pair
    output logic [7:0]       slice_o,
    output logic             last_slice_o,
    output logic [7:0]       lanes_o,
    output logic [15:0]      row_o,       // of its weights in the ring
    output logic [4:0]       entry_o,     // of its parameters
    output logic [15:0]      word_o,      // first word of its results, or its pair's, in the map
    output logic [3:0]       word9_o,     // that % 9
    output logic [3:0]       slice_words_o,
    output logic [3:0]       words_o      // to be written: fewer at the map's end, more of a pair
);
  dp_pkg::cmd_t cmd, cmd0, cmd1;
  assign cmd = (conv_i == 2'd2) ? cmds_i[2*512+:512] : (conv_i == 2'd1) ? cmds_i[512+:512] : cmds_i[0+:512];
  assign cmd0 = cmds_i[0+:512];
  assign cmd1 = cmds_i[512+:512];

  // progress in the convolution, or within the position
  logic [15:0] out_q, lanes_left_q, out_row_q;
  logic [3:0] word9_q;
  logic pair, second_q, turn_done, slice_done, pass_end, chain_end, dual;
  assign dual = Parallel && cmd.flags.dual;
  assign pair = Parallel && dp_pkg::paired(cmd.flags.residual, cmd.flags.kernel3, cmd.flags.score, cmd.src_slices) && (out_q + 16'd1 < cmd.out_slices);
  assign turn_done = second_q || !pair;
  assign last_slice_o = out_q + 16'(second_q) + 16'd1 == cmd.out_slices;
  assign pass_end = end_i && !chained_i && turn_done;
  assign slice_done = chained_i ? result_i && turn_done : pass_end;
  assign position_done_o = chained_i ? end_i || (slice_done && last_slice_o) : (end_i || result_i) && turn_done;
  assign row_end_o = chained_i && (end_i || (slice_done && last_slice_o && final_i));
  assign chain_end = row_end_o && last_i;
  assign slice_end_o = chained_i ? chain_end : end_i;
  assign done_o = chained_i ? chain_end && !cmd.flags.chain : pass_end && last_slice_o;

  // weights and parameters: behind those of the convolutions before that are still there
  logic [15:0] base_q, ahead_rows;
  logic [5:0] ahead, index, there_q;  // there and not given back
  logic [4:0] entry_q;
  logic [1:0] taken_q, ahead_of;
  assign ahead_of = {(conv_i == 2'd2) && !taken_q[1], (conv_i != 2'd0) && !taken_q[0]};
  assign ahead_rows = (ahead_of[0] ? cmd0.all_rows : 16'd0) + (ahead_of[1] ? cmd1.all_rows : 16'd0);
  assign ahead = (ahead_of[0] ? cmd0.out_slices[5:0] : 6'd0) + (ahead_of[1] ? cmd1.out_slices[5:0] : 6'd0);
  always_comb begin
    index = 6'(pair && !second_q);
    if (chained_i) index = ahead + (is_end_i ? cmd.out_slices[5:0] - 6'd1 : out_q[5:0] + 6'(pair));
  end
  assign have_o = there_q > index;
  assign row_o = in_ring(base_q, ahead_rows + out_row_q);
  assign entry_o = entry_q + 5'(ahead) + (chained_i ? out_q[4:0] : 5'd0) + 5'(second_q);
  function automatic logic [15:0] in_ring(input logic [15:0] base, input logic [15:0] rows);
    in_ring = (base + rows >= 16'(WeightRows)) ? base + rows - 16'(WeightRows) : base + rows;
  endfunction

  // results
  logic [7:0] slice_lanes;
  logic [3:0] pass_words;
  logic [15:0] lanes_left, words_left, pass_rows;
  assign slice_lanes = dual ? 8'(2 * Po) : 8'(Po);
  assign slice_words_o = dual ? 4'(2 * WordsOut) : 4'(WordsOut);
  assign lanes_left = ((out_q == 16'd0) ? cmd.cout : lanes_left_q) - (second_q ? 16'(slice_lanes) : 16'd0);
  assign lanes_o = (lanes_left < 16'(slice_lanes)) ? lanes_left[7:0] : slice_lanes;
  assign word_o = 16'(out_q * 16'(slice_words_o));
  assign word9_o = word9_q;
  assign words_left = cmd.dst_slices - word_o;
  assign pass_words = pair ? slice_words_o << 1 : slice_words_o;
  assign words_o = (words_left < 16'(pass_words)) ? words_left[3:0] : pass_words;
  assign pass_rows = pair ? cmd.rows << 1 : cmd.rows;
  assign pair_o = pair;
  assign second_o = second_q;
  assign slice_o = out_q[7:0] + 8'(second_q);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      second_q <= 1'b0;
      {out_q, lanes_left_q, out_row_q, base_q} <= '0;
      {word9_q, entry_q, taken_q, there_q} <= '0;
    end else begin
      there_q <= there_q + 6'(ready_i) - (chain_end ? cmd.out_slices[5:0] : 6'(end_i && !chained_i));
      if (pair && (result_i || (end_i && !chained_i))) second_q <= !second_q;
      if (slice_done) begin
        out_q <= out_q + (pair ? 16'd2 : 16'd1);
        lanes_left_q <= lanes_left - 16'(slice_lanes);
        word9_q <= dp_pkg::add9(word9_q, pass_words);
        if (chained_i) out_row_q <= out_row_q + pass_rows;
        if (chained_i && last_slice_o) {out_q, word9_q, out_row_q} <= '0;
      end
      if (pass_end) begin
        base_q <= in_ring(base_q, pass_rows);
        entry_q <= entry_q + (pair ? 5'd2 : 5'd1);
      end
      if (chain_end) begin
        base_q <= in_ring(base_q, cmd.all_rows);
        entry_q <= entry_q + cmd.out_slices[4:0];
        taken_q <= taken_q | 2'(3'd1 << conv_i);
      end
      if (start_i) {out_q, word9_q, taken_q} <= '0;
    end
  end

`ifdef DP_PROPERTIES
`ifdef FORMAL
`ifdef PROVE_dp_slices  // (the proof of dp_dispatch is large without)
`define DP_SLICES_PROPERTIES
`endif
`else
`define DP_SLICES_PROPERTIES
`endif
`ifdef DP_SLICES_PROPERTIES
`include "dp_formal.svh"
`include "dp_slices_props.svh"
`endif
`endif
endmodule
