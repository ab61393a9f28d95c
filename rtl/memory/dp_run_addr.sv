// Where the words s, s+1, … of position (y,x) lie: they fill consecutive banks (mod 9) at consecutive addresses, so a first bank and a
// first address say it all. Combinational. Coordinates may be offset by a multiple of three rows and columns (see dp_sequencer).
module dp_run_addr (
    input  logic [8:0]  y_i,
    input  logic [8:0]  x_i,
    input  logic [15:0] slice_i,
    input  logic [3:0]  slice9_i,  // slice % 9
    input  logic [15:0] base_i,
    input  logic [7:0]  tw_i,      // ceil(W/3)
    input  logic [15:0] slices_i,  // words per position
    output logic [15:0] addr_o,
    output logic [3:0]  bank_o
);
  logic [3:0] residue;
  logic [15:0] tile;

  assign residue = 4'(dp_pkg::mod3(x_i)) + 4'd3 * 4'(dp_pkg::mod3(y_i));
  assign tile = 16'(dp_pkg::div3(y_i)) * 16'(tw_i) + 16'(dp_pkg::div3(x_i));
  assign addr_o = base_i + 16'(tile * slices_i) + slice_i;
  assign bank_o = dp_pkg::add9(residue, slice9_i);
endmodule
