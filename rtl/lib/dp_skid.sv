// Skid buffer: its ready comes from a register, and a word that arrives while the reader stalls waits here. Latency 0, one word a cycle. Stalls its
// writer in the cycle after its reader has stalled.
module dp_skid #(
    parameter int unsigned Width = 8
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
  logic full_q, ready_q, take, keep;
  logic [Width-1:0] data_q;

  assign in_ready_o = ready_q;
  assign take = in_valid_i && ready_q;
  assign out_valid_o = full_q || take;
  assign out_data_o = full_q ? data_q : in_data_i;
  assign keep = out_valid_o && !out_ready_i;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      full_q <= 1'b0;
      ready_q <= 1'b0;
    end else begin
      full_q <= keep;
      ready_q <= !keep;
    end
  end

  always_ff @(posedge clk_i) begin
    if (take) data_q <= in_data_i;
  end

`ifdef DP_PROPERTIES
`include "dp_formal.svh"
`include "dp_skid_props.svh"
`endif
endmodule
