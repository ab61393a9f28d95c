// One convolution at a time: position iterator, tap masks, dispatcher and pipeline, with the slices that are loaded and the consumers
// that hold a slice's end. Says when an output slice has left, so that its weights and parameters may be replaced.
module dp_conv_engine #(
    parameter bit Parallel = 1'b1,
    parameter int unsigned Pi = 8,
    parameter int unsigned Po = 8,
    parameter int unsigned WeightRows = 64,
    parameter int unsigned MaskW = 32,
    parameter int unsigned PatchBytes = 32,
    localparam int unsigned OutLanes = Parallel ? 2 * Po : Po,
    localparam int unsigned W = Pi * 8,
    localparam int unsigned RowBits = (Parallel ? 9 : 1) * W,
    localparam int unsigned TokW = dp_pkg::TokenW
) (
    input  logic                  clk_i,
    input  logic                  rst_ni,
    input  logic                  halt_i,
    input  logic                  start_i,
    input  logic [511:0]          cmd_i,
    output logic                  dispatch_done_o,
    output logic                  slice_release_o,
    // weights, parameters, image
    input  logic                  slice_ready_i,
    output logic                  weight_re_o,
    output logic [15:0]           weight_row_o,
    input  logic [Po*RowBits-1:0] weight_i,
    output logic [2:0]            quant_entry_o,
    input  logic [OutLanes*128-1:0] quant_i,
    input  logic [8:0]            image_rows_i,
    input  logic [15:0]           image_words_i,
    input  logic                  image_busy_i,
    // masks
    output logic [8:0]            it_y_o,
    input  logic [MaskW-1:0]      it_row_i,
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
    output logic [15:0]           macs_o,
    output logic                  array_busy_o,
    output logic                  wait_weights_o,
    output logic                  wait_input_o,
    output logic                  wait_consumer_o
);
  dp_pkg::cmd_t cmd;
  assign cmd = cmd_i;

  // the convolution's own map, before max-pool
  logic [8:0] out_h, out_w;
  always_comb begin
    out_h = 9'(cmd.dst_h);
    out_w = 9'(cmd.dst_w);
    if (cmd.flags.max_pool) begin
      out_h = cmd.flags.stride2 ? (9'(cmd.src_h) + 9'd1) >> 1 : 9'(cmd.src_h);
      out_w = cmd.flags.stride2 ? (9'(cmd.src_w) + 9'd1) >> 1 : 9'(cmd.src_w);
    end
  end

  // positions, with their tap masks on the way
  logic pos_valid, pos_ready, pos_end, pos_kept;
  logic [8:0] pos_y, pos_x, centre_y, centre_x, taps;
  dp_positions #(
      .MaskW(MaskW)
  ) u_positions (
      .clk_i,
      .rst_ni,
      .start_i,
      .w_i     (out_w),
      .h_i     (out_h),
      .passes_i((Parallel && dp_pkg::paired(cmd.flags.residual, cmd.flags.kernel3, cmd.flags.score, cmd.src_slices)) ? (cmd.out_slices + 16'd1) >> 1 : cmd.out_slices),
      .masked_i(cmd.flags.out_masked || cmd.flags.relu_pruned),
      .skip_i  (cmd.flags.out_masked),
      .invert_i(1'b0),
      .row_y_o (it_y_o),
      .row_i   (it_row_i),
      .valid_o (pos_valid),
      .ready_i (pos_ready),
      .end_o   (pos_end),
      .y_o     (pos_y),
      .x_o     (pos_x),
      .kept_o  (pos_kept)
  );
  logic tok_valid, tok_ready, tok_end, tok_kept;
  logic [8:0] tok_y, tok_x;
  dp_fifo #(
      .Width(20),
      .Depth(4)
  ) u_pos_fifo (
      .clk_i,
      .rst_ni,
      .in_valid_i (pos_valid),
      .in_ready_o (pos_ready),
      .in_data_i  ({pos_end, pos_kept, pos_y, pos_x}),
      .out_valid_o(tok_valid),
      .out_ready_i(tok_ready),
      .out_data_o ({tok_end, tok_kept, tok_y, tok_x})
  );
  assign centre_y = cmd.flags.stride2 ? {tok_y[7:0], 1'b0} : tok_y;
  assign centre_x = cmd.flags.stride2 ? {tok_x[7:0], 1'b0} : tok_x;
  assign win_y_o = centre_y;
  dp_tap_mask #(
      .MaskW(MaskW)
  ) u_taps (
      .y_i     (centre_y),
      .x_i     (centre_x),
      .h_i     (9'(cmd.src_h)),
      .w_i     (9'(cmd.src_w)),
      .masked_i(cmd.flags.in_masked),
      .above_i (win_above_i),
      .row_i   (win_row_i),
      .below_i (win_below_i),
      .taps_o  (taps)
  );

  // output slices whose weights are complete; the consumer of a slice's scores or logits
  logic [3:0] slices_q;
  logic take, consumer_q, has_consumer;
  assign has_consumer = cmd.flags.score || cmd.flags.head;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      slices_q <= '0;
      consumer_q <= 1'b0;
    end else begin
      slices_q <= slices_q + 4'(slice_ready_i) - 4'(take);
      consumer_q <= (take && has_consumer) || (consumer_q && !consumer_done_i);
    end
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
      .cmd_i,
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
      .cmd_i,
      .done_o         (dispatch_done_o),
      .pos_valid_i    (tok_valid),
      .pos_ready_o    (tok_ready),
      .pos_end_i      (tok_end),
      .pos_y_i        (tok_y),
      .pos_x_i        (tok_x),
      .pos_kept_i     (tok_kept),
      .pos_taps_i     (taps),
      .weights_i      (slices_q),
      .weights_take_o (take),
      .image_rows_i,
      .patch_loaded_i (patch_loaded),
      .patch_count_i  (patch_count),
      .consumer_busy_i(consumer_q && !consumer_done_i),
      .token_o        (token),
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
      .PatchBytes(PatchBytes)
  ) u_datapath (
      .clk_i,
      .rst_ni,
      .cmd_i,
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
      .weight_re_o,
      .weight_row_o,
      .weight_i,
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

  // a pair is written a cycle after its second slice
  logic pooled_valid, pair_valid_q, pair_last_q;
  logic [OutLanes*8-1:0] pooled, first_q;
  logic [2*OutLanes*8-1:0] pair_q;
  logic [15:0] pair_addr_q;
  logic [3:0] pair_bank_q, pair_words_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) pair_valid_q <= 1'b0;
    else pair_valid_q <= conv_valid_o && retired.pair && retired.second;
  end
  always_ff @(posedge clk_i) begin
    if (conv_valid_o && retired.pair) begin
      if (!retired.second) first_q <= conv_o;
      pair_q <= cmd.flags.dual ? {conv_o, first_q} : (2 * OutLanes * 8)'({conv_o[Po*8-1:0], first_q[Po*8-1:0]});
      {pair_addr_q, pair_bank_q, pair_words_q, pair_last_q} <= {retired.dst_addr, retired.dst_bank, retired.dst_words, retired.last_slice};
    end
  end
  assign wr_valid_o = pair_valid_q || (pooled_valid && !retired.pair);
  assign {wr_addr_o, wr_bank_o, wr_words_o} = pair_valid_q ? {pair_addr_q, pair_bank_q, pair_words_q} : {retired.dst_addr, retired.dst_bank, retired.dst_words};
  assign wr_data_o = pair_valid_q ? pair_q : {{OutLanes * 8{1'b0}}, pooled};

  assign retired = token_o;
  assign slice_release_o = has_consumer ? consumer_done_i : retired.slice_end;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) retired_o <= '0;
    else if (mask_start_i) retired_o <= '0;
    else if (wr_valid_o && (pair_valid_q ? pair_last_q : retired.last_slice) && cmd.flags.produces) retired_o <= retired_o + 16'd1;
  end
endmodule
