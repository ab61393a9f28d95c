// Delays by a number of cycles. Data that come without `en_i` need not be kept. Nothing moves but a
// pointer: wide data stay where they are.
module dp_delay #(
    parameter int unsigned Width = 8,
    parameter int unsigned Cycles = 1
) (
    input  logic             clk_i,
    input  logic             rst_ni,
    input  logic             en_i,
    input  logic [Width-1:0] data_i,
    output logic [Width-1:0] data_o
);
  if (Cycles > 1) begin : gen_ring
    localparam int unsigned AtW = $clog2(Cycles);
    logic [Width-1:0] mem_q[0:Cycles-1];
    logic [AtW-1:0] at_q;
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) at_q <= '0;
      else at_q <= (at_q == AtW'(Cycles - 1)) ? '0 : at_q + AtW'(1);
    end
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) for (int i = 0; i < Cycles; i++) mem_q[i] <= '0;
      else if (en_i) mem_q[at_q] <= data_i;
    end
    assign data_o = mem_q[at_q];
  end else begin : gen_register
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) data_o <= '0;
      else if (en_i) data_o <= data_i;
    end
  end
endmodule
