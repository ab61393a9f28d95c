// Bound into builds with waveforms: the number of the cycle, as every message of the test bench counts it.
module dp_cycle (
    input logic clk_i
);
  logic [31:0] cycle = '0;
  always_ff @(posedge clk_i) cycle <= cycle + 1;
endmodule

bind dp_top dp_cycle u_cycle (.clk_i);
