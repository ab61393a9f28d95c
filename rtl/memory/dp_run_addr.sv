// Where the words s, s+1, … of position (y,x) lie: they fill consecutive banks (mod 9) at consecutive addresses, so a first bank and a
// first address say it all. Combinational. With lead_i coordinates carry an offset of three rows and columns, and the base its opposite.
module dp_run_addr (
    input  logic [8:0]  y_i,
    input  logic [8:0]  x_i,
    input  logic [15:0] slice_i,
    input  logic [3:0]  slice9_i,  // slice % 9
    input  logic [15:0] base_i,
    input  logic [7:0]  tw_i,      // ceil(W/3)
    input  logic [15:0] slices_i,  // words per position
    input  logic [7:0]  ring_i,    // tile rows of a line buffer, 0: of the whole map
    input  logic        lead_i,
    output logic [15:0] addr_o,
    output logic [3:0]  bank_o
);
  logic [3:0] residue;
  logic [15:0] tile;

  logic [1:0] y3;
  assign y3 = dp_pkg::mod3(y_i);
  assign residue = 4'(dp_pkg::mod3(x_i)) + 4'(y3) + {1'b0, y3, 1'b0};
  assign tile = 16'(dp_pkg::tile_row(y_i, ring_i, lead_i)) * 16'(tw_i) + 16'(dp_pkg::div3(x_i));
  assign addr_o = base_i + 16'(tile * slices_i) + slice_i;
  assign bank_o = dp_pkg::add9(residue, slice9_i);

`ifdef VERILATOR
  initial
    for (int x = 0; x < 384; x++)
      assert ((dp_pkg::div3(9'(x)) == 8'(x / 3)) && (dp_pkg::mod3(9'(x)) == 2'(x % 3))) else $fatal(1, "div3");
`endif
endmodule
