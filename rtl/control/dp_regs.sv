// AXI4-Lite registers: identity, the next job's addresses and its start, status, interrupts, and eight 64-bit counters (docs/architecture.md).
// One access at a time; every access gets an OKAY.
module dp_regs #(
    parameter bit Parallel = 1'b1,
    parameter bit Prune = 1,
    parameter int unsigned Pi = 8,
    parameter int unsigned Po = 8,
    parameter int unsigned MapWords = 1024,
    parameter int unsigned WeightRows = 64,
    parameter int unsigned MaskW = 32
) (
    input  logic         clk_i,
    input  logic         rst_ni,
    input  logic         s_axil_awvalid_i,
    output logic         s_axil_awready_o,
    input  logic [7:0]   s_axil_awaddr_i,
    input  logic         s_axil_wvalid_i,
    output logic         s_axil_wready_o,
    input  logic [31:0]  s_axil_wdata_i,
    output logic         s_axil_bvalid_o,
    input  logic         s_axil_bready_i,
    output logic [1:0]   s_axil_bresp_o,
    input  logic         s_axil_arvalid_i,
    output logic         s_axil_arready_o,
    input  logic [7:0]   s_axil_araddr_i,
    output logic         s_axil_rvalid_o,
    input  logic         s_axil_rready_i,
    output logic [31:0]  s_axil_rdata_o,
    output logic [1:0]   s_axil_rresp_o,
    output logic         irq_o,
    // jobs {cmd, image, logits}
    output logic         job_valid_o,
    input  logic         job_ready_i,
    output logic [95:0]  job_data_o,
    input  logic         job_done_i,
    // errors
    input  logic         error_i,
    input  logic         error_write_i,
    input  logic [1:0]   error_resp_i,
    input  logic [7:0]   error_layer_i,
    output logic         halt_o,
    // counters: what to add in this cycle, sixteen bits each
    input  logic [127:0] add_i,
    output logic         busy_o
);
  logic [31:0] cmd_q, image_q, logits_q, done_q, rdata;
  logic [3:0] open_q;
  logic [1:0] irq_enable_q, irq_q;
  logic [15:0] error_q;
  logic wr, rd, start, queue_ready;
  logic [63:0] counter_q[0:7];
  logic [2:0] waiting;

  assign wr = s_axil_awvalid_i && s_axil_wvalid_i && !s_axil_bvalid_o;
  assign rd = s_axil_arvalid_i && !s_axil_rvalid_o;
  assign s_axil_awready_o = wr;
  assign s_axil_wready_o = wr;
  assign s_axil_arready_o = rd;
  assign s_axil_bresp_o = 2'b00;
  assign s_axil_rresp_o = 2'b00;
  assign start = wr && (s_axil_awaddr_i == 8'h2c);
  assign halt_o = error_q[15];
  assign busy_o = open_q != 4'd0;
  assign irq_o = |(irq_q & irq_enable_q);

  dp_fifo #(
      .Width(96),
      .Depth(4)
  ) u_jobs (
      .clk_i,
      .rst_ni,
      .in_valid_i (start),
      .in_ready_o (queue_ready),
      .in_data_i  ({cmd_q, image_q, logits_q}),
      .out_valid_o(job_valid_o),
      .out_ready_i(job_ready_i),
      .out_data_o (job_data_o)
  );

  // jobs that wait in the queue
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) waiting <= '0;
    else waiting <= waiting + 3'(start && queue_ready) - 3'(job_valid_o && job_ready_i);
  end

  always_comb begin
    unique case (s_axil_araddr_i)
      8'h00: rdata = 32'h44504143;
      8'h04: rdata = {8'(MaskW), 6'd0, Prune, Parallel, 8'(Po), 8'(Pi)};
      8'h08: rdata = {16'(WeightRows), 16'(MapWords)};
      8'h0c: rdata = {16'd0, 5'd0, waiting, 5'd0, halt_o, !queue_ready, busy_o};
      8'h10: rdata = done_q;
      8'h14: rdata = {30'd0, irq_enable_q};
      8'h18: rdata = {30'd0, irq_q};
      8'h1c: rdata = {16'd0, 1'b0, error_q[14:0]};
      8'h20: rdata = cmd_q;
      8'h24: rdata = image_q;
      8'h28: rdata = logits_q;
      default: rdata = (s_axil_araddr_i[7:6] == 2'b01) ? (s_axil_araddr_i[2] ? counter_q[s_axil_araddr_i[5:3]][63:32] : counter_q[s_axil_araddr_i[5:3]][31:0]) : 32'd0;
    endcase
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      s_axil_bvalid_o <= 1'b0;
      s_axil_rvalid_o <= 1'b0;
      s_axil_rdata_o <= '0;
      {cmd_q, image_q, logits_q, done_q} <= '0;
      {irq_enable_q, irq_q} <= '0;
      open_q <= '0;
      error_q <= '0;
    end else begin
      if (wr) s_axil_bvalid_o <= 1'b1;
      else if (s_axil_bready_i) s_axil_bvalid_o <= 1'b0;
      if (rd) begin
        s_axil_rvalid_o <= 1'b1;
        s_axil_rdata_o <= rdata;
      end else if (s_axil_rready_i) s_axil_rvalid_o <= 1'b0;

      open_q <= open_q + 4'(start && queue_ready) - 4'(job_done_i);
      done_q <= done_q + 32'(job_done_i);
      if (wr) begin
        unique case (s_axil_awaddr_i)
          8'h14: irq_enable_q <= s_axil_wdata_i[1:0];
          8'h20: cmd_q <= s_axil_wdata_i;
          8'h24: image_q <= s_axil_wdata_i;
          8'h28: logits_q <= s_axil_wdata_i;
          default: ;
        endcase
      end
      irq_q <= (irq_q & ~((wr && (s_axil_awaddr_i == 8'h18)) ? s_axil_wdata_i[1:0] : 2'b00)) | {error_i, job_done_i};
      if (error_i && !halt_o) error_q <= {1'b1, error_layer_i[6:0], 5'd0, error_write_i, error_resp_i};
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
endmodule
