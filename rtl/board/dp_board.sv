// The accelerator for a board whose memory has 128-bit ports (Zynq UltraScale+: HP0 to HP3): dp_top, and its one 512-bit port striped over `Ports` of
// them (docs/board.md). Wiring only. Ports lie side by side in each signal, port 0 in the low bits. No output depends on an input of the same cycle.
module dp_board #(
    parameter bit Parallel = 1'b1,
    parameter bit Prune = 1'b1,
    parameter int unsigned Pi = 8,
    parameter int unsigned Po = 8,
    parameter int unsigned MapWords = 2048,
    parameter int unsigned WeightRows = 64,
    parameter int unsigned MaskW = 32,
    parameter int unsigned PatchBytes = 32,
    parameter int unsigned Ports = 4,   // 1 to 4
    localparam int unsigned AddrW = dp_pkg::AddrW,
    localparam int unsigned IdW = dp_pkg::IdW,
    localparam int unsigned OutLanes = Parallel ? 2 * Po : Po
) (
    input logic clk_i,
    input logic rst_ni,  // at any time; its end is put in step with the clock
    // AXI4 masters
    output logic [Ports-1:0] m_axi_arvalid_o, input logic [Ports-1:0] m_axi_arready_i, output logic [Ports*IdW-1:0] m_axi_arid_o,
    output logic [Ports*AddrW-1:0] m_axi_araddr_o, output logic [Ports*8-1:0] m_axi_arlen_o, output logic [Ports*3-1:0] m_axi_arsize_o,
    output logic [Ports*2-1:0] m_axi_arburst_o, output logic [Ports-1:0] m_axi_arlock_o, output logic [Ports*4-1:0] m_axi_arcache_o,
    output logic [Ports*3-1:0] m_axi_arprot_o, output logic [Ports*4-1:0] m_axi_arqos_o,
    input logic [Ports-1:0] m_axi_rvalid_i, output logic [Ports-1:0] m_axi_rready_o, input logic [Ports*IdW-1:0] m_axi_rid_i,
    input logic [Ports*128-1:0] m_axi_rdata_i, input logic [Ports*2-1:0] m_axi_rresp_i, input logic [Ports-1:0] m_axi_rlast_i,
    output logic [Ports-1:0] m_axi_awvalid_o, input logic [Ports-1:0] m_axi_awready_i, output logic [Ports*IdW-1:0] m_axi_awid_o,
    output logic [Ports*AddrW-1:0] m_axi_awaddr_o, output logic [Ports*8-1:0] m_axi_awlen_o, output logic [Ports*3-1:0] m_axi_awsize_o,
    output logic [Ports*2-1:0] m_axi_awburst_o, output logic [Ports-1:0] m_axi_awlock_o, output logic [Ports*4-1:0] m_axi_awcache_o,
    output logic [Ports*3-1:0] m_axi_awprot_o, output logic [Ports*4-1:0] m_axi_awqos_o,
    output logic [Ports-1:0] m_axi_wvalid_o, input logic [Ports-1:0] m_axi_wready_i, output logic [Ports*128-1:0] m_axi_wdata_o,
    output logic [Ports*16-1:0] m_axi_wstrb_o, output logic [Ports-1:0] m_axi_wlast_o,
    input logic [Ports-1:0] m_axi_bvalid_i, output logic [Ports-1:0] m_axi_bready_o, input logic [Ports*IdW-1:0] m_axi_bid_i,
    input logic [Ports*2-1:0] m_axi_bresp_i,
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
  // What never changes: whole beats of 16 bytes, incrementing, normal memory that is not cached, data, non-secure (docs/bus.md).
  assign {m_axi_arsize_o, m_axi_arburst_o, m_axi_arlock_o} = {{Ports{3'd4}}, {Ports{2'b01}}, {Ports{1'b0}}};
  assign {m_axi_arcache_o, m_axi_arprot_o, m_axi_arqos_o} = {{Ports{4'b0011}}, {Ports{3'b010}}, {Ports{4'd0}}};
  assign {m_axi_awsize_o, m_axi_awburst_o, m_axi_awlock_o} = {{Ports{3'd4}}, {Ports{2'b01}}, {Ports{1'b0}}};
  assign {m_axi_awcache_o, m_axi_awprot_o, m_axi_awqos_o} = {{Ports{4'b0011}}, {Ports{3'b010}}, {Ports{4'd0}}};

  logic rst_n, arvalid, arready, rvalid, rready, rlast, awvalid, awready, wvalid, wready, wlast, bvalid, bready;
  logic [IdW-1:0] arid, rid, awid, bid;
  logic [AddrW-1:0] araddr, awaddr;
  logic [7:0] arlen, awlen;
  logic [511:0] rdata, wdata;
  logic [63:0] wstrb;
  logic [1:0] rresp, bresp, epoch;
  assign epoch = arid[IdW-1:1];  // dp_top shows it always: it changes with a reset only

  dp_reset_sync u_reset (.clk_i, .rst_ni, .rst_no(rst_n));

  // Named as it is where it stands alone: what looks into it finds it.
  dp_top #(
      .Parallel(Parallel), .Prune(Prune), .Pi(Pi), .Po(Po), .MapWords(MapWords), .WeightRows(WeightRows), .MaskW(MaskW),
      .PatchBytes(PatchBytes)
  ) dp_top (
      .clk_i, .rst_ni,
      .m_axi_arvalid_o(arvalid), .m_axi_arready_i(arready), .m_axi_arid_o(arid), .m_axi_araddr_o(araddr), .m_axi_arlen_o(arlen),
      .m_axi_arsize_o(), .m_axi_arburst_o(), .m_axi_arlock_o(), .m_axi_arcache_o(), .m_axi_arprot_o(), .m_axi_arqos_o(),
      .m_axi_rvalid_i(rvalid), .m_axi_rready_o(rready), .m_axi_rid_i(rid), .m_axi_rdata_i(rdata), .m_axi_rresp_i(rresp), .m_axi_rlast_i(rlast),
      .m_axi_awvalid_o(awvalid), .m_axi_awready_i(awready), .m_axi_awid_o(awid), .m_axi_awaddr_o(awaddr), .m_axi_awlen_o(awlen),
      .m_axi_awsize_o(), .m_axi_awburst_o(), .m_axi_awlock_o(), .m_axi_awcache_o(), .m_axi_awprot_o(), .m_axi_awqos_o(),
      .m_axi_wvalid_o(wvalid), .m_axi_wready_i(wready), .m_axi_wdata_o(wdata), .m_axi_wstrb_o(wstrb), .m_axi_wlast_o(wlast),
      .m_axi_bvalid_i(bvalid), .m_axi_bready_o(bready), .m_axi_bid_i(bid), .m_axi_bresp_i(bresp),
      .s_axil_awvalid_i, .s_axil_awready_o, .s_axil_awaddr_i, .s_axil_awprot_i, .s_axil_wvalid_i, .s_axil_wready_o,
      .s_axil_wdata_i, .s_axil_wstrb_i, .s_axil_bvalid_o, .s_axil_bready_i, .s_axil_bresp_o, .s_axil_arvalid_i,
      .s_axil_arready_o, .s_axil_araddr_i, .s_axil_arprot_i, .s_axil_rvalid_o, .s_axil_rready_i, .s_axil_rdata_o,
      .s_axil_rresp_o, .irq_o,
      .obs_conv_valid_o, .obs_conv_layer_o, .obs_conv_stage_o, .obs_conv_y_o, .obs_conv_x_o, .obs_conv_slice_o,
      .obs_conv_data_o, .obs_conv_acc_o, .obs_pool_valid_o, .obs_pool_layer_o, .obs_pool_y_o, .obs_pool_x_o,
      .obs_pool_slice_o, .obs_pool_data_o, .obs_mask_valid_o, .obs_mask_layer_o, .obs_mask_y_o, .obs_mask_x_o,
      .obs_mask_keep_o, .obs_score_valid_o, .obs_score_layer_o, .obs_score_group_o, .obs_score_data_o,
      .obs_groups_valid_o, .obs_groups_layer_o, .obs_groups_keep_o, .obs_logit_valid_o, .obs_logit_layer_o,
      .obs_logit_slice_o, .obs_logit_data_o, .obs_done_valid_o, .obs_done_layer_o, .obs_done_stage_o,
      .obs_done_macs_o, .obs_done_busy_o, .obs_fetch_valid_o, .obs_fetch_layer_o, .obs_fetch_stage_o,
      .obs_fetch_weights_o, .obs_fetch_other_o, .obs_cause_o
  );

  dp_stripe_read #(.Ports(Ports)) u_read (
      .clk_i, .rst_ni(rst_n), .epoch_i(epoch), .arvalid_i(arvalid), .arready_o(arready), .araddr_i(araddr), .arlen_i(arlen), .arid_i(arid),
      .rvalid_o(rvalid), .rready_i(rready), .rdata_o(rdata), .rresp_o(rresp), .rlast_o(rlast), .rid_o(rid), .m_axi_arvalid_o,
      .m_axi_arready_i, .m_axi_araddr_o, .m_axi_arlen_o, .m_axi_arid_o, .m_axi_rvalid_i, .m_axi_rready_o, .m_axi_rdata_i,
      .m_axi_rresp_i, .m_axi_rlast_i, .m_axi_rid_i
  );

  dp_stripe_write #(.Ports(Ports)) u_write (
      .clk_i, .rst_ni(rst_n), .epoch_i(epoch), .awvalid_i(awvalid), .awready_o(awready), .awaddr_i(awaddr), .awlen_i(awlen), .awid_i(awid),
      .wvalid_i(wvalid), .wready_o(wready), .wdata_i(wdata), .wstrb_i(wstrb), .wlast_i(wlast), .bvalid_o(bvalid), .bready_i(bready),
      .bresp_o(bresp), .bid_o(bid), .m_axi_awvalid_o, .m_axi_awready_i, .m_axi_awaddr_o, .m_axi_awlen_o, .m_axi_awid_o,
      .m_axi_wvalid_o, .m_axi_wready_i, .m_axi_wdata_o, .m_axi_wstrb_o, .m_axi_wlast_o, .m_axi_bvalid_i, .m_axi_bready_o,
      .m_axi_bresp_i, .m_axi_bid_i
  );
endmodule
