  // Properties of dp_weight_ring, lane by lane: a granule is read as it was last written, in the cycle after its row was asked for and until another one is.
  // One granule at a time is followed, from one of its writes on.
`ifdef FORMAL
  if (o == Po - 3) begin : gen_followed  // all lanes are alike
`endif
  logic f_follow_q, f_shown_q, f_write, f_hit, f_choose;
  logic [AddrW-1:0] f_row_q;
  logic [7:0] f_granule_q;
  logic [63:0] f_value_q, f_shown_value_q, f_now, f_held;
  logic [RowBytes*8-1:0] f_stored;
`ifdef FORMAL
  (* anyseq *) logic f_any;
  assign f_choose = f_any;
`else
  assign f_choose = !f_follow_q;
`endif
  assign f_write = we_i && (lane_i == 4'(o / 8));
  assign f_hit = f_follow_q && f_write && (row_i[AddrW-1:0] == f_row_q) && (granule_i == f_granule_q);
  assign f_stored = mem[f_row_q];
  always_comb begin
    {f_now, f_held} = '0;
    for (int g = 0; g < RowBytes / 8; g++)
      if (f_granule_q == 8'(g)) {f_now, f_held} = {rdata_o[o*RowBytes*8+g*64+:64], f_stored[g*64+:64]};
  end
  initial {f_follow_q, f_shown_q} = '0;
  always_ff @(posedge clk_i) begin
    if (f_write && (f_choose || f_hit)) begin
      f_follow_q <= 1'b1;
      f_row_q <= row_i[AddrW-1:0];
      f_granule_q <= granule_i;
      f_value_q <= data_i[(o%8)*64+:64];
    end
    if (re_i) begin
      f_shown_q <= f_follow_q && (raddr_i[AddrW-1:0] == f_row_q);
      f_shown_value_q <= f_value_q;
    end
    if (f_write && f_choose && !f_hit) f_shown_q <= 1'b0;
    // there is room for what is written, and for what is asked for
    if (we_i) assume ((32'(row_i) < Rows) && (32'(granule_i) < RowBytes / 8) && (32'(lane_i) < Po / 8));
    if (re_i) assume (32'(raddr_i) < Rows);
    if (f_follow_q) assert (f_held == f_value_q);
    if (f_shown_q) assert (f_now == f_shown_value_q);
  end
`ifdef FORMAL
  end
`endif
