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

  // a write port each
  logic [MaskW-1:0] in0[0:47], in1[0:47], in2[0:47], in3[0:47];
  logic [MaskW-1:0] out0[0:23], out1[0:23], out2[0:23], out3[0:23];
  logic [5:0] in_row, it_in, unit_in;
  logic [4:0] out_row, it_out, unit_out;
  assign in_row = {pair_i, y_i[5:2]};
  assign out_row = {pair_i, y_i[5:3]};
  always_ff @(posedge clk_i) begin
    if (write)
      case (y_i[1:0])
        2'd0: in0[in_row] <= in_bits | (in_stay ? in0[in_row] : '0);
        2'd1: in1[in_row] <= in_bits | (in_stay ? in1[in_row] : '0);
        2'd2: in2[in_row] <= in_bits | (in_stay ? in2[in_row] : '0);
        default: in3[in_row] <= in_bits | (in_stay ? in3[in_row] : '0);
      endcase
    if (write && pooled_i)
      case (y_i[2:1])
        2'd0: out0[out_row] <= out_bits | (out_stay ? out0[out_row] : '0);
        2'd1: out1[out_row] <= out_bits | (out_stay ? out1[out_row] : '0);
        2'd2: out2[out_row] <= out_bits | (out_stay ? out2[out_row] : '0);
        default: out3[out_row] <= out_bits | (out_stay ? out3[out_row] : '0);
      endcase
  end

  assign it_in = {it_buf_i[2:1], it_y_i[5:2]};
  assign it_out = {it_buf_i[2:1], it_y_i[4:2]};
  assign unit_in = {unit_buf_i[2:1], unit_y_i[5:2]};
  assign unit_out = {unit_buf_i[2:1], unit_y_i[4:2]};
  always_comb begin
    case (it_y_i[1:0])
      2'd0: it_row_o = it_buf_i[0] ? out0[it_out] : in0[it_in];
      2'd1: it_row_o = it_buf_i[0] ? out1[it_out] : in1[it_in];
      2'd2: it_row_o = it_buf_i[0] ? out2[it_out] : in2[it_in];
      default: it_row_o = it_buf_i[0] ? out3[it_out] : in3[it_in];
    endcase
    case (unit_y_i[1:0])
      2'd0: unit_row_o = unit_buf_i[0] ? out0[unit_out] : in0[unit_in];
      2'd1: unit_row_o = unit_buf_i[0] ? out1[unit_out] : in1[unit_in];
      2'd2: unit_row_o = unit_buf_i[0] ? out2[unit_out] : in2[unit_in];
      default: unit_row_o = unit_buf_i[0] ? out3[unit_out] : in3[unit_in];
    endcase
  end

  // of the rows y-1, y, y+1 the one in each bank
  logic [5:0] above, below;
  logic [3:0] row0, row1, row2, row3;
  logic [4*MaskW-1:0] rows;
  assign above = 6'(win_y_i - 9'd1);
  assign below = 6'(win_y_i + 9'd1);
  assign row0 = (above[1:0] == 2'd0) ? above[5:2]
              : (below[1:0] == 2'd0) ? below[5:2] : win_y_i[5:2];
  assign row1 = (above[1:0] == 2'd1) ? above[5:2]
              : (below[1:0] == 2'd1) ? below[5:2] : win_y_i[5:2];
  assign row2 = (above[1:0] == 2'd2) ? above[5:2]
              : (below[1:0] == 2'd2) ? below[5:2] : win_y_i[5:2];
  assign row3 = (above[1:0] == 2'd3) ? above[5:2]
              : (below[1:0] == 2'd3) ? below[5:2] : win_y_i[5:2];
  always_comb begin
    if (win_buf_i[0]) begin
      rows[0*MaskW+:MaskW] = out0[{win_buf_i[2:1], row0[2:0]}];
      rows[1*MaskW+:MaskW] = out1[{win_buf_i[2:1], row1[2:0]}];
      rows[2*MaskW+:MaskW] = out2[{win_buf_i[2:1], row2[2:0]}];
      rows[3*MaskW+:MaskW] = out3[{win_buf_i[2:1], row3[2:0]}];
    end else begin
      rows[0*MaskW+:MaskW] = in0[{win_buf_i[2:1], row0}];
      rows[1*MaskW+:MaskW] = in1[{win_buf_i[2:1], row1}];
      rows[2*MaskW+:MaskW] = in2[{win_buf_i[2:1], row2}];
      rows[3*MaskW+:MaskW] = in3[{win_buf_i[2:1], row3}];
    end
  end
  assign win_above_o = rows[above[1:0]*MaskW+:MaskW];
  assign win_row_o = rows[win_y_i[1:0]*MaskW+:MaskW];
  assign win_below_o = rows[below[1:0]*MaskW+:MaskW];
endmodule
