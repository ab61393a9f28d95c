  // Properties of dp_loader: a request stands until it is taken; slices are asked for in the room that was counted for them, one behind the other around the
  // ring, as many as the convolution has; of every octet the parameters once and each kept group once; what is in use is not given out again. What is in use
  // and asked for is counted here once more.
  logic [RunW-1:0] f_run_q;
  logic [70:0] f_at, f_at_q;  // what an address is made from
  logic [511+2*AddrW:0] f_cmd_q;
  logic [63:0] f_keep_q, f_asked_q, f_this;
  logic f_stands_q, f_cmd_stands_q, f_new_keep_q, f_open_q, f_forwarded_q, f_made_q, f_image_q, f_image_here_q;
  logic [1:0] f_masks_q;  // channel masks that are asked for and not made
  logic [3:0] f_pairs_q;
  logic [15:0] f_rows_q, f_place_q, f_row_q, f_slices_q;
  logic [16:0] f_next;
  logic [5:0] f_entries_q, f_whole_q;  // entries in use, of slices that are wholly asked for
  logic [4:0] f_entry_q;
  logic [4:0] f_octet_q;  // of the open slice
  logic [31:0] f_octets, f_left;
  logic f_slice_end, f_making, f_record;
  assign f_at = {out_group_q, in_group_q, octet_q, image_beats_q, lane_q, entry_q, row_q};
  assign f_record = fire && (run.kind == dp_pkg::RunRecord);
  assign f_slice_end = f_record && run.slice_last;
  assign f_making = is_groups || (is_conv && cmd.flags.score);
  assign f_this = 64'd1 << in_group_q[5:0];
  assign f_next = 17'(f_place_q) + 17'(cmd.rows);
  // octets that a slice holds, and those of the slices that are left
  assign f_octets = cmd.flags.dual ? 32'(2 * Lanes) : 32'(Lanes);
  assign f_left = cmd.flags.dual ? (32'(cmd.out_slices) - 32'(slice_q)) * 32'(2 * Lanes) : (32'(cmd.out_slices) - 32'(slice_q)) * 32'(Lanes);
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {f_stands_q, f_cmd_stands_q, f_new_keep_q, f_open_q, f_forwarded_q, f_made_q, f_image_q, f_image_here_q} <= '0;
      {f_masks_q, f_pairs_q, f_rows_q, f_place_q, f_row_q, f_slices_q} <= '0;
      {f_entries_q, f_whole_q, f_entry_q, f_octet_q, f_asked_q} <= '0;
    end else begin
      f_stands_q <= req_valid_o && !req_ready_i;
      f_cmd_stands_q <= cmd_valid_i && !cmd_ready_o;
      f_new_keep_q <= group_done_i;
      f_forwarded_q <= (f_forwarded_q || (exec_valid_o && exec_ready_i)) && !cmd_ready_o;
      // resources
      f_rows_q <= f_rows_q + (alloc ? cmd.rows : 16'd0) - (slice_release_i ? slice_rows_i : 16'd0);
      f_entries_q <= f_entries_q + 6'(alloc) - (slice_release_i ? slice_count_i : 6'd0);
      f_whole_q <= f_whole_q + 6'(f_slice_end) - (slice_release_i ? slice_count_i : 6'd0);
      for (int i = 0; i < 4; i++)
        f_pairs_q[i] <= (mask_start_o && (cmd.in_buf[2:1] == 2'(i))) || (f_pairs_q[i] && !(mask_release_i && (mask_pair_i == 2'(i))));
      f_image_q <= image_start_o || (f_image_q && !image_release_i);
      f_image_here_q <= !image_start_o && (f_image_here_q || (fire && (run.kind == dp_pkg::RunImage)));
      f_masks_q <= f_masks_q + 2'(go && f_making) - 2'(group_done_i);
      f_made_q <= (f_made_q || (cmd_ready_o && f_making)) && !group_done_i;  // the command is asked for: its mask may come
      // the slice that is asked for
      if (alloc) begin
        f_row_q <= f_place_q;
        f_place_q <= (f_next >= 17'(WeightRows)) ? 16'(f_next - 17'(WeightRows)) : f_next[15:0];
        f_slices_q <= f_slices_q + 16'd1;
        f_octet_q <= '0;
      end else if (fire && octet_end) f_octet_q <= f_octet_q + 5'd1;
      if (go) f_slices_q <= '0;
      f_open_q <= alloc || (f_open_q && !f_slice_end);
      if (f_slice_end) f_entry_q <= f_entry_q + 5'd1;
      if (fire) f_asked_q <= (state_q == Groups) ? f_asked_q | f_this : 64'd0;
    end
  end
  always_ff @(posedge clk_i) begin
    f_run_q <= run_data_o;
    f_at_q <= f_at;
    f_cmd_q <= cmd_data_i;
    f_keep_q <= group_keep_i;
    if (rst_ni) begin
      // a command stands and was checked
      if (f_cmd_stands_q) loader_stands : assume (cmd_valid_i && (cmd_data_i == f_cmd_q));
      if (cmd_valid_i && is_conv)
        loader_conv : assume ((cmd.rows != '0) && (32'(cmd.rows) <= WeightRows) && (cmd.out_slices != '0) && (cmd.cout != '0)
                              && (32'(cmd.cout) <= (cmd.flags.dual ? 32'(cmd.out_slices) * (2 * Po) : 32'(cmd.out_slices) * Po))
                              && (32'(cmd.cout) > (cmd.flags.dual ? (32'(cmd.out_slices) - 1) * (2 * Po) : (32'(cmd.out_slices) - 1) * Po))
                              && (cmd.aux_beats >= 8'd2) && (16'(cmd.aux_beats) <= cmd.rec_beats));
      if (cmd_valid_i && is_conv && cmd.flags.in_grouped) loader_grouped : assume (cmd.group8 != '0);
      if (cmd_valid_i && is_conv && cmd.flags.score) loader_scored : assume ((cmd.groups != '0) && (cmd.groups <= 8'd64));
      if (cmd_valid_i && is_mask) loader_mask : assume ((cmd.src_h != '0) && (cmd.flags.own_fetch || ((cmd.rows != '0) && (cmd.rows <= 16'd16))));
      // a channel mask changes when one is made, which is after all was asked for; what is given back was in use
      if (!f_new_keep_q) loader_keep : assume (group_keep_i == f_keep_q);
      if ((state_q == Groups) || ((state_q == Record) && cmd.flags.in_grouped)) loader_some : assume (group_keep_i != '0);
      if (group_done_i) loader_made : assume (f_made_q);
      if (slice_release_i) loader_release : assume ((slice_count_i != '0) && (slice_count_i <= f_whole_q) && (slice_rows_i <= f_rows_q));
      if (slice_release_i && f_open_q) loader_other : assume (slice_rows_i <= f_rows_q - cmd.rows);
      if (image_release_i) loader_image : assume (f_image_here_q || !f_image_q);
      // requests
      if (f_stands_q && run_ready_i && !halt_i) loader_request : assert (req_valid_o && (f_at == f_at_q) && (run.kind == f_run_q[RunW-1-:3]));
`ifndef FORMAL
      if (f_stands_q && run_ready_i && !halt_i) loader_same : assert (run_data_o == f_run_q);
`endif
      if (fire) loader_run : assert (cmd_valid_i && f_forwarded_q && (run.aux <= run.beats));
      if (fire && (run.kind != dp_pkg::RunImage)) loader_beats : assert (run.beats != '0);
      if (exec_valid_o) loader_forward : assert (cmd_valid_i && !f_forwarded_q);
      if (halt_i) loader_halt : assert (!req_valid_o && !run_valid_o && !exec_valid_o);
      // resources
      loader_rows : assert ((17'(f_rows_q) + 17'(rows_free_q) == 17'(WeightRows)) && (32'(f_entries_q) + 32'(entries_free_q) == ParamEntries));
      loader_whole : assert ((7'(f_entries_q) == 7'(f_whole_q) + 7'(f_open_q)) && (32'(f_entries_q) <= ParamEntries));
      if (f_open_q) loader_own : assert (f_rows_q >= cmd.rows);
      if (alloc) loader_room : assert ((17'(f_rows_q) + 17'(cmd.rows) <= 17'(WeightRows)) && (32'(f_entries_q) < (cmd.flags.score ? ScoreEntries : ParamEntries)));
      loader_pairs : assert (f_pairs_q == pair_busy_q);
      if (mask_start_o) loader_free : assert (!f_pairs_q[cmd.in_buf[2:1]]);
      loader_images : assert ((image_busy_q == f_image_q) && (image_due_q == (f_image_q && !f_image_here_q)) && (f_image_q || !image_due_q));
      if (image_start_o) loader_one : assert (!f_image_q);
      if (fire && (run.kind == dp_pkg::RunImage)) loader_due : assert (f_image_q && !f_image_here_q && is_conv && (f_slices_q == 16'd1));
      loader_masks : assert ((f_masks_q <= 2'd1) && (groups_open_q == 3'(f_masks_q)) && (!f_made_q || (f_masks_q == 2'd1)));
      if ((state_q != Start) && f_making) loader_making : assert ((f_masks_q == 2'd1) && !f_made_q);
      if ((state_q != Start) && is_conv && (cmd.flags.in_grouped || cmd.flags.out_grouped) && !cmd.flags.score) loader_known : assert (f_masks_q == '0);
      if (image_due_q && ((state_q == Slice) || f_open_q)) loader_first : assert (slice_q == '0);
      if (state_q == Image) loader_second : assert (image_due_q && (slice_q == 16'd1));
      // slices and octets
      loader_state : assert ((3'(state_q) <= 3'd6) && ((state_q == Start) || (cmd_valid_i && f_forwarded_q)) && (forwarded_q == f_forwarded_q));
      loader_open : assert (f_open_q == ((state_q == Record) || (state_q == Groups)));
      if ((state_q == Slice) || (state_q == Image) || f_open_q) loader_work : assert (is_conv);
      if (state_q == Plain) loader_plain : assert (is_groups || is_mask || (is_conv && cmd.flags.score));
      loader_ring : assert ((row_q < 16'(WeightRows)) && (entry_q == f_entry_q) && (f_open_q || (row_q == f_place_q)));
      if (f_open_q) loader_next : assert ((row_q == f_row_q) && (row_next == f_place_q) && (slice_q + 16'd1 == f_slices_q) && (5'(lane_q) == f_octet_q));
      if (!f_open_q && is_conv && (state_q != Start) && (state_q != Plain)) loader_count : assert (slice_q == f_slices_q);
      if ((state_q == Plain) && is_conv) loader_zero : assert ((slice_q == '0) && (f_slices_q == '0) && (32'(octets_left_q) == (32'(cmd.cout) + 32'd7) / 32'd8));
      if (is_conv && ((state_q == Slice) || f_open_q)) loader_more : assert (slice_q < cmd.out_slices);
      if (is_conv && ((state_q == Slice) || (state_q == Image))) loader_left : assert ((32'(octets_left_q) <= f_left) && ((f_left == '0) || (32'(octets_left_q) + f_octets > f_left)));
      if (f_open_q)
        loader_octets : assert ((octets_left_q != '0) && (32'(lane_q) < f_octets) && (32'(octets_left_q) + 32'(lane_q) <= f_left)
                                && (32'(octets_left_q) + 32'(lane_q) + f_octets > f_left));
      if (f_record) loader_place : assert ((run.row == f_row_q) && (run.entry == f_entry_q) && (5'(run.lane) == f_octet_q));
      if (cmd_ready_o && is_conv) loader_done : assert ((f_slices_q == cmd.out_slices) && (octets_left_q == '0));
      // the kept groups
      if (state_q == Groups) begin
        loader_grouping : assert (cmd.flags.in_grouped);
        loader_kept : assert ((in_group_q < 7'd64) && group_keep_i[in_group_q[5:0]]);
        loader_asked : assert (f_asked_q == (group_keep_i & ~({64{1'b1}} << in_group_q)));
        if (fire && octet_end) loader_all : assert ((f_asked_q | f_this) == group_keep_i);
      end
    end
  end
