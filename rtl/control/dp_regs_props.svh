  // Properties of dp_regs: every access is answered once, a response stands, and jobs are counted.
`ifdef FORMAL
  // Yosys 0.23: what a submodule holds, connected when it is flattened
  (* hierconn *) wire \u_aw.full_q ;
  (* hierconn *) wire \u_w.full_q ;
  (* hierconn *) wire \u_ar.full_q ;
  (* hierconn *) wire [2:0] \u_jobs.wr_q ;
  (* hierconn *) wire [2:0] \u_jobs.rd_q ;
`endif
  logic f_b_stands_q, f_r_stands_q, f_refused_q, f_queued_q;
  logic [31:0] f_rdata_q;
  logic [32:0] f_low_q;  // of a counter, with its carry
  logic [31:0] f_high_q;
  logic [3:0] f_event_q;  // of the last cycle, as bits of IRQ_STATUS
  logic [1:0] f_aw_q, f_w_q, f_ar_q;  // taken and not answered
  logic [7:0] f_open_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {f_b_stands_q, f_r_stands_q, f_refused_q} <= '0;
      {f_aw_q, f_w_q, f_ar_q} <= '0;
      {f_event_q, f_low_q, f_high_q} <= '0;
    end else begin
      f_low_q <= 33'(counter_q[0][31:0]) + 33'(add_i[15:0]);
      f_high_q <= counter_q[0][63:32];
      f_event_q <= {aborted_i, start && !queue, error_i, job_done_i};
      f_b_stands_q <= s_axil_bvalid_o && !s_axil_bready_i;
      f_r_stands_q <= s_axil_rvalid_o && !s_axil_rready_i;
      f_refused_q <= start && !queue;
      f_aw_q <= f_aw_q + 2'(s_axil_awvalid_i && s_axil_awready_o) - 2'(s_axil_bvalid_o && s_axil_bready_i);
      f_w_q <= f_w_q + 2'(s_axil_wvalid_i && s_axil_wready_o) - 2'(s_axil_bvalid_o && s_axil_bready_i);
      f_ar_q <= f_ar_q + 2'(s_axil_arvalid_i && s_axil_arready_o) - 2'(s_axil_rvalid_o && s_axil_rready_i);
    end
  end
  always_ff @(posedge clk_i or negedge core_rst_ni) begin
    if (!core_rst_ni) begin
      f_open_q <= '0;
      f_queued_q <= 1'b0;
    end else begin
      f_open_q <= f_open_q + 8'(start && queue) - 8'(job_done_i);
      f_queued_q <= queue;
    end
  end
  always_ff @(posedge clk_i) begin
    f_rdata_q <= s_axil_rdata_o;
`ifdef FORMAL
    regs_resets : assume (rst_ni || !core_rst_ni);
`endif
    if (rst_ni && core_rst_ni) begin
      // a job ends that has begun, and the lists of those between the queue and the last one are few
      if (job_done_i) regs_done : assume (open_q > 8'(waiting_q));
      regs_few : assume (open_q < 8'd200);
      regs_waiting : assert (waiting_q == 3'(u_jobs.wr_q - u_jobs.rd_q));
      regs_open : assert ((open_q == f_open_q) && (open_q >= 8'(waiting_q)));
      if (queue) regs_aligned : assert (!failed_i && !aborting_i && queue_ready && ({cmd_q[5:0], image_q[5:0], logits_q[5:0]} == '0));
      if (f_queued_q) regs_queued : assert (busy_o || job_done_i || (open_q != '0));
    end
    if (rst_ni) begin
      if (f_b_stands_q) regs_b_stands : assert (s_axil_bvalid_o);
      if (f_r_stands_q) regs_r_stands : assert (s_axil_rvalid_o && (s_axil_rdata_o == f_rdata_q));
      regs_aw : assert (f_aw_q == 2'(u_aw.full_q) + 2'(s_axil_bvalid_o));
      regs_w : assert (f_w_q == 2'(u_w.full_q) + 2'(s_axil_bvalid_o));
      regs_ar : assert (f_ar_q == 2'(u_ar.full_q) + 2'(s_axil_rvalid_o));
      if (wr) regs_b : assert ((f_aw_q + 2'(s_axil_awvalid_i && s_axil_awready_o) != '0) && !s_axil_bvalid_o);
      if (f_refused_q) regs_refused : assert (irq_q[2] && (refused_q != '0));
      regs_count : assert (counter_q[0] == {f_high_q + 32'(f_low_q[32]), f_low_q[31:0]});
      regs_event : assert ((irq_q & f_event_q) == f_event_q);  // one that is cleared in its own cycle stands
      regs_okay : assert ((s_axil_bresp_o == '0) && (s_axil_rresp_o == '0));
    end
  end
