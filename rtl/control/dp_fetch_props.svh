  // Properties of dp_fetch: a request stands and ends at a multiple of 256 bytes; none after the list's end or an error; what comes has room.
`ifdef FORMAL
  // Yosys 0.23: what a submodule holds, connected when it is flattened
  (* hierconn *) wire [3:0] \u_fifo.wr_q ;
  (* hierconn *) wire [3:0] \u_fifo.rd_q ;
`endif
  logic f_stands_q, f_over_q;
  logic [AddrW+16-1:0] f_req_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) {f_stands_q, f_over_q} <= '0;
    else begin
      f_stands_q <= req_valid_o && !req_ready_i;
      if (job_valid_i && job_ready_o) f_over_q <= 1'b0;
      else if (rvalid_i && (error_o || ((rdata_i[7:0] == '0) && !f_over_q))) f_over_q <= 1'b1;
    end
  end
  always_ff @(posedge clk_i) begin
    f_req_q <= {req_addr_o, req_beats_o};
    if (rst_ni) begin
      // beats come only when asked for
      if (rvalid_i) fetch_asked : assume (state_q == Collect);
      if (f_stands_q) fetch_stands : assert (req_valid_o && ({req_addr_o, req_beats_o} == f_req_q));
      if (req_valid_o) fetch_quad : assert ((req_beats_o >= 16'd1) && (req_beats_o <= 16'd4) && (32'(req_addr_o[7:6]) + 32'(req_beats_o) == 4)
                                            && (req_addr_o[5:0] == '0) && !f_over_q);
      fetch_state : assert (state_q != 2'd3);
      if (state_q != Idle) fetch_over : assert (f_over_q == end_q);
      if (state_q == Ask) fetch_more : assert (!end_q);
      fetch_held : assert ((held_q == 4'(u_fifo.wr_q - u_fifo.rd_q)) && (held_q <= 4'd8));
      if (state_q == Collect) fetch_room : assert (end_q || (32'(held_q) + 4 - 32'(addr_q[1:0]) <= 8));
      if (push) fetch_fits : assert (fifo_ready && !end_q && !bad);
      fetch_count : assert ((32'(count_q) <= MaxCommands) && (end_q || (32'(count_q) < MaxCommands) || (state_q == Idle)));
      if (error_o) fetch_error : assert (rvalid_i && !push && !end_q);
    end
  end
