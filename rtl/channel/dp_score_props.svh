  // Properties of dp_score: a slice that was begun is answered once, after all its saliency weights were asked for, in order and each once; the last one's answer
  // is followed by one mask, before which every group's score is ranked, once and in order. The mask changes at no other time.
  logic f_open_q, f_rank_q, f_made_q, f_last_q, f_stands_q, f_up_q;
  logic [4:0] f_lane_q, f_end_q;  // octet that is asked for next; of the slice
  logic [3:0] f_beat_q, f_beats;
  logic [6:0] f_seen_q;  // groups ranked
  logic [7:0] f_groups_q;
  logic [63:0] f_keep_q;
  logic f_ask_end;
  assign f_beats = 4'((cmd.groups + 8'd7) >> 3);
  assign f_ask_end = f_beat_q + 4'd1 == f_beats;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {f_open_q, f_rank_q, f_made_q, f_last_q, f_stands_q, f_up_q} <= '0;
      {f_lane_q, f_end_q, f_beat_q, f_seen_q} <= '0;
    end else begin
      f_stands_q <= busy_o || start_i;
      f_up_q <= 1'b1;
      f_made_q <= done_o;
      if (start_i) begin
        f_open_q <= 1'b1;
        f_last_q <= last_i;
        f_end_q <= 5'((lanes_i + 8'd7) >> 3);
        {f_lane_q, f_beat_q} <= '0;
      end else if (wf_re_o) begin
        f_beat_q <= f_ask_end ? 4'd0 : f_beat_q + 4'd1;
        f_lane_q <= f_lane_q + 5'(f_ask_end);
      end
      if (slice_done_o) begin
        f_open_q <= 1'b0;
        f_rank_q <= f_last_q;
        f_seen_q <= '0;
      end else if (done_o) f_rank_q <= 1'b0;
      if (obs_score_valid_o) f_seen_q <= f_seen_q + 7'd1;
    end
  end
  always_ff @(posedge clk_i) begin
    f_keep_q <= keep_o;
    f_groups_q <= cmd.groups;
    if (rst_ni) begin
      // its convolution's command stands and was checked; a slice is begun when none is at work, as is a given mask
      if (start_i || busy_o) score_groups : assume ((cmd.groups != '0) && (cmd.groups <= 8'd64));
      if (f_stands_q && busy_o) score_stands : assume (cmd.groups == f_groups_q);
      if (start_i) score_turn : assume (!busy_o && !given_we_i && (lanes_i != '0) && (32'(lanes_i) <= OutLanes));
      if (given_we_i) score_given : assume (!busy_o);
      score_busy : assert ((busy_o == (f_open_q || f_rank_q)) && !(f_open_q && f_rank_q));
      if (wf_re_o) score_asks : assert (f_open_q && (5'(wf_lane_o) == f_lane_q) && (4'(wf_beat_o) == f_beat_q) && (f_lane_q < f_end_q) && (f_beat_q < f_beats));
      if (slice_done_o) score_answer : assert (f_open_q && (f_lane_q == f_end_q) && (f_beat_q == '0));
      if (done_o) score_mask : assert (given_we_i || (f_rank_q && (8'(f_seen_q) + 8'd1 == cmd.groups) && obs_score_valid_o));
      if (obs_score_valid_o) score_ranks : assert (f_rank_q && (obs_score_group_o == 8'(f_seen_q)) && (8'(f_seen_q) < cmd.groups));
      if (f_up_q && !f_made_q) score_kept : assert (keep_o == f_keep_q);
      // how its state says that
      score_state : assert ((3'(state_q) <= 3'd4) && (f_open_q == ((state_q == Read) || (state_q == Multiply))) && (f_rank_q == ((state_q == Rank) || (state_q == Done))));
      if (f_open_q) score_place : assert ((8'(group_q) < cmd.groups) && (last_q == f_last_q) && (f_end_q == 5'(last_lane_q) + 5'd1) && (lane_q <= last_lane_q));
      if (state_q == Read) score_read : assert ((f_lane_q == 5'(lane_q)) && (f_beat_q == 4'(group_q[5:3])) && (group_q[2:0] == '0));
      if (state_q == Multiply)
        score_next : assert ((4'(group_q[5:3]) + 4'd1 == f_beats) ? (f_lane_q == 5'(lane_q) + 5'd1) && (f_beat_q == '0)
                             : (f_lane_q == 5'(lane_q)) && (f_beat_q == 4'(group_q[5:3]) + 4'd1));
      if (state_q == Rank) score_rank : assert ((8'(group_q) < cmd.groups) && (7'(group_q) == f_seen_q + 7'(ranks_q)) && (ranks_q == (group_q != '0)));
      if (state_q == Done) score_done : assert (ranks_q && (8'(f_seen_q) + 8'd1 == cmd.groups));
      if (ranks_q) score_ranked : assert ((7'(ranked_q) == f_seen_q) && f_rank_q);
    end
  end
