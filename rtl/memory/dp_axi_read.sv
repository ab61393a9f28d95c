// AXI4 read master: two clients ask for runs of beats; bursts are split at 4 KiB and 64 beats and issued one a cycle.
// Client 0 (commands, ARID 0) goes before client 1 (loader, ARID 1); data return in order within a client. A client asks only for
// what it can take, or stalls R with its ready.
module dp_axi_read (
    input  logic         clk_i,
    input  logic         rst_ni,
    input  logic         halt_i,
    // clients
    input  logic         cmd_valid_i,
    output logic         cmd_ready_o,
    input  logic [31:0]  cmd_addr_i,
    input  logic [15:0]  cmd_beats_i,
    input  logic         ld_valid_i,
    output logic         ld_ready_o,
    input  logic [31:0]  ld_addr_i,
    input  logic [15:0]  ld_beats_i,
    // data
    output logic         cmd_rvalid_o,
    output logic         ld_rvalid_o,
    input  logic         ld_rready_i,
    output logic         error_o,
    output logic [1:0]   error_resp_o,
    // AXI
    output logic         m_axi_arvalid_o,
    input  logic         m_axi_arready_i,
    output logic [31:0]  m_axi_araddr_o,
    output logic [7:0]   m_axi_arlen_o,
    output logic         m_axi_arid_o,
    input  logic         m_axi_rvalid_i,
    output logic         m_axi_rready_o,
    input  logic [1:0]   m_axi_rresp_i,
    input  logic         m_axi_rid_i
);
  logic active_q, id_q, fire, done, take;
  logic [31:0] addr_q;
  logic [15:0] beats_q, burst, room;

  assign room = 16'd64 - 16'(addr_q[11:6]);
  assign burst = (beats_q < room) ? beats_q : room;
  assign fire = m_axi_arvalid_o && m_axi_arready_i;
  assign done = fire && (burst == beats_q);
  assign take = !active_q || done;

  assign cmd_ready_o = take && !halt_i;
  assign ld_ready_o = take && !halt_i && !cmd_valid_i;

  assign m_axi_arvalid_o = active_q;
  assign m_axi_araddr_o = addr_q;
  assign m_axi_arlen_o = 8'(burst - 16'd1);
  assign m_axi_arid_o = id_q;

  assign cmd_rvalid_o = m_axi_rvalid_i && !m_axi_rid_i;
  assign ld_rvalid_o = m_axi_rvalid_i && m_axi_rid_i;
  assign m_axi_rready_o = !m_axi_rid_i || ld_rready_i;
  assign error_o = m_axi_rvalid_i && m_axi_rready_o && (m_axi_rresp_i != 2'b00);
  assign error_resp_o = m_axi_rresp_i;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      active_q <= 1'b0;
      id_q <= 1'b0;
      addr_q <= '0;
      beats_q <= '0;
    end else if (take) begin
      active_q <= !halt_i && (cmd_valid_i || ld_valid_i);
      id_q <= !cmd_valid_i;
      addr_q <= cmd_valid_i ? cmd_addr_i : ld_addr_i;
      beats_q <= cmd_valid_i ? cmd_beats_i : ld_beats_i;
    end else if (fire) begin
      addr_q <= addr_q + (32'(burst) << 6);
      beats_q <= beats_q - burst;
    end
  end
endmodule
