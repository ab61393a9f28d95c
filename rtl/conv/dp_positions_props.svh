  // Properties of dp_positions: a token stands; positions are inside the map and in raster order, and are kept ones where only those are asked for; the passes
  // are counted.
  logic f_stands_q, f_any_q, f_started_q;
  logic [20:0] f_token, f_token_q;
  logic [8:0] f_y_q, f_x_q;
  logic [31:0] f_env, f_env_q;
  assign f_token = {end_o, final_o, kept_o, y_o, x_o};
  assign f_env = {20'd0, w_i, masked_i, skip_i, merge_i};
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) {f_stands_q, f_any_q, f_started_q, f_y_q, f_x_q} <= '0;
    else begin
      f_started_q <= start_i;
      f_stands_q <= valid_o && !ready_i && !start_i;
      if (start_i || (take && (end_o || final_o))) f_any_q <= 1'b0;
      else if (take) begin
        f_any_q <= 1'b1;
        {f_y_q, f_x_q} <= {y_o, x_o};
      end
    end
  end
  always_ff @(posedge clk_i) begin
    f_token_q <= f_token;
    f_env_q <= f_env;
    if (rst_ni) begin
      // rows and passes come with the start, everything else from the cycle after it on
      if (start_i) begin
        positions_turn : assume (idle_o);
        positions_rows : assume ((first_i < end_i) && (passes_i != '0));
      end
      if (active_q) positions_width : assume ((w_i != '0) && (!masked_i || (32'(w_i) <= MaskW)));
      if (active_q && !f_started_q) positions_same : assume (f_env == f_env_q);
      if (active_q && f_started_q && merge_i) positions_one : assume ((passes_q == 16'd1) && (rows_end_q == first_q + 9'd1));
      if (active_q && !start_i) begin
        if (f_stands_q) positions_stands : assert (valid_o && ({end_o, final_o} == f_token_q[20:19]) && (end_o || (f_token == f_token_q)));
        positions_next : assert ((first_q < rows_end_q) && (next_y_q >= first_q) && (next_y_q <= rows_end_q) && (passes_q != '0));
        if (merge_i) positions_merge : assert ((passes_q == 16'd1) && (rows_end_q == first_q + 9'd1));
        if (loaded_q) positions_row : assert ((y_q + 9'd1 == next_y_q) && (y_q >= first_q) && (by_bits || (x_q < w_i)) && ((row_q & ~in_map) == '0));
        if (!loaded_q && f_any_q) positions_gap : assert (f_y_q < next_y_q);
        if (loaded_q && f_any_q) positions_order : assert ((f_y_q < y_q) || ((f_y_q == y_q) && (by_bits ? ((row_q & ~(~{MaskW{1'b0}} << f_x_q << 1)) == '0) : (f_x_q + 9'd1 == x_q))));
        if (valid_o && !end_o) begin
          positions_inside : assert ((x_o < w_i) && (y_o >= first_q) && (y_o < rows_end_q));
          positions_raster : assert (!f_any_q || (y_o > f_y_q) || ((y_o == f_y_q) && (x_o > f_x_q)));
          if (by_bits) positions_kept : assert (kept_o && row_q[x_o[XW-1:0]]);
        end
      end
      if (!active_q) positions_idle : assert (idle_o && !valid_o);
    end
  end
