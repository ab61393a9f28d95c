  // Properties of dp_dst_place: no bank is read for its identity in the cycle in which a result that was sent before is written to it, no two results are written
  // at once, and nothing waits without need. The banks of every result are carried along here until they are written.
  logic [Behind*9-1:0] f_alone_q;
  logic [(Behind+1)*9-1:0] f_pair_q;
  logic [8:0] f_banks, f_writes, f_writes_pair;
  logic [9:0] f_row;
  logic [17:0] f_turned;
  logic f_sane, f_reads;
  assign f_row = (10'd1 << (pair_i ? 5'(words_i) << 1 : 5'(words_i))) - 10'd1;
  assign f_turned = 18'(f_row[8:0]) << bank_o;
  assign f_banks = f_turned[8:0] | f_turned[17:9];
  assign f_writes = f_alone_q[(Behind-1)*9+:9];
  assign f_writes_pair = f_pair_q[Behind*9+:9];
  assign f_reads = last_cycle_i && cmd.flags.residual && !second_i;
  // results have a word at least and fit the banks, as does a pair's; a map's coordinates are those that dp_pkg::div3 is made for
  assign f_sane = (words_i != '0) && (words_i <= (pair_i ? 4'd4 : 4'd9)) && (word9_i <= 4'd8) && (y_i < 9'd384) && (x_i < 9'd384) && (pair_i || !second_i);
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) {f_alone_q, f_pair_q} <= '0;
    else begin
      f_alone_q <= {f_alone_q[0+:(Behind-1)*9], (issue_i && last_cycle_i && !pair_i) ? f_banks : 9'd0};
      f_pair_q <= {f_pair_q[0+:Behind*9], (issue_i && pair_i && second_i) ? f_banks : 9'd0};
    end
  end
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      if (issue_i) place_sent : assume (f_sane && !conflict_o && (!pair_i || last_cycle_i));
      if (issue_i && f_reads) place_read : assert ((f_banks & (f_writes | f_writes_pair)) == '0);
      place_one : assert ((f_writes == '0) || (f_writes_pair == '0));
      if (f_sane && conflict_o)
        place_needs : assert (last_cycle_i && ((!pair_i && (f_pair_q[0+:9] != '0)) || (f_reads && ((f_writes_pair != '0)
                                               || (pair_i && (f_writes != '0)) || ((f_banks & f_writes) != '0)))));
    end
  end
