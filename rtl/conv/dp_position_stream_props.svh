  // Properties of dp_position_stream: a position stands with its taps until it is taken; a convolution's come in as many passes as it has slices or pairs, each
  // in raster order, inside the map and whole where no mask leaves any out; a chain's come row by row, the rows of each convolution in order, and its last row
  // says so; nothing comes after the last one.
  dp_pkg::cmd_t f_cmd1, f_cmd2;
  logic f_open_q, f_stands_q, f_any_q, f_chained_q, f_over, f_row_over, f_pairs, f_up_q;
  logic [3*512-1:0] f_cmds_q;
  logic [1:0] f_count_q;
  logic [16:0] f_ends_q, f_passes;
  logic [17:0] f_seen_q, f_all;  // positions of the pass
  logic [3*9-1:0] f_next_q;
  logic [8:0] f_y_q, f_x_q, f_rows, f_w;
  logic [32:0] f_token, f_token_q;
  logic [16:0] f_at_q;
  logic [3*MaskW-1:0] f_window_q;
  assign {f_cmd2, f_cmd1} = cmds_i[3*512-1:512];
  assign f_token = {conv_o, last_o, final_o, end_o, kept_o, y_o, x_o, taps_o};
  assign f_pairs = Parallel && first.flags.residual && !first.flags.kernel3 && !first.flags.score && (first.src_slices <= 16'd9);
  assign f_passes = f_pairs ? (17'(first.out_slices) + 17'd1) / 2 : 17'(first.out_slices);
  assign f_rows = (conv_o == 2'd2) ? 9'(f_cmd2.dst_h) : (conv_o == 2'd1) ? 9'(f_cmd1.dst_h) : h_o;
  assign f_w = (conv_o == 2'd2) ? 9'(f_cmd2.dst_w) : (conv_o == 2'd1) ? 9'(f_cmd1.dst_w) : w_o;
`ifdef FORMAL
  assign f_all = 18'(h_o[1:0]) * 18'(w_o[1:0]);
`else
  assign f_all = 18'(h_o) * 18'(w_o);
`endif
  assign f_row_over = valid_o && ready_i && (end_o || final_o);
  assign f_over = f_row_over && (chained_i ? last_o && !out.flags.chain : f_ends_q + 17'd1 == f_passes);
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {f_open_q, f_stands_q, f_any_q, f_up_q} <= '0;
      {f_ends_q, f_seen_q, f_next_q} <= '0;
    end else begin
      f_up_q <= 1'b1;
      f_stands_q <= valid_o && !ready_i;
      f_open_q <= start_i || (f_open_q && !f_over);
      if (start_i) begin
        f_any_q <= 1'b0;
        {f_ends_q, f_seen_q, f_next_q} <= '0;
      end else if (valid_o && ready_i) begin
        f_any_q <= !(end_o || final_o);
        f_ends_q <= f_ends_q + 17'(end_o);
        f_seen_q <= end_o ? 18'd0 : f_seen_q + 18'd1;
        if (f_row_over && (conv_o == 2'd0)) f_next_q[8:0] <= f_next_q[8:0] + 9'd1;
        if (f_row_over && (conv_o == 2'd1)) f_next_q[17:9] <= f_next_q[17:9] + 9'd1;
        if (f_row_over && (conv_o == 2'd2)) f_next_q[26:18] <= f_next_q[26:18] + 9'd1;
      end
    end
  end
  logic [8:0] f_row_next;
  assign f_row_next = (conv_o == 2'd2) ? f_next_q[26:18] : (conv_o == 2'd1) ? f_next_q[17:9] : f_next_q[8:0];
  always_ff @(posedge clk_i) begin
    {f_chained_q, f_cmds_q, f_count_q} <= {chained_i, cmds_i, count_i};
    f_token_q <= f_token;
    f_at_q <= {win_buf_o, win_y_o};
    f_window_q <= {win_above_i, win_row_i, win_below_i};
    if (valid_o && ready_i) {f_y_q, f_x_q} <= {y_o, x_o};
    if (rst_ni) begin
      // a convolution or chain at a time, whose commands stay; masks do not change while they are in use
      if (start_i) stream_turn : assume (!f_open_q && (!chained_i || (first.flags.chain && !first.flags.max_pool)));
      if (f_open_q)
        stream_same : assume ((chained_i == f_chained_q) && (count_i >= f_count_q) && (cmds_i[0+:512] == f_cmds_q[0+:512])
                              && ((f_count_q < 2'd2) || (cmds_i[512+:512] == f_cmds_q[512+:512])) && ((f_count_q < 2'd3) || (cmds_i[1024+:512] == f_cmds_q[1024+:512])));
      if (start_i || f_open_q) begin
        stream_map : assume ((count_i != '0) && (h_o != '0) && (w_o != '0) && (chained_i || (first.out_slices != '0)));
        stream_mask : assume (!(first.flags.out_masked || first.flags.relu_pruned) || (32'(w_o) <= MaskW));
        if (chained_i && (count_i > 2'd1)) stream_second : assume ((f_cmd1.dst_w != '0) && (!(f_cmd1.flags.out_masked || f_cmd1.flags.relu_pruned) || (32'(f_cmd1.dst_w) <= MaskW)));
        if (chained_i && (count_i > 2'd2)) stream_third : assume ((f_cmd2.dst_w != '0) && (!(f_cmd2.flags.out_masked || f_cmd2.flags.relu_pruned) || (32'(f_cmd2.dst_w) <= MaskW)));
      end
      if (f_stands_q && out.flags.in_masked && ({win_buf_o, win_y_o} == f_at_q))
        stream_rows : assume (((win_y_o == '0) || (win_above_i == f_window_q[2*MaskW+:MaskW])) && (win_row_i == f_window_q[MaskW+:MaskW])
                              && ((win_y_o + 9'd1 >= 9'(out.src_h)) || (win_below_i == f_window_q[0+:MaskW])));
`ifdef FORMAL
      if (start_i || f_open_q) assume ((h_o <= 9'd2) && (w_o <= 9'd2) && (first.out_slices <= 16'd2) && (f_cmd1.dst_w <= 8'd2) && (f_cmd2.dst_w <= 8'd2));
`endif
      if (f_stands_q) stream_stands : assert (valid_o && (f_token == f_token_q));
      if (valid_o) stream_open : assert (f_open_q && (chained_i ? conv_o < count_i : conv_o == '0));
      if (valid_o && !end_o) begin
        stream_inside : assert ((y_o < f_rows) && (x_o < f_w));
        if (f_any_q) stream_order : assert ((y_o > f_y_q) || ((y_o == f_y_q) && (x_o > f_x_q)));
        if (!out.flags.out_masked && !out.flags.relu_pruned) stream_kept : assert (kept_o);
        if (out.flags.out_masked) stream_skipped : assert (kept_o);
      end
      if (valid_o && !chained_i) begin
        stream_passes : assert (!final_o && (f_ends_q < f_passes));
        if (end_o && !out.flags.out_masked) stream_whole : assert (f_seen_q == f_all);
      end
      if (valid_o && chained_i) begin
        if (!end_o) stream_row : assert (y_o == f_row_next);
        if (end_o) stream_empty : assert (!f_any_q);
        stream_last : assert ((f_row_next < f_rows) && (last_o == (f_row_next + 9'd1 == f_rows)));
      end
    end
  end
