  // Properties of dp_stripe_read: R stands; as many beats as were asked for, with the ID of their burst, the last one marked; and in a proof, with ports that
  // answer rightly, each in its own time, every beat is the one of its address (of as many bits of it as a port has).
  localparam int unsigned BurstPtrW = $clog2(Bursts);
  logic f_stands_q, f_began_q;
  logic [1:0] f_epoch_q;
  logic [4*Bits+2+1+IdW-1:0] f_r_q;
  logic [AddrW-7:0] f_addr[0:2*Bursts-1];  // bursts that are not yet handed over to the end; the last one may have left the list already
  logic [5:0] f_len[0:2*Bursts-1];
  logic [IdW-1:0] f_id[0:2*Bursts-1];
  logic [BurstPtrW+1:0] f_in_q, f_out_q;
  logic [5:0] f_beat_q;
  logic [BurstPtrW:0] f_head;
  assign f_head = f_out_q[BurstPtrW:0];
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {f_stands_q, f_began_q} <= '0;
      {f_in_q, f_out_q} <= '0;
      f_beat_q <= '0;
    end else begin
      f_began_q <= 1'b1;
      f_stands_q <= rvalid_o && !rready_i;
      if (take && arvalid_i) f_in_q <= f_in_q + 1'b1;
      if (rvalid_o && rready_i) begin
        f_beat_q <= (f_beat_q == f_len[f_head]) ? '0 : f_beat_q + 6'd1;
        if (f_beat_q == f_len[f_head]) f_out_q <= f_out_q + 1'b1;
      end
    end
  end
  always_ff @(posedge clk_i) begin
    f_r_q <= {rdata_o, rresp_o, rlast_o, rid_o};
    f_epoch_q <= epoch_i;
    if (take && arvalid_i) begin
      f_addr[f_in_q[BurstPtrW:0]] <= araddr_i[AddrW-1:6];
      f_len[f_in_q[BurstPtrW:0]] <= arlen_i[5:0];
      f_id[f_in_q[BurstPtrW:0]] <= arid_i;
    end
    if (rst_ni) begin
      if (f_began_q) stripe_epoch : assume (epoch_i == f_epoch_q);
      if (arvalid_i) stripe_page : assume ((32'(araddr_i[11:6]) + 32'(arlen_i) <= 63) && (araddr_i[5:0] == '0));
      if (f_stands_q) stripe_r_stands : assert (rvalid_o && ({rdata_o, rresp_o, rlast_o, rid_o} == f_r_q));
      if (rvalid_o) stripe_asked : assert ((f_in_q != f_out_q) && (rid_o == f_id[f_head]));
    end
  end
`ifdef FORMAL
  // Memory: each port answers what it was asked, in order; a quarter of a beat holds its own address.
  localparam int unsigned Asked = 4;  // bursts of a port that are not answered to the end
  for (genvar p = 0; p < Ports; p++) begin : gen_memory
    logic [AddrW+8-1:0] f_mem[0:Asked-1];
    logic [2:0] f_mem_in_q, f_mem_out_q;
    logic [7:0] f_mem_beat_q;
    logic f_ar, f_r, f_mem_last;
    logic [AddrW-1:0] f_mem_addr;
    assign f_ar = m_axi_arvalid_o[p] && m_axi_arready_i[p];
    assign f_r = m_axi_rvalid_i[p] && m_axi_rready_o[p];
    assign f_mem_last = f_mem_beat_q == f_mem[f_mem_out_q[1:0]][7:0];
    assign f_mem_addr = f_mem[f_mem_out_q[1:0]][AddrW+7:8] + (AddrW)'({f_mem_beat_q, 4'd0});
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        {f_mem_in_q, f_mem_out_q} <= '0;
        f_mem_beat_q <= '0;
      end else begin
        if (f_ar) f_mem_in_q <= f_mem_in_q + 1'b1;
        if (f_r) f_mem_beat_q <= f_mem_last ? '0 : f_mem_beat_q + 1'b1;
        if (f_r && f_mem_last) f_mem_out_q <= f_mem_out_q + 1'b1;
      end
    end
    always_ff @(posedge clk_i) begin
      if (f_ar) f_mem[f_mem_in_q[1:0]] <= {m_axi_araddr_o[p*AddrW+:AddrW], m_axi_arlen_o[p*8+:8]};
      if (m_axi_arready_i[p]) assume (f_mem_in_q - f_mem_out_q != 3'(Asked));
      if (m_axi_rvalid_i[p]) begin
        assume ((f_mem_in_q != f_mem_out_q) && (m_axi_rlast_i[p] == f_mem_last) && (m_axi_rid_i[p*IdW+:IdW] == {epoch_i, 1'b0}));
        assume (m_axi_rdata_i[p*Bits+:Bits] == Bits'(f_mem_addr >> 4));
      end
    end
  end
  always_ff @(posedge clk_i) begin
    if (rst_ni && rvalid_o) begin
      for (int q = 0; q < 4; q++) assert (rdata_o[q*Bits+:Bits] == Bits'({f_addr[f_head] + (AddrW - 6)'(f_beat_q), 2'(q)}));
      stripe_last : assert (rlast_o == (f_beat_q == f_len[f_head]));
    end
  end
`endif
