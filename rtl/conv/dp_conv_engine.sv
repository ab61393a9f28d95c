// One convolution, or one chain, at a time: position iterator, tap masks, dispatcher and pipeline, with the slices that are loaded and the
// consumers that hold a slice's end. Says when an output slice has left, so that its weights and parameters may be replaced.
module dp_conv_engine #(
    parameter bit Parallel = 1'b1,
    parameter int unsigned Pi = 8,
    parameter int unsigned Po = 8,
    parameter int unsigned WeightRows = 64,
    parameter int unsigned MaskW = 32,
    parameter int unsigned PatchBytes = 32,
    localparam int unsigned OutLanes = Parallel ? 2 * Po : Po,
    localparam int unsigned W = Pi * 8,
    localparam int unsigned TokW = dp_pkg::TokenW
) (
    input  logic                  clk_i,
    input  logic                  rst_ni,
    input  logic                  halt_i,
    input  logic                  start_i,
    input  logic                  chained_i,
    input  logic [3*512-1:0]      cmds_i,
    input  logic [1:0]            cmd_count_i,
    output logic                  dispatch_done_o,
    output logic                  slice_release_o, // weights and parameters that may be replaced
    output logic [15:0]           slice_rows_o,
    output logic [5:0]            slice_count_o,
    // weights, parameters, image
    input  logic                  slice_ready_i,
    input  logic                  weight_we_i,
    input  logic [3:0]            weight_lane_i,
    input  logic [15:0]           weight_row_i,
    input  logic [7:0]            weight_granule_i,
    input  logic [511:0]          weight_data_i,
    output logic                  quant_re_o,
    output logic [4:0]            quant_entry_o,
    input  logic [OutLanes*128-1:0] quant_i,
    input  logic [8:0]            image_rows_i,
    input  logic [15:0]           image_words_i,
    input  logic                  image_busy_i,
    // masks
    output logic [7:0]            it_buf_o,
    output logic [8:0]            it_y_o,
    input  logic [MaskW-1:0]      it_row_i,
    output logic [7:0]            win_buf_o,
    output logic [8:0]            win_y_o,
    input  logic [MaskW-1:0]      win_above_i,
    input  logic [MaskW-1:0]      win_row_i,
    input  logic [MaskW-1:0]      win_below_i,
    output logic [15:0]           retired_o,       // positions retired in the last slice since mask_start_i
    input  logic                  mask_start_i,
    // map memory
    output logic [8:0]            a_en_o,
    output logic [143:0]          a_addr_o,
    input  logic [9*W-1:0]        a_rdata_i,
    output logic                  res_valid_o,
    output logic [15:0]           res_addr_o,
    output logic [3:0]            res_bank_o,
    output logic [3:0]            res_words_o,
    input  logic [9*W-1:0]        b_rdata_i,
    output logic                  wr_valid_o,
    // results
    input  logic                  consumer_done_i, // scores or logits of a slice are taken
    output logic [TokW-1:0]       token_o,
    output logic                  conv_valid_o,    // a tile of the convolution
    output logic [OutLanes*8-1:0]  conv_o,
    output logic [OutLanes*32-1:0] acc_o,
    output logic [7:0]            wr_y_o,          // what goes to the map: the tile, or the maximum of its window
    output logic [7:0]            wr_x_o,
    output logic [15:0]           wr_addr_o,
    output logic [3:0]            wr_bank_o,
    output logic [3:0]            wr_words_o,
    output logic [2*OutLanes*8-1:0] wr_data_o,       // the other slice of a pair in the upper half
    output logic [Po*32-1:0]      raw_o,
    // counters
    output logic [1:0]            conv_at_work_o,
    output logic [15:0]           macs_o,
    output logic                  array_busy_o,
    output logic                  wait_weights_o,
    output logic                  wait_input_o,
    output logic                  wait_consumer_o
);
  dp_pkg::cmd_t cmd;  // the only one, or the first of a chain
  assign cmd = cmds_i[0+:512];

  logic [8:0] out_h, out_w;  // the convolution's own map, before max-pool
  logic tok_valid, tok_ready, tok_end, tok_final, tok_last, tok_kept;
  logic [1:0] tok_conv;
  logic [8:0] tok_y, tok_x, taps;
  dp_position_stream #(
      .Parallel(Parallel),
      .MaskW(MaskW)
  ) u_stream (
      .clk_i,
      .rst_ni,
      .start_i,
      .chained_i,
      .cmds_i,
      .count_i(cmd_count_i),
      .h_o    (out_h),
      .w_o    (out_w),
      .it_buf_o,
      .it_y_o,
      .it_row_i,
      .win_buf_o,
      .win_y_o,
      .win_above_i,
      .win_row_i,
      .win_below_i,
      .valid_o(tok_valid),
      .ready_i(tok_ready),
      .end_o  (tok_end),
      .final_o(tok_final),
      .last_o (tok_last),
      .conv_o (tok_conv),
      .y_o    (tok_y),
      .x_o    (tok_x),
      .kept_o (tok_kept),
      .taps_o (taps)
  );

  // the consumer of a slice's scores or logits
  logic slice_end, consumer_q, has_consumer;
  assign has_consumer = cmd.flags.score || cmd.flags.head;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) consumer_q <= 1'b0;
    else consumer_q <= (slice_end && has_consumer) || (consumer_q && !consumer_done_i);
  end

  logic patch_loaded, patch_pop;
  logic [4:0] patch_count;
  logic [PatchBytes*8-1:0] patch, next_patch;
  logic [8:0] patch_en, map_en;
  logic [143:0] patch_addr, map_addr;
  dp_patches #(
      .Pi(Pi),
      .Bytes(PatchBytes)
  ) u_patches (
      .clk_i,
      .rst_ni,
      .start_i       (start_i && cmd.flags.patches),
      .cmd_i         (cmds_i[0+:512]),
      .words_i       (image_words_i),
      .image_done_i  (!image_busy_i),
      .a_en_o        (patch_en),
      .a_addr_o      (patch_addr),
      .a_rdata_i,
      .loaded_o      (patch_loaded),
      .loaded_count_o(patch_count),
      .pop_i         (patch_pop),
      .patch_o       (patch),
      .next_o        (next_patch)
  );
  assign a_en_o = cmd.flags.patches ? patch_en : map_en;
  assign a_addr_o = cmd.flags.patches ? patch_addr : map_addr;

  logic [TokW-1:0] token;
  dp_dispatch #(
      .Parallel(Parallel),
      .Pi(Pi),
      .Po(Po),
      .WeightRows(WeightRows)
  ) u_dispatch (
      .clk_i,
      .rst_ni,
      .halt_i,
      .start_i,
      .chained_i,
      .cmds_i,
      .done_o         (dispatch_done_o),
      .slice_end_o    (slice_end),
      .pos_valid_i    (tok_valid),
      .pos_ready_o    (tok_ready),
      .pos_end_i      (tok_end),
      .pos_final_i    (tok_final),
      .pos_last_i     (tok_last),
      .pos_conv_i     (tok_conv),
      .pos_y_i        (tok_y),
      .pos_x_i        (tok_x),
      .pos_kept_i     (tok_kept),
      .pos_taps_i     (taps),
      .slice_ready_i,
      .image_rows_i,
      .rows_done_i    (rows_done_q),
      .patch_loaded_i (patch_loaded),
      .patch_count_i  (patch_count),
      .consumer_busy_i(consumer_q && !consumer_done_i),
      .token_o        (token),
      .conv_o         (conv_at_work_o),
      .macs_o,
      .issue_o        (array_busy_o),
      .wait_weights_o,
      .wait_input_o,
      .wait_consumer_o
  );

  dp_datapath #(
      .Parallel(Parallel),
      .Pi(Pi),
      .Po(Po),
      .WeightRows(WeightRows),
      .PatchBytes(PatchBytes)
  ) u_datapath (
      .clk_i,
      .rst_ni,
      .cmds_i,
      .token_i(token),
      .a_en_o (map_en),
      .a_addr_o(map_addr),
      .a_rdata_i,
      .res_valid_o,
      .res_addr_o,
      .res_bank_o,
      .res_words_o,
      .b_rdata_i,
      .wr_valid_o(conv_valid_o),
      .patch_pop_o(patch_pop),
      .patch_i(patch),
      .next_i(next_patch),
      .weight_we_i,
      .weight_lane_i,
      .weight_row_i,
      .weight_granule_i,
      .weight_data_i,
      .quant_re_o,
      .quant_entry_o,
      .quant_i,
      .token_o,
      .y_o(conv_o),
      .acc_o,
      .raw_o
  );

  dp_pkg::token_t retired;
  dp_max_pool #(
      .Lanes(OutLanes)
  ) u_max_pool (
      .clk_i,
      .rst_ni,
      .start_i,
      .enable_i(cmd.flags.max_pool),
      .h_i     (out_h),
      .w_i     (out_w),
      .valid_i (conv_valid_o),
      .y_i     (retired.y),
      .x_i     (retired.x),
      .data_i  (conv_o),
      .valid_o (pooled_valid),
      .y_o     (wr_y_o),
      .x_o     (wr_x_o),
      .data_o  (pooled)
  );

  logic pooled_valid, write_last;
  logic [OutLanes*8-1:0] pooled;
  logic [1:0] write_conv;
  dp_pair_write #(
      .Po(Po),
      .OutLanes(OutLanes)
  ) u_write (
      .clk_i,
      .rst_ni,
      .token_i       (token_o),
      .valid_i       (conv_valid_o),
      .data_i        (conv_o),
      .pooled_valid_i(pooled_valid),
      .pooled_i      (pooled),
      .valid_o       (wr_valid_o),
      .addr_o        (wr_addr_o),
      .bank_o        (wr_bank_o),
      .words_o       (wr_words_o),
      .data_o        (wr_data_o),
      .conv_o        (write_conv),
      .last_slice_o  (write_last)
  );

  // what has left: slices, rows of a chain, positions that the mask unit follows
  dp_pkg::cmd_t cmd1, cmd2;
  logic produces;
  logic [2*9-1:0] rows_done_q;
  assign retired = token_o;
  assign {cmd2, cmd1} = cmds_i[3*512-1:512];
  assign produces = (write_conv == 2'd2) ? cmd2.flags.produces : (write_conv == 2'd1) ? cmd1.flags.produces : cmd.flags.produces;
  assign slice_release_o = has_consumer ? consumer_done_i : retired.slice_end;
  always_comb begin
    {slice_rows_o, slice_count_o} = {cmd.all_rows, cmd.out_slices[5:0]};
    if (retired.conv == 2'd1) {slice_rows_o, slice_count_o} = {cmd1.all_rows, cmd1.out_slices[5:0]};
    if (retired.conv == 2'd2) {slice_rows_o, slice_count_o} = {cmd2.all_rows, cmd2.out_slices[5:0]};
    if (!chained_i) {slice_rows_o, slice_count_o} = {cmd.rows, 6'd1};
  end
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      rows_done_q <= '0;
      retired_o <= '0;
    end else begin
      if (start_i) rows_done_q <= '0;
      else if (retired.row_end && (retired.conv == 2'd0)) rows_done_q[8:0] <= rows_done_q[8:0] + 9'd1;
      else if (retired.row_end && (retired.conv == 2'd1)) rows_done_q[17:9] <= rows_done_q[17:9] + 9'd1;
      if (mask_start_i) retired_o <= '0;
      else if (wr_valid_o && write_last && produces) retired_o <= retired_o + 16'd1;
    end
  end
endmodule
