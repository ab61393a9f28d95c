  // Properties of dp_slices: a convolution's slices come in order, each ends once, and their channels are all it has; weights and parameters lie one slice behind
  // the other, in a chain behind those of the convolutions before; a slice is there when its weights are; words of results follow one another and end with the
  // map. All of it is counted here once more.
  logic f_open_q, f_second_q, f_pair, f_turn, f_step, f_over, f_now, f_at_work, f_chained_q, f_whole, f_token_q, f_kind_q, f_conv_done;
  logic [2:0] f_ended_q, f_here_q;
  logic [15:0] f_base_q, f_word_q, f_words_pair, f_row_q, f_begin_rows, f_index, f_rows_q, f_all_rows, f_rows_before;
  logic [16:0] f_row, f_place;
  logic [31:0] f_most, f_channels_q, f_lanes, f_here, f_left, f_part, f_words_left;
  logic [4:0] f_entry_q, f_entry;
  logic [6:0] f_there_q, f_given, f_waiting, f_needs, f_before;
  logic [3*512-1:0] f_cmds_q;
  logic [4:0] f_at, f_at_q;
  logic [3:0] f_word9_q;  // % 9
  logic [5:0] f_word9;
  logic f_mid;
  logic [16:0] f_over_rows;  // of the chain's convolutions that are over
  logic [6:0] f_over_slices;
  dp_pkg::cmd_t f_cmd2;
  assign f_cmd2 = cmds_i[2*512+:512];
  assign f_lanes = (Parallel && cmd.flags.dual) ? 32'(2 * Po) : 32'(Po);
  assign f_most = (Parallel && cmd.flags.dual) ? 32'(cmd.out_slices) * (2 * Po) : 32'(cmd.out_slices) * Po;
  assign f_part = (Parallel && cmd.flags.dual) ? 2 * Po / Pi : Po / Pi;
`ifdef FORMAL  // three slices at most
  assign f_rows_before = (f_base_q[1:0] == 2'd2) ? cmd.rows << 1 : (f_base_q[1:0] == 2'd1) ? cmd.rows : 16'd0;
  assign f_all_rows = (cmd.out_slices[1:0] == 2'd3) ? (cmd.rows << 1) + cmd.rows : (cmd.out_slices[1:0] == 2'd2) ? cmd.rows << 1 : cmd.rows;
`else
  assign f_all_rows = 16'(cmd.out_slices * cmd.rows);
  assign f_rows_before = 16'(f_base_q * cmd.rows);
`endif
  assign f_pair = Parallel && cmd.flags.residual && !cmd.flags.kernel3 && !cmd.flags.score && (cmd.src_slices <= 16'd9) && (f_base_q + 16'd1 < cmd.out_slices);
  assign f_turn = f_second_q || !f_pair;
  assign f_step = chained_i ? result_i : end_i;  // of which slices are counted
  assign f_whole = f_base_q + 16'(f_second_q) + 16'd1 == cmd.out_slices;
  assign f_conv_done = chained_i && last_i && (end_i || (result_i && f_turn && f_whole && final_i));
  assign f_over = chained_i ? f_conv_done && !cmd.flags.chain : end_i && f_whole;
  assign f_given = f_conv_done ? 7'(cmd.out_slices) : 7'(end_i && !chained_i);
  // slices of the convolutions before that are still there, and all of them
  assign f_waiting = (((conv_i != 2'd0) && !f_ended_q[0]) ? 7'(cmd0.out_slices) : 7'd0) + (((conv_i == 2'd2) && !f_ended_q[1]) ? 7'(cmd1.out_slices) : 7'd0);
  assign f_before = ((conv_i != 2'd0) ? 7'(cmd0.out_slices) : 7'd0) + ((conv_i == 2'd2) ? 7'(cmd1.out_slices) : 7'd0);
  assign f_begin_rows = ((conv_i != 2'd0) ? cmd0.all_rows : 16'd0) + ((conv_i == 2'd2) ? cmd1.all_rows : 16'd0);
  assign f_needs = f_waiting + (!chained_i ? 7'(f_pair && !f_second_q) : is_end_i ? 7'(cmd.out_slices) - 7'd1 : 7'(f_base_q) + 7'(f_pair));
  // a chain's places are counted from its beginning: pairs of one row each, or single slices
  assign f_index = chained_i ? f_begin_rows + f_rows_q : 16'd0;
  assign f_place = 17'(f_row_q) + 17'(f_index);
  assign f_row = (f_place >= 17'(WeightRows)) ? f_place - 17'(WeightRows) : f_place;
  assign f_entry = f_entry_q + (chained_i ? 5'(f_before) + f_base_q[4:0] : 5'd0) + 5'(f_second_q);
  assign f_left = 32'(cmd.cout) - f_channels_q;
  assign f_here = (f_left < f_lanes) ? f_left : f_lanes;
  assign f_words_left = 32'(cmd.dst_slices) - 32'(f_word_q);
  assign f_words_pair = 16'(f_pair ? 2 * f_part : f_part);
  assign f_word9 = 6'(f_word9_q) + 6'(f_words_pair);
  assign f_mid = f_second_q && (chained_i || is_end_i);
  assign f_over_rows = (f_ended_q[0] ? 17'(cmd0.all_rows) : 17'd0) + (f_ended_q[1] ? 17'(cmd1.all_rows) : 17'd0);
  assign f_over_slices = (f_ended_q[0] ? 7'(cmd0.out_slices) : 7'd0) + (f_ended_q[1] ? 7'(cmd1.out_slices) : 7'd0);
  assign f_at = {conv_i, is_end_i, final_i, last_i};
  // the position at work: one that a step is made of, or was, and that is not over
  assign f_now = f_open_q && (result_i || end_i || f_token_q || !chained_i);
  assign f_at_work = f_now && !(is_end_i && chained_i);
  function automatic logic [15:0] f_ring(input logic [16:0] place);
    f_ring = (place >= 17'(WeightRows)) ? 16'(place - 17'(WeightRows)) : 16'(place);
  endfunction
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {f_open_q, f_second_q, f_chained_q, f_token_q} <= '0;
      {f_ended_q, f_here_q} <= '0;
      {f_base_q, f_word_q, f_row_q, f_rows_q, f_channels_q} <= '0;
      {f_entry_q, f_there_q, f_word9_q} <= '0;
    end else begin
      f_chained_q <= chained_i;
      f_open_q <= start_i || (f_open_q && !f_over);
      f_there_q <= f_there_q + 7'(ready_i) - f_given;
      f_token_q <= f_open_q && !position_done_o && !start_i && (f_token_q || result_i || end_i);
      if ((result_i || (end_i && !chained_i)) && f_pair) f_second_q <= !f_second_q;
      if (f_step) begin
        f_channels_q <= f_channels_q + f_here;
        if (f_turn) begin
          f_base_q <= f_base_q + (f_pair ? 16'd2 : 16'd1);
          f_word_q <= f_word_q + f_words_pair;
          f_word9_q <= (f_word9 >= 6'd9) ? 4'(f_word9 - 6'd9) : 4'(f_word9);
          f_rows_q <= f_rows_q + (f_pair ? cmd.rows << 1 : cmd.rows);
        end
        if (chained_i && f_turn && f_whole) {f_base_q, f_word_q, f_word9_q, f_rows_q, f_channels_q} <= '0;
      end
      if (end_i && !chained_i && f_turn) begin
        f_entry_q <= f_entry_q + (f_pair ? 5'd2 : 5'd1);
        // (the other one of a pair has its row behind the first one's)
        f_row_q <= f_ring(17'(f_row_q) + 17'(f_pair ? cmd.rows << 1 : cmd.rows));
      end
      if (start_i) begin
        {f_base_q, f_word_q, f_word9_q, f_rows_q, f_channels_q} <= '0;
        f_ended_q <= '0;
        f_here_q <= 3'b001;
      end else begin
        f_here_q <= f_here_q | (f_open_q ? 3'b111 >> (2'd2 - conv_i) : 3'b000);
        if (f_conv_done) f_ended_q <= f_ended_q | (3'b001 << conv_i);
      end
      // with the chain's last convolution all its weights are over
      if (f_over && chained_i) begin
        f_row_q <= f_ring(17'(f_row_q) + 17'(f_begin_rows) + 17'(cmd.all_rows));
        f_entry_q <= f_entry_q + 5'(f_before) + cmd.out_slices[4:0];
      end
    end
  end
  always_ff @(posedge clk_i) begin
    f_cmds_q <= cmds_i;
    f_at_q <= f_at;
    if (rst_ni) begin
      // a convolution or chain at a time, whose commands stay and were checked
      if (start_i) slices_turn : assume (!f_open_q && !result_i && !end_i);
      if (f_open_q) begin
        slices_same : assume ((chained_i == f_chained_q) && (!f_here_q[0] || (cmds_i[0+:512] == f_cmds_q[0+:512]))
                              && (!f_here_q[1] || (cmds_i[512+:512] == f_cmds_q[512+:512])) && (!f_here_q[2] || (cmds_i[1024+:512] == f_cmds_q[1024+:512])));
        if (f_now) slices_conv : assume ((conv_i != 2'd3) && (chained_i ? !f_ended_q[conv_i] : (conv_i == '0))
                              && ((conv_i == '0) || cmd0.flags.chain) && ((conv_i != 2'd2) || (cmd1.flags.chain && !cmd.flags.chain)));
        if (f_now) slices_cmd : assume ((cmd.out_slices != '0) && (f_most >= 32'(cmd.cout)) && (f_most < 32'(cmd.cout) + f_lanes)
                             && (cmd.cout != '0) && (cmd.rows != '0) && (32'(cmd.rows) <= WeightRows)
                             && (!chained_i || (((conv_i == '0) || ((cmd0.out_slices <= 16'd32) && (32'(cmd0.all_rows) <= WeightRows)))
                                                && ((conv_i != 2'd2) || ((cmd1.out_slices <= 16'd32) && (32'(cmd1.all_rows) <= WeightRows)))
                                                && (32'(f_before) + 32'(cmd.out_slices) <= 32) && (32'(f_begin_rows) + 32'(cmd.all_rows) <= WeightRows)
                                                && (cmd.all_rows == f_all_rows))));
        if (f_token_q) slices_token : assume (f_at == f_at_q);
        if (f_conv_done && (conv_i != '0)) slices_ends : assume (f_ended_q[conv_i-2'd1]);
      end
      if (result_i || end_i) slices_step : assume (f_open_q && have_o && (result_i != end_i) && (end_i == is_end_i));
      if (ready_i) slices_entries : assume (f_there_q < 7'd32);
`ifdef FORMAL
      if (f_now) assume ((cmd.out_slices <= 16'd3) && (cmd.rows <= 16'd4));
`endif
      slices_there : assert (f_there_q <= 7'd32);
      if (f_given != '0) slices_given : assert (slice_end_o && (f_given <= f_there_q));
      slices_end : assert (slice_end_o == (f_given != '0));
      if (f_now) begin
        slices_have : assert (have_o == (f_there_q > f_needs));
        slices_over : assert (done_o == f_over);
        slices_row_end : assert (row_end_o == (chained_i && (end_i || (result_i && f_turn && f_whole && final_i))));
        slices_position : assert (position_done_o == (chained_i ? end_i || (result_i && f_turn && f_whole) : (result_i || end_i) && f_turn));
      end
      // how its state says that
      slices_state : assert ((there_q == f_there_q[5:0]) && (second_q == f_second_q) && (f_row_q < 16'(WeightRows)) && (base_q < 16'(WeightRows)) && (word9_q < 4'd9));
      if (!f_open_q || !chained_i) slices_no_rows : assert (out_row_q == '0);
      if (!f_open_q) slices_closed : assert (!f_second_q && (base_q == f_row_q) && (entry_q == f_entry_q));
      if (f_open_q) begin
        slices_at : assert ((out_q == f_base_q) && (word9_q == f_word9_q) && ((chained_i && !f_token_q) ? f_base_q == '0 : f_base_q < cmd.out_slices) && (!f_second_q || f_pair) && (!f_second_q || f_token_q));
        slices_sums : assert ((f_word_q == 16'(f_base_q * 16'(f_part)))
                              && (f_channels_q == ((Parallel && cmd.flags.dual) ? (32'(f_base_q) + 32'(f_mid)) * (2 * Po) : (32'(f_base_q) + 32'(f_mid)) * Po)));
        if (out_q != '0) slices_left : assert (32'(lanes_left_q) == 32'(cmd.cout) - f_channels_q + (f_mid ? f_lanes : 32'd0));
        if (!chained_i) slices_gang : assert ((base_q == f_row_q) && (entry_q == f_entry_q) && f_here_q[0]);
        if (chained_i) begin
          slices_chain : assert ((taken_q == f_ended_q[1:0]) && (f_ended_q[0] || !f_ended_q[1]) && !f_ended_q[2] && (f_over_rows <= 17'(WeightRows))
                                 && (base_q == f_ring(17'(f_row_q) + f_over_rows)) && (entry_q == 5'(f_entry_q + f_over_slices[4:0])) && ((f_base_q == '0) || f_token_q)
                                 && (!f_ended_q[0] || f_here_q[0]) && (!f_ended_q[1] || (f_here_q[1] && f_here_q[0])));
          if ((f_base_q != '0) || f_second_q) slices_within : assert (f_token_q && !f_at_q[2]);
          slices_rows : assert ((out_row_q == f_rows_q) && (f_rows_q == f_rows_before));
        end
      end
      if (f_at_work) begin
        slices_which : assert ((slice_o == 8'(f_base_q + 16'(f_second_q))) && (pair_o == f_pair) && (second_o == f_second_q) && (last_slice_o == f_whole));
        slices_inside : assert (f_base_q + 16'(f_second_q) < cmd.out_slices);
        slices_place : assert ((row_o == 16'(f_row)) && (row_o < 16'(WeightRows)));
        slices_entry : assert (entry_o == f_entry);
        slices_word : assert ((word_o == f_word_q) && (word9_o == f_word9_q) && (32'(slice_words_o) == f_part));
        slices_words : assert (32'(words_o) == ((f_words_left < 32'(f_words_pair)) ? f_words_left : 32'(f_words_pair)));
        if (chained_i || is_end_i) slices_lanes : assert ((32'(lanes_o) == f_here) && (f_here != '0) && (!f_whole || (f_channels_q + f_here == 32'(cmd.cout))));
      end
    end
  end
