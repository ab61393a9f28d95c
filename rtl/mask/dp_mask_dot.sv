// Dot product of the mask unit: up to nine words of one position, in bank order, with a row of mask
// weights. Combinational: the weights are turned to where their words lie (by up to two words, then
// by three or six), trees add the products of each four bytes, those of a word, and the words that
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

  function automatic logic signed [31:0] dot(input logic [9*W-1:0] x, input logic [9*W-1:0] row,
                                             input logic [3:0] bank, input logic [3:0] words);
    logic [9*W-1:0] w;
    logic signed [31:0] part;  // (signed, or the products would be as wide)
    logic [9*32-1:0] parts;
    w = turned(row, bank);
    for (int b = 0; b < 9; b++) begin
      part = '0;
      if (dp_pkg::sub9(4'(b), bank) < words)
        for (int c = b * W; c < (b + 1) * W; c += 32)
          part = part
              + ((32'($signed(x[c+:8])) * 32'($signed(w[c+:8]))
                  + 32'($signed(x[c+8+:8])) * 32'($signed(w[c+8+:8])))
               + (32'($signed(x[c+16+:8])) * 32'($signed(w[c+16+:8]))
                  + 32'($signed(x[c+24+:8])) * 32'($signed(w[c+24+:8]))));
      parts[b*32+:32] = part;
    end
    dot = (((parts[0+:32] + parts[32+:32]) + (parts[64+:32] + parts[96+:32]))
           + ((parts[128+:32] + parts[160+:32]) + (parts[192+:32] + parts[224+:32])))
        + parts[256+:32];
  endfunction

  always_comb begin
    sum_o = '0;
    if (words_i != 4'd0) sum_o = dot(data_i, weight_i, bank_i, words_i);
  end
endmodule
