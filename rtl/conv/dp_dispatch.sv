// Dispatcher: turns positions into array cycles. For every output slice: wait for its weights, then for every kept position issue its slices
// (parallel) or its live taps times slices (serial), then an end token. Everything after it is feed-forward; it alone holds: for
// weights, for image rows, for a bank conflict between a residual read and a write in flight, and at a slice's end for its consumer.
module dp_dispatch #(
    parameter bit Parallel = 1'b1,
    parameter int unsigned Pi = 8,
    parameter int unsigned Po = 8,
    parameter int unsigned WeightRows = 64,
    localparam int unsigned TokW = dp_pkg::TokenW,
    localparam int unsigned WordsOut = Po / Pi,  // of an output slice; twice as many of a dual one
    localparam int unsigned WordsMax = Parallel ? 2 * WordsOut : WordsOut
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
    input  logic [3:0]      weights_i,     // slices whose weights are complete
    output logic            weights_take_o,
    input  logic [8:0]      image_rows_i,
    input  logic            patch_loaded_i,  // more patches are on their way
    input  logic [4:0]      patch_count_i,
    input  logic            consumer_busy_i,
    // pipeline
    output logic [TokW-1:0] token_o,
    // counters
    output logic [15:0]     macs_o,        // executed in this cycle
    output logic            issue_o,
    output logic            wait_weights_o,
    output logic            wait_input_o,  // image, patches, a bank that is taken
    output logic            wait_consumer_o
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
  logic [2:0] entry_q;
  logic fresh_q;  // nothing accumulated yet for the next result

  // patches of more than nine words follow each other without gaps: a cycle's first word, and whether the last cycle went beyond a patch
  logic [3:0] skip_q;
  logic packed_mode, carry_q;
  assign packed_mode = Parallel && cmd.flags.patches && (cmd.src_slices > 16'd9);

  // One result a cycle with residual would read and write a bank in most cycles. So two slices take turns at every position: their
  // identities are read together in the first one's cycle, and they are written together an even time later.
  logic pair, second_q;
  assign pair = Parallel && dp_pkg::paired(cmd.flags.residual, cmd.flags.kernel3, cmd.flags.score, cmd.src_slices) && (out_q + 16'd1 < cmd.out_slices);

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
    assign last_slice = packed_mode ? 16'(skip_q) + 16'd9 >= cmd.src_slices : left == 16'(words);
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

  // banks written by what was issued five cycles ago (pairs: six) are written when a residual word issued now is read
  logic [5:0] hist_valid_q, hist_pair_q;
  logic [3:0] hist_bank_q[0:4];
  logic [3:0] dst_bank, dst_words, apart;
  logic [15:0] dst_addr;
  assign apart = dp_pkg::sub9(dst_bank, hist_bank_q[4]);
  always_comb begin
    conflict = hist_valid_q[4] && (pair || (apart < slice_words) || (apart > 4'd9 - slice_words));
    if (hist_pair_q[5]) conflict = 1'b1;
    if (!cmd.flags.residual || !last_cycle || second_q) conflict = 1'b0;
  end

  // an output slice
  logic [7:0] slice_lanes, out_lanes;
  logic [3:0] slice_words, pass_words;  // of a pass over the positions: a slice or a pair
  assign slice_lanes = (Parallel && cmd.flags.dual) ? 8'(2 * Po) : 8'(Po);
  assign slice_words = (Parallel && cmd.flags.dual) ? 4'(WordsMax) : 4'(WordsOut);
  logic [15:0] lanes_left;
  assign lanes_left = second_q ? lanes_left_q - 16'(slice_lanes) : lanes_left_q;
  assign out_lanes = (lanes_left < 16'(slice_lanes)) ? lanes_left[7:0] : slice_lanes;

  dp_run_addr u_dst (
      .y_i     (cmd.flags.max_pool ? p_y_q >> 1 : p_y_q),
      .x_i     (cmd.flags.max_pool ? p_x_q >> 1 : p_x_q),
      .slice_i (16'(out_q * 16'(slice_words))),
      .slice9_i(dst9_q),
      .base_i  (cmd.dst_base),
      .tw_i    (cmd.dst_tw),
      .slices_i(cmd.dst_slices),
      .addr_o  (dst_addr),
      .bank_o  (dst_bank)
  );
  logic [15:0] dst_left;
  assign dst_left = cmd.dst_slices - 16'(out_q * 16'(slice_words));
  assign pass_words = pair ? slice_words << 1 : slice_words;
  assign dst_words = (dst_left < 16'(pass_words)) ? dst_left[3:0] : pass_words;

  logic [8:0] rows_needed, centre_y, centre_x;
  assign rows_needed = (centre_y + 9'd2 < 9'(cmd.src_h)) ? centre_y + 9'd2 : 9'(cmd.src_h);
  // patches: this one, and the next one where the cycle goes on with it
  logic [15:0] patches_q;
  logic next_too;
  assign next_too = packed_mode && last_slice && (16'(skip_q) + 16'd9 != cmd.src_slices);
  always_comb begin
    if (cmd.flags.patches) image_ok = (patches_q != 16'd0) && (!next_too || (pos_valid_i && (pos_end_i || (patches_q > 16'd1))));
    else image_ok = !cmd.flags.image_src || (image_rows_i >= rows_needed);
  end
  logic have_weights, end_pass;
  assign have_weights = weights_i > ((pair && !second_q) ? 4'd1 : 4'd0);
  assign may = run_active_q && p_valid_q && have_weights && !halt_i;
  assign end_pass = end_issue && (second_q || !pair);
  assign issue = may && !p_end_q && image_ok && !conflict;
  assign end_issue = may && p_end_q && !consumer_busy_i;
  assign weights_take_o = end_issue;
  assign pos_ready_o = !p_valid_q || end_pass || (issue && last_cycle && (second_q || !pair));
  assign done_o = !run_active_q;
  assign wait_weights_o = run_active_q && p_valid_q && !have_weights;
  assign issue_o = issue;
  assign wait_input_o = may && !p_end_q && !issue;
  assign wait_consumer_o = may && p_end_q && consumer_busy_i;

  // useful lanes x channels x taps; a patch counts when it is done, serial arrays count what lies in the image
  logic [15:0] patch_taps;
  if (Parallel) begin : gen_taps_parallel
    assign patch_taps = cmd.flags.kernel7 ? 16'd49 : 16'd9;
  end else begin : gen_taps_serial
    assign patch_taps = 16'(dp_pkg::taps_in(centre_y, 9'(cmd.src_h), cmd.flags.kernel7)) * 16'(dp_pkg::taps_in(centre_x, 9'(cmd.src_w), cmd.flags.kernel7));
  end
  always_comb begin
    macs_o = '0;
    if (cmd.flags.patches) macs_o = (issue && last_cycle) ? patch_taps * cmd.cin * 16'(out_lanes) : 16'd0;
    else if (issue && !(!Parallel && dead)) macs_o = channels * 16'(out_lanes) * ((Parallel && k3) ? 16'd9 : 16'd1);
  end

  // the token
  dp_pkg::token_t token_d, token_q;
  assign centre_y = cmd.flags.stride2 ? {p_y_q[7:0], 1'b0} : p_y_q;
  assign centre_x = cmd.flags.stride2 ? {p_x_q[7:0], 1'b0} : p_x_q;
  always_comb begin
    token_d = token_q;
    token_d.mac = issue;
    token_d.first = fresh_q;
    token_d.carry = carry_q;
    token_d.split = !Parallel ? 4'd9 : cmd.flags.dual ? 4'd4 : next_too ? 4'(cmd.src_slices - 16'(skip_q)) : 4'd9;
    token_d.pop = issue && last_cycle && cmd.flags.patches;
    token_d.skip = Parallel ? skip_q : slice_q[3:0];
    token_d.out = (issue && last_cycle && !cmd.flags.head) || (end_issue && cmd.flags.head);
    token_d.slice_end = end_issue;
    token_d.pair = pair;
    token_d.second = second_q;
    token_d.last_slice = out_q + 16'(second_q) + 16'd1 == cmd.out_slices;
    token_d.relu = cmd.flags.relu || (cmd.flags.relu_pruned && !p_kept_q);
    token_d.window = Parallel && k3;
    token_d.slice = slice_q;
    token_d.slice9 = slice9_q;
    token_d.words = words;
    token_d.row = row_in_ring(base_q, row_q + 16'(second_q));
    token_d.y = p_y_q[7:0];
    token_d.x = p_x_q[7:0];
    token_d.out_slice = out_q[7:0] + 8'(second_q);
    token_d.out_lanes = out_lanes;
    token_d.dst_addr = dst_addr;
    token_d.dst_bank = dst_bank;
    token_d.dst_words = dst_words;
    token_d.entry = entry_q + 3'(second_q);
    if (Parallel && k3) begin
      token_d.src_y = centre_y + 9'd2;
      token_d.src_x = centre_x + 9'd2;
      token_d.lanes = p_taps_q;
    end else begin
      token_d.src_y = centre_y + 9'd2 + 9'(dp_pkg::div3({5'd0, tap}));
      token_d.src_x = centre_x + 9'd2 + 9'(dp_pkg::mod3({5'd0, tap}));
      token_d.lanes = (!Parallel && dead) ? 9'd0 : packed_mode ? 9'h1ff : 9'((10'd1 << words) - 10'd1);
      if (Parallel && cmd.flags.dual) token_d.lanes[7:4] = token_d.lanes[3:0];
      if (!Parallel && k3) token_d.row = row_in_ring(base_q, row_q + 16'(tap));
    end
  end
  function automatic logic [15:0] row_in_ring(input logic [15:0] base, input logic [15:0] row);
    row_in_ring = (base + row >= 16'(WeightRows)) ? base + row - 16'(WeightRows) : base + row;
  endfunction
  assign token_o = token_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      run_active_q <= 1'b0;
      p_valid_q <= 1'b0;
      {hist_valid_q, hist_pair_q} <= '0;
      second_q <= 1'b0;
      token_q <= '0;
      {slice_q, channels_q, row_q, base_q, out_q, lanes_left_q} <= '0;
      {slice9_q, dst9_q, entry_q} <= '0;
      fresh_q <= 1'b1;
      carry_q <= 1'b0;
      skip_q <= '0;
      patches_q <= '0;
      {p_end_q, p_kept_q, p_y_q, p_x_q, p_taps_q, taps_left_q} <= '0;
    end else begin
      token_q <= token_d;
      hist_valid_q <= {hist_valid_q[4:0], issue && last_cycle && !cmd.flags.head && !pair};
      hist_pair_q <= {hist_pair_q[4:0], issue && pair && second_q};
      if (pair && (issue || end_issue)) second_q <= !second_q;

      if (issue || end_issue) begin
        fresh_q <= cmd.flags.head ? end_issue : (end_issue || last_cycle) && !(issue && next_too);
        carry_q <= issue && next_too;
      end
      patches_q <= patches_q + (patch_loaded_i ? 16'(patch_count_i) : 16'd0) - 16'(token_d.pop);
      if (issue && packed_mode) begin
        skip_q <= last_slice ? 4'(16'(skip_q) + 16'd9 - cmd.src_slices) : skip_q + 4'd9;
        row_q <= (row_q + 16'd1 == cmd.src_slices) ? 16'd0 : row_q + 16'd1;
      end else if (issue) begin
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
        p_taps_q <= pos_taps_i;
        taps_left_q <= pos_taps_i;
      end
      if (end_pass) begin
        base_q <= row_in_ring(base_q, pair ? cmd.rows << 1 : cmd.rows);
        entry_q <= entry_q + (pair ? 3'd2 : 3'd1);
        out_q <= out_q + (pair ? 16'd2 : 16'd1);
        lanes_left_q <= lanes_left - 16'(slice_lanes);
        dst9_q <= dp_pkg::add9(dst9_q, pass_words);
        {row_q, skip_q} <= '0;
        if (token_d.last_slice) run_active_q <= 1'b0;
      end
      if (start_i) begin
        run_active_q <= 1'b1;
        out_q <= '0;
        dst9_q <= '0;
        lanes_left_q <= cmd.cout;
        channels_q <= cmd.cin;
        patches_q <= '0;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    hist_bank_q[0] <= dst_bank;
    for (int i = 1; i < 5; i++) hist_bank_q[i] <= hist_bank_q[i-1];
  end
endmodule
