// AXI4-Lite registers: identity, the next job's addresses and its start, abort, status, interrupts, errors, and eight 64-bit counters
// (docs/registers.md, docs/bus.md). One access at a time, answered in the next cycle; every access gets an OKAY. A START that cannot be queued says why in
// REFUSED. Jobs go with core_rst_ni, everything else with rst_ni.
module dp_regs #(
    parameter bit Parallel = 1'b1,
    parameter bit Prune = 1,
    parameter int unsigned Pi = 8,
    parameter int unsigned Po = 8,
    parameter int unsigned MapWords = 1024,
    parameter int unsigned WeightRows = 64,
    parameter int unsigned MaskW = 32,
    parameter int unsigned PatchBytes = 32,
    localparam int unsigned AddrW = dp_pkg::AddrW,
    localparam int unsigned ErrW = dp_pkg::ErrW
) (
    input  logic               clk_i,
    input  logic               rst_ni,
    input  logic               core_rst_ni,
    input  logic               s_axil_awvalid_i,
    output logic               s_axil_awready_o,
    input  logic [7:0]         s_axil_awaddr_i,
    input  logic               s_axil_wvalid_i,
    output logic               s_axil_wready_o,
    input  logic [31:0]        s_axil_wdata_i,
    input  logic [3:0]         s_axil_wstrb_i,
    output logic               s_axil_bvalid_o,
    input  logic               s_axil_bready_i,
    output logic [1:0]         s_axil_bresp_o,
    input  logic               s_axil_arvalid_i,
    output logic               s_axil_arready_o,
    input  logic [7:0]         s_axil_araddr_i,
    output logic               s_axil_rvalid_o,
    input  logic               s_axil_rready_i,
    output logic [31:0]        s_axil_rdata_o,
    output logic [1:0]         s_axil_rresp_o,
    output logic               irq_o,
    // jobs {cmd, image, logits}
    output logic               job_valid_o,
    input  logic               job_ready_i,
    output logic [3*AddrW-1:0] job_data_o,
    input  logic               job_done_i,
    // what stops it
    output logic               abort_o,
    input  logic               aborting_i,
    input  logic               aborted_i,
    input  logic               failed_i,
    input  logic               bus_idle_i,
    input  logic               error_i,
    input  logic [ErrW-1:0]    record_i,
    input  logic               record_more_i,
    output logic [31:0]        timeout_o,
    // counters: what to add in this cycle, sixteen bits each
    input  logic [127:0]       add_i,
    output logic               busy_o
);
  localparam logic [31:0] Id = 32'h44504143;
  localparam logic [31:0] Version = 32'h00020001;
  localparam logic [31:0] TimeoutReset = 32'h00100000;

  // write address, write data and read address wait in skid buffers
  logic aw_valid, w_valid, ar_valid, wr, rd;
  logic [7:0] waddr, raddr;
  logic [31:0] wdata;
  logic [3:0] wstrb;
  dp_skid #(
      .Width(8)
  ) u_aw (
      .clk_i, .rst_ni, .in_valid_i(s_axil_awvalid_i), .in_ready_o(s_axil_awready_o), .in_data_i(s_axil_awaddr_i),
      .out_valid_o(aw_valid), .out_ready_i(wr), .out_data_o(waddr)
  );
  dp_skid #(
      .Width(36)
  ) u_w (
      .clk_i, .rst_ni, .in_valid_i(s_axil_wvalid_i), .in_ready_o(s_axil_wready_o), .in_data_i({s_axil_wstrb_i, s_axil_wdata_i}),
      .out_valid_o(w_valid), .out_ready_i(wr), .out_data_o({wstrb, wdata})
  );
  dp_skid #(
      .Width(8)
  ) u_ar (
      .clk_i, .rst_ni, .in_valid_i(s_axil_arvalid_i), .in_ready_o(s_axil_arready_o), .in_data_i(s_axil_araddr_i),
      .out_valid_o(ar_valid), .out_ready_i(rd), .out_data_o(raddr)
  );

  function automatic logic [31:0] merge(input logic [31:0] old, input logic [31:0] data, input logic [3:0] strb);
    for (int b = 0; b < 4; b++) merge[b*8+:8] = strb[b] ? data[b*8+:8] : old[b*8+:8];
  endfunction

  logic [31:0] cmd_q, image_q, logits_q, done_q, timeout_q, high_q, rdata;
  logic [7:0] cmd_high_q, image_high_q, logits_high_q, open_q;
  logic [3:0] irq_enable_q, irq_q, irq_clear;
  logic [4:0] refused_q, refusal;
  logic start, queue, queue_ready;
  logic [63:0] counter_q[0:7];
  logic [2:0] waiting_q;
  dp_pkg::err_t record;
  assign record = record_i;

  assign wr = aw_valid && w_valid && !s_axil_bvalid_o;
  assign rd = ar_valid && !s_axil_rvalid_o;
  assign s_axil_bresp_o = 2'b00;
  assign s_axil_rresp_o = 2'b00;
  assign start = wr && (waddr[7:2] == 6'h0b) && wstrb[0];
  assign abort_o = wr && (waddr[7:2] == 6'h0f) && wstrb[0];
  assign refusal = {failed_i || aborting_i, logits_q[5:0] != 6'd0, image_q[5:0] != 6'd0, cmd_q[5:0] != 6'd0, !queue_ready};
  assign queue = start && (refusal == 5'd0);
  assign busy_o = open_q != 8'd0;
  assign irq_o = |(irq_q & irq_enable_q);
  assign irq_clear = (wr && (waddr[7:2] == 6'h06) && wstrb[0]) ? wdata[3:0] : 4'd0;
  assign timeout_o = timeout_q;

  dp_fifo #(
      .Width(3 * AddrW),
      .Depth(4)
  ) u_jobs (
      .clk_i,
      .rst_ni     (core_rst_ni),
      .in_valid_i (queue),
      .in_ready_o (queue_ready),
      .in_data_i  ({cmd_high_q, cmd_q, image_high_q, image_q, logits_high_q, logits_q}),
      .out_valid_o(job_valid_o),
      .out_ready_i(job_ready_i),
      .out_data_o (job_data_o)
  );

  // jobs in the queue, and all that are not done
  always_ff @(posedge clk_i or negedge core_rst_ni) begin
    if (!core_rst_ni) begin
      waiting_q <= '0;
      open_q <= '0;
    end else begin
      waiting_q <= waiting_q + 3'(queue) - 3'(job_valid_o && job_ready_i);
      open_q <= open_q + 8'(queue) - 8'(job_done_i);
    end
  end

  always_comb begin
    unique case (raddr[7:2])
      6'h00: rdata = Id;
      6'h01: rdata = {8'(MaskW), 6'(PatchBytes / 8), Prune, Parallel, 8'(Po), 8'(Pi)};
      6'h02: rdata = {16'(WeightRows), 16'(MapWords)};
      6'h03: rdata = {8'd0, open_q, 5'd0, waiting_q, 3'd0, aborting_i, bus_idle_i, failed_i, !queue_ready, busy_o};
      6'h04: rdata = done_q;
      6'h05: rdata = {28'd0, irq_enable_q};
      6'h06: rdata = {28'd0, irq_q};
      6'h07: rdata = {15'd0, record.of_list, record.layer, record.code, record_more_i, record.write, record.resp};
      6'h08: rdata = cmd_q;
      6'h09: rdata = image_q;
      6'h0a: rdata = logits_q;
      6'h0c: rdata = {24'd0, cmd_high_q};
      6'h0d: rdata = {24'd0, image_high_q};
      6'h0e: rdata = {24'd0, logits_high_q};
      6'h20: rdata = Version;
      6'h21: rdata = record.addr[31:0];
      6'h22: rdata = {24'd0, record.addr[AddrW-1:32]};
      6'h23: rdata = timeout_q;
      6'h24: rdata = {27'd0, refused_q};
      default: rdata = (raddr[7:6] != 2'b01) ? 32'd0 : raddr[2] ? high_q : counter_q[raddr[5:3]][31:0];
    endcase
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      s_axil_bvalid_o <= 1'b0;
      s_axil_rvalid_o <= 1'b0;
      s_axil_rdata_o <= '0;
      {cmd_q, image_q, logits_q, done_q, high_q} <= '0;
      {cmd_high_q, image_high_q, logits_high_q} <= '0;
      {irq_enable_q, irq_q, refused_q} <= '0;
      timeout_q <= TimeoutReset;
    end else begin
      if (wr) s_axil_bvalid_o <= 1'b1;
      else if (s_axil_bready_i) s_axil_bvalid_o <= 1'b0;
      if (rd) begin
        s_axil_rvalid_o <= 1'b1;
        s_axil_rdata_o <= rdata;
        // the other half of what is read now
        if ((raddr[7:6] == 2'b01) && !raddr[2]) high_q <= counter_q[raddr[5:3]][63:32];
      end else if (s_axil_rready_i) s_axil_rvalid_o <= 1'b0;

      done_q <= done_q + 32'(job_done_i);
      if (wr) begin
        unique case (waddr[7:2])
          6'h05: if (wstrb[0]) irq_enable_q <= wdata[3:0];
          6'h08: cmd_q <= merge(cmd_q, wdata, wstrb);
          6'h09: image_q <= merge(image_q, wdata, wstrb);
          6'h0a: logits_q <= merge(logits_q, wdata, wstrb);
          6'h0c: if (wstrb[0]) cmd_high_q <= wdata[7:0];
          6'h0d: if (wstrb[0]) image_high_q <= wdata[7:0];
          6'h0e: if (wstrb[0]) logits_high_q <= wdata[7:0];
          6'h23: timeout_q <= merge(timeout_q, wdata, wstrb);
          default: ;
        endcase
      end
      if (start) refused_q <= refusal;
      irq_q <= (irq_q & ~irq_clear) | {aborted_i, start && (refusal != 5'd0), error_i, job_done_i};
    end
  end

  for (genvar c = 0; c < 8; c++) begin : gen_counter
    logic [63:0] count_q;
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) count_q <= '0;
      else count_q <= count_q + 64'(add_i[c*16+:16]);
    end
    assign counter_q[c] = count_q;
  end

`ifdef DP_PROPERTIES
`include "dp_formal.svh"
`include "dp_regs_props.svh"
`endif
endmodule
