// Bank addresses of a 3x3 window of one slice: the nine taps lie in nine banks, in up to four tiles of 3x3 positions. Also which bank
// holds tap 0 and by how much the residues turn, so that the aligner can put taps in order. Combinational. The corner (y,x) is given
// plus three rows and columns, so that padding never underflows; the base is given less one tile row and column.
module dp_window_addr (
    input  logic [8:0]     y_i,       // top row + 3
    input  logic [8:0]     x_i,       // left column + 3
    input  logic [15:0]    slice_i,
    input  logic [3:0]     slice9_i,
    input  logic [15:0]    base_i,
    input  logic [7:0]     tw_i,
    input  logic [15:0]    slices_i,
    input  logic [7:0]     ring_i,    // tile rows of a line buffer: 2; 0: the whole map
    output logic [143:0]   addr_o,
    output logic [1:0]     ry_o,      // residues of the corner
    output logic [1:0]     rx_o
);
  logic [15:0] tile, row_step, corner;
  logic [7:0] row;
  assign ry_o = dp_pkg::mod3(y_i);
  assign rx_o = dp_pkg::mod3(x_i);
  // the tile row below is the next one, or in a line buffer the first one again
  assign row = dp_pkg::tile_row(y_i, ring_i, 1'b1);
  assign row_step = ((ring_i != 8'd0) && (row == ring_i)) ? -(16'(tw_i) * slices_i) : 16'(tw_i) * slices_i;
  assign tile = 16'(row) * 16'(tw_i) + 16'(dp_pkg::div3(x_i));
  assign corner = base_i + 16'(tile * slices_i) + slice_i;

  always_comb begin
    for (int b = 0; b < 9; b++) begin : bank
      logic [3:0] residue;
      logic [1:0] ry, rx;
      logic [15:0] addr;
      residue = dp_pkg::sub9(4'(b), slice9_i);
      ry = (residue >= 4'd6) ? 2'd2 : (residue >= 4'd3) ? 2'd1 : 2'd0;
      rx = residue[1:0] + ry;  // less three times that, modulo 4
      addr = corner;
      if (ry < ry_o) addr = addr + row_step;
      if (rx < rx_o) addr = addr + slices_i;
      addr_o[b*16+:16] = addr;
    end
  end
endmodule
