  // Properties of dp_stripe_write: AW and W stand, at one port at a time; as many quarters as were said, the last one marked; responses have room
  // and are as many as bursts.
`ifdef FORMAL
  // Yosys 0.23: what a submodule holds, connected when it is flattened
  (* hierconn *) wire [4:0] \u_open.wr_q ;
  (* hierconn *) wire [4:0] \u_open.rd_q ;
`endif
  logic f_began_q, f_b_stands_q;
  logic [Ports-1:0] f_aw_stands_q, f_w_stands_q;
  logic [AddrW-1:0] f_addr_q;
  logic [127:0] f_data_q;
  logic [15:0] f_strb_q;
  logic [6:0] f_left_q;      // beats that the accelerator has to bring
  logic [8:0] f_quarters_q;  // of this burst that have left
  logic [1:0] f_epoch_q;
  logic [1+IdW:0] f_b_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {f_began_q, f_b_stands_q} <= '0;
      {f_aw_stands_q, f_w_stands_q} <= '0;
      {f_left_q, f_quarters_q} <= '0;
    end else begin
      f_began_q <= 1'b1;
      f_b_stands_q <= bvalid_o && !bready_i;
      f_aw_stands_q <= m_axi_awvalid_o & ~m_axi_awready_i;
      f_w_stands_q <= m_axi_wvalid_o & ~m_axi_wready_i;
      if (take) {f_left_q, f_quarters_q} <= {7'(awlen_i[5:0]) + 7'd1, 9'd0};
      else begin
        f_left_q <= f_left_q - 7'(fill);
        f_quarters_q <= f_quarters_q + 9'(fire);
      end
    end
  end
  always_ff @(posedge clk_i) begin
    f_addr_q <= m_axi_awaddr_o[AddrW-1:0];
    f_data_q <= m_axi_wdata_o[127:0];
    f_strb_q <= m_axi_wstrb_o[15:0];
    f_epoch_q <= epoch_i;
    f_b_q <= {bresp_o, bid_o};
    if (rst_ni) begin
      if (f_began_q) write_epoch : assume (epoch_i == f_epoch_q);
      if (awvalid_i) write_page : assume ((32'(awaddr_i[11:6]) + 32'(awlen_i) <= 63) && (awaddr_i[5:0] == '0));
      if (fill) write_wlast : assume (wlast_i == (f_left_q == 7'd1));
      write_aw_stands : assert (((f_aw_stands_q & ~m_axi_awvalid_o) == '0) && ((f_aw_stands_q == '0) || (m_axi_awaddr_o[AddrW-1:0] == f_addr_q)));
      write_w_stands : assert (((f_w_stands_q & ~m_axi_wvalid_o) == '0)
                               && ((f_w_stands_q == '0) || ((m_axi_wdata_o[127:0] == f_data_q) && (m_axi_wstrb_o[15:0] == f_strb_q))));
      if (f_b_stands_q) write_b_stands : assert (bvalid_o && ({bresp_o, bid_o} == f_b_q));
      write_one : assert ($onehot0(m_axi_awvalid_o) && $onehot0(m_axi_wvalid_o));
      if (m_axi_awvalid_o != '0) write_burst : assert ((32'(addr_q[11:6]) + 32'(len_q) <= 63) && (addr_q[5:0] == '0));
      write_quarters : assert (!busy_q || (32'(f_quarters_q) + 4 * (32'(f_left_q) + 32'(have_q)) == 4 * (32'(len_q) + 1) + 32'(at_q)));
      write_part : assert ((have_q || (at_q == '0)) && (busy_q || !have_q) && (busy_q || (f_left_q == '0)));
      if (busy_q) write_end : assert (have_q ? (last_q == (f_left_q == '0)) : (f_left_q != '0));
      if (|(m_axi_wvalid_o & m_axi_wlast_o)) write_last : assert (32'(f_quarters_q) == 4 * 32'(len_q) + 3);
      if ((m_axi_wvalid_o != '0) && (m_axi_wlast_o == '0)) write_more : assert (32'(f_quarters_q) < 4 * 32'(len_q) + 3);
    end
  end
  // Each open burst is with one port, or its response waits here.
  logic [Ports*7-1:0] f_of;  // sum of the ports up to each
  for (genvar p = 0; p < Ports; p++) begin : gen_sum
    if (p == 0) begin : gen_first
      assign f_of[6:0] = f_here[6:0];
    end else begin : gen_next
      assign f_of[p*7+:7] = f_of[(p-1)*7+:7] + f_here[p*7+:7];
    end
  end
  always_ff @(posedge clk_i) begin
    if (rst_ni) write_open : assert ((f_of[Ports*7-1-:7] == 7'(5'(u_open.wr_q - u_open.rd_q))) && (32'(f_of[Ports*7-1-:7]) <= Open));
  end
