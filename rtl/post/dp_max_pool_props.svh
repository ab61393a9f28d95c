  // Properties of dp_max_pool: outputs inside the pooled map, in raster order, each once; one window at a time is followed through its nine pixels.
  logic [7:0] want_y_q, want_x_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) {want_y_q, want_x_q} <= '0;
    else if (start_i) {want_y_q, want_x_q} <= '0;
    else if (active) begin
      want_x_q <= (9'(x_i) + 9'd1 == w_i) ? 8'd0 : x_i + 8'd1;
      if (9'(x_i) + 9'd1 == w_i) want_y_q <= (9'(y_i) + 9'd1 == h_i) ? 8'd0 : y_i + 8'd1;
    end
  end
  logic f_any_q, f_seen_q, f_watch, f_inside, f_begins, f_out;
  logic [7:0] f_y_q, f_x_q, f_wy, f_wx;
  logic [W-1:0] f_max_q, f_max;
`ifdef FORMAL
  (* anyconst *) logic [7:0] f_any_y;
  (* anyconst *) logic [7:0] f_any_x;
  assign {f_wy, f_wx} = {f_any_y, f_any_x};
  // A maximum is right for all values if it is for the smallest and the largest (it commutes with every threshold); maps up to 4x4.
  always_ff @(posedge clk_i) begin
    for (int l = 0; l < Lanes; l++) assume (data_i[l*8+:8] == 8'h80 || data_i[l*8+:8] == 8'h7f);
    assume ((h_i <= 9'd4) && (w_i <= 9'd4) && (f_any_y < 8'd2) && (f_any_x < 8'd2));
  end
`else
  assign {f_wy, f_wx} = {8'd1, 8'd1};
`endif
  logic [18:0] f_env_q;
  // not the unit's own
  function automatic logic [W-1:0] f_larger(input logic [W-1:0] a, input logic [W-1:0] b);
    for (int l = 0; l < Lanes; l++) f_larger[l*8+:8] = ((a[l*8+:8] ^ 8'h80) < (b[l*8+:8] ^ 8'h80)) ? b[l*8+:8] : a[l*8+:8];
  endfunction
  assign f_inside = active && (10'(y_i) + 10'd1 >= {1'b0, f_wy, 1'b0}) && (10'(y_i) <= {1'b0, f_wy, 1'b0} + 10'd1)
      && (10'(x_i) + 10'd1 >= {1'b0, f_wx, 1'b0}) && (10'(x_i) <= {1'b0, f_wx, 1'b0} + 10'd1);
  assign f_max = f_seen_q ? f_larger(f_max_q, data_i) : data_i;
  assign f_out = valid_o && enable_i && (y_o == f_wy) && (x_o == f_wx);
  assign f_watch = f_inside;
  assign f_begins = active && (x_i == '0) && (y_i == '0);
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) {f_any_q, f_seen_q, f_y_q, f_x_q} <= '0;
    else begin
      if (start_i) f_any_q <= 1'b0;
      else if (active && (9'(x_i) + 9'd1 == w_i) && (9'(y_i) + 9'd1 == h_i)) f_any_q <= 1'b0;
      else if (valid_o && enable_i) begin
        f_any_q <= 1'b1;
        {f_y_q, f_x_q} <= {y_o, x_o};
      end
      if (start_i || f_out || (active && (9'(x_i) + 9'd1 == w_i) && (9'(y_i) + 9'd1 == h_i))) f_seen_q <= 1'b0;
      else if (f_watch) f_seen_q <= 1'b1;
    end
  end
  always_ff @(posedge clk_i) begin
    if (f_watch) f_max_q <= f_max;
    f_env_q <= {enable_i, h_i, w_i};
    if (rst_ni) begin
      if (active) begin
        pool_sequence : assume ({y_i, x_i} == {want_y_q, want_x_q});
        pool_width : assume ((32'(x_i) < 2 * Columns) && (9'(x_i) < w_i) && (9'(y_i) < h_i));
      end
      // within a map
      if (({want_y_q, want_x_q} != '0) && !start_i) pool_same : assume ({enable_i, h_i, w_i} == f_env_q);
      if (!enable_i) pool_off : assert ((valid_o == valid_i) && ({y_o, x_o} == {y_i, x_i}) && (data_o == data_i));
      if (valid_o && enable_i) begin
        pool_inside : assert ((32'(y_o) * 2 < 32'(h_i)) && (32'(x_o) * 2 < 32'(w_i)));
        pool_order : assert (!f_any_q || (y_o > f_y_q) || ((y_o == f_y_q) && (x_o > f_x_q)));
      end
      if (f_out) pool_max : assert (data_o == f_max);
    end
  end
