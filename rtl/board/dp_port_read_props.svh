  // Properties of dp_port_read: AR stands, a piece stays in its page; what comes back has room, whatever comes when; beats are whole, in order and
  // unchanged; a bad response and a broken protocol show.
  logic f_stands_q, f_began_q, f_follow_q, f_choose;
  logic [AddrW+8+IdW-1:0] f_ar_q;
  logic [PtrW:0] f_stored_q, f_owed_q, f_ahead_q;  // beats
  logic [2:0] f_parts_q;                           // quarters of the beat that is followed
  logic [4*Bits-1:0] f_word_q;
  logic [1:0] f_epoch_q, f_resp_q;
`ifdef FORMAL
  (* anyseq *) logic f_any;
  assign f_choose = f_any;
`else
  assign f_choose = 1'b1;
`endif
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {f_stands_q, f_began_q, f_follow_q} <= '0;
      {f_stored_q, f_owed_q, f_ahead_q} <= '0;
      f_parts_q <= '0;
    end else begin
      f_began_q <= 1'b1;
      f_stands_q <= m_axi_arvalid_o && !m_axi_arready_i;
      f_stored_q <= f_stored_q + (PtrW + 1)'(beat) - (PtrW + 1)'(pop_i);
      f_owed_q <= f_owed_q + (take ? (PtrW + 1)'(piece_beats_i) : '0) - (PtrW + 1)'(beat);
      if (!f_follow_q && quarter && (at_q == 2'd0) && f_choose) begin
        f_follow_q <= 1'b1;
        f_ahead_q <= f_stored_q - (PtrW + 1)'(pop_i);
        f_parts_q <= 3'd1;
      end else if (f_follow_q) begin
        if (quarter && (f_parts_q != 3'd4)) f_parts_q <= f_parts_q + 3'd1;
        f_ahead_q <= f_ahead_q - (PtrW + 1)'(pop_i);
        f_follow_q <= !(pop_i && (f_ahead_q == '0));
      end
    end
  end
  always_ff @(posedge clk_i) begin
    f_ar_q <= {m_axi_araddr_o, m_axi_arlen_o, m_axi_arid_o};
    f_epoch_q <= epoch_i;
    if (quarter && (f_follow_q ? (f_parts_q != 3'd4) : f_choose)) begin
      f_word_q <= {m_axi_rdata_i, f_word_q[4*Bits-1:Bits]};
      f_resp_q <= (!f_follow_q || (m_axi_rresp_i > f_resp_q)) ? m_axi_rresp_i : f_resp_q;
    end
    if (rst_ni) begin
      if (f_began_q) port_epoch : assume (epoch_i == f_epoch_q);
      if (piece_valid_i) begin
        port_piece : assume ((piece_beats_i != '0) && (32'(piece_beats_i) <= Stripe));
        port_page : assume (32'(piece_addr_i[5:0]) + 32'(piece_beats_i) <= 64);
      end
      if (pop_i) port_pop : assume (valid_o);
      if (f_stands_q) port_ar_stands : assert (m_axi_arvalid_o && ({m_axi_araddr_o, m_axi_arlen_o, m_axi_arid_o} == f_ar_q));
      if (m_axi_arvalid_o) port_burst : assert ((32'(m_axi_araddr_o[11:4]) + 32'(m_axi_arlen_o) <= 255) && (m_axi_araddr_o[5:0] == '0));
      if (m_axi_arvalid_o) port_whole : assert ((m_axi_arlen_o[1:0] == 2'b11) && (32'(m_axi_arlen_o) < 4 * Stripe));
      port_room : assert (32'(f_stored_q) + 32'(f_owed_q) + 32'(free_q) == Depth);
      port_count : assert ((valid_o == (f_stored_q != '0)) && (f_stored_q == wr_q - rd_q));
      if (beat) port_fits : assert ((32'(f_stored_q) != Depth) && (f_owed_q != '0));
      if (f_began_q) port_ready : assert (m_axi_rready_o);
      if (f_follow_q && (f_ahead_q == '0) && (f_parts_q == 3'd4)) port_beat : assert (valid_o && (data_o == f_word_q) && (resp_o == f_resp_q));
    end
  end
