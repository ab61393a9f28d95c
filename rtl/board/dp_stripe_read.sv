// Reads of one 512-bit master over `Ports` ports of 128 bits. Each burst is cut into pieces of `Stripe` beats, the last one may be shorter; pieces go to the ports in
// turn, whatever their address: all ports see the same memory. Each port brings its pieces when it can; they are put in order again, a beat a cycle.
// All bursts come back in the order in which they were asked for. Latency: two cycles to AR, two after a port has a beat complete.
module dp_stripe_read #(
    parameter int unsigned Ports = 4,
    parameter int unsigned Stripe = 4,
    parameter int unsigned Depth = 64,   // beats that a port may have outstanding, a power of two
    parameter int unsigned Bursts = 64,  // that may be open, a power of two
    parameter int unsigned Bits = 128,   // of a port: a quarter of a beat (fewer in a proof)
    localparam int unsigned AddrW = dp_pkg::AddrW,
    localparam int unsigned IdW = dp_pkg::IdW
) (
    input  logic                   clk_i,
    input  logic                   rst_ni,
    input  logic [1:0]             epoch_i,
    // the accelerator
    input  logic                   arvalid_i,
    output logic                   arready_o,
    input  logic [AddrW-1:0]       araddr_i,
    input  logic [7:0]             arlen_i,
    input  logic [IdW-1:0]         arid_i,
    output logic                   rvalid_o,
    input  logic                   rready_i,
    output logic [4*Bits-1:0]      rdata_o,
    output logic [1:0]             rresp_o,
    output logic                   rlast_o,
    output logic [IdW-1:0]         rid_o,
    // AXI, port by port
    output logic [Ports-1:0]       m_axi_arvalid_o,
    input  logic [Ports-1:0]       m_axi_arready_i,
    output logic [Ports*AddrW-1:0] m_axi_araddr_o,
    output logic [Ports*8-1:0]     m_axi_arlen_o,
    output logic [Ports*IdW-1:0]   m_axi_arid_o,
    input  logic [Ports-1:0]       m_axi_rvalid_i,
    output logic [Ports-1:0]       m_axi_rready_o,
    input  logic [Ports*Bits-1:0]  m_axi_rdata_i,
    input  logic [Ports*2-1:0]     m_axi_rresp_i,
    input  logic [Ports-1:0]       m_axi_rlast_i,
    input  logic [Ports*IdW-1:0]   m_axi_rid_i
);
  localparam int unsigned PortW = (Ports > 1) ? $clog2(Ports) : 1;
  localparam int unsigned PieceW = $clog2(Stripe + 1);

  // a burst becomes pieces, one a cycle
  logic active_q, fire, done, take, room;
  logic [AddrW-7:0] addr_q;
  logic [6:0] left_q, piece;
  logic [PortW-1:0] port_q;
  logic [Ports-1:0] piece_valid, piece_ready;
  assign piece = (left_q > 7'(Stripe)) ? 7'(Stripe) : left_q;
  assign fire = |(piece_valid & piece_ready);
  assign done = fire && (left_q == piece);
  assign take = (!active_q || done) && room;
  assign arready_o = take;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      active_q <= 1'b0;
      addr_q <= '0;
      left_q <= '0;
      port_q <= '0;
    end else begin
      if (fire) begin
        addr_q <= addr_q + (AddrW - 6)'(piece);
        left_q <= left_q - piece;
        port_q <= (port_q == PortW'(Ports - 1)) ? '0 : port_q + PortW'(1);
        if (done) active_q <= 1'b0;
      end
      if (take && arvalid_i) begin
        active_q <= 1'b1;
        addr_q <= araddr_i[AddrW-1:6];
        left_q <= 7'(arlen_i[5:0]) + 7'd1;
      end
    end
  end

  // what is open, in order
  logic open, pop, last;
  logic [IdW-1:0] id;
  logic [5:0] len;
  dp_fifo #(
      .Width(IdW + 6),
      .Depth(Bursts)
  ) u_bursts (
      .clk_i,
      .rst_ni,
      .in_valid_i (take && arvalid_i),
      .in_ready_o (room),
      .in_data_i  ({arid_i, arlen_i[5:0]}),
      .out_valid_o(open),
      .out_ready_i(pop && last),
      .out_data_o ({id, len})
  );

  logic [Ports-1:0] beat_valid, beat_pop, beat_bad;
  logic [Ports*4*Bits-1:0] beat_data;
  logic [Ports*2-1:0] beat_resp;
  for (genvar p = 0; p < Ports; p++) begin : gen_port
    assign piece_valid[p] = active_q && (port_q == PortW'(p));
    assign beat_pop[p] = pop && (turn_q == PortW'(p));
    dp_port_read #(
        .Stripe(Stripe),
        .Depth (Depth),
        .Bits  (Bits)
    ) u_port (
        .clk_i,
        .rst_ni,
        .epoch_i,
        .piece_valid_i  (piece_valid[p]),
        .piece_ready_o  (piece_ready[p]),
        .piece_addr_i   (addr_q),
        .piece_beats_i  (PieceW'(piece)),
        .valid_o        (beat_valid[p]),
        .pop_i          (beat_pop[p]),
        .data_o         (beat_data[p*4*Bits+:4*Bits]),
        .resp_o         (beat_resp[p*2+:2]),
        .bad_o          (beat_bad[p]),
        .m_axi_arvalid_o(m_axi_arvalid_o[p]),
        .m_axi_arready_i(m_axi_arready_i[p]),
        .m_axi_araddr_o (m_axi_araddr_o[p*AddrW+:AddrW]),
        .m_axi_arlen_o  (m_axi_arlen_o[p*8+:8]),
        .m_axi_arid_o   (m_axi_arid_o[p*IdW+:IdW]),
        .m_axi_rvalid_i (m_axi_rvalid_i[p]),
        .m_axi_rready_o (m_axi_rready_o[p]),
        .m_axi_rdata_i  (m_axi_rdata_i[p*Bits+:Bits]),
        .m_axi_rresp_i  (m_axi_rresp_i[p*2+:2]),
        .m_axi_rlast_i  (m_axi_rlast_i[p]),
        .m_axi_rid_i    (m_axi_rid_i[p*IdW+:IdW])
    );
  end

  // whose turn it is: the same cut as above
  logic [PortW-1:0] turn_q;
  logic [5:0] beat_q;
  logic [PieceW-1:0] part_q;
  logic valid_q, last_q;
  logic [4*Bits-1:0] data_q;
  logic [1:0] resp_q;
  logic [IdW-1:0] id_q;
  assign pop = open && |(beat_valid & (Ports'(1) << turn_q)) && (!valid_q || rready_i);
  assign last = beat_q == len;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      turn_q <= '0;
      beat_q <= '0;
      part_q <= '0;
      valid_q <= 1'b0;
      {last_q, resp_q, id_q} <= '0;
    end else begin
      valid_q <= pop || (valid_q && !rready_i);
      if (pop) begin
        id_q <= id;
        beat_q <= last ? '0 : beat_q + 6'd1;
        part_q <= (last || (part_q == PieceW'(Stripe - 1))) ? '0 : part_q + PieceW'(1);
        if (last || (part_q == PieceW'(Stripe - 1))) turn_q <= (turn_q == PortW'(Ports - 1)) ? '0 : turn_q + PortW'(1);
        for (int unsigned p = 0; p < Ports; p++) begin
          if (turn_q == PortW'(p)) begin
            resp_q <= beat_resp[p*2+:2];
            last_q <= last != beat_bad[p];  // the accelerator calls a wrong RLAST a broken protocol
          end
        end
      end
    end
  end

  always_ff @(posedge clk_i) begin
    for (int unsigned p = 0; p < Ports; p++) begin
      if (pop && (turn_q == PortW'(p))) data_q <= beat_data[p*4*Bits+:4*Bits];
    end
  end

  assign rvalid_o = valid_q;
  assign rdata_o = data_q;
  assign rresp_o = resp_q;
  assign rlast_o = last_q;
  assign rid_o = id_q;

`ifdef DP_PROPERTIES
`include "dp_formal.svh"
`include "dp_stripe_read_props.svh"
`endif
endmodule
