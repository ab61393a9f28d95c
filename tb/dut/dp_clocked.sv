// dp_top in builds that only run, without waves, assertions or coverage: its inputs are registers
// here, so that one rising edge takes it to the next cycle and brings that cycle's inputs. So what
// follows from an input is evaluated once a cycle, with all else, and not whenever a port may have
// changed (docs/simulation-speed.md). dp_top sees the same inputs in the same cycles.
module dp_clocked #(
    parameter bit Parallel = 1'b1,
    parameter bit Prune = 1'b1,
    parameter int unsigned Pi = 8,
    parameter int unsigned Po = 8,
    parameter int unsigned MapWords = 2048,
    parameter int unsigned WeightRows = 64,
    parameter int unsigned MaskW = 32,
    parameter int unsigned PatchBytes = 32,
    localparam int unsigned OutLanes = Parallel ? 2 * Po : Po
) (
    input logic clk_i, input logic rst_ni, input logic m_axi_arready_i, input logic m_axi_rvalid_i,
    input logic [2:0] m_axi_rid_i, input logic [511:0] m_axi_rdata_i,
    input logic [1:0] m_axi_rresp_i, input logic m_axi_rlast_i, input logic m_axi_awready_i,
    input logic m_axi_wready_i, input logic m_axi_bvalid_i, input logic [2:0] m_axi_bid_i,
    input logic [1:0] m_axi_bresp_i, input logic s_axil_awvalid_i,
    input logic [7:0] s_axil_awaddr_i, input logic [2:0] s_axil_awprot_i,
    input logic s_axil_wvalid_i, input logic [31:0] s_axil_wdata_i,
    input logic [3:0] s_axil_wstrb_i, input logic s_axil_bready_i, input logic s_axil_arvalid_i,
    input logic [7:0] s_axil_araddr_i, input logic [2:0] s_axil_arprot_i,
    input logic s_axil_rready_i, output logic m_axi_arvalid_o, output logic [2:0] m_axi_arid_o,
    output logic [39:0] m_axi_araddr_o, output logic [7:0] m_axi_arlen_o,
    output logic [2:0] m_axi_arsize_o, output logic [1:0] m_axi_arburst_o,
    output logic m_axi_arlock_o, output logic [3:0] m_axi_arcache_o,
    output logic [2:0] m_axi_arprot_o, output logic [3:0] m_axi_arqos_o,
    output logic m_axi_rready_o, output logic m_axi_awvalid_o, output logic [2:0] m_axi_awid_o,
    output logic [39:0] m_axi_awaddr_o, output logic [7:0] m_axi_awlen_o,
    output logic [2:0] m_axi_awsize_o, output logic [1:0] m_axi_awburst_o,
    output logic m_axi_awlock_o, output logic [3:0] m_axi_awcache_o,
    output logic [2:0] m_axi_awprot_o, output logic [3:0] m_axi_awqos_o,
    output logic m_axi_wvalid_o, output logic [511:0] m_axi_wdata_o,
    output logic [63:0] m_axi_wstrb_o, output logic m_axi_wlast_o, output logic m_axi_bready_o,
    output logic s_axil_awready_o, output logic s_axil_wready_o, output logic s_axil_bvalid_o,
    output logic [1:0] s_axil_bresp_o, output logic s_axil_arready_o, output logic s_axil_rvalid_o,
    output logic [31:0] s_axil_rdata_o, output logic [1:0] s_axil_rresp_o, output logic irq_o,
    output logic obs_conv_valid_o, output logic [7:0] obs_conv_layer_o,
    output logic [7:0] obs_conv_stage_o, output logic [7:0] obs_conv_y_o,
    output logic [7:0] obs_conv_x_o, output logic [7:0] obs_conv_slice_o,
    output logic [OutLanes*8-1:0] obs_conv_data_o, output logic [OutLanes*32-1:0] obs_conv_acc_o,
    output logic obs_pool_valid_o, output logic [7:0] obs_pool_layer_o,
    output logic [7:0] obs_pool_y_o, output logic [7:0] obs_pool_x_o,
    output logic [7:0] obs_pool_slice_o, output logic [OutLanes*8-1:0] obs_pool_data_o,
    output logic obs_mask_valid_o, output logic [7:0] obs_mask_layer_o,
    output logic [7:0] obs_mask_y_o, output logic [7:0] obs_mask_x_o, output logic obs_mask_keep_o,
    output logic obs_score_valid_o, output logic [7:0] obs_score_layer_o,
    output logic [7:0] obs_score_group_o, output logic [47:0] obs_score_data_o,
    output logic obs_groups_valid_o, output logic [7:0] obs_groups_layer_o,
    output logic [63:0] obs_groups_keep_o, output logic obs_logit_valid_o,
    output logic [7:0] obs_logit_layer_o, output logic [7:0] obs_logit_slice_o,
    output logic [Po*32-1:0] obs_logit_data_o, output logic obs_done_valid_o,
    output logic [7:0] obs_done_layer_o, output logic [7:0] obs_done_stage_o,
    output logic [47:0] obs_done_macs_o, output logic [31:0] obs_done_busy_o,
    output logic obs_fetch_valid_o, output logic [7:0] obs_fetch_layer_o,
    output logic [7:0] obs_fetch_stage_o, output logic [31:0] obs_fetch_weights_o,
    output logic [31:0] obs_fetch_other_o, output logic [2:0] obs_cause_o
);
  logic rst_q, m_axi_arready_q, m_axi_rvalid_q, m_axi_rlast_q, m_axi_awready_q, m_axi_wready_q,
      m_axi_bvalid_q, s_axil_awvalid_q, s_axil_wvalid_q, s_axil_bready_q, s_axil_arvalid_q,
      s_axil_rready_q;
  logic [2:0] m_axi_rid_q, m_axi_bid_q, s_axil_awprot_q, s_axil_arprot_q;
  logic [511:0] m_axi_rdata_q;
  logic [1:0] m_axi_rresp_q, m_axi_bresp_q;
  logic [7:0] s_axil_awaddr_q, s_axil_araddr_q;
  logic [31:0] s_axil_wdata_q;
  logic [3:0] s_axil_wstrb_q;

  always_ff @(posedge clk_i) begin
    rst_q <= rst_ni;
    m_axi_arready_q <= m_axi_arready_i;
    m_axi_rvalid_q <= m_axi_rvalid_i;
    m_axi_rid_q <= m_axi_rid_i;
    if (m_axi_rvalid_i) m_axi_rdata_q <= m_axi_rdata_i;
    m_axi_rresp_q <= m_axi_rresp_i;
    m_axi_rlast_q <= m_axi_rlast_i;
    m_axi_awready_q <= m_axi_awready_i;
    m_axi_wready_q <= m_axi_wready_i;
    m_axi_bvalid_q <= m_axi_bvalid_i;
    m_axi_bid_q <= m_axi_bid_i;
    m_axi_bresp_q <= m_axi_bresp_i;
    s_axil_awvalid_q <= s_axil_awvalid_i;
    s_axil_awaddr_q <= s_axil_awaddr_i;
    s_axil_awprot_q <= s_axil_awprot_i;
    s_axil_wvalid_q <= s_axil_wvalid_i;
    s_axil_wdata_q <= s_axil_wdata_i;
    s_axil_wstrb_q <= s_axil_wstrb_i;
    s_axil_bready_q <= s_axil_bready_i;
    s_axil_arvalid_q <= s_axil_arvalid_i;
    s_axil_araddr_q <= s_axil_araddr_i;
    s_axil_arprot_q <= s_axil_arprot_i;
    s_axil_rready_q <= s_axil_rready_i;
  end

  dp_top #(
      .Parallel(Parallel), .Prune(Prune), .Pi(Pi), .Po(Po), .MapWords(MapWords),
      .WeightRows(WeightRows), .MaskW(MaskW), .PatchBytes(PatchBytes)
  ) dp_top (
      .rst_ni(rst_q), .m_axi_arready_i(m_axi_arready_q), .m_axi_rvalid_i(m_axi_rvalid_q),
      .m_axi_rid_i(m_axi_rid_q), .m_axi_rdata_i(m_axi_rdata_q), .m_axi_rresp_i(m_axi_rresp_q),
      .m_axi_rlast_i(m_axi_rlast_q), .m_axi_awready_i(m_axi_awready_q),
      .m_axi_wready_i(m_axi_wready_q), .m_axi_bvalid_i(m_axi_bvalid_q), .m_axi_bid_i(m_axi_bid_q),
      .m_axi_bresp_i(m_axi_bresp_q), .s_axil_awvalid_i(s_axil_awvalid_q),
      .s_axil_awaddr_i(s_axil_awaddr_q), .s_axil_awprot_i(s_axil_awprot_q),
      .s_axil_wvalid_i(s_axil_wvalid_q), .s_axil_wdata_i(s_axil_wdata_q),
      .s_axil_wstrb_i(s_axil_wstrb_q), .s_axil_bready_i(s_axil_bready_q),
      .s_axil_arvalid_i(s_axil_arvalid_q), .s_axil_araddr_i(s_axil_araddr_q),
      .s_axil_arprot_i(s_axil_arprot_q), .s_axil_rready_i(s_axil_rready_q), .*
  );
endmodule
