// Spatial masks: the unit that computes them, the writer of given ones and the memory they share.
module dp_masks #(
    parameter int unsigned Pi = 8,
    parameter int unsigned MaskW = 32,
    parameter int unsigned Words = 9  // of a position, read and multiplied in a cycle: 9 or 3
) (
    input  logic              clk_i,
    input  logic              rst_ni,
    // from the loader: a mask command was reached; its beats follow
    input  logic              load_i,
    input  logic [511:0]      load_cmd_i,
    input  logic              weight_we_i,
    input  logic              row_valid_i,
    output logic              row_ready_o,
    input  logic              last_i,
    input  logic [511:0]      data_i,
    // from the sequencer
    input  logic              start_i,
    input  logic [511:0]      start_cmd_i,
    output logic              idle_o,
    input  logic [15:0]       retired_i,
    // completion of a pair
    output logic              unit_done_o,
    output logic [1:0]        unit_pair_o,
    output logic              rows_done_o,
    output logic [1:0]        rows_pair_o,
    // map read
    output logic              rd_valid_o,
    input  logic              rd_ready_i,
    output logic [15:0]       rd_addr_o,
    output logic [3:0]        rd_bank_o,
    output logic [3:0]        rd_words_o,
    input  logic [9*Pi*8-1:0] rd_data_i,
    // rows for the sequencer's iterator and for the taps of a position
    input  logic [7:0]        it_buf_i,
    input  logic [8:0]        it_y_i,
    output logic [MaskW-1:0]  it_row_o,
    input  logic [7:0]        win_buf_i,
    input  logic [8:0]        win_y_i,
    output logic [MaskW-1:0]  win_above_o,
    output logic [MaskW-1:0]  win_row_o,
    output logic [MaskW-1:0]  win_below_o,
    // observation
    output logic              obs_valid_o,
    output logic [7:0]        obs_layer_o,
    output logic [7:0]        obs_y_o,
    output logic [7:0]        obs_x_o,
    output logic              obs_keep_o
);
  logic clear, set, row_we, unit_pooled, rows_pooled, unit_writes;
  logic [1:0] unit_pair, rows_pair;
  logic [5:0] unit_y, rows_y;
  logic [8:0] unit_x, prev_y;
  logic [7:0] prev_buf;
  logic [MaskW-1:0] prev_row, given_row;

  assign unit_writes = clear || set;
  assign unit_pair_o = unit_pair;
  assign rows_pair_o = rows_pair;
  assign obs_y_o = 8'(unit_y);
  assign obs_x_o = unit_x[7:0];

  dp_mask_unit #(
      .Pi(Pi),
      .MaskW(MaskW),
      .Words(Words)
  ) u_unit (
      .clk_i,
      .rst_ni,
      .weight_we_i,
      .weight_last_i(last_i),
      .weight_data_i(data_i),
      .start_i,
      .idle_o,
      .cmd_i        (start_cmd_i),
      .retired_i,
      .prev_buf_o   (prev_buf),
      .prev_y_o     (prev_y),
      .prev_row_i   (prev_row),
      .rd_valid_o,
      .rd_ready_i,
      .rd_addr_o,
      .rd_bank_o,
      .rd_words_o,
      .rd_data_i,
      .clear_o      (clear),
      .set_o        (set),
      .pair_o       (unit_pair),
      .pooled_o     (unit_pooled),
      .y_o          (unit_y),
      .x_o          (unit_x),
      .done_o       (unit_done_o),
      .obs_valid_o,
      .obs_layer_o,
      .obs_keep_o
  );

  dp_mask_rows #(
      .MaskW(MaskW)
  ) u_rows (
      .clk_i,
      .rst_ni,
      .start_i (load_i),
      .cmd_i   (load_cmd_i),
      .valid_i (row_valid_i),
      .ready_o (row_ready_o),
      .data_i,
      .busy_i  (unit_writes),
      .we_o    (row_we),
      .pair_o  (rows_pair),
      .pooled_o(rows_pooled),
      .y_o     (rows_y),
      .row_o   (given_row),
      .done_o  (rows_done_o)
  );

  dp_mask_mem #(
      .MaskW(MaskW)
  ) u_mem (
      .clk_i,
      .clear_i   (clear),
      .set_i     (set),
      .row_we_i  (row_we),
      .pooled_i  (unit_writes ? unit_pooled : rows_pooled),
      .pair_i    (unit_writes ? unit_pair : rows_pair),
      .y_i       (unit_writes ? unit_y : rows_y),
      .x_i       (unit_x),
      .row_i     (given_row),
      .it_buf_i,
      .it_y_i,
      .it_row_o,
      .win_buf_i,
      .win_y_i,
      .win_above_o,
      .win_row_o,
      .win_below_o,
      .unit_buf_i(prev_buf),
      .unit_y_i  (prev_y),
      .unit_row_o(prev_row)
  );

`ifdef DP_PROPERTIES
`include "dp_formal.svh"
`include "dp_masks_props.svh"
`endif
endmodule
