// Dot product of the mask unit: up to nine words of one position, in bank order, with a row of mask
// weights. Combinational: the weights are turned to where their words lie (by up to two words, then
// by three or six), trees add the products of each eight bytes, those of a word, and the words that
// count.
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
  function automatic logic signed [31:0] product(input logic [7:0] x, input logic [7:0] w);
    product = 32'($signed(x)) * 32'($signed(w));
  endfunction

  function automatic logic signed [31:0] eight(input logic [63:0] x, input logic [63:0] w);
    eight = ((product(x[7:0], w[7:0]) + product(x[15:8], w[15:8]))
             + (product(x[23:16], w[23:16]) + product(x[31:24], w[31:24])))
          + ((product(x[39:32], w[39:32]) + product(x[47:40], w[47:40]))
             + (product(x[55:48], w[55:48]) + product(x[63:56], w[63:56])));
  endfunction

  // a row of weights, by bank
  function automatic logic [9*W-1:0] turned(input logic [9*W-1:0] row, input logic [3:0] bank);
    logic [1:0] threes, ones;
    threes = (bank >= 4'd6) ? 2'd2 : (bank >= 4'd3) ? 2'd1 : 2'd0;
    ones = bank[1:0] + threes;  // less three times that, modulo 4
    turned = row;
    if (ones == 2'd1) turned = {turned[8*W-1:0], turned[9*W-1:8*W]};
    if (ones == 2'd2) turned = {turned[7*W-1:0], turned[9*W-1:7*W]};
    if (threes == 2'd1) turned = {turned[6*W-1:0], turned[9*W-1:6*W]};
    if (threes == 2'd2) turned = {turned[3*W-1:0], turned[9*W-1:3*W]};
  endfunction

  function automatic logic signed [31:0] dot(input logic [9*W-1:0] x, input logic [9*W-1:0] w,
                                             input logic [3:0] bank, input logic [3:0] words);
    logic [9*32-1:0] parts;
    parts = '0;
    for (int b = 0; b < 9; b++)
      if (dp_pkg::sub9(4'(b), bank) < words)
        for (int c = 0; c < Pi; c += 8)
          parts[b*32+:32] = parts[b*32+:32] + eight(x[b*W+c*8+:64], w[b*W+c*8+:64]);
    dot = (((parts[0+:32] + parts[32+:32]) + (parts[64+:32] + parts[96+:32]))
           + ((parts[128+:32] + parts[160+:32]) + (parts[192+:32] + parts[224+:32])))
        + parts[256+:32];
  endfunction

  always_comb begin
    sum_o = '0;
    if (words_i != 4'd0) sum_o = dot(data_i, turned(weight_i, bank_i), bank_i, words_i);
  end
endmodule
