  // Properties of dp_mask_mem: a row is read at every port as it was written, whole or position by position since it was cleared; a pooled row is what its two
  // rows were pooled to. Two rows of one pair are followed, with the one that they are pooled to.
  localparam int unsigned Half = MaskW / 2;
  logic [1:0] f_pair;
  logic [4:0] f_place;
  logic [5:0] f_above, f_below;  // the two rows
  logic [MaskW-1:0] f_above_q, f_below_q, f_pool_q, f_bit, f_pool_bit, f_pooled;
  logic f_above_known_q, f_below_known_q, f_pool_known_q, f_mine;
  logic [7:0] f_in, f_out;  // buffers
`ifdef FORMAL
  (* anyconst *) logic [1:0] f_some_pair;
  (* anyconst *) logic [4:0] f_some_row;
  assign f_pair = f_some_pair;
  assign f_place = f_some_row;
`else
  assign f_pair = 2'd0;
  assign f_place = 5'd0;
`endif
  assign f_above = {f_place, 1'b0};
  assign f_below = {f_place, 1'b1};
  assign f_in = {5'd0, f_pair, 1'b0};
  assign f_out = {5'd0, f_pair, 1'b1};
  assign f_bit = MaskW'(1) << x_i;
  assign f_pool_bit = MaskW'(1) << x_i[8:1];
  assign f_mine = (clear_i || set_i || row_we_i) && (pair_i == f_pair) && (y_i[5:1] == f_place);
  always_comb begin
    f_pooled = '0;
    for (int x = 0; x < Half; x++) f_pooled[x] = row_i[2*x] || row_i[2*x+1];
  end
  initial {f_above_known_q, f_below_known_q, f_pool_known_q} = '0;
  always_ff @(posedge clk_i) begin
    if (f_mine) begin
      if (clear_i) begin
        if (!y_i[0]) {f_above_known_q, f_above_q} <= {1'b1, (MaskW)'(0)};
        if (y_i[0]) {f_below_known_q, f_below_q} <= {1'b1, (MaskW)'(0)};
        if (pooled_i) {f_pool_known_q, f_pool_q} <= {1'b1, (MaskW)'(0)};
      end else if (row_we_i) begin
        if (!y_i[0]) {f_above_known_q, f_above_q} <= {1'b1, row_i};
        if (y_i[0]) {f_below_known_q, f_below_q} <= {1'b1, row_i};
        if (pooled_i && !y_i[0]) {f_pool_known_q, f_pool_q} <= {1'b1, f_pooled};
        if (pooled_i && y_i[0]) f_pool_q <= f_pool_q | f_pooled;
      end else begin
        if (!y_i[0]) f_above_q <= f_above_q | f_bit;
        if (y_i[0]) f_below_q <= f_below_q | f_bit;
        if (pooled_i) f_pool_q <= f_pool_q | f_pool_bit;
      end
    end
    // as it lies in the memories
    if (f_above_known_q) mem_above : assert ((in_mem[{f_pair, f_above}] == f_above_q) && ((f_place[0] ? in2[{f_pair, f_above[5:2]}] : in0[{f_pair, f_above[5:2]}]) == f_above_q));
    if (f_below_known_q) mem_below : assert ((in_mem[{f_pair, f_below}] == f_below_q) && ((f_place[0] ? in3[{f_pair, f_below[5:2]}] : in1[{f_pair, f_below[5:2]}]) == f_below_q));
    if (f_pool_known_q)
      mem_pool : assert ((out_mem[{f_pair, f_place}] == f_pool_q) && ((f_place[1] ? (f_place[0] ? out3[{f_pair, f_place[4:2]}] : out2[{f_pair, f_place[4:2]}])
                                                                       : (f_place[0] ? out1[{f_pair, f_place[4:2]}] : out0[{f_pair, f_place[4:2]}])) == f_pool_q));
    // as it is read
    if (f_above_known_q) begin
      if ((it_buf_i == f_in) && (it_y_i == 9'(f_above))) mem_it : assert (it_row_o == f_above_q);
      if ((unit_buf_i == f_in) && (unit_y_i == 9'(f_above))) mem_unit : assert (unit_row_o == f_above_q);
      if ((win_buf_i == f_in) && (win_y_i == 9'(f_above))) mem_win : assert (win_row_o == f_above_q);
      if ((win_buf_i == f_in) && (win_y_i == 9'(f_below))) mem_win_above : assert (win_above_o == f_above_q);
      if ((win_buf_i == f_in) && (win_y_i + 9'd1 == 9'(f_above))) mem_win_next : assert (win_below_o == f_above_q);
    end
    if (f_below_known_q) begin
      if ((it_buf_i == f_in) && (it_y_i == 9'(f_below))) mem_it_odd : assert (it_row_o == f_below_q);
      if ((unit_buf_i == f_in) && (unit_y_i == 9'(f_below))) mem_unit_odd : assert (unit_row_o == f_below_q);
      if ((win_buf_i == f_in) && (win_y_i == 9'(f_below))) mem_win_odd : assert (win_row_o == f_below_q);
      if ((win_buf_i == f_in) && (win_y_i == 9'(f_above))) mem_win_below : assert (win_below_o == f_below_q);
      if ((win_buf_i == f_in) && (win_y_i == 9'(f_below) + 9'd1) && (f_place != 5'd31)) mem_win_last : assert (win_above_o == f_below_q);
    end
    if (f_pool_known_q) begin
      if ((it_buf_i == f_out) && (it_y_i == 9'(f_place))) mem_it_pooled : assert (it_row_o == f_pool_q);
      if ((unit_buf_i == f_out) && (unit_y_i == 9'(f_place))) mem_unit_pooled : assert (unit_row_o == f_pool_q);
      if ((win_buf_i == f_out) && (win_y_i == 9'(f_place))) mem_win_pooled : assert (win_row_o == f_pool_q);
    end
  end
