// AXI4 read master: two clients ask for runs of beats; bursts are split at 4 KiB (64 beats) and issued one a cycle. Client 0 (commands) goes before
// client 1 (loader); data return in order within a client, in any order between them. What is open is known burst by burst, so an error names its
// address and layer. A run that is refused (not aligned, empty, beyond the address space) is an error too. After halt_i nothing new
// is asked for, and data are thrown away; so are, at any time, data of an older epoch. A client asks only for what it can take, or stalls R with its ready.
module dp_axi_read #(
    parameter int unsigned Open = 64,  // bursts of the loader that may be open, a power of two
    localparam int unsigned AddrW = dp_pkg::AddrW,
    localparam int unsigned IdW = dp_pkg::IdW,
    localparam int unsigned ErrW = dp_pkg::ErrW
) (
    input  logic             clk_i,
    input  logic             rst_ni,
    input  logic             halt_i,
    input  logic [1:0]       epoch_i,
    // clients
    input  logic             cmd_valid_i,
    output logic             cmd_ready_o,
    input  logic [AddrW-1:0] cmd_addr_i,
    input  logic [15:0]      cmd_beats_i,
    input  logic             ld_valid_i,
    output logic             ld_ready_o,
    input  logic [AddrW-1:0] ld_addr_i,
    input  logic [15:0]      ld_beats_i,
    input  logic [7:0]       ld_layer_i,
    // data
    output logic             cmd_rvalid_o,
    output logic             ld_rvalid_o,
    input  logic             ld_rready_i,
    output logic [511:0]     rdata_o,
    output logic             idle_o,        // nothing is asked for and not answered
    output logic             error_o,
    output logic             error_more_o,  // two at once
    output logic [ErrW-1:0]  error_data_o,
    // AXI
    output logic             m_axi_arvalid_o,
    input  logic             m_axi_arready_i,
    output logic [AddrW-1:0] m_axi_araddr_o,
    output logic [7:0]       m_axi_arlen_o,
    output logic [IdW-1:0]   m_axi_arid_o,
    input  logic             m_axi_rvalid_i,
    output logic             m_axi_rready_o,
    input  logic [511:0]     m_axi_rdata_i,
    input  logic [1:0]       m_axi_rresp_i,
    input  logic             m_axi_rlast_i,
    input  logic [IdW-1:0]   m_axi_rid_i
);
  localparam int unsigned BurstW = AddrW - 6 + 6 + 8;  // {address, beats - 1, layer}

  // the run at work: its bursts, one a cycle
  logic active_q, id_q, fire, done, take, valid, room;
  logic [AddrW-7:0] addr_q;
  logic [15:0] beats_q, left;
  logic [5:0] len_q, first_len;
  logic [7:0] layer_q, layer;
  logic [AddrW-1:0] addr;
  logic [15:0] beats;
  logic [AddrW-6:0] last;
  dp_pkg::err_e refusal;

  assign fire = m_axi_arvalid_o && m_axi_arready_i;
  assign left = beats_q - 16'(len_q) - 16'd1;
  assign done = fire && (left == 16'd0);
  assign take = (!active_q || done) && !halt_i;

  assign valid = cmd_valid_i || ld_valid_i;
  assign cmd_ready_o = take;
  assign ld_ready_o = take && !cmd_valid_i;
  assign addr = cmd_valid_i ? cmd_addr_i : ld_addr_i;
  assign beats = cmd_valid_i ? cmd_beats_i : ld_beats_i;
  assign layer = cmd_valid_i ? 8'd0 : ld_layer_i;
  assign last = (AddrW - 5)'(addr[AddrW-1:6]) + (AddrW - 5)'(beats) - (AddrW - 5)'(1);
  assign first_len = (beats > 16'd64 - 16'(addr[11:6])) ? 6'd63 - addr[11:6] : 6'(beats - 16'd1);
  always_comb begin
    refusal = dp_pkg::ErrNone;
    if (addr[5:0] != 6'd0) refusal = dp_pkg::ErrAlign;
    else if (beats == 16'd0) refusal = dp_pkg::ErrEmpty;
    else if (last[AddrW-6]) refusal = dp_pkg::ErrRange;
  end

  assign m_axi_arvalid_o = active_q && room;
  assign m_axi_araddr_o = {addr_q, 6'd0};
  assign m_axi_arlen_o = 8'(len_q);
  assign m_axi_arid_o = {epoch_i, id_q};

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      active_q <= 1'b0;
      id_q <= 1'b0;
      addr_q <= '0;
      beats_q <= '0;
      len_q <= '0;
      layer_q <= '0;
    end else if (take) begin
      active_q <= valid && (refusal == dp_pkg::ErrNone);
      id_q <= !cmd_valid_i;
      addr_q <= addr[AddrW-1:6];
      beats_q <= beats;
      len_q <= first_len;
      layer_q <= layer;
    end else if (halt_i && (fire || !m_axi_arvalid_o)) begin
      active_q <= 1'b0;
    end else if (fire) begin
      addr_q <= addr_q + (AddrW - 6)'(len_q) + (AddrW - 6)'(1);
      beats_q <= left;
      len_q <= (left > 16'd64) ? 6'd63 : 6'(left - 16'd1);
    end
  end

  // what is open: the loader's bursts in order, one of the list
  logic ld_room, ld_open, ld_pop, cmd_open_q, cmd_pop;
  logic [BurstW-1:0] burst_new, ld_burst, cmd_burst_q, burst;
  assign burst_new = {addr_q, len_q, layer_q};
  assign room = id_q ? ld_room : !cmd_open_q;
  dp_fifo #(
      .Width(BurstW),
      .Depth(Open)
  ) u_open (
      .clk_i,
      .rst_ni,
      .in_valid_i (fire && id_q),
      .in_ready_o (ld_room),
      .in_data_i  (burst_new),
      .out_valid_o(ld_open),
      .out_ready_i(ld_pop),
      .out_data_o (ld_burst)
  );

  // data
  logic r_valid, r_ready, r_last, ours, known, beat, r_client;
  logic [1:0] r_resp, r_epoch;
  logic [5:0] ld_beat_q, cmd_beat_q, index;
  dp_skid #(
      .Width(512 + 2 + 1 + IdW)
  ) u_skid (
      .clk_i,
      .rst_ni,
      .in_valid_i (m_axi_rvalid_i),
      .in_ready_o (m_axi_rready_o),
      .in_data_i  ({m_axi_rresp_i, m_axi_rlast_i, m_axi_rid_i, m_axi_rdata_i}),
      .out_valid_o(r_valid),
      .out_ready_i(r_ready),
      .out_data_o ({r_resp, r_last, r_epoch, r_client, rdata_o})
  );
  assign ours = r_epoch == epoch_i;
  assign known = ours && (r_client ? ld_open : cmd_open_q);
  assign cmd_rvalid_o = r_valid && known && !r_client && !halt_i;
  assign ld_rvalid_o = r_valid && known && r_client && !halt_i;
  assign r_ready = halt_i || !known || !r_client || ld_rready_i;
  assign beat = r_valid && r_ready && known;
  assign burst = r_client ? ld_burst : cmd_burst_q;
  assign index = r_client ? ld_beat_q : cmd_beat_q;
  // a burst is over with the beat that was asked for last, wherever RLAST is
  assign ld_pop = beat && r_client && (index == burst[13:8]);
  assign cmd_pop = beat && !r_client && (index == burst[13:8]);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      ld_beat_q <= '0;
      cmd_beat_q <= '0;
      cmd_open_q <= 1'b0;
      cmd_burst_q <= '0;
    end else begin
      if (beat && r_client) ld_beat_q <= ld_pop ? 6'd0 : ld_beat_q + 6'd1;
      if (beat && !r_client) cmd_beat_q <= cmd_pop ? 6'd0 : cmd_beat_q + 6'd1;
      if (cmd_pop) cmd_open_q <= 1'b0;
      if (fire && !id_q) begin
        cmd_open_q <= 1'b1;
        cmd_burst_q <= burst_new;
      end
    end
  end
  assign idle_o = !active_q && !ld_open && !cmd_open_q;

  // errors: of a beat, before that of a run that is refused
  dp_pkg::err_t err;
  logic bad_resp, bad_last, stray, refused;
  assign bad_resp = beat && (r_resp != 2'b00);
  assign bad_last = beat && (r_last != (index == burst[13:8]));
  assign stray = r_valid && r_ready && ours && !known;
  assign refused = take && valid && (refusal != dp_pkg::ErrNone);
  assign error_o = bad_resp || bad_last || stray || refused;
  assign error_more_o = refused && (bad_resp || bad_last || stray);
  assign error_data_o = err;
  always_comb begin
    err = '0;
    if (bad_resp || bad_last) begin
      err.code = bad_resp ? dp_pkg::ErrResponse : dp_pkg::ErrProtocol;
      err.of_list = !r_client;
      err.resp = r_resp;
      err.layer = burst[7:0];
      err.addr = {burst[BurstW-1:14] + (AddrW - 6)'(index), 6'd0};
    end else if (stray) begin
      err.code = dp_pkg::ErrProtocol;
      err.of_list = !r_client;
      err.resp = r_resp;
    end else if (refused) begin
      err.code = refusal;
      err.of_list = cmd_valid_i;
      err.layer = layer;
      err.addr = addr;
    end
  end

`ifdef DP_PROPERTIES
`include "dp_formal.svh"
`include "dp_axi_read_props.svh"
`endif
endmodule
