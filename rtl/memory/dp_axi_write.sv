// AXI4 write master for logits: Po int32 of one output slice become one aligned burst, or two where a page of 4 KiB ends in between. A slice is done when
// its bursts are on their way; up to sixteen are open, and known by address and layer. The next slice comes only after that
// (dp_conv_engine). After halt_i none is taken; those on their way are completed. Responses of an older epoch are thrown away.
module dp_axi_write #(
    parameter int unsigned Po = 8,
    localparam int unsigned AddrW = dp_pkg::AddrW,
    localparam int unsigned IdW = dp_pkg::IdW,
    localparam int unsigned ErrW = dp_pkg::ErrW
) (
    input  logic             clk_i,
    input  logic             rst_ni,
    input  logic             halt_i,
    input  logic [1:0]       epoch_i,
    input  logic             valid_i,
    input  logic [AddrW:0]   addr_i,   // of the first logit of the slice; with the carry
    input  logic [7:0]       layer_i,
    input  logic [7:0]       lanes_i,  // logits that count
    input  logic [Po*32-1:0] data_i,
    output logic             done_o,
    output logic             open_o,   // something is not yet answered
    output logic             error_o,
    output logic             error_more_o,
    output logic [ErrW-1:0]  error_data_o,
    output logic             m_axi_awvalid_o,
    input  logic             m_axi_awready_i,
    output logic [AddrW-1:0] m_axi_awaddr_o,
    output logic [7:0]       m_axi_awlen_o,
    output logic [IdW-1:0]   m_axi_awid_o,
    output logic             m_axi_wvalid_o,
    input  logic             m_axi_wready_i,
    output logic [511:0]     m_axi_wdata_o,
    output logic [63:0]      m_axi_wstrb_o,
    output logic             m_axi_wlast_o,
    input  logic             m_axi_bvalid_i,
    output logic             m_axi_bready_o,
    input  logic [1:0]       m_axi_bresp_i,
    input  logic [IdW-1:0]   m_axi_bid_i
);
  localparam int unsigned SliceBits = Po * 32;
  localparam int unsigned Beats = (SliceBits + 511) / 512;
  localparam int unsigned BufBits = Beats * 512;
  localparam int unsigned BufBytes = Beats * 64;
  localparam int unsigned Open = 16;
  localparam int unsigned Last = Beats - 1;
  localparam logic [AddrW-6:0] LastBeat = (AddrW - 5)'(Last);

  logic [BufBits-1:0] data_q;
  logic [BufBytes-1:0] strb_q;
  logic [AddrW-7:0] addr_q;
  logic [AddrW-6:0] last;
  logic [7:0] layer_q;
  logic [2:0] first_q, second_q, left_q, rest_q, first, room;  // beats: of the bursts to be addressed; of those being written
  logic aw_q, w_q, active_q, b_ready_q, take, range, aw_fire, w_fire, ours, known, answered;
  logic [4:0] open_q;
  logic [AddrW+1:0] burst;

  assign last = addr_i[AddrW:6] + LastBeat;
  assign range = last[AddrW-6];
  assign take = valid_i && !halt_i && !range;
  assign room = (addr_i[11:6] > 6'd60) ? 3'(7'd64 - 7'(addr_i[11:6])) : 3'd4;  // beats to the end of the page, up to four
  assign first = (3'(Beats) > room) ? room : 3'(Beats);

  assign open_o = open_q != 5'd0;
  assign done_o = active_q && !aw_q && !w_q && (open_q < 5'd15);
  assign m_axi_awvalid_o = aw_q;
  assign m_axi_awaddr_o = {addr_q, 6'd0};
  assign m_axi_awlen_o = {5'd0, first_q - 3'd1};
  assign m_axi_awid_o = {epoch_i, 1'b0};
  assign m_axi_wvalid_o = w_q;
  assign m_axi_wdata_o = data_q[511:0];
  assign m_axi_wstrb_o = strb_q[63:0];
  assign m_axi_wlast_o = left_q == 3'd1;
  assign m_axi_bready_o = b_ready_q;
  assign aw_fire = aw_q && m_axi_awready_i;
  assign w_fire = w_q && m_axi_wready_i;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      aw_q <= 1'b0;
      w_q <= 1'b0;
      active_q <= 1'b0;
      b_ready_q <= 1'b0;
      open_q <= '0;
      {first_q, second_q, left_q, rest_q} <= '0;
      addr_q <= '0;
      layer_q <= '0;
    end else begin
      b_ready_q <= 1'b1;
      open_q <= open_q + (take ? (first == 3'(Beats)) ? 5'd1 : 5'd2 : 5'd0) - 5'(answered);
      if (done_o) active_q <= 1'b0;
      if (aw_fire) begin
        aw_q <= second_q != 3'd0;
        addr_q <= addr_q + (AddrW - 6)'(first_q);
        first_q <= second_q;
        second_q <= '0;
      end
      if (w_fire) begin
        left_q <= left_q - 3'd1;
        if (left_q == 3'd1) begin
          left_q <= rest_q;
          rest_q <= '0;
          w_q <= rest_q != 3'd0;
        end
      end
      if (take) begin
        aw_q <= 1'b1;
        w_q <= 1'b1;
        active_q <= 1'b1;
        first_q <= first;
        left_q <= first;
        second_q <= 3'(Beats) - first;
        rest_q <= 3'(Beats) - first;
        addr_q <= addr_i[AddrW-1:6];
        layer_q <= layer_i;
      end
    end
  end

  // a slice shorter than a beat lies at its address's offset in the beat
  always_ff @(posedge clk_i) begin
    if (take) begin
      data_q <= BufBits'(data_i) << {addr_i[5:0], 3'b000};
      strb_q <= ~({BufBytes{1'b1}} << {lanes_i, 2'b00}) << addr_i[5:0];
    end else if (w_fire) begin
      data_q <= data_q >> 512;
      strb_q <= strb_q >> 64;
    end
  end

  // what is open, in order
  logic fifo_ready;
  dp_fifo #(
      .Width(AddrW + 2),
      .Depth(Open)
  ) u_open (
      .clk_i,
      .rst_ni,
      .in_valid_i (aw_fire),
      .in_ready_o (fifo_ready),
      .in_data_i  ({addr_q, layer_q}),
      .out_valid_o(known),
      .out_ready_i(answered),
      .out_data_o (burst)
  );
  assign ours = m_axi_bvalid_i && b_ready_q && (m_axi_bid_i[IdW-1:1] == epoch_i);
  assign answered = ours && known && !m_axi_bid_i[0];

  dp_pkg::err_t err;
  logic bad_resp, stray, refused;
  assign bad_resp = answered && (m_axi_bresp_i != 2'b00);
  assign stray = ours && !answered;
  assign refused = valid_i && !halt_i && range;
  assign error_o = bad_resp || stray || refused;
  assign error_more_o = refused && (bad_resp || stray);
  assign error_data_o = err;
  always_comb begin
    err = '0;
    err.write = 1'b1;
    err.resp = m_axi_bresp_i;
    if (bad_resp) begin
      err.code = dp_pkg::ErrResponse;
      {err.addr, err.layer} = {burst[AddrW+1:8], 6'd0, burst[7:0]};
    end else if (stray) begin
      err.code = dp_pkg::ErrProtocol;
    end else begin
      err.code = dp_pkg::ErrRange;
      err.resp = '0;
      {err.addr, err.layer} = {addr_i[AddrW-1:0], layer_i};
    end
  end

`ifdef VERILATOR
  always_ff @(posedge clk_i) if (rst_ni && aw_fire) assert (fifo_ready) else $error("more bursts open than known");
`endif

`ifdef DP_PROPERTIES
`include "dp_formal.svh"
`include "dp_axi_write_props.svh"
`endif
endmodule
