  // Properties of dp_axi_read: AR stands; bursts are inside their page; what is open is counted; data go to who asked; after halt nothing new.
`ifdef FORMAL
  // Yosys 0.23: what a submodule holds, connected when it is flattened
  (* hierconn *) wire [$clog2(Open):0] \u_open.wr_q ;
  (* hierconn *) wire [$clog2(Open):0] \u_open.rd_q ;
`endif
  logic f_stands_q, f_began_q, f_halt_q, f_valid_q, f_drain_q;
  logic [AddrW+8+IdW-1:0] f_ar, f_ar_q;
  logic [1:0] f_epoch_q;
  logic [$clog2(Open):0] f_ld_open_q;
  logic f_cmd_open_q, f_ld_full;
  assign f_ar = {m_axi_araddr_o, m_axi_arlen_o, m_axi_arid_o};
  assign f_ld_full = 32'(f_ld_open_q) == Open;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {f_stands_q, f_began_q, f_halt_q, f_valid_q, f_drain_q, f_cmd_open_q} <= '0;
      f_ld_open_q <= '0;
    end else begin
      f_began_q <= 1'b1;
      f_stands_q <= m_axi_arvalid_o && !m_axi_arready_i;
      f_halt_q <= halt_i;
      f_valid_q <= m_axi_arvalid_o && !m_axi_arready_i;
      f_drain_q <= halt_i;
      f_ld_open_q <= f_ld_open_q + ($clog2(Open) + 1)'(fire && id_q) - ($clog2(Open) + 1)'(ld_pop);
      f_cmd_open_q <= (f_cmd_open_q && !cmd_pop) || (fire && !id_q);
    end
  end
  always_ff @(posedge clk_i) begin
    f_ar_q <= f_ar;
    f_epoch_q <= epoch_i;
    if (rst_ni) begin
      // the epoch changes with a reset only
      if (f_began_q) read_epoch : assume (epoch_i == f_epoch_q);
      if (f_stands_q) read_ar_stands : assert (m_axi_arvalid_o && (f_ar == f_ar_q));
      if (m_axi_arvalid_o) begin
        read_page : assert (32'(m_axi_araddr_o[11:6]) + 32'(m_axi_arlen_o) <= 63);
        read_len : assert ((16'(len_q) < beats_q) && (m_axi_araddr_o[5:0] == 6'd0));
        read_own : assert (m_axi_arid_o[IdW-1:1] == epoch_i);
        read_room : assert (id_q ? !f_ld_full : !f_cmd_open_q);
      end
      if (active_q) read_run : assert ((beats_q != '0) && (16'(len_q) < beats_q) && (32'(addr_q[5:0]) + 32'(len_q) <= 63)
                                       && ((beats_q == 16'(len_q) + 16'd1) || (32'(addr_q[5:0]) + 32'(len_q) == 63)));
      if (active_q) read_space : assert ((AddrW - 5)'(addr_q) + (AddrW - 5)'(beats_q) <= {1'b1, {(AddrW - 6){1'b0}}});
      read_ld_count : assert (ld_open == (f_ld_open_q != '0) && (f_ld_open_q == u_open.wr_q - u_open.rd_q) && (32'(f_ld_open_q) <= Open));
      read_cmd_count : assert (cmd_open_q == f_cmd_open_q);
      read_idle : assert (idle_o == (!active_q && (f_ld_open_q == '0) && !f_cmd_open_q));
      read_route : assert (!(cmd_rvalid_o && ld_rvalid_o) && (!cmd_rvalid_o || f_cmd_open_q) && (!ld_rvalid_o || (f_ld_open_q != '0)));
      if (f_halt_q && !f_valid_q) read_halt : assert (!m_axi_arvalid_o);
      if (f_drain_q) read_drain : assert (m_axi_rready_o);
      if (halt_i) read_silent : assert (!cmd_rvalid_o && !ld_rvalid_o && !cmd_ready_o && !ld_ready_o);
      if (ld_rvalid_o && ld_rready_i && (r_resp != 2'b00)) read_told : assert (error_o);
      if (ld_ready_o && ld_valid_i && ((ld_beats_i == '0) || (ld_addr_i[5:0] != '0))) read_refused : assert (error_o);
    end
  end
