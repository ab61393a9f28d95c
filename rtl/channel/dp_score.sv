// Channel scores: after each output slice, score[g] += Wf[g][slice] · S[slice], eight channels of
// one group a cycle; the first slice starts from bf[g]*N. After the last slice the groups are
// ranked (a group a cycle: how many others beat it) and the best `keep` stay, ties to the lower
// index. Scores are exact in 48 bits; pools fit in 24 (2^16 positions of int8). Two stages: the sum
// of eight products, then that into the score; ranking reads a score, then compares it. A slice
// takes NG + ceil(NG/8) cycles for each octet of its channels and 2, ranking NG.
module dp_score #(
    parameter int unsigned OutLanes = 8,
    localparam int unsigned Groups = dp_pkg::MaxGroups
) (
    input  logic             clk_i,
    input  logic             rst_ni,
    input  logic [511:0]     cmd_i,        // producing convolution
    // biases bf, sixteen a beat
    input  logic             bias_we_i,
    input  logic [1:0]       bias_beat_i,
    input  logic [511:0]     bias_data_i,
    // given mask
    input  logic             given_we_i,
    input  logic [63:0]      given_i,
    // a slice is pooled
    input  logic             start_i,
    input  logic             first_i,
    input  logic             last_i,
    input  logic [2:0]       entry_i,
    input  logic [7:0]       lanes_i,      // channels of the slice; for others nothing is loaded
    input  logic [OutLanes*32-1:0] pooled_i,
    input  logic [15:0]      count_i,
    output logic             busy_o,
    output logic             slice_done_o,
    // saliency weights
    output logic             wf_re_o,
    output logic [2:0]       wf_entry_o,
    output logic [3:0]       wf_lane_o,
    output logic [2:0]       wf_beat_o,
    input  logic [511:0]     wf_i,
    // channel mask
    output logic [63:0]      keep_o,
    output logic             done_o,
    // observation
    output logic             obs_score_valid_o,
    output logic [7:0]       obs_score_group_o,
    output logic signed [47:0] obs_score_data_o,
    output logic             obs_groups_valid_o
);
  dp_pkg::cmd_t cmd;
  assign cmd = cmd_i;

  typedef enum logic [2:0] {
    Idle,
    Read,   // a beat of saliency weights: eight groups of one octet
    Multiply,
    Rank,
    Done
  } state_e;
  state_e state_q;
  logic first_q, last_q;
  logic [2:0] entry_q;
  logic [3:0] lane_q, last_lane_q;
  logic [5:0] group_q;
  logic [63:0] keep_q;
  logic last_lane, last_group;
  assign last_lane = lane_q == last_lane_q;
  assign last_group = 8'(group_q) + 8'd1 == cmd.groups;

  assign busy_o = state_q != Idle;
  assign wf_re_o = state_q == Read;
  assign wf_entry_o = entry_q;
  assign wf_lane_o = lane_q;
  assign wf_beat_o = group_q[5:3];
  assign slice_done_o = (state_q == Multiply) && last_group && last_lane;
  assign keep_o = keep_q;
  assign done_o = (state_q == Done) || given_we_i;
  assign obs_score_valid_o = ranks_q;
  assign obs_score_group_o = 8'(ranked_q);
  assign obs_score_data_o = candidate_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= Idle;
      first_q <= 1'b0;
      last_q <= 1'b0;
      entry_q <= '0;
      {lane_q, last_lane_q} <= '0;
      group_q <= '0;
    end else begin
      unique case (state_q)
        Idle:
        if (start_i) begin
          state_q <= Read;
          first_q <= first_i;
          last_q <= last_i;
          entry_q <= entry_i;
          last_lane_q <= 4'((lanes_i - 8'd1) >> 3);
          lane_q <= '0;
          group_q <= '0;
        end
        Read: state_q <= Multiply;
        Multiply: begin
          group_q <= last_group ? 6'd0 : group_q + 6'd1;
          if (last_group) begin
            lane_q <= lane_q + 4'd1;
            state_q <= !last_lane ? Read : last_q ? Rank : Idle;
          end else if (group_q[2:0] == 3'd7) state_q <= Read;
        end
        Rank: begin
          group_q <= last_group ? 6'd0 : group_q + 6'd1;
          if (last_group) state_q <= Done;
        end
        default: state_q <= Idle;
      endcase
    end
  end

  // One group, eight channels: the products' sum, and what the group's score starts from.
  localparam int unsigned LaneW = (OutLanes > 8) ? $clog2(OutLanes / 8) : 1;
  logic [511:0] bias[0:3];  // sixteen groups a row
  logic [63:0] wf;
  logic [255:0] pooled;
  logic signed [47:0] bias_times, dot_q, start_q;
  logic adds_q, starts_q;
  logic [5:0] added_q;  // the group
  assign wf = wf_i[group_q[2:0]*64+:64];
  if (OutLanes == 8) begin : gen_octet
    assign pooled = pooled_i;
  end else begin : gen_octets
    assign pooled = pooled_i[lane_q[LaneW-1:0]*256+:256];
  end
  assign bias_times = cmd.flags.pool_max ? 48'sd1 : $signed({32'd0, count_i});

  function automatic logic signed [47:0] product(input logic [7:0] w, input logic [31:0] pool);
    product = 48'($signed(w)) * 48'($signed(pool[23:0]));
  endfunction

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) adds_q <= 1'b0;
    else adds_q <= state_q == Multiply;
  end
  always_ff @(posedge clk_i) begin
    if (bias_we_i) bias[bias_beat_i] <= bias_data_i;
    if (state_q == Multiply) begin
      dot_q <= ((product(wf[7:0], pooled[31:0]) + product(wf[15:8], pooled[63:32]))
                + (product(wf[23:16], pooled[95:64]) + product(wf[31:24], pooled[127:96])))
             + ((product(wf[39:32], pooled[159:128]) + product(wf[47:40], pooled[191:160]))
                + (product(wf[55:48], pooled[223:192]) + product(wf[63:56], pooled[255:224])));
      starts_q <= first_q && (lane_q == 4'd0);
      if (first_q)
        start_q <= 48'($signed(bias[group_q[5:4]][group_q[3:0]*32+:32])) * bias_times;
      added_q <= group_q;
    end
  end

  // Its sum goes into the score: a memory, and a register of each group, which are compared at
  // once.
  logic signed [47:0] score[0:Groups-1];
  (* mem2reg *) logic signed [47:0] rival[0:Groups-1];
  logic signed [47:0] sum, candidate_q;
  assign sum = (starts_q ? start_q : score[added_q]) + dot_q;
  always_ff @(posedge clk_i) begin
    if (adds_q) begin
      score[added_q] <= sum;
      rival[added_q] <= sum;
    end
  end

  // Ranking: a group's score is read, and in the next cycle (the last time: in Done) compared with
  // all. (Where there is one group, it is ranked while its last sum is on its way.)
  logic ranks_q;
  logic [5:0] ranked_q;
  logic [63:0] earlier, beats, kept, kept_q;
  logic [6:0] rank;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) ranks_q <= 1'b0;
    else ranks_q <= state_q == Rank;
  end
  always_comb begin
    {earlier, beats} = '0;
    rank = '0;
    kept = kept_q;
    if (ranks_q) begin
      earlier = ~({64{1'b1}} << ranked_q);  // lower indices win ties
      for (int g = 0; g < Groups; g++)
        beats[g] = $signed({rival[g], earlier[g]}) > $signed({candidate_q, 1'b0});
      beats = beats & ~({64{1'b1}} << cmd.groups);
      for (int g = 0; g < Groups; g++) rank = rank + 7'(beats[g]);
      if (8'(rank) < cmd.score_keep) kept = kept_q | (64'd1 << ranked_q);
    end
  end
  always_ff @(posedge clk_i) begin
    if (state_q == Rank) begin
      candidate_q <= (adds_q && (added_q == group_q)) ? sum : score[group_q];
      ranked_q <= group_q;
    end
    kept_q <= (state_q == Multiply) ? 64'd0 : kept;
    if (given_we_i) keep_q <= given_i;
    else if (state_q == Done) keep_q <= kept;
  end

  // observed with the mask in place
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) obs_groups_valid_o <= 1'b0;
    else obs_groups_valid_o <= state_q == Done;
  end

`ifdef DP_PROPERTIES
`include "dp_formal.svh"
`include "dp_score_props.svh"
`endif
endmodule
