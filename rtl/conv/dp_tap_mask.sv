// Which taps of a 3x3 window read as themselves: inside the map and, where the input is masked, kept. Combinational.
module dp_tap_mask #(
    parameter int unsigned MaskW = 32
) (
    input  logic [8:0]       y_i,       // centre
    input  logic [8:0]       x_i,
    input  logic [8:0]       h_i,
    input  logic [8:0]       w_i,
    input  logic             masked_i,
    input  logic [MaskW-1:0] above_i,
    input  logic [MaskW-1:0] row_i,
    input  logic [MaskW-1:0] below_i,
    output logic [8:0]       taps_o     // bit dy*3+dx
);
  logic [8:0] in_map, kept;
  logic [2:0] rows_in, cols_in;

  assign rows_in = {y_i + 9'd1 < h_i, 1'b1, y_i != 9'd0};
  assign cols_in = {x_i + 9'd1 < w_i, 1'b1, x_i != 9'd0};

  // {bit x+1, bit x, bit x-1}; beyond the map does not matter here
  function automatic logic [2:0] around(input logic [MaskW-1:0] row, input logic [8:0] x);
    logic [MaskW+1:0] padded;
    padded = {1'b0, row, 1'b0} >> x;
    around = padded[2:0];
  endfunction

  always_comb begin
    for (int t = 0; t < 9; t++) in_map[t] = rows_in[t/3] && cols_in[t%3];
    kept = {around(below_i, x_i), around(row_i, x_i), around(above_i, x_i)};
    taps_o = in_map & (masked_i ? kept : 9'h1ff);
  end
endmodule
