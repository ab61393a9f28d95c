  // Properties of dp_channels: what ends a slice of a convolution with scores begins one slice of scores, with its place and lanes, in the cycle after it; it is
  // answered once, and the unit is busy until then; the last one's answer is followed by one mask, which changes at no other time.
  logic f_open_q, f_rank_q, f_last_q, f_stands_q, f_made_q, f_up_q;
  logic [7:0] f_groups_q, f_lanes_q, f_slice_q;
  logic [2:0] f_entry_q;
  logic [4:0] f_octets_q;  // of which all saliency weights were asked for
  logic [3:0] f_beat_q, f_beats;
  logic [63:0] f_keep_q;
  assign f_beats = 4'((cmd.groups + 8'd7) >> 3);
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {f_open_q, f_rank_q, f_last_q, f_stands_q, f_made_q, f_up_q} <= '0;
      {f_octets_q, f_beat_q} <= '0;
    end else begin
      f_up_q <= 1'b1;
      f_made_q <= done_o;
      f_stands_q <= busy_o || slice_end;
      if (slice_end) begin
        f_open_q <= 1'b1;
        f_last_q <= token.last_slice;
        {f_octets_q, f_beat_q} <= '0;
      end else if (slice_done_o) begin
        f_open_q <= 1'b0;
        f_rank_q <= f_last_q;
      end else if (done_o) f_rank_q <= 1'b0;
      if (wf_re_o) begin
        f_beat_q <= (f_beat_q + 4'd1 == f_beats) ? 4'd0 : f_beat_q + 4'd1;
        f_octets_q <= f_octets_q + 5'(f_beat_q + 4'd1 == f_beats);
      end
    end
  end
  always_ff @(posedge clk_i) begin
    f_keep_q <= keep_o;
    f_groups_q <= cmd.groups;
    if (slice_end) {f_lanes_q, f_entry_q, f_slice_q} <= {token.out_lanes, token.entry[2:0], token.out_slice};
    if (rst_ni) begin
      // its convolution's command stands and was checked; a slice ends when the one before it was answered (dp_conv_engine), as a mask is given
      if (slice_end || busy_o) channels_groups : assume ((cmd.groups != '0) && (cmd.groups <= 8'd64));
      if (f_stands_q && busy_o) channels_stands : assume (cmd.groups == f_groups_q);
      if (slice_end) channels_turn : assume (!busy_o && (token.out_lanes != '0) && (32'(token.out_lanes) <= OutLanes));
      if (groups_we_i) channels_given : assume (!busy_o && !slice_end);
      channels_busy : assert (busy_o == (f_open_q || f_rank_q));
      if (slice_done_o) channels_answer : assert (f_open_q && (f_beat_q == '0) && (32'(f_octets_q) == (32'(f_lanes_q) + 32'd7) / 32'd8));
      if (wf_re_o) channels_asks : assert (f_open_q && (wf_entry_o == f_entry_q) && (5'(wf_lane_o) == f_octets_q) && (4'(wf_beat_o) == f_beat_q));
      if (done_o) channels_mask : assert (groups_we_i || (f_rank_q && obs_score_valid_o && (obs_score_group_o + 8'd1 == cmd.groups)));
      if (f_up_q && !f_made_q) channels_kept : assert (keep_o == f_keep_q);
      if (f_up_q) channels_seen : assert (!obs_groups_valid_o || f_made_q);
    end
  end
