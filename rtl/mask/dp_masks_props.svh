  // Properties of dp_masks: given rows are written in order and once each, from the beats that hold them, and only while the unit does not write; a mask is
  // given when its last row is; nobody writes a mask that the unit follows.
  dp_pkg::cmd_t f_load, f_start, f_cmd_q;
  logic [MaskW-1:0] f_given;
  logic f_two;
  logic [2:0] f_queue_q;  // given masks that are asked for and not done
  logic [10:0] f_asked[0:3];
  logic [1:0] f_in_q, f_out_q;
  logic [10:0] f_head;
  logic [5:0] f_row_q;
  logic [15:0] f_retired_q;
  logic [2:0] f_sets_q;
  assign f_load = load_cmd_i;
  assign f_start = start_cmd_i;
  assign f_head = f_asked[f_out_q];
  assign f_two = f_cmd_q.flags.prev_masked && (f_cmd_q.prev_buf != 8'hff);
  assign f_given = data_i[f_row_q[2:0]*64+:MaskW];
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {f_queue_q, f_row_q, f_sets_q, f_in_q, f_out_q} <= '0;
    end else begin
      f_sets_q <= f_sets_q + 3'(weight_we_i && last_i) - 3'(unit_done_o);
      f_queue_q <= f_queue_q + 3'(load_i && f_load.flags.own_fetch) - 3'(rows_done_o);
      f_in_q <= f_in_q + 2'(load_i && f_load.flags.own_fetch);
      f_out_q <= f_out_q + 2'(rows_done_o);
      if (row_we) f_row_q <= rows_done_o ? 6'd0 : f_row_q + 6'd1;
    end
  end
  always_ff @(posedge clk_i) begin
    f_retired_q <= start_i ? 16'd0 : retired_i;  // (counted from the start on)
    if (start_i) f_cmd_q <= start_cmd_i;
    if (load_i && f_load.flags.own_fetch) f_asked[f_in_q] <= {f_load.flags.pooled, f_load.in_buf[2:1], f_load.src_h};
    if (rst_ni) begin
      // commands were checked; a pair is not in use when it is given out (dp_loader)
      if (start_i) begin
        masks_turn : assume (idle_o);
        masks_cmd : assume ((f_start.src_w != '0) && (f_start.src_h != '0) && (32'(f_start.src_w) <= MaskW) && (32'(f_start.src_h) <= MaskW)
                            && (f_start.src_slices != '0) && (f_start.src_slices <= 16'd144));
        masks_other : assume (!f_start.flags.prev_masked || (f_start.prev_buf == 8'hff) || (f_start.prev_buf[2:1] != f_start.in_buf[2:1]));
      end
      if (load_i && f_load.flags.own_fetch) masks_load : assume ((f_queue_q < 3'd4) && (f_load.src_h != '0) && (32'(f_load.src_h) <= MaskW));
      if (weight_we_i && last_i) masks_sets : assume (f_sets_q < 3'd3);
      if (!idle_o) masks_retired : assume (retired_i >= f_retired_q);
      if (row_we && !idle_o) masks_in_use : assume ((rows_pair != f_cmd_q.in_buf[2:1]) && (!f_two || (rows_pair != f_cmd_q.prev_buf[2:1])));
`ifdef FORMAL
      if (start_i) assume ((f_start.src_w <= 8'd2) && (f_start.src_h <= 8'd2) && (f_start.src_slices <= 16'd9));
      if (load_i) assume (f_load.src_h <= 8'd9);
`endif
      if (row_we) masks_rows : assert (row_valid_i && !clear && !set && (f_queue_q != '0) && ({rows_pooled, rows_pair} == f_head[10:8]) && (rows_y == f_row_q) && (given_row == f_given));
      if (row_ready_o) masks_beat : assert (row_we && (rows_done_o || (f_row_q[2:0] == 3'd7)));
      if (rows_done_o) masks_given : assert (row_we && (8'(f_row_q) + 8'd1 == f_head[7:0]));
      if (row_we && (8'(f_row_q) + 8'd1 == f_head[7:0])) masks_whole : assert (rows_done_o);
      if (clear || set) masks_unit : assert (!idle_o && (unit_pair == f_cmd_q.in_buf[2:1]) && (!f_two || (unit_pair != f_cmd_q.prev_buf[2:1])));
      if (unit_done_o) masks_done : assert (!idle_o && (unit_pair == f_cmd_q.in_buf[2:1]));
      if (obs_valid_o) masks_seen : assert (set == obs_keep_o);
    end
  end
