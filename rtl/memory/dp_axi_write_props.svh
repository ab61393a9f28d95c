  // Properties of dp_axi_write: AW and W stand; bursts are inside their page, and have as many words as was said; a slice is done when all of it has left;
  // what is open is counted.
`ifdef FORMAL
  // Yosys 0.23: what a submodule holds, connected when it is flattened
  (* hierconn *) wire [4:0] \u_open.wr_q ;
  (* hierconn *) wire [4:0] \u_open.rd_q ;
`endif
  logic f_aw_stands_q, f_w_stands_q, f_began_q;
  logic [AddrW+8-1:0] f_aw_q;
  logic [576:0] f_w_q;
  logic [2:0] f_addressed_q, f_written_q;  // beats of this slice
  logic [1:0] f_bursts_q, f_lasts_q, f_to_come;
  logic [1:0] f_epoch_q;
  logic [4:0] f_known;
  assign f_known = open_q - 5'(f_to_come);
  assign f_to_come = aw_q ? ((second_q != '0) ? 2'd2 : 2'd1) : 2'd0;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {f_aw_stands_q, f_w_stands_q, f_began_q} <= '0;
      {f_addressed_q, f_written_q, f_bursts_q, f_lasts_q} <= '0;
    end else begin
      f_began_q <= 1'b1;
      f_aw_stands_q <= m_axi_awvalid_o && !m_axi_awready_i;
      f_w_stands_q <= m_axi_wvalid_o && !m_axi_wready_i;
      if (take) {f_addressed_q, f_written_q, f_bursts_q, f_lasts_q} <= '0;
      else begin
        if (aw_fire) f_addressed_q <= f_addressed_q + 3'(m_axi_awlen_o) + 3'd1;
        if (aw_fire) f_bursts_q <= f_bursts_q + 2'd1;
        if (w_fire) f_written_q <= f_written_q + 3'd1;
        if (w_fire && m_axi_wlast_o) f_lasts_q <= f_lasts_q + 2'd1;
      end
    end
  end
  always_ff @(posedge clk_i) begin
    f_aw_q <= {m_axi_awaddr_o, m_axi_awlen_o};
    f_w_q <= {m_axi_wdata_o, m_axi_wstrb_o, m_axi_wlast_o};
    f_epoch_q <= epoch_i;
    if (rst_ni) begin
      if (f_began_q) write_epoch : assume (epoch_i == f_epoch_q);
      // the next slice comes after the one before is done, and lies in whole beats, or within one
      if (take) begin
        write_turn : assume (!active_q);
        write_place : assume (32'(addr_i[5:0]) % ((Po * 4 < 64) ? Po * 4 : 64) == 0);
      end
      if (f_aw_stands_q) write_aw_stands : assert (m_axi_awvalid_o && ({m_axi_awaddr_o, m_axi_awlen_o} == f_aw_q));
      if (f_w_stands_q) write_w_stands : assert (m_axi_wvalid_o && ({m_axi_wdata_o, m_axi_wstrb_o, m_axi_wlast_o} == f_w_q));
      if (m_axi_awvalid_o) write_page : assert ((32'(m_axi_awaddr_o[11:6]) + 32'(m_axi_awlen_o) <= 63) && (m_axi_awaddr_o[5:0] == '0));
      write_aw_beats : assert (!active_q || (32'(f_addressed_q) + 32'(first_q) + 32'(second_q) == Beats));
      write_w_beats : assert (!active_q || (32'(f_written_q) + 32'(left_q) + 32'(rest_q) == Beats));
      write_parts : assert ((aw_q == (first_q != '0)) && (w_q == (left_q != '0)) && (aw_q || (second_q == '0)) && (w_q || (rest_q == '0)));
      if (aw_q) write_split : assert ((32'(addr_q[5:0]) + 32'(first_q) <= 64) && ((second_q == '0) || (32'(addr_q[5:0]) + 32'(first_q) == 64)));
      if (aw_q || w_q) write_busy : assert (active_q);
      if (active_q) write_bursts : assert (32'(f_bursts_q) + 32'(f_to_come)
                                           == 32'(f_lasts_q) + (w_q ? ((rest_q != '0) ? 2 : 1) : 0) && (32'(f_bursts_q) + 32'(f_to_come) <= 2) && (f_lasts_q <= 2'd2));
      if (done_o) write_done : assert ((32'(f_addressed_q) == Beats) && (32'(f_written_q) == Beats) && (f_bursts_q == f_lasts_q));
      write_open : assert ((f_known == 5'(u_open.wr_q - u_open.rd_q)) && (open_q == f_known + 5'(f_to_come)) && (open_q <= 5'd16));
      if (!active_q) write_room : assert (open_q <= 5'd14);
      if (active_q) write_full : assert (open_q <= 5'd16);
      if (halt_i) write_halt : assert (!take);
      if (answered && (m_axi_bresp_i != '0)) write_told : assert (error_o);
    end
  end
