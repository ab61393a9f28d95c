// Body of dp_pe_array for synthesis: block RAM with write enables for the weights, a multiplier for
// each byte of each lane. Latency beyond 1: registers behind the sums, into which the tools may
// move logic.
module dp_array_cells #(
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
  logic [Po*RowBits-1:0] weights;
  dp_weight_ring #(
      .Po(Po),
      .RowBytes(RowBytes),
      .Rows(Rows)
  ) u_ring (
      .clk_i, .we_i, .lane_i, .row_i, .granule_i, .data_i, .re_i, .raddr_i, .rdata_o(weights)
  );

  logic [Po*32-1:0] acc, second;
  dp_macs #(
      .Po(Po),
      .RowBytes(RowBytes),
      .Slots(Slots)
  ) u_macs (
      .clk_i, .en_i, .first_i, .carry_i, .split_i, .act_i, .weight_i(weights), .acc_o(acc),
      .second_o(second)
  );

  if (Latency > 1) begin : gen_late
    dp_delay #(
        .Width(2 * Po * 32),
        .Cycles(Latency - 1)
    ) u_delay (
        .clk_i, .rst_ni, .en_i(1'b1), .data_i({second, acc}), .data_o({second_o, acc_o})
    );
  end else begin : gen_now
    assign {second_o, acc_o} = {second, acc};
  end
endmodule
