// Body of dp_pe_array for simulation: what a C++ compiler makes vectors of
// (docs/simulation-speed.md). Bytes are kept sign-extended, in an array of one dimension each for
// row, lane and byte; the address is registered, and the product loop reads the row where it is.
// Latency beyond 1: the operands and the number of their row wait, not the row. No loop that is to
// stay a loop has fewer than 17 trips.
module dp_array_sim #(
    parameter int unsigned Po = 8,
    parameter int unsigned RowBytes = 72,
    parameter int unsigned Slots = 9,
    parameter int unsigned Rows = 64,
    parameter int unsigned Latency = 1,
    localparam int unsigned RowBits = RowBytes * 8
) (
    input  logic               clk_i,
    input  logic               rst_ni,
    input  logic               we_i,
    input  logic [3:0]         lane_i,
    input  logic [15:0]        row_i,
    input  logic [7:0]         granule_i,
    input  logic [511:0]       data_i,
    input  logic               re_i,
    input  logic [15:0]        raddr_i,
    input  logic               en_i,
    input  logic               first_i,
    input  logic               carry_i,
    input  logic [3:0]         split_i,
    input  logic [RowBits-1:0] act_i,
    output logic [Po*32-1:0]   acc_o,
    output logic [Po*32-1:0]   second_o
);
  // Powers of two: no index needs a check.
  localparam int unsigned AddrW = $clog2(Rows);
  localparam int unsigned LaneW = $clog2(Po);
  localparam int unsigned ByteW = $clog2(RowBytes);
  localparam int unsigned Padded = 1 << ByteW;
  localparam int unsigned SlotBytes = RowBytes / Slots;
  localparam int unsigned Width = 7 + AddrW + RowBits;

  logic signed [15:0] mem[0:(1<<AddrW)-1][0:(1<<LaneW)-1][0:Padded-1];
  always_ff @(posedge clk_i)
    if (we_i)
      for (int l = 0; l < 8; l++)
        for (int i = 0; i < 8; i++)
          mem[row_i[AddrW-1:0]][LaneW'({lane_i, 3'(l)})][ByteW'({granule_i, 3'(i)})] <=
              16'($signed(data_i[l*64+i*8+:8]));

  logic [AddrW-1:0] raddr_q;
  always_ff @(posedge clk_i) if (re_i) raddr_q <= raddr_i[AddrW-1:0];

  // the cycle that is computed
  logic en, first, carry;
  logic [3:0] split;
  logic [AddrW-1:0] row;
  logic [RowBits-1:0] bytes;
  if (Latency > 1) begin : gen_late
    dp_delay #(
        .Width(Width),
        .Cycles(Latency - 1)
    ) u_delay (
        .clk_i,
        .rst_ni,
        .en_i  (1'b1),
        .data_i({en_i, first_i, carry_i, split_i, raddr_q, act_i}),
        .data_o({en, first, carry, split, row, bytes})
    );
  end else begin : gen_now
    assign {en, first, carry, split} = {en_i, first_i, carry_i, split_i};
    assign {row, bytes} = {raddr_q, act_i};
  end

  // (loops that are unrolled)
  logic signed [15:0] act[0:Padded-1];
  always_comb
    for (int k = 0; k < (Padded + 63) / 64; k++)
      for (int j = 0; j < 8; j++)
        for (int i = 0; i < 8; i++)
          if (k * 64 + j * 8 < RowBytes)
            act[k*64+j*8+i] = 16'($signed(bytes[((k*64+j*8+i)%RowBytes)*8+:8]));

  // of the other result: its slots, and zeros before them
  logic signed [15:0] late[0:Padded-1];
  always_comb begin
    for (int k = 0; k < Slots; k++)
      for (int j = 0; j < (SlotBytes + 15) / 16; j++)
        for (int i = 0; i < 16; i++)
          if (j * 16 + i < SlotBytes) late[k*SlotBytes+(j*16+i)%SlotBytes] = '0;
    if (en && (split < 4'(Slots)))
      for (int k = 0; k < Slots; k++)
        if (split <= 4'(k))
          for (int j = 0; j < (SlotBytes + 15) / 16; j++)
            for (int i = 0; i < 16; i++)
              if (j * 16 + i < SlotBytes)
                late[k*SlotBytes+(j*16+i)%SlotBytes] = act[k*SlotBytes+(j*16+i)%SlotBytes];
  end

  // all slots, and those of the other result
  logic signed [31:0] sum[0:(1<<LaneW)-1], above[0:(1<<LaneW)-1], s, a;
  always_comb begin
    s = '0;
    a = '0;
    for (int unsigned o = 0; o < Po; o++) begin
      s = '0;
      a = '0;
      if (en) begin
        for (int unsigned i = 0; i < RowBytes; i++)
          s = s + 32'(act[i[ByteW-1:0]]) * 32'(mem[row][o[LaneW-1:0]][i[ByteW-1:0]]);
        if (split < 4'(Slots))
          for (int unsigned i = 0; i < RowBytes; i++)
            a = a + 32'(late[i[ByteW-1:0]]) * 32'(mem[row][o[LaneW-1:0]][i[ByteW-1:0]]);
      end
      sum[o[LaneW-1:0]] = s;
      above[o[LaneW-1:0]] = a;
    end
  end

  for (genvar o = 0; o < Po; o++) begin : gen_lane
    logic signed [31:0] start, acc_q, second_q;
    assign start = first ? '0 : ((Slots > 1) && carry) ? second_q : acc_q;
    always_ff @(posedge clk_i)
      if (en) begin
        acc_q <= start + sum[o] - above[o];
        second_q <= above[o];
      end
    assign acc_o[o*32+:32] = acc_q;
    assign second_o[o*32+:32] = (Slots > 1) ? second_q : '0;

    // for waves: what a lane multiplies (where nobody looks, Verilator leaves it out)
    logic [RowBits-1:0] weights;
    always_comb
      for (int unsigned i = 0; i < RowBytes; i++)
        weights[i*8+:8] = mem[raddr_q][o][i[ByteW-1:0]][7:0];
    logic signed [31:0] products;
    assign products = sum[o];
  end
endmodule
