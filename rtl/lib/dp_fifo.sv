// First-word-fall-through FIFO in registers. Latency 1, one word a cycle in and out. Stalls its writer when full.
module dp_fifo #(
    parameter int unsigned Width = 8,
    parameter int unsigned Depth = 4  // a power of two
) (
    input  logic             clk_i,
    input  logic             rst_ni,
    input  logic             in_valid_i,
    output logic             in_ready_o,
    input  logic [Width-1:0] in_data_i,
    output logic             out_valid_o,
    input  logic             out_ready_i,
    output logic [Width-1:0] out_data_o
);
  localparam int unsigned PtrW = $clog2(Depth);

  logic [Width-1:0] mem[0:Depth-1];
  logic [PtrW:0] wr_q, rd_q;
  logic push, pop;

  assign in_ready_o = (wr_q - rd_q) != (PtrW + 1)'(Depth);
  assign out_valid_o = wr_q != rd_q;
  assign out_data_o = mem[rd_q[PtrW-1:0]];
  assign push = in_valid_i && in_ready_o;
  assign pop = out_valid_o && out_ready_i;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      wr_q <= '0;
      rd_q <= '0;
    end else begin
      if (push) wr_q <= wr_q + 1'b1;
      if (pop) rd_q <= rd_q + 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (push) mem[wr_q[PtrW-1:0]] <= in_data_i;
  end

`ifdef DP_PROPERTIES
`include "dp_formal.svh"
`include "dp_fifo_props.svh"
`endif
endmodule
