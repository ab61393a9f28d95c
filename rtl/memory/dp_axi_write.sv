// AXI4 write master for logits: Po int32 of one output slice become one aligned burst. A slice is done when its
// burst is on its way; responses are counted, up to fifteen open. The next slice comes only after that (dp_conv_engine).
module dp_axi_write #(
    parameter int unsigned Po = 8
) (
    input  logic             clk_i,
    input  logic             rst_ni,
    input  logic             valid_i,
    input  logic [31:0]      addr_i,   // of the first logit of the slice
    input  logic [7:0]       lanes_i,  // logits that count
    input  logic [Po*32-1:0] data_i,
    output logic             done_o,
    output logic             open_o,   // something is not yet answered
    output logic             error_o,
    output logic [1:0]       error_resp_o,
    output logic             m_axi_awvalid_o,
    input  logic             m_axi_awready_i,
    output logic [31:0]      m_axi_awaddr_o,
    output logic [7:0]       m_axi_awlen_o,
    output logic             m_axi_wvalid_o,
    input  logic             m_axi_wready_i,
    output logic [511:0]     m_axi_wdata_o,
    output logic [63:0]      m_axi_wstrb_o,
    output logic             m_axi_wlast_o,
    input  logic             m_axi_bvalid_i,
    output logic             m_axi_bready_o,
    input  logic [1:0]       m_axi_bresp_i
);
  localparam int unsigned SliceBits = Po * 32;
  localparam int unsigned Beats = (SliceBits + 511) / 512;
  localparam int unsigned BufBits = Beats * 512;
  localparam int unsigned BufBytes = Beats * 64;

  logic [BufBits-1:0] data_q;
  logic [BufBytes-1:0] strb_q;
  logic [31:0] addr_q;
  logic [7:0] left_q;
  logic aw_q, w_q, active_q, answered;
  logic [3:0] open_q;

  assign open_o = open_q != 4'd0;
  assign done_o = active_q && !aw_q && !w_q && (open_q != 4'd15);
  assign answered = m_axi_bvalid_i && m_axi_bready_o;
  assign m_axi_awvalid_o = aw_q;
  assign m_axi_awaddr_o = {addr_q[31:6], 6'd0};
  assign m_axi_awlen_o = 8'(Beats - 1);
  assign m_axi_wvalid_o = w_q;
  assign m_axi_wdata_o = data_q[511:0];
  assign m_axi_wstrb_o = strb_q[63:0];
  assign m_axi_wlast_o = left_q == 8'd0;
  assign m_axi_bready_o = open_o;
  assign error_o = answered && (m_axi_bresp_i != 2'b00);
  assign error_resp_o = m_axi_bresp_i;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      aw_q <= 1'b0;
      w_q <= 1'b0;
      active_q <= 1'b0;
      open_q <= '0;
      left_q <= '0;
      addr_q <= '0;
    end else begin
      open_q <= open_q + 4'(valid_i) - 4'(answered);
      if (done_o) active_q <= 1'b0;
      if (m_axi_awready_i) aw_q <= 1'b0;
      if (w_q && m_axi_wready_i) begin
        left_q <= left_q - 8'd1;
        w_q <= left_q != 8'd0;
      end
      if (valid_i) begin
        aw_q <= 1'b1;
        w_q <= 1'b1;
        active_q <= 1'b1;
        left_q <= 8'(Beats - 1);
        addr_q <= addr_i;
      end
    end
  end

  // a slice shorter than a beat lies at its address's offset in the beat
  always_ff @(posedge clk_i) begin
    if (valid_i) begin
      data_q <= BufBits'(data_i) << {addr_i[5:0], 3'b000};
      strb_q <= ~({BufBytes{1'b1}} << {lanes_i, 2'b00}) << addr_i[5:0];
    end else if (w_q && m_axi_wready_i) begin
      data_q <= data_q >> 512;
      strb_q <= strb_q >> 64;
    end
  end
endmodule
