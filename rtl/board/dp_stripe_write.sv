// Writes of one 512-bit master over `Ports` ports of 128 bits: whole bursts, to the ports in turn, one at a time; a beat becomes four. Responses go back in the
// order of the bursts. (Logits are all that is written: 64 to 256 bytes at a time.) Latency: a cycle to AW, a beat in five cycles, two for a
// response. Those of another epoch are thrown away; one that nobody waits for, or with a wrong BID, spoils the BID of what follows.
module dp_stripe_write #(
    parameter int unsigned Ports = 4,
    localparam int unsigned AddrW = dp_pkg::AddrW,
    localparam int unsigned IdW = dp_pkg::IdW
) (
    input  logic                   clk_i,
    input  logic                   rst_ni,
    input  logic [1:0]             epoch_i,
    // the accelerator
    input  logic                   awvalid_i,
    output logic                   awready_o,
    input  logic [AddrW-1:0]       awaddr_i,
    input  logic [7:0]             awlen_i,
    input  logic [IdW-1:0]         awid_i,
    input  logic                   wvalid_i,
    output logic                   wready_o,
    input  logic [511:0]           wdata_i,
    input  logic [63:0]            wstrb_i,
    input  logic                   wlast_i,
    output logic                   bvalid_o,
    input  logic                   bready_i,
    output logic [1:0]             bresp_o,
    output logic [IdW-1:0]         bid_o,
    // AXI, port by port
    output logic [Ports-1:0]       m_axi_awvalid_o,
    input  logic [Ports-1:0]       m_axi_awready_i,
    output logic [Ports*AddrW-1:0] m_axi_awaddr_o,
    output logic [Ports*8-1:0]     m_axi_awlen_o,
    output logic [Ports*IdW-1:0]   m_axi_awid_o,
    output logic [Ports-1:0]       m_axi_wvalid_o,
    input  logic [Ports-1:0]       m_axi_wready_i,
    output logic [Ports*128-1:0]   m_axi_wdata_o,
    output logic [Ports*16-1:0]    m_axi_wstrb_o,
    output logic [Ports-1:0]       m_axi_wlast_o,
    input  logic [Ports-1:0]       m_axi_bvalid_i,
    output logic [Ports-1:0]       m_axi_bready_o,
    input  logic [Ports*2-1:0]     m_axi_bresp_i,
    input  logic [Ports*IdW-1:0]   m_axi_bid_i
);
  localparam int unsigned PortW = (Ports > 1) ? $clog2(Ports) : 1;
  localparam int unsigned Open = 16;

  // the burst at work: its address, and its data, a quarter of a beat a cycle
  logic aw_q, busy_q, have_q, last_q, room, take, fill, fire;
  logic [AddrW-1:0] addr_q;
  logic [5:0] len_q;
  logic [PortW-1:0] port_q, next;
  logic [1:0] at_q;
  logic [511:0] data_q;
  logic [63:0] strb_q;
  assign next = (port_q == PortW'(Ports - 1)) ? '0 : port_q + PortW'(1);
  assign awready_o = !busy_q && !aw_q && room;
  assign take = awvalid_i && awready_o;
  assign wready_o = busy_q && !have_q;
  assign fill = wvalid_i && wready_o;
  assign fire = have_q && |(m_axi_wready_i & (Ports'(1) << port_q));

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {aw_q, busy_q, have_q, last_q} <= '0;
      addr_q <= '0;
      len_q <= '0;
      port_q <= PortW'(Ports - 1);
      at_q <= '0;
    end else begin
      if (|(m_axi_awvalid_o & m_axi_awready_i)) aw_q <= 1'b0;
      if (take) begin
        {aw_q, busy_q} <= '1;
        port_q <= next;
        addr_q <= awaddr_i;
        len_q <= awlen_i[5:0];
      end
      if (fill) {have_q, last_q} <= {1'b1, wlast_i};
      if (fire) begin
        at_q <= at_q + 2'd1;
        if (at_q == 2'd3) begin
          have_q <= 1'b0;
          if (last_q) busy_q <= 1'b0;
        end
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (fill) {data_q, strb_q} <= {wdata_i, wstrb_i};
    else if (fire) {data_q, strb_q} <= {128'd0, data_q[511:128], 16'd0, strb_q[63:16]};
  end

  // which port owes the next response
  logic known, answer;
  logic [PortW-1:0] turn;
  logic [IdW-1:0] id;
  dp_fifo #(
      .Width(PortW + IdW),
      .Depth(Open)
  ) u_open (
      .clk_i,
      .rst_ni,
      .in_valid_i (take),
      .in_ready_o (room),
      .in_data_i  ({next, awid_i}),
      .out_valid_o(known),
      .out_ready_i(answer),
      .out_data_o ({turn, id})
  );

  logic [Ports-1:0] resp_valid, resp_pop, resp_bad, stray;
  logic [Ports*2-1:0] resp;
`ifdef DP_PROPERTIES
  logic [Ports*7-1:0] f_here;  // bursts of each port that are not answered to the accelerator
`endif
  for (genvar p = 0; p < Ports; p++) begin : gen_port
    logic ready_q, ours, resp_room;
    logic [4:0] open_q;  // bursts of this port that are not answered
    assign m_axi_awvalid_o[p] = aw_q && (port_q == PortW'(p));
    assign m_axi_awaddr_o[p*AddrW+:AddrW] = addr_q;
    assign m_axi_awlen_o[p*8+:8] = {len_q, 2'b11};
    assign m_axi_awid_o[p*IdW+:IdW] = {epoch_i, 1'b0};
    assign m_axi_wvalid_o[p] = have_q && (port_q == PortW'(p));
    assign m_axi_wdata_o[p*128+:128] = data_q[127:0];
    assign m_axi_wstrb_o[p*16+:16] = strb_q[15:0];
    assign m_axi_wlast_o[p] = last_q && (at_q == 2'd3);
    assign m_axi_bready_o[p] = ready_q;
    assign ours = m_axi_bvalid_i[p] && ready_q && (m_axi_bid_i[p*IdW+1+:IdW-1] == epoch_i);
    assign stray[p] = ours && (open_q == '0);
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        ready_q <= 1'b0;
        open_q <= '0;
      end else begin
        ready_q <= 1'b1;
        open_q <= open_q + 5'(take && (next == PortW'(p))) - 5'(ours && !stray[p]);
      end
    end
    assign resp_pop[p] = answer && (turn == PortW'(p));
    dp_fifo #(
        .Width(3),
        .Depth(Open)
    ) u_resp (
        .clk_i,
        .rst_ni,
        .in_valid_i (ours && !stray[p]),
        .in_ready_o (resp_room),
        .in_data_i  ({m_axi_bid_i[p*IdW], m_axi_bresp_i[p*2+:2]}),
        .out_valid_o(resp_valid[p]),
        .out_ready_i(resp_pop[p]),
        .out_data_o ({resp_bad[p], resp[p*2+:2]})
    );
`ifdef VERILATOR
    always_ff @(posedge clk_i) if (rst_ni && ours && !stray[p]) assert (resp_room) else $error("more responses than bursts");
`endif
`ifdef DP_PROPERTIES
`ifdef FORMAL
    (* hierconn *) wire [4:0] \u_resp.wr_q ;
    (* hierconn *) wire [4:0] \u_resp.rd_q ;
    always_ff @(posedge clk_i) if (rst_ni && ours && !stray[p]) assert (resp_room);
`endif
    assign f_here[p*7+:7] = 7'(open_q) + 7'(5'(u_resp.wr_q - u_resp.rd_q));
    always_ff @(posedge clk_i) if (rst_ni) assert ((open_q <= 5'd16) && (5'(u_resp.wr_q - u_resp.rd_q) <= 5'd16));
`endif
  end

  logic valid_q, stray_q;
  logic [1:0] resp_q;
  logic [IdW-1:0] id_q;
  assign answer = known && |(resp_valid & (Ports'(1) << turn)) && (!valid_q || bready_i);
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {valid_q, stray_q} <= '0;
      resp_q <= '0;
      id_q <= '0;
    end else begin
      if (stray != '0) stray_q <= 1'b1;
      valid_q <= answer || (valid_q && !bready_i);
      if (answer) begin
        for (int unsigned p = 0; p < Ports; p++) begin
          if (turn == PortW'(p)) begin
            resp_q <= resp[p*2+:2];
            id_q <= id ^ IdW'(resp_bad[p] || stray_q);  // the accelerator calls a wrong BID a broken protocol
          end
        end
      end
    end
  end
  assign bvalid_o = valid_q;
  assign bresp_o = resp_q;
  assign bid_o = id_q;

`ifdef DP_PROPERTIES
`include "dp_formal.svh"
`include "dp_stripe_write_props.svh"
`endif
endmodule
