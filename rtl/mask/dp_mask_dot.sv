// Dot product of the mask unit: up to Words words of one position, in bank order, with their mask
// weights. Three stages (dp_pkg::MaskLatency): the words are turned into their order (by three or
// six, then by one or two) and those that do not count become zeros; trees add the products of each
// word; the words are added. A product a cycle; it keeps its state where nothing comes.
module dp_mask_dot #(
    parameter int unsigned Pi = 8,
    parameter int unsigned Words = 9,  // that are multiplied in a cycle: 9 or 3
    localparam int unsigned W = Pi * 8
) (
    input  logic                 clk_i,
    input  logic                 valid_i,
    input  logic [9*W-1:0]       data_i,    // by bank
    input  logic [3:0]           bank_i,    // bank of the first word
    input  logic [3:0]           words_i,
    input  logic [Words*W-1:0]   weight_i,
    output logic signed [31:0]   sum_o      // MaskLatency cycles later
);
  localparam int unsigned PartW = 16 + $clog2(Pi);  // a word's sum

  // a position's words in order; zeros after the last one
  function automatic logic [Words*W-1:0] ordered(input logic [9*W-1:0] data, input logic [3:0] bank,
                                                 input logic [3:0] words);
    logic [9*W-1:0] turned;
    logic [1:0] threes, ones;
    threes = (bank >= 4'd6) ? 2'd2 : (bank >= 4'd3) ? 2'd1 : 2'd0;
    ones = bank[1:0] + threes;  // less three times that, modulo 4
    turned = data;
    if (threes == 2'd1) turned = {turned[3*W-1:0], turned[9*W-1:3*W]};
    if (threes == 2'd2) turned = {turned[6*W-1:0], turned[9*W-1:6*W]};
    if (ones == 2'd1) turned = {turned[W-1:0], turned[9*W-1:W]};
    if (ones == 2'd2) turned = {turned[2*W-1:0], turned[9*W-1:2*W]};
    ordered = turned[Words*W-1:0];
    for (int i = 0; i < Words; i++) if (4'(i) >= words) ordered[i*W+:W] = '0;
  endfunction

  function automatic logic [Words*PartW-1:0] dots(input logic [Words*W-1:0] x,
                                                  input logic [Words*W-1:0] w);
    logic signed [31:0] part;  // (signed, or the products would be as wide)
    for (int i = 0; i < Words; i++) begin
      part = '0;
      for (int c = i * W; c < (i + 1) * W; c += 32)
        part = part
            + ((32'($signed(x[c+:8])) * 32'($signed(w[c+:8]))
                + 32'($signed(x[c+8+:8])) * 32'($signed(w[c+8+:8])))
             + (32'($signed(x[c+16+:8])) * 32'($signed(w[c+16+:8]))
                + 32'($signed(x[c+24+:8])) * 32'($signed(w[c+24+:8]))));
      dots[i*PartW+:PartW] = part[PartW-1:0];
    end
  endfunction

  function automatic logic signed [31:0] total(input logic [Words*PartW-1:0] parts);
    logic signed [31:0] sum;
    total = '0;
    for (int i = 0; i < Words; i += 3) begin
      sum = (32'($signed(parts[i*PartW+:PartW])) + 32'($signed(parts[(i+1)*PartW+:PartW])))
          + 32'($signed(parts[(i+2)*PartW+:PartW]));
      total = total + sum;
    end
  endfunction

  logic [Words*W-1:0] data_q, weight_q;
  logic [Words*PartW-1:0] parts_q;
  logic [1:0] valid_q;
  always_ff @(posedge clk_i) begin
    valid_q <= {valid_q[0], valid_i};
    if (valid_i) begin
      data_q <= ordered(data_i, bank_i, words_i);
      weight_q <= weight_i;
    end
    if (valid_q[0]) parts_q <= dots(data_q, weight_q);
    if (valid_q[1]) sum_o <= total(parts_q);
  end
endmodule
