// Channel scores: after each output slice, score[g] += Wf[g][slice] · S[slice], eight channels of one group a cycle; the first slice starts
// from bf[g]*N. After the last slice the groups are ranked (one comparison with every group a cycle) and the best `keep` stay, ties to
// the lower index. Scores are exact in 48 bits. A slice takes NG + ceil(NG/8) cycles for each octet of its channels and 2, ranking NG.
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
    input  logic [7:0]       lanes_i,      // channels of the slice; nothing is loaded for lanes beyond
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
  logic signed [47:0] score[0:Groups-1];
  logic [31:0] bias[0:Groups-1];
  logic first_q, last_q;
  logic [2:0] entry_q;
  logic [3:0] lane_q, last_lane_q;
  logic [5:0] group_q;
  logic [63:0] keep_q;

  // one group, eight channels
  logic [63:0] wf;
  logic [255:0] pooled;
  logic signed [47:0] dot, start_value, old;
  logic last_lane, last_group;
  assign wf = wf_i[group_q[2:0]*64+:64];
  assign pooled = pooled_i[lane_q*256+:256];
  assign start_value = 48'($signed(bias[group_q])) * (cmd.flags.pool_max ? 48'sd1 : $signed({32'd0, count_i}));
  assign old = (first_q && (lane_q == 4'd0)) ? start_value : score[group_q];
  always_comb begin
    dot = old;
    if (state_q == Multiply)
      for (int c = 0; c < 8; c++) dot = dot + 48'($signed(wf[c*8+:8])) * 48'($signed(pooled[c*32+:32]));
  end
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
  assign obs_score_valid_o = (state_q == Rank);
  assign obs_score_group_o = 8'(group_q);
  assign obs_score_data_o = score[group_q];

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

  always_ff @(posedge clk_i) begin
    if (state_q == Multiply) score[group_q] <= dot;
    if (bias_we_i) for (int i = 0; i < 16; i++) bias[{bias_beat_i, 4'(i)}] <= bias_data_i[i*32+:32];
  end

  // a group's rank is the number of groups that beat it; it is complete in Done
  logic [8*Groups-1:0] ranks_q;
  always_ff @(posedge clk_i) begin
    if (state_q == Multiply) ranks_q <= '0;
    else if (state_q == Rank)
      for (int g = 0; g < Groups; g++)
        if ((score[group_q] > score[g]) || ((score[group_q] == score[g]) && (32'(group_q) < g))) ranks_q[g*8+:8] <= ranks_q[g*8+:8] + 8'd1;
    if (given_we_i) keep_q <= given_i;
    else if (state_q == Done)
      for (int g = 0; g < Groups; g++) keep_q[g] <= (ranks_q[g*8+:8] < cmd.score_keep) && (8'(g) < cmd.groups);
  end
  for (genvar g = 0; g < Groups; g++) begin : gen_rank
    logic [7:0] rank_q;  // for waves
    assign rank_q = ranks_q[g*8+:8];
  end

  // observed with the mask in place
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) obs_groups_valid_o <= 1'b0;
    else obs_groups_valid_o <= state_q == Done;
  end
endmodule
