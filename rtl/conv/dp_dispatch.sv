// Dispatcher: turns positions into array cycles. For every output slice: wait for its weights, then for every kept position issue its slices
// (parallel) or its live taps times slices (serial), then an end token. Everything after it is feed-forward; it alone holds: for
// weights, for image rows, for a bank conflict between a residual read and a write in flight, and at a slice's end for its consumer.
module dp_dispatch #(
    parameter bit Parallel = 1'b1,
    parameter int unsigned Pi = 8,
    parameter int unsigned Po = 8,
    parameter int unsigned WeightRows = 64,
    localparam int unsigned TokW = dp_pkg::TokenW,
    localparam int unsigned WordsOut = Po / Pi
) (
    input  logic            clk_i,
    input  logic            rst_ni,
    input  logic            halt_i,
    input  logic            start_i,       // of a convolution
    input  logic [511:0]    cmd_i,         // stable until all is issued
    output logic            done_o,        // all slices issued
    // positions
    input  logic            pos_valid_i,
    output logic            pos_ready_o,
    input  logic            pos_end_i,
    input  logic [8:0]      pos_y_i,
    input  logic [8:0]      pos_x_i,
    input  logic            pos_kept_i,
    input  logic [8:0]      pos_taps_i,
    // what it waits for
    input  logic            weights_i,     // the slice's weights are complete
    output logic            weights_take_o,
    input  logic [8:0]      image_rows_i,
    input  logic            consumer_busy_i,
    // pipeline
    output logic [TokW-1:0] token_o,
    // counters
    output logic [15:0]     macs_o,        // executed in this cycle
    output logic            wait_weights_o,
    output logic            wait_port_o
);
  localparam int unsigned Step = Parallel ? 9 * Pi : Pi;  // channels of a 1x1 cycle

  dp_pkg::cmd_t cmd;
  assign cmd = cmd_i;
  logic k3, run_active_q;
  assign k3 = cmd.flags.kernel3;

  // current position
  logic p_valid_q, p_end_q, p_kept_q;
  logic [8:0] p_y_q, p_x_q, p_taps_q, taps_left_q;

  // current cycle within the position, current slice
  logic [15:0] slice_q, channels_q, row_q, base_q, out_q, lanes_left_q;
  logic [3:0] slice9_q, dst9_q;
  logic [1:0] entry_q;
  logic fresh_q;  // nothing accumulated yet for the next result

  logic [8:0] taps;
  assign taps = cmd.flags.columns ? (pos_taps_i & 9'b010_010_010) : pos_taps_i;

  // this cycle
  logic [3:0] tap, words;
  logic [8:0] taps_next;
  logic [15:0] left, channels, step;
  logic last_slice, last_tap, last_cycle, dead;
  logic may, conflict, issue, image_ok, end_issue;
  assign left = cmd.src_slices - slice_q;
  assign dead = k3 && (p_taps_q == 9'd0);

  if (Parallel) begin : gen_parallel
    assign tap = 4'd4;
    assign taps_next = '0;
    assign last_tap = 1'b1;
    assign words = k3 ? 4'd1 : (left > 16'd9) ? 4'd9 : left[3:0];
    assign last_slice = left == 16'(words);
    assign step = k3 ? 16'(Pi) : 16'(Step);
  end else begin : gen_serial
    always_comb begin
      tap = 4'd4;
      for (int t = 8; t >= 0; t--) if (k3 && taps_left_q[t]) tap = 4'(t);
    end
    assign taps_next = taps_left_q & (taps_left_q - 9'd1);
    assign last_tap = !k3 || (taps_next == 9'd0);
    assign words = 4'd1;
    assign last_slice = (left == 16'd1) || dead;
    assign step = 16'(Pi);
  end
  assign last_cycle = last_tap && last_slice;
  assign channels = (channels_q < step) ? channels_q : step;

  // banks written by what was issued five cycles ago are written when a residual word issued now is read
  logic [4:0] hist_valid_q;
  logic [3:0] hist_bank_q[0:4];
  logic [3:0] dst_bank, dst_words, apart;
  logic [15:0] dst_addr;
  assign apart = dp_pkg::sub9(dst_bank, hist_bank_q[4]);
  assign conflict = cmd.flags.residual && last_cycle && hist_valid_q[4] && ((apart < 4'(WordsOut)) || (apart > 4'(9 - WordsOut)));

  dp_run_addr u_dst (
      .y_i     (p_y_q),
      .x_i     (p_x_q),
      .slice_i (16'(out_q * 16'(WordsOut))),
      .slice9_i(dst9_q),
      .base_i  (cmd.dst_base),
      .tw_i    (cmd.dst_tw),
      .slices_i(cmd.dst_slices),
      .addr_o  (dst_addr),
      .bank_o  (dst_bank)
  );
  logic [15:0] dst_left;
  assign dst_left = cmd.dst_slices - 16'(out_q * 16'(WordsOut));
  assign dst_words = (dst_left < 16'(WordsOut)) ? dst_left[3:0] : 4'(WordsOut);

  logic [8:0] rows_needed, centre_y, centre_x;
  assign rows_needed = (centre_y + 9'd2 < 9'(cmd.src_h)) ? centre_y + 9'd2 : 9'(cmd.src_h);
  assign image_ok = !cmd.flags.image_src || (image_rows_i >= rows_needed);
  assign may = run_active_q && p_valid_q && weights_i && !halt_i;
  assign issue = may && !p_end_q && image_ok && !conflict;
  assign end_issue = may && p_end_q && !consumer_busy_i;
  assign weights_take_o = end_issue;
  assign pos_ready_o = !p_valid_q || end_issue || (issue && last_cycle);
  assign done_o = !run_active_q;
  assign wait_weights_o = run_active_q && p_valid_q && !weights_i;
  assign wait_port_o = may && !p_end_q && image_ok && conflict;

  // useful lanes x channels x taps; in a word of three pixels those beyond the edge do not count
  logic [15:0] pixel, useful;
  assign pixel = 16'(dp_pkg::div3(cmd.cin[8:0]));
  assign useful = !cmd.flags.columns ? channels : channels - ((centre_x == 9'd0) ? pixel : 16'd0) - ((centre_x + 9'd1 == 9'(cmd.src_w)) ? pixel : 16'd0);
  logic [7:0] out_lanes;
  assign out_lanes = (lanes_left_q < 16'(Po)) ? lanes_left_q[7:0] : 8'(Po);
  always_comb begin
    macs_o = '0;
    if (issue && !(!Parallel && dead)) macs_o = useful * 16'(out_lanes) * ((Parallel && k3) ? 16'd9 : 16'd1);
  end

  // the token
  dp_pkg::token_t token_d, token_q;
  assign centre_y = cmd.flags.stride2 ? {p_y_q[7:0], 1'b0} : p_y_q;
  assign centre_x = cmd.flags.stride2 ? {p_x_q[7:0], 1'b0} : p_x_q;
  always_comb begin
    token_d = token_q;
    token_d.mac = issue;
    token_d.first = fresh_q;
    token_d.out = (issue && last_cycle && !cmd.flags.head) || (end_issue && cmd.flags.head);
    token_d.slice_end = end_issue;
    token_d.last_slice = out_q + 16'd1 == cmd.out_slices;
    token_d.relu = cmd.flags.relu || (cmd.flags.relu_pruned && !p_kept_q);
    token_d.window = Parallel && k3;
    token_d.slice = slice_q;
    token_d.slice9 = slice9_q;
    token_d.words = words;
    token_d.row = row_q + base_q >= 16'(WeightRows) ? row_q + base_q - 16'(WeightRows) : row_q + base_q;
    token_d.y = p_y_q[7:0];
    token_d.x = p_x_q[7:0];
    token_d.out_slice = out_q[7:0];
    token_d.out_lanes = out_lanes;
    token_d.dst_addr = dst_addr;
    token_d.dst_bank = dst_bank;
    token_d.dst_words = dst_words;
    token_d.entry = entry_q;
    if (Parallel && k3) begin
      token_d.src_y = centre_y + 9'd2;
      token_d.src_x = centre_x + 9'd2;
      token_d.lanes = p_taps_q;
    end else begin
      token_d.src_y = centre_y + 9'd2 + 9'(dp_pkg::div3({5'd0, tap}));
      token_d.src_x = centre_x + 9'd2 + 9'(dp_pkg::mod3({5'd0, tap}));
      token_d.lanes = (!Parallel && dead) ? 9'd0 : 9'((10'd1 << words) - 10'd1);
      if (!Parallel && k3) token_d.row = row_of_tap;
    end
  end
  logic [15:0] row_of_tap, row_tap_sum;
  assign row_tap_sum = row_q + base_q + 16'(tap);
  assign row_of_tap = (row_tap_sum >= 16'(WeightRows)) ? row_tap_sum - 16'(WeightRows) : row_tap_sum;
  assign token_o = token_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      run_active_q <= 1'b0;
      p_valid_q <= 1'b0;
      hist_valid_q <= '0;
      token_q <= '0;
      {slice_q, channels_q, row_q, base_q, out_q, lanes_left_q} <= '0;
      {slice9_q, dst9_q, entry_q} <= '0;
      fresh_q <= 1'b1;
      {p_end_q, p_kept_q, p_y_q, p_x_q, p_taps_q, taps_left_q} <= '0;
    end else begin
      token_q <= token_d;
      hist_valid_q <= {hist_valid_q[3:0], issue && last_cycle && !cmd.flags.head};

      if (issue || end_issue) fresh_q <= cmd.flags.head ? end_issue : (end_issue || last_cycle);
      if (issue) begin
        taps_left_q <= last_tap ? p_taps_q : taps_next;
        if (last_tap) begin
          slice_q <= last_slice ? 16'd0 : slice_q + 16'(words);
          slice9_q <= last_slice ? 4'd0 : dp_pkg::add9(slice9_q, (words == 4'd9) ? 4'd0 : words);
          channels_q <= last_slice ? cmd.cin : channels_q - channels;
          row_q <= last_slice ? 16'd0 : row_q + ((!Parallel && k3) ? 16'd9 : 16'd1);
        end
      end
      if (pos_ready_o) begin
        p_valid_q <= pos_valid_i;
        p_end_q <= pos_end_i;
        p_y_q <= pos_y_i;
        p_x_q <= pos_x_i;
        p_kept_q <= pos_kept_i;
        p_taps_q <= taps;
        taps_left_q <= taps;
      end
      if (end_issue) begin
        base_q <= (base_q + cmd.rows >= 16'(WeightRows)) ? base_q + cmd.rows - 16'(WeightRows) : base_q + cmd.rows;
        entry_q <= entry_q + 2'd1;
        out_q <= out_q + 16'd1;
        lanes_left_q <= lanes_left_q - 16'(Po);
        dst9_q <= dp_pkg::add9(dst9_q, 4'(WordsOut));
        if (out_q + 16'd1 == cmd.out_slices) run_active_q <= 1'b0;
      end
      if (start_i) begin
        run_active_q <= 1'b1;
        out_q <= '0;
        dst9_q <= '0;
        lanes_left_q <= cmd.cout;
        channels_q <= cmd.cin;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    hist_bank_q[0] <= dst_bank;
    for (int i = 1; i < 5; i++) hist_bank_q[i] <= hist_bank_q[i-1];
  end
endmodule
