// Unpacker: sends each beat that the loader asked for to its place. Weights: eight lanes at a time, eight channels (a granule) of one tap
// per beat, into the row and granule that the PE array will read. Always ready, except for the image and given masks.
module dp_unpack #(
    parameter bit Parallel = 1'b1,
    parameter int unsigned Pi = 8,
    parameter int unsigned Po = 8,
    parameter int unsigned WeightRows = 64,
    localparam int unsigned RunW = dp_pkg::RunW
) (
    input  logic            clk_i,
    input  logic            rst_ni,
    input  logic            run_valid_i,
    output logic            run_ready_o,
    input  logic [RunW-1:0] run_data_i,
    input  logic            rvalid_i,
    output logic            rready_o,
    // weights
    output logic            weight_we_o,
    output logic [3:0]      weight_lane_o,  // octet of lanes of the ring
    output logic [3:0]      param_lane_o,   // the same of the parameters, which a dual slice has twice
    output logic [15:0]     weight_row_o,
    output logic [7:0]      weight_granule_o,
    output logic            slice_ready_o,
    // parameters
    output logic            quant_we_o,
    output logic            wf_we_o,
    output logic [4:0]      param_entry_o,
    output logic [7:0]      param_beat_o,
    // everything else
    output logic            bias_we_o,
    output logic            groups_we_o,
    output logic            maskw_we_o,
    output logic            maskrow_valid_o,
    input  logic            maskrow_ready_i,
    output logic            image_valid_o,
    input  logic            image_ready_i,
    output logic [15:0]     beat_o,
    output logic            last_o
);
  localparam int unsigned Sub = Pi / 8;  // granules of a slice
  localparam int unsigned RowGranules = Parallel ? 9 * Sub : Sub;

  dp_pkg::run_t run;
  assign run = run_data_i;

  logic [15:0] beat_q;
  logic is_aux, beat, take;
  assign is_aux = run.first && (beat_q < run.aux);
  assign beat_o = beat_q;
  assign last_o = beat_q + 16'd1 == run.beats;

  always_comb begin
    rready_o = run_valid_i;
    if (run.kind == dp_pkg::RunMaskRows) rready_o = run_valid_i && maskrow_ready_i;
    if (run.kind == dp_pkg::RunImage) rready_o = run_valid_i && image_ready_i;
  end
  assign beat = run_valid_i && rvalid_i;
  assign take = beat && rready_o;
  assign run_ready_o = take && last_o;

  assign bias_we_o = beat && (run.kind == dp_pkg::RunBias);
  assign groups_we_o = beat && (run.kind == dp_pkg::RunGroups);
  assign maskw_we_o = beat && (run.kind == dp_pkg::RunMaskW);
  assign maskrow_valid_o = beat && (run.kind == dp_pkg::RunMaskRows);
  assign image_valid_o = beat && (run.kind == dp_pkg::RunImage);
  assign quant_we_o = beat && (run.kind == dp_pkg::RunRecord) && is_aux && (beat_q < 16'd2);
  assign wf_we_o = beat && (run.kind == dp_pkg::RunRecord) && is_aux && (beat_q >= 16'd2);
  assign param_entry_o = run.entry;
  assign param_beat_o = (beat_q < 16'd2) ? 8'(beat_q) : 8'(beat_q - 16'd2);
  assign weight_we_o = beat && (run.kind == dp_pkg::RunRecord) && !is_aux;
  assign param_lane_o = run.lane;
  assign weight_lane_o = upper ? run.lane - 4'(Po / 8) : run.lane;
  assign slice_ready_o = take && last_o && run.slice_last;

  // place of the next weight beat within its octet's rows
  logic [15:0] row_q, row, row_sum;
  logic [7:0] sub_q;
  logic [3:0] tap_q;
  logic tap_end, sub_end, upper;  // the second half of a dual slice, from slot 4 on
  assign upper = Parallel && (run.lane >= 4'(Po / 8));
  assign tap_end = !run.kernel3 || (tap_q == 4'd8);
  if (Parallel) begin : gen_place_parallel
    // 3x3: tap-major granules of one slice; 1x1: granules in order, nine slices a row
    assign sub_end = run.kernel3 ? (sub_q == 8'(Sub - 1)) : (sub_q == 8'(RowGranules - 1));
    assign weight_granule_o = run.kernel3 ? 8'(tap_q) * 8'(Sub) + sub_q : upper ? sub_q + 8'(4 * Sub) : sub_q;
    assign row = row_q;
  end else begin : gen_place_serial
    assign sub_end = sub_q == 8'(Sub - 1);
    assign weight_granule_o = sub_q;
    assign row = row_q + 16'(tap_q);
  end
  assign row_sum = run.row + row;
  assign weight_row_o = (row_sum >= 16'(WeightRows)) ? row_sum - 16'(WeightRows) : row_sum;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      beat_q <= '0;
      row_q <= '0;
      sub_q <= '0;
      tap_q <= '0;
    end else if (take) begin
      beat_q <= last_o ? 16'd0 : beat_q + 16'd1;
      if (weight_we_o) begin
        tap_q <= tap_end ? 4'd0 : tap_q + 4'd1;
        if (tap_end) sub_q <= sub_end ? 8'd0 : sub_q + 8'd1;
        if (tap_end && sub_end) row_q <= row_q + ((!Parallel && run.kernel3) ? 16'd9 : 16'd1);
      end else begin
        row_q <= '0;
        sub_q <= '0;
        tap_q <= '0;
      end
    end
  end

`ifdef DP_PROPERTIES
`include "dp_formal.svh"
`include "dp_unpack_props.svh"
`endif
endmodule
