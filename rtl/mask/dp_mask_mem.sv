// Spatial mask memory: three pairs of {input, pooled output} masks, 64 and 32 rows each.
// Combinational row reads; one write a cycle, either a whole row (given masks) or one position
// (mask unit), with the 2x2 max-pool written alongside.
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

  // A write port each. Iterator and mask unit, and what a row held, are read in one memory (of a
  // copy each, in LUTs), the three rows around a window in four banks.
  logic [MaskW-1:0] in_mem[0:255];
  logic [MaskW-1:0] out_mem[0:127];
  logic [MaskW-1:0] in0[0:63], in1[0:63], in2[0:63], in3[0:63];
  logic [MaskW-1:0] out0[0:31], out1[0:31], out2[0:31], out3[0:31];
  logic [7:0] in_row;
  logic [6:0] out_row;
  logic [MaskW-1:0] in_new, out_new;
  assign in_row = {pair_i, y_i};
  assign out_row = {pair_i, y_i[5:1]};
  assign in_new = in_bits | (in_stay ? in_mem[in_row] : '0);
  assign out_new = out_bits | (out_stay ? out_mem[out_row] : '0);
  always_ff @(posedge clk_i) begin
    if (write) begin
      in_mem[in_row] <= in_new;
      case (in_row[1:0])
        2'd0: in0[in_row[7:2]] <= in_new;
        2'd1: in1[in_row[7:2]] <= in_new;
        2'd2: in2[in_row[7:2]] <= in_new;
        default: in3[in_row[7:2]] <= in_new;
      endcase
    end
    if (write && pooled_i) begin
      out_mem[out_row] <= out_new;
      case (out_row[1:0])
        2'd0: out0[out_row[6:2]] <= out_new;
        2'd1: out1[out_row[6:2]] <= out_new;
        2'd2: out2[out_row[6:2]] <= out_new;
        default: out3[out_row[6:2]] <= out_new;
      endcase
    end
  end

  assign it_row_o = it_buf_i[0] ? out_mem[{it_buf_i[2:1], it_y_i[4:0]}]
                                : in_mem[{it_buf_i[2:1], it_y_i[5:0]}];
  assign unit_row_o = unit_buf_i[0] ? out_mem[{unit_buf_i[2:1], unit_y_i[4:0]}]
                                    : in_mem[{unit_buf_i[2:1], unit_y_i[5:0]}];

  // of the rows y-1, y, y+1 the one in each bank: the first bank has y+1 after the last, which has
  // y-1
  logic [5:0] above, below;
  logic [3:0] at0, at3;
  logic [MaskW-1:0] row0, row1, row2, row3;
  assign above = 6'(win_y_i - 9'd1);
  assign below = 6'(win_y_i + 9'd1);
  assign at0 = (win_y_i[1:0] == 2'd3) ? below[5:2] : win_y_i[5:2];
  assign at3 = (win_y_i[1:0] == 2'd0) ? above[5:2] : win_y_i[5:2];
  assign row0 = win_buf_i[0] ? out0[{win_buf_i[2:1], at0[2:0]}] : in0[{win_buf_i[2:1], at0}];
  assign row1 = win_buf_i[0] ? out1[{win_buf_i[2:1], win_y_i[4:2]}]
                             : in1[{win_buf_i[2:1], win_y_i[5:2]}];
  assign row2 = win_buf_i[0] ? out2[{win_buf_i[2:1], win_y_i[4:2]}]
                             : in2[{win_buf_i[2:1], win_y_i[5:2]}];
  assign row3 = win_buf_i[0] ? out3[{win_buf_i[2:1], at3[2:0]}] : in3[{win_buf_i[2:1], at3}];
  always_comb
    case (win_y_i[1:0])
      2'd0: {win_above_o, win_row_o, win_below_o} = {row3, row0, row1};
      2'd1: {win_above_o, win_row_o, win_below_o} = {row0, row1, row2};
      2'd2: {win_above_o, win_row_o, win_below_o} = {row1, row2, row3};
      default: {win_above_o, win_row_o, win_below_o} = {row2, row3, row0};
    endcase

`ifdef DP_PROPERTIES
`include "dp_mask_mem_props.svh"
`endif
endmodule
