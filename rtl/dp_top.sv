// DPACS accelerator: wiring only. One AXI4 master, one AXI4-Lite slave, one interrupt, one observation port (docs/architecture.md).
module dp_top #(
    parameter bit Parallel = 1'b1,
    parameter bit Prune = 1'b1,                 // 0: the dense baseline, without masks and scores
    parameter int unsigned Pi = 8,           // input channels of a slice, a multiple of 8
    parameter int unsigned Po = 8,           // output channels of a slice, a multiple of Pi
    parameter int unsigned MapWords = 2048,  // words of each of the nine banks
    parameter int unsigned WeightRows = 64,
    parameter int unsigned MaskW = 32,       // largest masked map
    parameter int unsigned PatchBytes = 32,  // of a stem's patch: 32, or 160 for 7x7x3
    localparam int unsigned OutLanes = Parallel ? 2 * Po : Po
) (
    input logic clk_i,
    input logic rst_ni,
    // AXI4 master
    output logic m_axi_arvalid_o, input logic m_axi_arready_i, output logic [2:0] m_axi_arid_o, output logic [39:0] m_axi_araddr_o,
    output logic [7:0] m_axi_arlen_o, output logic [2:0] m_axi_arsize_o, output logic [1:0] m_axi_arburst_o, output logic m_axi_arlock_o,
    output logic [3:0] m_axi_arcache_o, output logic [2:0] m_axi_arprot_o, output logic [3:0] m_axi_arqos_o,
    input logic m_axi_rvalid_i, output logic m_axi_rready_o, input logic [2:0] m_axi_rid_i, input logic [511:0] m_axi_rdata_i,
    input logic [1:0] m_axi_rresp_i, input logic m_axi_rlast_i,
    output logic m_axi_awvalid_o, input logic m_axi_awready_i, output logic [2:0] m_axi_awid_o, output logic [39:0] m_axi_awaddr_o,
    output logic [7:0] m_axi_awlen_o, output logic [2:0] m_axi_awsize_o, output logic [1:0] m_axi_awburst_o, output logic m_axi_awlock_o,
    output logic [3:0] m_axi_awcache_o, output logic [2:0] m_axi_awprot_o, output logic [3:0] m_axi_awqos_o,
    output logic m_axi_wvalid_o, input logic m_axi_wready_i, output logic [511:0] m_axi_wdata_o, output logic [63:0] m_axi_wstrb_o,
    output logic m_axi_wlast_o,
    input logic m_axi_bvalid_i, output logic m_axi_bready_o, input logic [2:0] m_axi_bid_i, input logic [1:0] m_axi_bresp_i,
    // AXI4-Lite slave
    input logic s_axil_awvalid_i, output logic s_axil_awready_o, input logic [7:0] s_axil_awaddr_i, input logic [2:0] s_axil_awprot_i,
    input logic s_axil_wvalid_i, output logic s_axil_wready_o, input logic [31:0] s_axil_wdata_i, input logic [3:0] s_axil_wstrb_i,
    output logic s_axil_bvalid_o, input logic s_axil_bready_i, output logic [1:0] s_axil_bresp_o,
    input logic s_axil_arvalid_i, output logic s_axil_arready_o, input logic [7:0] s_axil_araddr_i, input logic [2:0] s_axil_arprot_i,
    output logic s_axil_rvalid_o, input logic s_axil_rready_i, output logic [31:0] s_axil_rdata_o, output logic [1:0] s_axil_rresp_o,
    output logic irq_o,
    // observation
    output logic obs_conv_valid_o, output logic [7:0] obs_conv_layer_o, output logic [7:0] obs_conv_stage_o,
    output logic [7:0] obs_conv_y_o, output logic [7:0] obs_conv_x_o, output logic [7:0] obs_conv_slice_o,
    output logic [OutLanes*8-1:0] obs_conv_data_o, output logic [OutLanes*32-1:0] obs_conv_acc_o,
    output logic obs_pool_valid_o, output logic [7:0] obs_pool_layer_o, output logic [7:0] obs_pool_y_o, output logic [7:0] obs_pool_x_o,
    output logic [7:0] obs_pool_slice_o, output logic [OutLanes*8-1:0] obs_pool_data_o,
    output logic obs_mask_valid_o, output logic [7:0] obs_mask_layer_o, output logic [7:0] obs_mask_y_o,
    output logic [7:0] obs_mask_x_o, output logic obs_mask_keep_o,
    output logic obs_score_valid_o, output logic [7:0] obs_score_layer_o, output logic [7:0] obs_score_group_o,
    output logic [47:0] obs_score_data_o,
    output logic obs_groups_valid_o, output logic [7:0] obs_groups_layer_o, output logic [63:0] obs_groups_keep_o,
    output logic obs_logit_valid_o, output logic [7:0] obs_logit_layer_o, output logic [7:0] obs_logit_slice_o,
    output logic [Po*32-1:0] obs_logit_data_o,
    output logic obs_done_valid_o, output logic [7:0] obs_done_layer_o, output logic [7:0] obs_done_stage_o,
    output logic [47:0] obs_done_macs_o, output logic [31:0] obs_done_busy_o,
    output logic obs_fetch_valid_o, output logic [7:0] obs_fetch_layer_o, output logic [7:0] obs_fetch_stage_o,
    output logic [31:0] obs_fetch_weights_o, output logic [31:0] obs_fetch_other_o,
    output logic [2:0] obs_cause_o
);
  localparam int unsigned W = Pi * 8;

  // What never changes: whole beats, incrementing, normal memory that is not cached, data, non-secure (docs/bus.md).
  assign {m_axi_arsize_o, m_axi_arburst_o, m_axi_arlock_o, m_axi_arcache_o, m_axi_arprot_o, m_axi_arqos_o} = {3'd6, 2'b01, 1'b0, 4'b0011, 3'b010, 4'd0};
  assign {m_axi_awsize_o, m_axi_awburst_o, m_axi_awlock_o, m_axi_awcache_o, m_axi_awprot_o, m_axi_awqos_o} = {3'd6, 2'b01, 1'b0, 4'b0011, 3'b010, 4'd0};

  // control
  logic halt, busy, chained, job_valid, job_ready, job_done, conv_start, dispatch_done, slice_release, conv_done;
  logic [119:0] job_data;
  logic [7:0] weight_granule, param_beat, it_buf, win_buf, wr_y, wr_x;
  logic [127:0] counts;
  logic [511:0] load_cmd;
  logic [3*512-1:0] cmds;
  logic [1:0] epoch, cmd_count, mask_pair, at_work, done_conv;
  logic [39:0] logits_addr;
  logic rst_n, core_rst_n, failed, abort, aborting, aborted, progress, read_idle, bus_idle, error, error_more;
  logic read_error, read_more, write_error, write_more, list_error;
  logic [dp_pkg::ErrW-1:0] read_err, write_err, list_err, record;
  logic [31:0] timeout;
  dp_pkg::cmd_t cmd, cmd1, cmd2;  // of a chain
  assign {cmd2, cmd1, cmd} = cmds;

  // reads
  logic fetch_valid, fetch_ready, ld_valid, ld_ready, fetch_rvalid, ld_rvalid, ld_rready;
  logic [39:0] fetch_addr, ld_addr;
  logic [15:0] fetch_beats, ld_beats, weight_beats, other_beats;
  logic list_valid, list_ready, exec_valid, exec_ready, next_valid, next_ready, run_in_valid, run_in_ready, run_valid, run_ready;
  logic [591:0] list_data;
  logic [551:0] exec_data, next_data;
  logic [dp_pkg::RunW-1:0] run_in, run;
  dp_pkg::run_t run_asked;
  logic [511:0] rdata;
  assign run_asked = run_in;

  // loaded data
  logic weight_we, slice_ready, quant_we, quant_re, wf_we, bias_we, groups_we, maskw_we, maskrow_valid, maskrow_ready, image_valid, image_ready, beat_last, wf_re;
  logic [3:0] weight_lane, param_lane, wf_lane;
  logic [5:0] slice_count;
  logic [15:0] weight_row, beat, image_words;
  logic [4:0] param_entry, quant_entry;
  logic [2:0] wf_entry, wf_beat;
  logic [OutLanes*128-1:0] quant;
  logic [511:0] wf;
  logic image_start, image_release, mask_load, mask_release;

  // map memory
  logic [8:0] a_en, image_rows;
  logic [143:0] a_addr;
  logic [9*W-1:0] a_rdata, b_rdata;
  logic wr_valid, res_valid, mrd_valid, mrd_ready, img_valid, img_ready, img_linear, image_busy;
  logic [15:0] res_addr, mrd_addr, img_addr, wr_addr;
  logic [3:0] res_bank, res_words, mrd_bank, mrd_words, img_bank, img_words, wr_bank, wr_words;
  logic [511:0] img_data;

  // masks
  logic mask_start, mask_idle, unit_done, rows_done;
  logic [1:0] unit_pair, rows_pair;
  logic [8:0] it_y, win_y;
  logic [MaskW-1:0] it_row, win_above, win_row, win_below;
  logic [15:0] retired, macs, slice_rows;

  // results
  logic [dp_pkg::TokenW-1:0] token_bits;
  dp_pkg::token_t token;
  assign token = token_bits;
  logic [OutLanes*8-1:0] conv;
  logic [2*OutLanes*8-1:0] wr_data;
  logic [OutLanes*32-1:0] acc;
  logic [Po*32-1:0] raw;
  logic score_busy, score_done, groups_done, write_open, write_done, array_busy, wait_weights, wait_input, wait_mask;
  logic wait_groups, wait_consumer, drain, conv_valid;
  logic [63:0] group_keep;

  dp_reset_sync u_reset (.clk_i, .rst_ni, .rst_no(rst_n));

  dp_regs #(
      .Parallel(Parallel), .Prune(Prune), .Pi(Pi), .Po(Po), .MapWords(MapWords), .WeightRows(WeightRows), .MaskW(MaskW), .PatchBytes(PatchBytes)
  ) u_regs (
      .clk_i, .rst_ni(rst_n), .core_rst_ni(core_rst_n), .s_axil_awvalid_i, .s_axil_awready_o, .s_axil_awaddr_i, .s_axil_wvalid_i, .s_axil_wready_o,
      .s_axil_wdata_i, .s_axil_wstrb_i, .s_axil_bvalid_o, .s_axil_bready_i, .s_axil_bresp_o, .s_axil_arvalid_i, .s_axil_arready_o,
      .s_axil_araddr_i, .s_axil_rvalid_o, .s_axil_rready_i, .s_axil_rdata_o, .s_axil_rresp_o, .irq_o, .job_valid_o(job_valid),
      .job_ready_i(job_ready), .job_data_o(job_data), .job_done_i(job_done), .abort_o(abort), .aborting_i(aborting),
      .aborted_i(aborted), .failed_i(failed), .bus_idle_i(bus_idle), .error_i(error), .record_i(record),
      .record_more_i(error_more), .timeout_o(timeout), .add_i(counts), .busy_o(busy)
  );

  dp_guard u_guard (
      .clk_i, .rst_ni(rst_n), .core_rst_no(core_rst_n), .epoch_o(epoch), .busy_i(busy), .progress_i(progress), .timeout_i(timeout), .abort_i(abort),
      .bus_idle_i(bus_idle), .write_i(write_error), .write_more_i(write_more), .write_data_i(write_err), .read_i(read_error),
      .read_more_i(read_more), .read_data_i(read_err), .list_i(list_error), .list_data_i(list_err), .halt_o(halt), .failed_o(failed),
      .aborting_o(aborting), .aborted_o(aborted), .error_o(error), .record_o(record), .more_o(error_more)
  );
  assign bus_idle = read_idle && !write_open;
  assign progress = (m_axi_arvalid_o && m_axi_arready_i) || (m_axi_rvalid_i && m_axi_rready_o) || (m_axi_awvalid_o && m_axi_awready_i)
      || (m_axi_wvalid_o && m_axi_wready_i) || (m_axi_bvalid_i && m_axi_bready_o) || array_busy;
  assign counts = {16'(obs_cause_o == dp_pkg::CauseInputs), 16'(obs_cause_o == dp_pkg::CauseMasks), 16'(obs_cause_o == dp_pkg::CauseWeights), 16'(array_busy),
                   other_beats + ((fetch_valid && fetch_ready) ? fetch_beats : 16'd0), weight_beats, macs, 16'(busy)};

  dp_fetch #(.Parallel(Parallel), .Prune(Prune), .Po(Po), .MapWords(MapWords), .WeightRows(WeightRows), .MaskW(MaskW)) u_fetch (
      .clk_i, .rst_ni(core_rst_n), .job_valid_i(job_valid), .job_ready_o(job_ready), .job_data_i(job_data), .req_valid_o(fetch_valid),
      .req_ready_i(fetch_ready), .req_addr_o(fetch_addr), .req_beats_o(fetch_beats), .rvalid_i(fetch_rvalid),
      .rdata_i(rdata), .cmd_valid_o(list_valid), .cmd_ready_i(list_ready), .cmd_data_o(list_data), .error_o(list_error),
      .error_data_o(list_err)
  );

  dp_axi_read u_read (
      .clk_i, .rst_ni(core_rst_n), .halt_i(halt), .epoch_i(epoch), .cmd_valid_i(fetch_valid), .cmd_ready_o(fetch_ready), .cmd_addr_i(fetch_addr),
      .cmd_beats_i(fetch_beats), .ld_valid_i(ld_valid), .ld_ready_o(ld_ready), .ld_addr_i(ld_addr), .ld_beats_i(ld_beats),
      .ld_layer_i(run_asked.layer), .cmd_rvalid_o(fetch_rvalid), .ld_rvalid_o(ld_rvalid), .ld_rready_i(ld_rready), .rdata_o(rdata),
      .idle_o(read_idle), .error_o(read_error), .error_more_o(read_more), .error_data_o(read_err), .m_axi_arvalid_o,
      .m_axi_arready_i, .m_axi_araddr_o, .m_axi_arlen_o, .m_axi_arid_o, .m_axi_rvalid_i, .m_axi_rready_o, .m_axi_rdata_i,
      .m_axi_rresp_i, .m_axi_rlast_i, .m_axi_rid_i
  );

  dp_loader #(.Po(Po), .Pi(Pi), .WeightRows(WeightRows)) u_loader (
      .clk_i, .rst_ni(core_rst_n), .halt_i(halt), .cmd_valid_i(list_valid), .cmd_ready_o(list_ready), .cmd_data_i(list_data),
      .exec_valid_o(exec_valid), .exec_ready_i(exec_ready), .exec_data_o(exec_data), .req_valid_o(ld_valid),
      .req_ready_i(ld_ready), .req_addr_o(ld_addr), .req_beats_o(ld_beats), .run_valid_o(run_in_valid),
      .run_ready_i(run_in_ready), .run_data_o(run_in), .image_start_o(image_start), .mask_start_o(mask_load), .cmd_o(load_cmd),
      .slice_release_i(slice_release), .slice_rows_i(slice_rows), .slice_count_i(slice_count), .mask_release_i(mask_release), .mask_pair_i(mask_pair),
      .image_release_i(image_release), .group_keep_i(group_keep), .group_done_i(groups_done), .wait_groups_o(wait_groups), .obs_fetch_valid_o,
      .obs_fetch_layer_o, .obs_fetch_stage_o, .obs_fetch_weights_o, .obs_fetch_other_o, .beats_weights_o(weight_beats),
      .beats_other_o(other_beats)
  );

  dp_fifo #(.Width(552), .Depth(8)) u_exec_fifo (
      .clk_i, .rst_ni(core_rst_n), .in_valid_i(exec_valid), .in_ready_o(exec_ready), .in_data_i(exec_data), .out_valid_o(next_valid),
      .out_ready_i(next_ready), .out_data_o(next_data)
  );

  dp_fifo #(.Width(dp_pkg::RunW), .Depth(128)) u_run_fifo (
      .clk_i, .rst_ni(core_rst_n), .in_valid_i(run_in_valid), .in_ready_o(run_in_ready), .in_data_i(run_in), .out_valid_o(run_valid),
      .out_ready_i(run_ready), .out_data_o(run)
  );

  dp_unpack #(.Parallel(Parallel), .Pi(Pi), .Po(Po), .WeightRows(WeightRows)) u_unpack (
      .clk_i, .rst_ni(core_rst_n), .run_valid_i(run_valid), .run_ready_o(run_ready), .run_data_i(run), .rvalid_i(ld_rvalid),
      .rready_o(ld_rready), .weight_we_o(weight_we), .weight_lane_o(weight_lane), .param_lane_o(param_lane), .weight_row_o(weight_row),
      .weight_granule_o(weight_granule), .slice_ready_o(slice_ready), .quant_we_o(quant_we), .wf_we_o(wf_we),
      .param_entry_o(param_entry), .param_beat_o(param_beat), .bias_we_o(bias_we), .groups_we_o(groups_we),
      .maskw_we_o(maskw_we), .maskrow_valid_o(maskrow_valid), .maskrow_ready_i(maskrow_ready), .image_valid_o(image_valid),
      .image_ready_i(image_ready), .beat_o(beat), .last_o(beat_last)
  );

  dp_params #(.Po(OutLanes)) u_params (
      .clk_i, .quant_we_i(quant_we), .wf_we_i(wf_we), .entry_i(param_entry), .lane_i(param_lane), .beat_i(param_beat),
      .data_i(rdata), .quant_re_i(quant_re), .quant_entry_i(quant_entry), .quant_o(quant), .wf_re_i(wf_re), .wf_entry_i(wf_entry),
      .wf_lane_i(wf_lane), .wf_beat_i(wf_beat), .wf_o(wf)
  );

  dp_image_load #(.Pi(Pi)) u_image (
      .clk_i, .rst_ni(core_rst_n), .start_i(image_start), .cmd_i(load_cmd), .valid_i(image_valid), .ready_o(image_ready),
      .data_i(rdata), .img_valid_o(img_valid), .img_ready_i(img_ready), .img_addr_o(img_addr), .img_bank_o(img_bank),
      .img_words_o(img_words), .img_data_o(img_data), .img_linear_o(img_linear), .rows_done_o(image_rows), .words_done_o(image_words), .busy_o(image_busy)
  );

  dp_map_mem #(.Pi(Pi), .WordsOut(2 * OutLanes / Pi), .Depth(MapWords)) u_map (
      .clk_i, .rst_ni(core_rst_n), .a_en_i(a_en), .a_addr_i(a_addr), .a_rdata_o(a_rdata), .wr_valid_i(wr_valid),
      .wr_addr_i(wr_addr), .wr_bank_i(wr_bank), .wr_words_i(wr_words), .wr_data_i(wr_data),
      .res_valid_i(res_valid), .res_addr_i(res_addr), .res_bank_i(res_bank), .res_words_i(res_words), .mask_valid_i(mrd_valid),
      .mask_ready_o(mrd_ready), .mask_addr_i(mrd_addr), .mask_bank_i(mrd_bank), .mask_words_i(mrd_words),
      .img_valid_i(img_valid), .img_ready_o(img_ready), .img_addr_i(img_addr), .img_bank_i(img_bank), .img_words_i(img_words),
      .img_data_i(img_data), .img_linear_i(img_linear), .b_rdata_o(b_rdata)
  );

  dp_sequencer u_sequencer (
      .clk_i, .rst_ni(core_rst_n), .halt_i(halt), .exec_valid_i(next_valid), .exec_ready_o(next_ready), .exec_data_i(next_data),
      .cmds_o(cmds), .count_o(cmd_count), .chained_o(chained), .logits_addr_o(logits_addr), .conv_start_o(conv_start), .mask_start_o(mask_start),
      .mask_idle_i(mask_idle), .dispatch_done_i(dispatch_done), .slice_release_i(slice_release), .score_busy_i(score_busy),
      .write_open_i(write_open), .image_busy_i(image_busy), .pair_clear_i(mask_load), .pair_clear_idx_i(load_cmd[25*8+1+:2]),
      .unit_done_i(unit_done), .unit_pair_i(unit_pair), .rows_done_i(rows_done), .rows_pair_i(rows_pair),
      .mask_release_o(mask_release), .mask_pair_o(mask_pair), .done_o(done_conv), .done_stage_o(obs_done_stage_o), .image_release_o(image_release), .conv_done_o(conv_done), .job_done_o(job_done),
      .wait_mask_o(wait_mask), .drain_o(drain)
  );

  dp_conv_engine #(.Parallel(Parallel), .Pi(Pi), .Po(Po), .WeightRows(WeightRows), .MaskW(MaskW), .PatchBytes(PatchBytes)) u_engine (
      .clk_i, .rst_ni(core_rst_n), .halt_i(halt), .start_i(conv_start), .chained_i(chained), .cmds_i(cmds), .cmd_count_i(cmd_count), .dispatch_done_o(dispatch_done),
      .slice_release_o(slice_release), .slice_rows_o(slice_rows), .slice_count_o(slice_count), .slice_ready_i(slice_ready), .weight_we_i(weight_we), .weight_lane_i(weight_lane), .weight_row_i(weight_row),
      .weight_granule_i(weight_granule), .weight_data_i(rdata), .quant_re_o(quant_re), .quant_entry_o(quant_entry), .quant_i(quant), .image_rows_i(image_rows), .image_words_i(image_words), .image_busy_i(image_busy), .it_buf_o(it_buf), .it_y_o(it_y),
      .it_row_i(it_row), .win_buf_o(win_buf), .win_y_o(win_y), .win_above_i(win_above), .win_row_i(win_row), .win_below_i(win_below),
      .retired_o(retired), .mask_start_i(mask_start), .a_en_o(a_en), .a_addr_o(a_addr), .a_rdata_i(a_rdata),
      .res_valid_o(res_valid), .res_addr_o(res_addr), .res_bank_o(res_bank), .res_words_o(res_words), .b_rdata_i(b_rdata),
      .wr_valid_o(wr_valid), .consumer_done_i(score_done || write_done), .token_o(token_bits), .conv_valid_o(conv_valid), .conv_o(conv), .acc_o(acc), .wr_y_o(wr_y), .wr_x_o(wr_x), .wr_addr_o(wr_addr), .wr_bank_o(wr_bank), .wr_words_o(wr_words), .wr_data_o(wr_data),
      .raw_o(raw), .conv_at_work_o(at_work), .macs_o(macs), .array_busy_o(array_busy), .wait_weights_o(wait_weights), .wait_input_o(wait_input), .wait_consumer_o(wait_consumer)
  );

  logic logits_valid;
  assign logits_valid = token.out && cmd.flags.head;
  dp_axi_write #(.Po(Po)) u_write (
      .clk_i, .rst_ni(core_rst_n), .halt_i(halt), .epoch_i(epoch), .valid_i(logits_valid), .addr_i(41'(logits_addr) + 41'(token.out_slice) * 41'(Po * 4)),
      .layer_i(cmd.layer), .lanes_i(token.out_lanes), .data_i(raw), .done_o(write_done), .open_o(write_open), .error_o(write_error),
      .error_more_o(write_more), .error_data_o(write_err), .m_axi_awvalid_o, .m_axi_awready_i, .m_axi_awaddr_o, .m_axi_awlen_o,
      .m_axi_awid_o, .m_axi_wvalid_o, .m_axi_wready_i, .m_axi_wdata_o, .m_axi_wstrb_o, .m_axi_wlast_o, .m_axi_bvalid_i,
      .m_axi_bready_o, .m_axi_bresp_i, .m_axi_bid_i
  );

  if (Prune) begin : gen_prune
    // nine words a cycle where that takes no more multipliers than the array has (cycle_sweep.c)
    dp_masks #(.Pi(Pi), .MaskW(MaskW), .Words((!Parallel && (Po < 9)) ? 3 : 9)) u_masks (
        .clk_i, .rst_ni(core_rst_n), .load_i(mask_load), .load_cmd_i(load_cmd), .weight_we_i(maskw_we), .row_valid_i(maskrow_valid),
        .row_ready_o(maskrow_ready), .last_i(beat_last), .data_i(rdata), .start_i(mask_start), .start_cmd_i(cmds[0+:512]),
        .idle_o(mask_idle), .retired_i(retired), .unit_done_o(unit_done), .unit_pair_o(unit_pair), .rows_done_o(rows_done),
        .rows_pair_o(rows_pair), .rd_valid_o(mrd_valid), .rd_ready_i(mrd_ready), .rd_addr_o(mrd_addr), .rd_bank_o(mrd_bank),
        .rd_words_o(mrd_words), .rd_data_i(b_rdata), .it_buf_i(it_buf), .it_y_i(it_y), .it_row_o(it_row),
        .win_buf_i(win_buf), .win_y_i(win_y), .win_above_o(win_above), .win_row_o(win_row), .win_below_o(win_below),
        .obs_valid_o(obs_mask_valid_o), .obs_layer_o(obs_mask_layer_o), .obs_y_o(obs_mask_y_o), .obs_x_o(obs_mask_x_o),
        .obs_keep_o(obs_mask_keep_o)
    );
    dp_channels #(.OutLanes(OutLanes)) u_channels (
        .clk_i, .rst_ni(core_rst_n), .cmd_i(cmds[0+:512]), .token_i(token_bits), .valid_i(wr_valid), .y_i(wr_data[OutLanes*8-1:0]), .bias_we_i(bias_we), .groups_we_i(groups_we),
        .beat_i(beat), .data_i(rdata), .wf_re_o(wf_re), .wf_entry_o(wf_entry), .wf_lane_o(wf_lane),
        .wf_beat_o(wf_beat), .wf_i(wf), .busy_o(score_busy), .slice_done_o(score_done), .keep_o(group_keep),
        .done_o(groups_done), .obs_score_valid_o, .obs_score_group_o, .obs_score_data_o, .obs_groups_valid_o
    );
  end else begin : gen_dense
    assign {maskrow_ready, mask_idle, unit_done, unit_pair, rows_done, rows_pair} = {1'b1, 1'b1, 6'd0};
    assign {mrd_valid, mrd_addr, mrd_bank, mrd_words} = '0;
    assign {it_row, win_above, win_row, win_below} = '1;
    assign {wf_re, wf_entry, wf_lane, wf_beat, score_busy, score_done, groups_done, group_keep} = '0;
    assign {obs_mask_valid_o, obs_mask_layer_o, obs_mask_y_o, obs_mask_x_o, obs_mask_keep_o} = '0;
    assign {obs_score_valid_o, obs_score_group_o, obs_score_data_o, obs_groups_valid_o} = '0;
  end

`ifdef VERILATOR
  initial assert (($bits(dp_pkg::token_t) == dp_pkg::TokenW) && ($bits(dp_pkg::run_t) == dp_pkg::RunW) && ($bits(dp_pkg::err_t) == dp_pkg::ErrW)) else $fatal(1, "dp_pkg widths");
`endif

  // observation
  dp_causes u_causes (
      .clk_i, .rst_ni(core_rst_n), .busy_i(busy), .issue_i(array_busy), .wait_weights_i(wait_weights), .wait_groups_i(wait_groups),
      .wait_input_i(wait_input), .wait_mask_i(wait_mask), .drain_i(drain || wait_consumer), .cause_o(obs_cause_o), .start_i(conv_start),
      .conv_i(at_work), .macs_i(macs), .done_i(done_conv), .macs_o(obs_done_macs_o), .array_o(obs_done_busy_o)
  );
  assign {obs_conv_valid_o, obs_conv_layer_o, obs_conv_stage_o} = {conv_valid, cmd.layer, (token.conv == 2'd2) ? cmd2.stage : (token.conv == 2'd1) ? cmd1.stage : cmd.stage};
  assign {obs_conv_y_o, obs_conv_x_o, obs_conv_slice_o} = {token.y, token.x, token.out_slice};
  assign {obs_conv_data_o, obs_conv_acc_o} = {conv, acc};
  assign {obs_pool_valid_o, obs_pool_layer_o, obs_pool_y_o, obs_pool_x_o} = {wr_valid && cmd.flags.max_pool, cmd.layer, wr_y, wr_x};
  assign {obs_pool_slice_o, obs_pool_data_o} = {token.out_slice, wr_data[OutLanes*8-1:0]};
  assign {obs_score_layer_o, obs_groups_layer_o, obs_groups_keep_o} = {cmd.layer, cmd.layer, group_keep};
  assign {obs_logit_valid_o, obs_logit_layer_o, obs_logit_slice_o, obs_logit_data_o} = {logits_valid, cmd.layer, token.out_slice, raw};
  assign {obs_done_valid_o, obs_done_layer_o} = {conv_done, cmd.layer};
endmodule
