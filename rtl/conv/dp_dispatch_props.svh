  // Properties of dp_dispatch: a cycle is issued for a position of this run, with the weights of its slice and the rows that it reads, and never into a conflict
  // (dp_dst_place says what that is); every word of a position is read once for a result, which begins fresh; the slices of a run end once each.
  // Weights that came are counted here from the run's beginning.
  dp_pkg::cmd_t f_cmd0, f_cmd1, f_cmd2;
  logic [3*512-1:0] f_cmds_q;
  logic [2:0] f_here_q, f_ended_q;  // convolutions: a position of it came; it is over
  logic [1:0] f_conv;
  logic f_mid_q, f_run_q, f_chained_q, f_over, f_alone, f_waits;
  logic [15:0] f_there_q, f_came_q, f_before, f_given, f_ends_q, f_words_q;
  logic [9:0] f_centre, f_reads, f_rows;
  assign {f_cmd2, f_cmd1, f_cmd0} = cmds_i;
  assign f_before = (p_conv_q == 2'd2) ? f_cmd0.out_slices + f_cmd1.out_slices : (p_conv_q == 2'd1) ? f_cmd0.out_slices : 16'd0;
  assign f_given = !slice_end ? 16'd0 : chained_i ? cmd.out_slices : 16'd1;
  assign f_over = all_done;
  assign f_alone = !packed_mode;
  assign f_centre = (cmd.flags.stride2 ? 10'(p_y_q) << 1 : 10'(p_y_q)) + ((cmd.flags.stride2 && cmd.flags.late_y) ? 10'd1 : 10'd0);
  assign f_reads = (f_centre + (k3 ? 10'd1 : 10'd0) >= 10'(cmd.src_h)) ? 10'(cmd.src_h) : f_centre + (k3 ? 10'd2 : 10'd1);
  assign f_waits = !p_end_q && !cmd.flags.patches && ((p_conv_q != '0) || cmd.flags.image_src);  // for source rows
  assign f_rows = (p_conv_q == 2'd0) ? 10'(image_rows_i) : (p_conv_q == 2'd1) ? 10'(rows_done_i[8:0]) : 10'(rows_done_i[17:9]);
  assign f_conv = (pos_ready_o && pos_valid_i) ? pos_conv_i : 2'd0;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {f_here_q, f_ended_q, f_mid_q, f_run_q, f_chained_q} <= '0;
      {f_there_q, f_came_q, f_ends_q, f_words_q} <= '0;
    end else begin
      f_chained_q <= chained_i;
      f_run_q <= start_i || (f_run_q && !f_over);
      f_there_q <= f_there_q + 16'(slice_ready_i) - f_given;
      f_came_q <= start_i ? f_there_q + 16'(slice_ready_i) : f_came_q + 16'(slice_ready_i);
      f_ends_q <= start_i ? 16'd0 : f_ends_q + 16'(slice_end);
      if (start_i) {f_here_q, f_ended_q} <= {3'b001, 3'b000};
      else begin
        f_here_q <= f_here_q | (3'b111 >> (2'd2 - f_conv));
        if (chained_i && slice_end) f_ended_q <= f_ended_q | (3'b001 << p_conv_q);
      end
      if (issue) begin
        f_words_q <= last_cycle ? 16'd0 : f_words_q + 16'(words);
        f_mid_q <= cmd.flags.head || !last_cycle;
      end else if (end_issue) f_mid_q <= 1'b0;
      if (start_i) f_words_q <= '0;
    end
  end
  always_ff @(posedge clk_i) begin
    f_cmds_q <= cmds_i;
    if (rst_ni) begin
      // a run begins when the one before it is over, and a command stays once it is at work
      if (start_i) dispatch_turn : assume (!run_active_q && !halt_i);
      if (run_active_q) begin
        dispatch_same : assume ((chained_i == f_chained_q) && (!f_here_q[0] || (cmds_i[0+:512] == f_cmds_q[0+:512]))
                                && (!f_here_q[1] || (cmds_i[512+:512] == f_cmds_q[512+:512])) && (!f_here_q[2] || (cmds_i[1024+:512] == f_cmds_q[1024+:512])));
        if (p_valid_q) begin
          dispatch_cmd : assume ((cmd.src_slices != '0) && (cmd.out_slices != '0) && (cmd.out_slices <= 16'd256)
                                 && (!chained_i || ((32'(f_before) + 32'(cmd.out_slices) <= 32) && !cmd.flags.head && !cmd.flags.patches)));
          // convolutions end in their order, with their last row
          dispatch_order : assume ((p_conv_q != 2'd3) && (chained_i ? !f_ended_q[p_conv_q] : (p_conv_q == '0)) && (p_y_q < 9'd256) && (p_x_q < 9'd256));
          if (f_waits) dispatch_map : assume (f_centre < 10'(cmd.src_h));
          if (chained_i && slice_end && (p_conv_q != '0)) dispatch_ends : assume (f_ended_q[p_conv_q-2'd1]);
        end
      end
      if (slice_ready_i) dispatch_entries : assume (f_there_q < 16'd32);
      dispatch_run : assert (run_active_q == f_run_q);
      if (halt_i) dispatch_halt : assert (!issue && !end_issue);
      if (issue || end_issue) dispatch_at_work : assert (f_run_q && p_valid_q && (issue != end_issue) && (issue == !p_end_q));
      if (end_issue) dispatch_consumer : assert (!consumer_busy_i);
      // weights
      if (issue) dispatch_weights : assert (f_came_q > f_before + 16'(out_slice));
      if (slice_end) dispatch_given : assert (f_there_q >= f_given);
      // rows
      if (issue && f_waits) dispatch_rows : assert (f_rows >= f_reads);
      // banks
      if (issue && !cmd.flags.head) dispatch_bank : assert (!conflict);
      // words of a result, each once
      if (Parallel && issue && f_alone) begin
        dispatch_words : assert ((slice_q == f_words_q) && (words != '0) && (32'(f_words_q) + 32'(words) <= 32'(cmd.src_slices)));
        dispatch_whole : assert (last_cycle == (f_words_q + 16'(words) == cmd.src_slices));
      end
      if (issue && f_alone) dispatch_fresh : assert (fresh_q == !f_mid_q);
      // slices
      if (f_over) dispatch_slices : assert (slice_end && (chained_i || (f_ends_q + 16'd1 == cmd.out_slices)));
      if (slice_end && !chained_i) dispatch_last : assert (f_over == (f_ends_q + 16'd1 == cmd.out_slices));
      if (slice_end) dispatch_once : assert (!chained_i || !f_ended_q[p_conv_q]);
    end
  end
