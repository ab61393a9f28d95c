// One port's reads: a piece of 1 to `Stripe` 64-byte beats becomes one burst of four times as many 16-byte beats, and what comes back is put
// together again. A piece is taken when its beats have room here, so R never waits. Latency: a cycle to AR; a cycle after the last quarter of a beat.
// What belongs to another epoch is thrown away; a response is the worst of its quarters; a wrong RLAST or RID spoils its beat, data that nobody asked for spoil all
// that follow.
module dp_port_read #(
    parameter int unsigned Stripe = 4,  // beats of a piece, at most
    parameter int unsigned Depth = 64,  // beats, a power of two
    parameter int unsigned Bits = 128,  // of the port: a quarter of a beat
    localparam int unsigned AddrW = dp_pkg::AddrW,
    localparam int unsigned IdW = dp_pkg::IdW,
    localparam int unsigned PieceW = $clog2(Stripe + 1)
) (
    input  logic              clk_i,
    input  logic              rst_ni,
    input  logic [1:0]        epoch_i,
    input  logic              piece_valid_i,
    output logic              piece_ready_o,
    input  logic [AddrW-7:0]  piece_addr_i,
    input  logic [PieceW-1:0] piece_beats_i,
    output logic              valid_o,
    input  logic              pop_i,
    output logic [4*Bits-1:0] data_o,
    output logic [1:0]        resp_o,
    output logic              bad_o,
    // AXI
    output logic              m_axi_arvalid_o,
    input  logic              m_axi_arready_i,
    output logic [AddrW-1:0]  m_axi_araddr_o,
    output logic [7:0]        m_axi_arlen_o,
    output logic [IdW-1:0]    m_axi_arid_o,
    input  logic              m_axi_rvalid_i,
    output logic              m_axi_rready_o,
    input  logic [Bits-1:0]   m_axi_rdata_i,
    input  logic [1:0]        m_axi_rresp_i,
    input  logic              m_axi_rlast_i,
    input  logic [IdW-1:0]    m_axi_rid_i
);
  localparam int unsigned PtrW = $clog2(Depth);

  // addresses that wait for the bus, and pieces that wait for data
  logic take, ar_room, open_room, open, piece_end;
  logic [AddrW-7:0] ar_addr;
  logic [PieceW-1:0] ar_beats, beats;
  logic [PtrW:0] free_q;
  assign piece_ready_o = ar_room && open_room && (free_q >= (PtrW + 1)'(piece_beats_i));
  assign take = piece_valid_i && piece_ready_o;
  dp_fifo #(
      .Width(AddrW - 6 + PieceW),
      .Depth(4)
  ) u_ar (
      .clk_i,
      .rst_ni,
      .in_valid_i (take),
      .in_ready_o (ar_room),
      .in_data_i  ({piece_addr_i, piece_beats_i}),
      .out_valid_o(m_axi_arvalid_o),
      .out_ready_i(m_axi_arready_i),
      .out_data_o ({ar_addr, ar_beats})
  );
  dp_fifo #(
      .Width(PieceW),
      .Depth(Depth)
  ) u_open (
      .clk_i,
      .rst_ni,
      .in_valid_i (take),
      .in_ready_o (open_room),
      .in_data_i  (piece_beats_i),
      .out_valid_o(open),
      .out_ready_i(piece_end),
      .out_data_o (beats)
  );
  assign m_axi_araddr_o = {ar_addr, 6'd0};
  assign m_axi_arlen_o = 8'({ar_beats, 2'b00}) - 8'd1;
  assign m_axi_arid_o = {epoch_i, 1'b0};

  // quarters become beats
  logic ready_q, ours, quarter, beat, bad, bad_q, stray_q;
  logic [1:0] at_q, resp, resp_q;
  logic [PieceW-1:0] beat_q;
  logic [PtrW:0] wr_q, rd_q;
  logic [Bits-1:0] mem0[0:Depth-1];
  logic [Bits-1:0] mem1[0:Depth-1];
  logic [Bits-1:0] mem2[0:Depth-1];
  logic [Bits-1:0] mem3[0:Depth-1];
  logic [2:0] said[0:Depth-1];
  assign m_axi_rready_o = ready_q;
  assign ours = m_axi_rvalid_i && ready_q && (m_axi_rid_i[IdW-1:1] == epoch_i);
  assign quarter = ours && open;
  assign beat = quarter && (at_q == 2'd3);
  assign piece_end = beat && (beat_q == beats - PieceW'(1));
  assign resp = (m_axi_rresp_i > resp_q) ? m_axi_rresp_i : resp_q;
  assign bad = bad_q || stray_q || (m_axi_rlast_i != piece_end) || m_axi_rid_i[0];

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {ready_q, bad_q, stray_q} <= '0;
      {at_q, resp_q} <= '0;
      beat_q <= '0;
      {wr_q, rd_q} <= '0;
      free_q <= (PtrW + 1)'(Depth);
    end else begin
      ready_q <= 1'b1;
      free_q <= free_q - (take ? (PtrW + 1)'(piece_beats_i) : '0) + (PtrW + 1)'(pop_i);
      if (ours && !open) stray_q <= 1'b1;
      if (quarter) begin
        at_q <= at_q + 2'd1;
        resp_q <= beat ? 2'd0 : resp;
        bad_q <= !beat && bad;
      end
      if (beat) begin
        wr_q <= wr_q + 1'b1;
        beat_q <= piece_end ? '0 : beat_q + PieceW'(1);
      end
      if (pop_i) rd_q <= rd_q + 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (quarter && (at_q == 2'd0)) mem0[wr_q[PtrW-1:0]] <= m_axi_rdata_i;
    if (quarter && (at_q == 2'd1)) mem1[wr_q[PtrW-1:0]] <= m_axi_rdata_i;
    if (quarter && (at_q == 2'd2)) mem2[wr_q[PtrW-1:0]] <= m_axi_rdata_i;
    if (beat) mem3[wr_q[PtrW-1:0]] <= m_axi_rdata_i;
    if (beat) said[wr_q[PtrW-1:0]] <= {bad, resp};
  end

  assign valid_o = wr_q != rd_q;
  assign data_o = {mem3[rd_q[PtrW-1:0]], mem2[rd_q[PtrW-1:0]], mem1[rd_q[PtrW-1:0]], mem0[rd_q[PtrW-1:0]]};
  assign {bad_o, resp_o} = said[rd_q[PtrW-1:0]];

`ifdef DP_PROPERTIES
`include "dp_formal.svh"
`include "dp_port_read_props.svh"
`endif
endmodule
