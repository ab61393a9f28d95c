// Dispatcher: turns positions into array cycles. For every output slice: wait for its weights, then for every kept position issue its slices
// (parallel) or its live taps times slices (serial), then an end token. In a chain, whose positions come row by row from up to three
// convolutions: for every position all output slices, an end token after each row. Everything after it is feed-forward; it alone holds: for
// weights, for source rows, for a bank conflict between a residual read and a write in flight, and at a slice's end for its consumer.
module dp_dispatch #(
    parameter bit Parallel = 1'b1,
    parameter int unsigned Pi = 8,
    parameter int unsigned Po = 8,
    parameter int unsigned WeightRows = 64,
    localparam int unsigned TokW = dp_pkg::TokenW
) (
    input  logic            clk_i,
    input  logic            rst_ni,
    input  logic            halt_i,
    input  logic            start_i,       // of a convolution or chain
    input  logic            chained_i,
    input  logic [3*512-1:0] cmds_i,       // of the chain; stable until all is issued
    output logic            done_o,        // all slices issued
    output logic            slice_end_o,   // one is
    // positions
    input  logic            pos_valid_i,
    output logic            pos_ready_o,
    input  logic            pos_end_i,     // of a pass, in a chain of a row without positions
    input  logic            pos_final_i,   // chain: the last position of the row
    input  logic            pos_last_i,    // of the convolution's last row
    input  logic [1:0]      pos_conv_i,    // which convolution of the chain
    input  logic [8:0]      pos_y_i,
    input  logic [8:0]      pos_x_i,
    input  logic            pos_kept_i,
    input  logic [8:0]      pos_taps_i,
    // what it waits for
    input  logic            slice_ready_i, // the weights of one more slice are complete
    input  logic [8:0]      image_rows_i,
    input  logic [2*9-1:0]  rows_done_i,   // chain: rows that its first and second convolution have written
    input  logic            patch_loaded_i,  // more patches are on their way
    input  logic [4:0]      patch_count_i,
    input  logic            consumer_busy_i,
    // pipeline
    output logic [TokW-1:0] token_o,
    // counters
    output logic [1:0]      conv_o,        // which convolution is at work
    output logic [15:0]     macs_o,        // executed in this cycle
    output logic            issue_o,
    output logic            wait_weights_o,
    output logic            wait_input_o,  // image, patches, a bank that is taken
    output logic            wait_consumer_o
);
  localparam int unsigned Step = Parallel ? 9 * Pi : Pi;  // channels of a 1x1 cycle

  dp_pkg::cmd_t cmd;
  logic [1:0] p_conv_q;
  assign cmd = (p_conv_q == 2'd2) ? cmds_i[2*512+:512] : (p_conv_q == 2'd1) ? cmds_i[512+:512] : cmds_i[0+:512];
  logic k3, run_active_q;
  assign k3 = cmd.flags.kernel3;

  logic p_valid_q, p_end_q, p_final_q, p_last_q, p_kept_q;
  logic [8:0] p_y_q, p_x_q, p_taps_q, taps_left_q;

  // current cycle within the position
  logic [15:0] slice_q, channels_q, row_q;
  logic [3:0] slice9_q;
  logic fresh_q;  // nothing accumulated yet for the next result

  // patches of more than nine words follow each other without gaps: a cycle's first word, and whether the last cycle went beyond a patch
  logic [3:0] skip_q;
  logic packed_mode, carry_q;
  assign packed_mode = Parallel && cmd.flags.patches && (cmd.src_slices > 16'd9);

  // the output slice. One result a cycle with residual would read and write a bank in most cycles. So two slices take turns at every
  // position (a pair): their identities are read together in the first one's cycle, and they are written together an even time later.
  logic pair, second, last_out, have_weights, position_done, slice_end, row_end, all_done;
  logic [7:0] out_slice, out_lanes;
  logic [15:0] slice_row, dst_word;
  logic [4:0] entry;
  logic [3:0] dst9, slice_words, dst_words;
  dp_slices #(
      .Parallel(Parallel),
      .Pi(Pi),
      .Po(Po),
      .WeightRows(WeightRows)
  ) u_slices (
      .clk_i,
      .rst_ni,
      .start_i,
      .chained_i,
      .cmds_i,
      .conv_i         (p_conv_q),
      .ready_i        (slice_ready_i),
      .result_i       (issue && last_cycle),
      .end_i          (end_issue),
      .is_end_i       (p_end_q),
      .final_i        (p_final_q),
      .last_i         (p_last_q),
      .position_done_o(position_done),
      .slice_end_o    (slice_end),
      .row_end_o      (row_end),
      .done_o         (all_done),
      .have_o         (have_weights),
      .pair_o         (pair),
      .second_o       (second),
      .slice_o        (out_slice),
      .last_slice_o   (last_out),
      .lanes_o        (out_lanes),
      .row_o          (slice_row),
      .entry_o        (entry),
      .word_o         (dst_word),
      .word9_o        (dst9),
      .slice_words_o  (slice_words),
      .words_o        (dst_words)
  );

  // this cycle
  logic [3:0] tap, words;
  logic [8:0] taps_next;
  logic [15:0] left, channels, channels_left, step;
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
  assign channels_left = (slice_q == 16'd0) ? cmd.cin : channels_q;
  assign channels = (channels_left < step) ? channels_left : step;

  logic [3:0] dst_bank;
  logic [15:0] dst_addr;
  dp_dst_place u_dst (
      .clk_i,
      .rst_ni,
      .cmd_i       (cmd),
      .last_cycle_i(last_cycle),
      .issue_i     (issue && !cmd.flags.head),  // a head writes no map
      .pair_i      (pair),
      .second_i    (second),
      .y_i         (p_y_q),
      .x_i         (p_x_q),
      .word_i      (dst_word),
      .word9_i     (dst9),
      .words_i     (slice_words),
      .addr_o      (dst_addr),
      .bank_o      (dst_bank),
      .conflict_o  (conflict)
  );

  // the image arrives, or the convolution before in the chain is at work on the rows
  logic rows_ok;
  logic [8:0] rows_needed, rows_end, rows_there, centre_y, centre_x;
  assign rows_end = centre_y + (k3 ? 9'd2 : 9'd1);
  assign rows_needed = (rows_end < 9'(cmd.src_h)) ? rows_end : 9'(cmd.src_h);
  assign rows_there = (p_conv_q == 2'd2) ? rows_done_i[17:9] : (p_conv_q == 2'd1) ? rows_done_i[8:0] : image_rows_i;
  assign rows_ok = (!cmd.flags.image_src && (p_conv_q == 2'd0)) || (rows_there >= rows_needed);
  // patches: this one, and the next one where the cycle goes on with it
  logic [15:0] patches_q;
  logic next_too, two_ok;
  assign next_too = packed_mode && last_slice && (16'(skip_q) + 16'd9 != cmd.src_slices);
  assign two_ok = !next_too || (pos_valid_i && (pos_end_i || (patches_q > 16'd1)));
  assign image_ok = cmd.flags.patches ? (patches_q != 16'd0) && two_ok : rows_ok;

  assign may = run_active_q && p_valid_q && have_weights && !halt_i;
  assign issue = may && !p_end_q && image_ok && !conflict;
  assign end_issue = may && p_end_q && !consumer_busy_i;
  assign pos_ready_o = !p_valid_q || position_done;
  assign done_o = !run_active_q;
  assign wait_weights_o = run_active_q && p_valid_q && !have_weights;
  assign issue_o = issue;
  assign slice_end_o = slice_end;
  assign conv_o = p_conv_q;
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
  assign centre_y = dp_pkg::middle(cmd.flags.stride2, cmd.flags.late_y, p_y_q);
  assign centre_x = dp_pkg::middle(cmd.flags.stride2, cmd.flags.late_x, p_x_q);
  always_comb begin
    token_d = token_q;
    token_d.mac = issue;
    token_d.first = fresh_q;
    token_d.carry = carry_q;
    token_d.split = !Parallel ? 4'd9 : cmd.flags.dual ? 4'd4 : next_too ? 4'(cmd.src_slices - 16'(skip_q)) : 4'd9;
    token_d.pop = issue && last_cycle && cmd.flags.patches;
    token_d.skip = Parallel ? skip_q : slice_q[3:0];
    token_d.out = (issue && last_cycle && !cmd.flags.head) || (end_issue && cmd.flags.head);
    token_d.slice_end = slice_end;
    token_d.row_end = row_end;
    token_d.conv = p_conv_q;
    token_d.residual = cmd.flags.residual;
    token_d.dual = Parallel && cmd.flags.dual;
    token_d.pair = pair;
    token_d.second = second;
    token_d.last_slice = last_out;
    token_d.relu = cmd.flags.relu || (cmd.flags.relu_pruned && !p_kept_q);
    token_d.window = Parallel && k3;
    token_d.slice = slice_q;
    token_d.slice9 = slice9_q;
    token_d.words = words;
    token_d.row = row_in_ring(row_q + 16'(second));
    token_d.y = p_y_q[7:0];
    token_d.x = p_x_q[7:0];
    token_d.out_slice = out_slice;
    token_d.out_lanes = out_lanes;
    token_d.dst_addr = dst_addr;
    token_d.dst_bank = dst_bank;
    token_d.dst_words = dst_words;
    token_d.entry = entry;
    if (Parallel && k3) begin
      token_d.src_y = centre_y + 9'd2;
      token_d.src_x = centre_x + 9'd2;
      token_d.lanes = p_taps_q;
    end else begin
      token_d.src_y = centre_y + 9'd2 + 9'(dp_pkg::div3({5'd0, tap}));
      token_d.src_x = centre_x + 9'd2 + 9'(dp_pkg::mod3({5'd0, tap}));
      token_d.lanes = (!Parallel && dead) ? 9'd0 : packed_mode ? 9'h1ff : 9'((10'd1 << words) - 10'd1);
      if (Parallel && cmd.flags.dual) token_d.lanes[7:4] = token_d.lanes[3:0];
      if (!Parallel && k3) token_d.row = row_in_ring(row_q + 16'(tap));
    end
  end
  function automatic logic [15:0] row_in_ring(input logic [15:0] row);
    row_in_ring = (slice_row + row >= 16'(WeightRows)) ? slice_row + row - 16'(WeightRows) : slice_row + row;
  endfunction
  assign token_o = token_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      run_active_q <= 1'b0;
      p_valid_q <= 1'b0;
      token_q <= '0;
      {slice_q, channels_q, row_q} <= '0;
      slice9_q <= '0;
      fresh_q <= 1'b1;
      carry_q <= 1'b0;
      skip_q <= '0;
      patches_q <= '0;
      {p_end_q, p_final_q, p_last_q, p_conv_q, p_kept_q, p_y_q, p_x_q, p_taps_q, taps_left_q} <= '0;
    end else begin
      token_q <= token_d;
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
          channels_q <= channels_left - channels;
          row_q <= last_slice ? 16'd0 : row_q + ((!Parallel && k3) ? 16'd9 : 16'd1);
        end
      end
      if (pos_ready_o) begin
        p_valid_q <= pos_valid_i;
        if (pos_valid_i) p_conv_q <= pos_conv_i;
        {p_end_q, p_final_q, p_last_q, p_kept_q} <= {pos_end_i, pos_final_i, pos_last_i, pos_kept_i};
        {p_y_q, p_x_q, p_taps_q} <= {pos_y_i, pos_x_i, pos_taps_i};
        taps_left_q <= pos_taps_i;
      end
      if (end_issue) {row_q, skip_q} <= '0;
      if (all_done) run_active_q <= 1'b0;
      if (start_i) begin
        run_active_q <= 1'b1;
        {p_conv_q, patches_q} <= '0;
      end
    end
  end

`ifdef DP_PROPERTIES
`include "dp_formal.svh"
`include "dp_dispatch_props.svh"
`endif
endmodule
