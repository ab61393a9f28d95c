// Multipliers and accumulators of dp_array_cells: Po dot products of RowBytes int8 pairs a cycle.
// With nine word slots there are two sums (one is the whole less the other), see dp_pe_array.
// Latency 1. In a simulator the unpacking is unrolled (a few trips each), the products stay a loop
// over bytes (an unsigned index, more trips than are unrolled).
module dp_macs #(
    parameter int unsigned Po = 8,
    parameter int unsigned RowBytes = 72,
    parameter int unsigned Slots = 9,
    localparam int unsigned RowBits = RowBytes * 8
) (
    input  logic                  clk_i,
    input  logic                  en_i,
    input  logic                  first_i,
    input  logic                  carry_i,
    input  logic [3:0]            split_i,
    input  logic [RowBits-1:0]    act_i,
    input  logic [Po*RowBits-1:0] weight_i,
    output logic [Po*32-1:0]      acc_o,
    output logic [Po*32-1:0]      second_o
);
  localparam int unsigned Padded = 1 << $clog2(RowBytes);
  localparam int unsigned Blocks = (Padded + 63) / 64;
  localparam int unsigned IdxW = $clog2(RowBytes);
  localparam int unsigned SlotBytes = RowBytes / Slots;

  logic [7:0] act[0:Padded-1];
  always_comb begin
    for (int k = 0; k < Blocks; k++)
      for (int j = 0; j < 8; j++)
        for (int i = 0; i < 8; i++) if (k * 64 + j * 8 < Padded) act[k*64+j*8+i] = (k * 64 + j * 8 < RowBytes) ? act_i[((k*64+j*8+i)%RowBytes)*8+:8] : '0;
  end

  for (genvar o = 0; o < Po; o++) begin : gen_lane
    logic [7:0] weight[0:Padded-1];
    logic signed [31:0] sum, above, start, acc_q, second_q;
    always_comb begin
      for (int k = 0; k < Blocks; k++)
        for (int j = 0; j < 8; j++)
          for (int i = 0; i < 8; i++)
            if (k * 64 + j * 8 < Padded) weight[k*64+j*8+i] = (k * 64 + j * 8 < RowBytes) ? weight_i[o*RowBits+((k*64+j*8+i)%RowBytes)*8+:8] : '0;
      sum = '0;
      for (int unsigned i = 0; i < RowBytes; i++)
        sum = sum + 32'($signed(act[i[IdxW-1:0]])) * 32'($signed(weight[i[IdxW-1:0]]));
    end
    if (Slots > 1) begin : gen_split
      always_comb begin
        above = '0;
        if (split_i < 4'(Slots)) begin
          for (int unsigned i = 0; i < RowBytes; i++)
            if (i >= 32'(split_i) * SlotBytes) above = above + 32'($signed(act[i[IdxW-1:0]])) * 32'($signed(weight[i[IdxW-1:0]]));
        end
      end
      always_ff @(posedge clk_i) if (en_i) second_q <= above;
      assign start = first_i ? '0 : carry_i ? second_q : acc_q;
    end else begin : gen_whole
      assign above = '0;
      assign second_q = '0;
      assign start = first_i ? '0 : acc_q;
    end
    always_ff @(posedge clk_i) if (en_i) acc_q <= start + sum - above;
    assign acc_o[o*32+:32] = acc_q;
    assign second_o[o*32+:32] = second_q;
  end
endmodule
