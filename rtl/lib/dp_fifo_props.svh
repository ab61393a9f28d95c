  // Properties of dp_fifo: nothing is lost, doubled or changed, and the head stands until it is taken. Words are counted, and one at a time is followed from
  // its way in to its way out.
  logic [PtrW:0] f_held_q, f_ahead_q;
  logic [Width-1:0] f_word_q, f_head_q;
  logic f_follow_q, f_stands_q, f_choose;
`ifdef FORMAL
  (* anyseq *) logic f_any;
  assign f_choose = f_any;
`else
  assign f_choose = 1'b1;
`endif
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {f_held_q, f_ahead_q} <= '0;
      {f_follow_q, f_stands_q} <= '0;
    end else begin
      f_held_q <= f_held_q + (PtrW + 1)'(push) - (PtrW + 1)'(pop);
      f_stands_q <= out_valid_o && !out_ready_i;
      if (!f_follow_q && push && f_choose) begin
        f_follow_q <= 1'b1;
        f_ahead_q <= f_held_q - (PtrW + 1)'(pop);
      end else if (f_follow_q && pop) begin
        f_ahead_q <= f_ahead_q - 1'b1;
        f_follow_q <= f_ahead_q != '0;
      end
    end
  end
  always_ff @(posedge clk_i) begin
    f_head_q <= out_data_o;
    if (!f_follow_q && push && f_choose) f_word_q <= in_data_i;
    if (rst_ni) begin
      fifo_count : assert (f_held_q == wr_q - rd_q && 32'(f_held_q) <= Depth);
      fifo_ready : assert (in_ready_o == (32'(f_held_q) != Depth));
      fifo_valid : assert (out_valid_o == (f_held_q != '0));
      if (f_stands_q) fifo_stands : assert (out_valid_o && (out_data_o == f_head_q));
      if (f_follow_q) fifo_kept : assert ((f_ahead_q < f_held_q) && (mem[PtrW'(rd_q + f_ahead_q)] == f_word_q));
      if (f_follow_q && (f_ahead_q == '0)) fifo_order : assert (out_data_o == f_word_q);
    end
  end
