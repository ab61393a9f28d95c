  // Properties of dp_mask_unit, of its ports alone: rows are cleared once each, before anything is decided; every position is decided once, inside the map, in
  // raster order of those that the producer does not write and then of those that it does; the latter after they have retired; the mask is done when all are.
  // A read stands until it is taken; of a position every word is asked for once.
  dp_pkg::cmd_t f_cmd_q;
  logic f_open_q, f_stands_q, f_second_q, f_any_q, f_two, f_next_pass, f_kept;
  logic [15:0] f_seen_q, f_late_q, f_asked_q, f_retired_q, f_words_q;
  logic [8:0] f_clear_q, f_y_q, f_x_q;
  logic [23:0] f_read_q;
  logic [2:0] f_sets_q;
  logic [63:0] f_have_q;
  logic [MaskW-1:0] f_rows[0:63];  // of the producer's mask, as they were seen
  logic [MaskW-1:0] f_row;
  logic f_obs_later;
  assign f_two = f_cmd_q.flags.prev_masked && (f_cmd_q.prev_buf != 8'hff);
  assign f_row = f_rows[y_o];
  assign f_kept = f_row[x_o[$clog2(MaskW)-1:0]];
  assign f_obs_later = (9'(y_o) > f_y_q) || ((9'(y_o) == f_y_q) && (x_o > f_x_q));
  // the producer's positions come in a pass of their own
  assign f_next_pass = f_second_q || (f_two && f_kept);
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {f_open_q, f_stands_q, f_second_q, f_any_q} <= '0;
      {f_seen_q, f_late_q, f_asked_q, f_words_q} <= '0;
      {f_clear_q, f_sets_q} <= '0;
      f_have_q <= '0;
    end else begin
      f_stands_q <= rd_valid_o && !rd_ready_i;
      f_sets_q <= f_sets_q + 3'(weight_we_i && weight_last_i) - 3'(done_o);
      if (start_i) begin
        f_open_q <= 1'b1;
        {f_second_q, f_any_q} <= '0;
        {f_seen_q, f_late_q, f_asked_q, f_words_q} <= '0;
        f_clear_q <= '0;
        f_have_q <= '0;
      end else begin
        if (done_o) f_open_q <= 1'b0;
        if (clear_o) f_clear_q <= f_clear_q + 9'd1;
        if (f_open_q && (32'(prev_y_o) < 32'(f_cmd_q.src_h))) f_have_q[prev_y_o[5:0]] <= 1'b1;
        if (rd_valid_o && rd_ready_i) begin
          f_words_q <= (f_words_q + 16'(rd_words_o) == f_cmd_q.src_slices) ? 16'd0 : f_words_q + 16'(rd_words_o);
          f_asked_q <= f_asked_q + 16'(f_words_q + 16'(rd_words_o) == f_cmd_q.src_slices);
        end
        if (obs_valid_o) begin
          f_seen_q <= f_seen_q + 16'd1;
          f_any_q <= 1'b1;
          {f_y_q, f_x_q} <= {9'(y_o), x_o};
          f_second_q <= f_next_pass;
          if (f_next_pass) f_late_q <= f_late_q + 16'd1;
        end
      end
    end
  end
  always_ff @(posedge clk_i) begin
    f_read_q <= {rd_addr_o, rd_bank_o, rd_words_o};
    f_retired_q <= start_i ? 16'd0 : retired_i;  // (counted from the start on)
    if (start_i) f_cmd_q <= cmd_i;
    if (f_open_q && (32'(prev_y_o) < 32'(f_cmd_q.src_h))) f_rows[prev_y_o[5:0]] <= prev_row_i;
    if (rst_ni) begin
      // a mask is begun when none is at work, with a command that was checked; its weights come in sets, three at most
      if (start_i) begin
        mask_turn : assume (idle_o);
        mask_cmd : assume ((cmd_in.src_w != '0) && (cmd_in.src_h != '0) && (32'(cmd_in.src_w) <= MaskW) && (32'(cmd_in.src_h) <= MaskW)
                           && (cmd_in.src_slices != '0) && (cmd_in.src_slices <= 16'd144));
      end
      if (weight_we_i && weight_last_i) mask_sets : assume ((f_sets_q < 3'd3));
      if (f_open_q) mask_retired : assume (retired_i >= f_retired_q);
      // the producer's mask stays while it is followed
      if (f_open_q && f_two && (32'(prev_y_o) < 32'(f_cmd_q.src_h)) && f_have_q[prev_y_o[5:0]]) mask_same : assume (prev_row_i == f_rows[prev_y_o[5:0]]);
`ifdef FORMAL
      if (start_i) assume ((cmd_in.src_w <= 8'd2) && (cmd_in.src_h <= 8'd2) && (cmd_in.src_slices <= 16'd10));
`endif
      mask_idle : assert (idle_o == !f_open_q);
      if (f_stands_q) mask_read_stands : assert (rd_valid_o && ({rd_addr_o, rd_bank_o, rd_words_o} == f_read_q));
      if (rd_valid_o) begin
        mask_cleared : assert (f_open_q && (f_clear_q == 9'(f_cmd_q.src_h)) && (f_sets_q != '0));
        mask_words : assert ((rd_words_o != '0) && (32'(rd_words_o) <= Words) && (17'(f_words_q) + 17'(rd_words_o) <= 17'(f_cmd_q.src_slices)));
        mask_many : assert (32'(f_asked_q) < 32'(f_cmd_q.src_w) * 32'(f_cmd_q.src_h));
      end
      if (clear_o) mask_clear : assert (f_open_q && (9'(y_o) == f_clear_q) && (f_clear_q < 9'(f_cmd_q.src_h)) && !set_o && !obs_valid_o && (f_seen_q == '0));
      if (clear_o || set_o) mask_pair : assert ((pair_o == f_cmd_q.in_buf[2:1]) && (pooled_o == f_cmd_q.flags.pooled));
      if (set_o) mask_set : assert (obs_valid_o && obs_keep_o);
      if (obs_valid_o) begin
        mask_kept : assert (set_o == obs_keep_o);
        mask_layer : assert (obs_layer_o == f_cmd_q.layer);
        mask_read : assert (f_open_q && (f_seen_q < f_asked_q));
        mask_inside : assert ((9'(y_o) < 9'(f_cmd_q.src_h)) && (x_o < 9'(f_cmd_q.src_w)));
        if (f_any_q) mask_order : assert (f_obs_later || (f_two && !f_second_q && f_kept));
        if (f_two) mask_pass : assert (f_have_q[y_o] && (f_kept == f_next_pass));
        if (f_next_pass || !f_cmd_q.flags.prev_masked) mask_final : assert ((f_cmd_q.flags.prev_masked ? f_late_q : f_seen_q) < retired_i);
      end
      if (done_o) mask_all : assert (f_open_q && !obs_valid_o && (32'(f_seen_q) == 32'(f_cmd_q.src_w) * 32'(f_cmd_q.src_h)) && (f_words_q == '0));
    end
  end
