// Dot product of the mask unit: up to nine words of one position, in bank order, with a row of mask weights. Combinational.
module dp_mask_dot #(
    parameter int unsigned Pi = 8,
    localparam int unsigned W = Pi * 8
) (
    input  logic [9*W-1:0]     data_i,    // by bank
    input  logic [3:0]         bank_i,    // bank of the first word
    input  logic [3:0]         words_i,
    input  logic [9*W-1:0]     weight_i,
    output logic signed [31:0] sum_o
);
  always_comb begin
    sum_o = '0;
    for (int b = 0; b < 9; b++) begin : bank
      logic [3:0] word;
      logic [W-1:0] x, w;
      word = dp_pkg::sub9(4'(b), bank_i);
      x = '0;
      w = '0;
      if (word < words_i) begin
        x = data_i[b*W+:W];
        w = weight_i[word*W+:W];
        for (int c = 0; c < Pi; c++) sum_o = sum_o + 32'($signed(x[c*8+:8])) * 32'($signed(w[c*8+:8]));
      end
    end
  end
endmodule
