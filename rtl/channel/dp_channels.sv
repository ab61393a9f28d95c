// Channel masks: pooling of the outputs that a convolution writes, then scores and selection.
module dp_channels #(
    parameter int unsigned OutLanes = 8,
    localparam int unsigned TokW = dp_pkg::TokenW
) (
    input  logic               clk_i,
    input  logic               rst_ni,
    input  logic [511:0]       cmd_i,
    input  logic [TokW-1:0]    token_i,     // stage W
    input  logic               valid_i,     // a vector is written to the map
    input  logic [OutLanes*8-1:0] y_i,
    // loaded biases and given masks
    input  logic               bias_we_i,
    input  logic               groups_we_i,
    input  logic [15:0]        beat_i,
    input  logic [511:0]       data_i,
    // saliency weights
    output logic               wf_re_o,
    output logic [2:0]         wf_entry_o,
    output logic [3:0]         wf_lane_o,
    output logic [2:0]         wf_beat_o,
    input  logic [511:0]       wf_i,
    // results
    output logic               busy_o,
    output logic               slice_done_o,
    output logic [63:0]        keep_o,
    output logic               done_o,
    output logic               obs_score_valid_o,
    output logic [7:0]         obs_score_group_o,
    output logic signed [47:0] obs_score_data_o,
    output logic               obs_groups_valid_o
);
  dp_pkg::cmd_t cmd;
  dp_pkg::token_t token;
  assign cmd = cmd_i;
  assign token = token_i;

  logic slice_end, start_q, first_q, last_q, score_busy;
  logic [2:0] entry_q;
  logic [7:0] lanes_q;
  logic [OutLanes*32-1:0] pooled;
  logic [15:0] count;
  assign slice_end = token.slice_end && cmd.flags.score;
  assign busy_o = score_busy || start_q;

  dp_pool #(
      .Po(OutLanes)
  ) u_pool (
      .clk_i,
      .rst_ni,
      .valid_i    (valid_i && cmd.flags.score),
      .slice_end_i(slice_end),
      .max_i      (cmd.flags.pool_max),
      .y_i,
      .pooled_o   (pooled),
      .count_o    (count)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {start_q, first_q, last_q, entry_q, lanes_q} <= '0;
    end else begin
      start_q <= slice_end;
      first_q <= token.out_slice == 8'd0;
      last_q <= token.last_slice;
      entry_q <= token.entry[2:0];
      lanes_q <= token.out_lanes;
    end
  end

  dp_score #(
      .OutLanes(OutLanes)
  ) u_score (
      .clk_i,
      .rst_ni,
      .cmd_i,
      .bias_we_i,
      .bias_beat_i(beat_i[1:0]),
      .bias_data_i(data_i),
      .given_we_i (groups_we_i),
      .given_i    (data_i[63:0]),
      .start_i    (start_q),
      .first_i    (first_q),
      .last_i     (last_q),
      .entry_i    (entry_q),
      .lanes_i    (lanes_q),
      .pooled_i   (pooled),
      .count_i    (count),
      .busy_o     (score_busy),
      .slice_done_o,
      .wf_re_o,
      .wf_entry_o,
      .wf_lane_o,
      .wf_beat_o,
      .wf_i,
      .keep_o,
      .done_o,
      .obs_score_valid_o,
      .obs_score_group_o,
      .obs_score_data_o,
      .obs_groups_valid_o
  );

`ifdef DP_PROPERTIES
`include "dp_formal.svh"
`include "dp_channels_props.svh"
`endif
endmodule
