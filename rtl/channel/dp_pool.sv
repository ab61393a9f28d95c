// Pooling of a convolution's outputs for the next channel mask: sum or maximum over the positions written, per lane; at the end of an
// output slice the vector is handed to the score unit and starts over. Also counts the positions.
module dp_pool #(
    parameter int unsigned Po = 8
) (
    input  logic             clk_i,
    input  logic             rst_ni,
    input  logic             valid_i,      // an output vector is written
    input  logic             slice_end_i,  // (never together with valid_i)
    input  logic             max_i,
    input  logic [Po*8-1:0]  y_i,
    output logic [Po*32-1:0] pooled_o,     // stable from the end of a slice to the end of the next one
    output logic [15:0]      count_o
);
  logic [15:0] count_q;
  logic fresh_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      count_q <= '0;
      count_o <= '0;
      fresh_q <= 1'b1;
    end else if (slice_end_i) begin
      count_o <= count_q;
      count_q <= '0;
      fresh_q <= 1'b1;
    end else if (valid_i) begin
      count_q <= count_q + 16'd1;
      fresh_q <= 1'b0;
    end
  end

  function automatic logic signed [31:0] pool(input logic signed [31:0] old, input logic signed [31:0] y, input logic max);
    pool = max ? ((y > old) ? y : old) : old + y;
  endfunction

  logic [Po*32-1:0] pools_q;
  logic signed [31:0] none;
  assign none = max_i ? -32'sd128 : 32'sd0;
  // (loops that are unrolled)
  always_ff @(posedge clk_i) begin
    if (valid_i)
      for (int k = 0; k < Po / 8; k++)
        for (int i = 0; i < 8; i++)
          pools_q[(k*8+i)*32+:32] <= pool(fresh_q ? none : $signed(pools_q[(k*8+i)*32+:32]), 32'($signed(y_i[(k*8+i)*8+:8])), max_i);
    if (slice_end_i) pooled_o <= fresh_q ? {Po{none}} : pools_q;
  end
  for (genvar l = 0; l < Po; l++) begin : gen_lane
    logic signed [31:0] pool_q, y;  // for waves
    assign pool_q = pools_q[l*32+:32];
    assign y = 32'($signed(y_i[l*8+:8]));
  end
endmodule
