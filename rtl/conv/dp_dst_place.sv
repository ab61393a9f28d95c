// Where a result goes, and whether its banks are free: an identity is read when what was sent
// Behind cycles before is written (of a pair, both results together, one more), and a result that
// comes right behind a pair would be written with it. Combinational.
module dp_dst_place #(
    parameter int unsigned Latency = dp_pkg::ArrayLatency,
    localparam int unsigned Behind = 4 + Latency  // B reads the identity; W, which writes, comes after C, the array, E and F
) (
    input  logic         clk_i,
    input  logic         rst_ni,
    input  logic [511:0] cmd_i,
    // the result of this cycle, if there is one
    input  logic         last_cycle_i,
    input  logic         issue_i,     // it is sent
    input  logic         pair_i,
    input  logic         second_i,
    input  logic [8:0]   y_i,
    input  logic [8:0]   x_i,
    input  logic [15:0]  word_i,
    input  logic [3:0]   word9_i,     // word_i % 9
    input  logic [3:0]   words_i,     // of one result
    output logic [15:0]  addr_o,
    output logic [3:0]   bank_o,
    output logic         conflict_o   // it has to wait
);
  dp_pkg::cmd_t cmd;
  assign cmd = cmd_i;

  dp_run_addr u_addr (
      .y_i     (cmd.flags.max_pool ? y_i >> 1 : y_i),
      .x_i     (cmd.flags.max_pool ? x_i >> 1 : x_i),
      .slice_i (word_i),
      .slice9_i(word9_i),
      .base_i  (cmd.dst_base),
      .tw_i    (cmd.dst_tw),
      .slices_i(cmd.dst_slices),
      .ring_i  (cmd.dst_ring),
      .lead_i  (1'b0),
      .addr_o,
      .bank_o
  );

  // what was sent in the last cycles: one result, or the second of a pair
  logic [Behind-1:0] alone_q;
  logic [Behind:0] pair_q;
  logic [7:0] banks_q[0:Behind-1];
  logic [3:0] bank, words, apart;
  logic read_taken;
  assign {bank, words} = banks_q[Behind-1];
  assign apart = dp_pkg::sub9(bank_o, bank);
  assign read_taken = pair_q[Behind] || (alone_q[Behind-1] && (pair_i || (apart < words) || (apart > 4'd9 - words_i)));
  assign conflict_o = last_cycle_i && ((cmd.flags.residual && !second_i && read_taken) || (!pair_i && pair_q[0]));

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) {alone_q, pair_q} <= '0;
    else begin
      alone_q <= {alone_q[Behind-2:0], issue_i && last_cycle_i && !pair_i};
      pair_q <= {pair_q[Behind-1:0], issue_i && pair_i && second_i};
    end
  end
  always_ff @(posedge clk_i) begin
    banks_q[0] <= {bank_o, words_i};
    for (int i = 1; i < Behind; i++) banks_q[i] <= banks_q[i-1];
  end

`ifdef DP_PROPERTIES
`include "dp_formal.svh"
`include "dp_dst_place_props.svh"
`endif
endmodule
