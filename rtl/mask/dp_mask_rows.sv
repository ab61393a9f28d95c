// Given spatial masks: splits a beat into eight 8-byte rows and writes them in order. Masks follow each other in command order; their
// sizes and pairs wait in a small queue. Stalls the beat while its rows are written and while the mask unit writes.
module dp_mask_rows #(
    parameter int unsigned MaskW = 32
) (
    input  logic             clk_i,
    input  logic             rst_ni,
    input  logic             start_i,   // a given mask was asked for
    input  logic [511:0]     cmd_i,
    input  logic             valid_i,
    output logic             ready_o,
    input  logic [511:0]     data_i,
    input  logic             busy_i,    // the mask unit writes in this cycle
    output logic             we_o,
    output logic [1:0]       pair_o,
    output logic             pooled_o,
    output logic [5:0]       y_o,
    output logic [MaskW-1:0] row_o,
    output logic             done_o
);
  dp_pkg::cmd_t cmd;
  assign cmd = cmd_i;

  logic [10:0] head;
  logic head_valid, queue_ready, pooled;
  logic [1:0] pair;
  logic [7:0] rows;
  dp_fifo #(
      .Width(11),
      .Depth(4)
  ) u_queue (
      .clk_i,
      .rst_ni,
      .in_valid_i (start_i && cmd.flags.own_fetch),
      .in_ready_o (queue_ready),
      .in_data_i  ({cmd.flags.pooled, cmd.in_buf[2:1], cmd.src_h}),
      .out_valid_o(head_valid),
      .out_ready_i(done_o),
      .out_data_o (head)
  );
  assign {pooled, pair, rows} = head;

  logic [5:0] y_q;
  assign we_o = valid_i && head_valid && !busy_i;
  assign done_o = we_o && (8'(y_q) + 8'd1 == rows);
  assign ready_o = we_o && ((y_q[2:0] == 3'd7) || done_o);
  assign pair_o = pair;
  assign pooled_o = pooled;
  assign y_o = y_q;
  assign row_o = data_i[y_q[2:0]*64+:MaskW];

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) y_q <= '0;
    else if (we_o) y_q <= done_o ? 6'd0 : y_q + 6'd1;
  end

`ifdef VERILATOR
  always_ff @(posedge clk_i) if (rst_ni && start_i) assert (queue_ready) else $error("given masks overrun");
`endif
endmodule
