// Spatial mask memory: three pairs of {input, pooled output} masks, 64 rows and 32 rows each.
// Combinational row reads; one write a cycle, either a whole row (given masks) or one position
// (mask unit), with the 2x2 max-pool written alongside. Rows lie in four banks, so that the three
// around a window take a port of each.
module dp_mask_mem #(
    parameter int unsigned MaskW = 32
) (
    input  logic             clk_i,
    // write into pair pair_i
    input  logic             clear_i,   // row y_i of both masks to 0
    input  logic             set_i,     // position (y_i, x_i) is kept
    input  logic             row_we_i,  // row y_i is row_i; rows come in order
    input  logic             pooled_i,
    input  logic [1:0]       pair_i,
    input  logic [5:0]       y_i,
    input  logic [8:0]       x_i,
    input  logic [MaskW-1:0] row_i,
    // reads: iterator of the sequencer, three rows around a window, iterator of the mask unit
    input  logic [7:0]       it_buf_i,
    input  logic [8:0]       it_y_i,
    output logic [MaskW-1:0] it_row_o,
    input  logic [7:0]       win_buf_i,
    input  logic [8:0]       win_y_i,   // middle row
    output logic [MaskW-1:0] win_above_o,
    output logic [MaskW-1:0] win_row_o,
    output logic [MaskW-1:0] win_below_o,
    input  logic [7:0]       unit_buf_i,
    input  logic [8:0]       unit_y_i,
    output logic [MaskW-1:0] unit_row_o
);
  // buffer {p, b}: input mask (b = 0) or pooled output mask of pair p; its row y lies in bank y % 4

  // what is written: these bits, beside the old ones of the row where those stay
  logic [MaskW-1:0] in_bits, out_bits, pooled_row;
  logic in_stay, out_stay, write;
  assign write = clear_i || set_i || row_we_i;
  assign in_stay = set_i && !clear_i && !row_we_i;
  assign out_stay = in_stay || (row_we_i && !clear_i && y_i[0]);
  always_comb begin
    {in_bits, out_bits, pooled_row} = '0;
    if (!clear_i && row_we_i) begin
      for (int x = 0; x < MaskW / 2; x++) pooled_row[x] = row_i[2*x] | row_i[2*x+1];
      in_bits = row_i;
      out_bits = pooled_row;
    end else if (in_stay) begin
      in_bits = MaskW'(1) << x_i;
      out_bits = MaskW'(1) << x_i[8:1];
    end
  end

  logic [5:0] above, below;
  assign above = 6'(win_y_i - 9'd1);
  assign below = 6'(win_y_i + 9'd1);

  logic [4*MaskW-1:0] it_rows, win_rows, unit_rows;
  for (genvar b = 0; b < 4; b++) begin : gen_bank
    logic [MaskW-1:0] in_mem[0:47], out_mem[0:23];  // a write port each
    logic [5:0] in_row;
    logic [4:0] out_row;
    assign in_row = {pair_i, y_i[5:2]};
    assign out_row = {pair_i, y_i[5:3]};
    always_ff @(posedge clk_i) begin
      if (write && (y_i[1:0] == 2'(b)))
        in_mem[in_row] <= in_bits | (in_stay ? in_mem[in_row] : '0);
      if (write && pooled_i && (y_i[2:1] == 2'(b)))
        out_mem[out_row] <= out_bits | (out_stay ? out_mem[out_row] : '0);
    end

    // of the rows y-1, y, y+1 the one in this bank
    logic [3:0] win_row;
    assign win_row = (above[1:0] == 2'(b)) ? above[5:2]
                   : (below[1:0] == 2'(b)) ? below[5:2] : win_y_i[5:2];
    assign it_rows[b*MaskW+:MaskW] = it_buf_i[0] ? out_mem[{it_buf_i[2:1], it_y_i[4:2]}]
                                                 : in_mem[{it_buf_i[2:1], it_y_i[5:2]}];
    assign win_rows[b*MaskW+:MaskW] = win_buf_i[0] ? out_mem[{win_buf_i[2:1], win_row[2:0]}]
                                                   : in_mem[{win_buf_i[2:1], win_row}];
    assign unit_rows[b*MaskW+:MaskW] = unit_buf_i[0] ? out_mem[{unit_buf_i[2:1], unit_y_i[4:2]}]
                                                     : in_mem[{unit_buf_i[2:1], unit_y_i[5:2]}];
  end
  assign it_row_o = it_rows[it_y_i[1:0]*MaskW+:MaskW];
  assign win_above_o = win_rows[above[1:0]*MaskW+:MaskW];
  assign win_row_o = win_rows[win_y_i[1:0]*MaskW+:MaskW];
  assign win_below_o = win_rows[below[1:0]*MaskW+:MaskW];
  assign unit_row_o = unit_rows[unit_y_i[1:0]*MaskW+:MaskW];
endmodule
