  // Properties of dp_pe_array: rows, lanes and granules are its own; a row is not written while it is read, and operands come in the cycle after their row was
  // asked for. In a proof, whose operands are zero but for a byte that is one (products are the unit test's): of one lane, Latency cycles later the sums are
  // those of the cycles since the first one, on either side of the split.
  logic [Latency-1:0] f_reading_q;
  logic [Latency*16-1:0] f_rows_q;
  logic f_met;
  always_comb begin
    f_met = re_i && (raddr_i == row_i);
    for (int k = 0; k < Latency; k++) f_met = f_met || (f_reading_q[k] && (f_rows_q[k*16+:16] == row_i));
  end
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      f_reading_q <= '0;
      f_rows_q <= '0;
    end else begin
      f_reading_q <= Latency'({f_reading_q, re_i});
      f_rows_q <= (Latency * 16)'({f_rows_q, raddr_i});
    end
  end
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      if (we_i) array_write : assume ((32'(row_i) < Rows) && (32'(granule_i) < RowBytes / 8) && (32'(lane_i) < Po / 8));
      if (re_i) array_read : assume (32'(raddr_i) < Rows);
      if (we_i) array_met : assume (!f_met);
      array_operands : assume (en_i == f_reading_q[0]);
    end
  end
`ifdef FORMAL
  localparam int unsigned Lane = 5;
  localparam int unsigned SlotBytes = RowBytes / Slots;
  logic [RowBits-1:0] f_weights[0:Rows-1], f_row, f_low, f_high;
  logic [31:0] f_acc_q, f_second_q, f_start, f_below, f_above;
  logic f_acc_known_q, f_second_known_q;
  logic [Latency*66-1:0] f_sums_q;  // with their delay
  logic [65:0] f_sums;
  assign f_row = f_weights[f_rows_q[15:0]];
  always_comb begin
    {f_below, f_above} = '0;
    for (int i = 0; i < RowBytes; i++)
      if (act_i[i*8]) begin
        if ((Slots > 1) && (32'(split_i) <= i / SlotBytes)) f_above = 32'($signed(f_row[i*8+:8]));
        else f_below = 32'($signed(f_row[i*8+:8]));
      end
    f_start = first_i ? 32'd0 : ((Slots > 1) && carry_i) ? f_second_q : f_acc_q;
  end
  assign f_sums = {f_acc_known_q, f_second_known_q, f_acc_q, f_second_q};
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {f_acc_known_q, f_second_known_q} <= '0;
      f_sums_q <= '0;
    end else begin
      f_sums_q <= (Latency * 66)'({f_sums_q, f_sums});
      if (en_i) begin
        f_acc_known_q <= first_i || (((Slots > 1) && carry_i) ? f_second_known_q : f_acc_known_q);
        f_second_known_q <= 1'b1;
      end
    end
  end
  logic [65:0] f_then;
  assign f_then = (Latency == 1) ? f_sums : f_sums_q[(Latency>1?Latency-2:0)*66+:66];
  always_ff @(posedge clk_i) begin
    if (en_i) {f_acc_q, f_second_q} <= {f_start + f_below, f_above};
    if (we_i && (lane_i == 4'(Lane / 8)))
      for (int g = 0; g < RowBytes / 8; g++) if (granule_i == 8'(g)) f_weights[row_i][g*64+:64] <= data_i[(Lane%8)*64+:64];
    // (a row that was never written is any, and the same here and there)
    for (int i = 0; i < RowBytes; i++) assume (act_i[i*8+1+:7] == '0);
    f_one : assume ((f_bits & (f_bits - 1'b1)) == '0);
    if (rst_ni && en_i) f_written : assume (f_there[f_rows_q[15:0]]);
    if (rst_ni && f_then[65]) array_sum : assert (acc_o[Lane*32+:32] == f_then[63:32]);
    if (rst_ni && f_then[64]) array_second : assert (second_o[Lane*32+:32] == f_then[31:0]);
  end
  logic [RowBytes-1:0] f_bits;
  always_comb for (int i = 0; i < RowBytes; i++) f_bits[i] = act_i[i*8];
  // rows of which every granule was written
  logic [Rows-1:0] f_there;
  logic [Rows*(RowBytes/8)-1:0] f_granules_q;
  always_comb for (int r = 0; r < Rows; r++) f_there[r] = &f_granules_q[r*(RowBytes/8)+:RowBytes/8];
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) f_granules_q <= '0;
    else if (we_i && (lane_i == 4'(Lane / 8))) f_granules_q <= f_granules_q | ((Rows * (RowBytes / 8))'(1) << (32'(row_i) * (RowBytes / 8) + 32'(granule_i)));
  end
`endif
