// Command fetcher: takes a job, reads its command list four descriptors at a time and hands them on with the job's addresses. The next
// four are asked for when the last four have arrived and none was OpEnd, so nothing beyond the list's last quad is read.
module dp_fetch #(
    localparam int unsigned OutW = 512 + 64
) (
    input  logic            clk_i,
    input  logic            rst_ni,
    // jobs {cmd, image, logits}
    input  logic            job_valid_i,
    output logic            job_ready_o,
    input  logic [95:0]     job_data_i,
    // read port
    output logic            req_valid_o,
    input  logic            req_ready_i,
    output logic [31:0]     req_addr_o,
    output logic [15:0]     req_beats_o,
    input  logic            rvalid_i,
    input  logic [511:0]    rdata_i,
    // commands {logits, image, descriptor}
    output logic            cmd_valid_o,
    input  logic            cmd_ready_i,
    output logic [OutW-1:0] cmd_data_o
);
  typedef enum logic [1:0] {
    Idle,
    Ask,
    Collect
  } state_e;
  state_e state_q;
  logic [31:0] addr_q, image_q, logits_q;
  logic [1:0] seen_q;
  logic end_q, is_end, half_empty, push;
  logic [3:0] held_q;

  assign is_end = rdata_i[7:0] == 8'(dp_pkg::OpEnd);
  assign push = rvalid_i && !end_q;
  assign half_empty = held_q <= 4'd4;
  assign job_ready_o = state_q == Idle;
  assign req_valid_o = (state_q == Ask) && half_empty;
  assign req_addr_o = addr_q;
  assign req_beats_o = 16'd4;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= Idle;
      addr_q <= '0;
      image_q <= '0;
      logits_q <= '0;
      seen_q <= '0;
      end_q <= 1'b0;
      held_q <= '0;
    end else begin
      held_q <= held_q + 4'(push) - 4'(cmd_valid_o && cmd_ready_i);
      unique case (state_q)
        Idle:
        if (job_valid_i) begin
          {addr_q, image_q, logits_q} <= job_data_i;
          end_q <= 1'b0;
          state_q <= Ask;
        end
        Ask:
        if (req_valid_o && req_ready_i) begin
          addr_q <= addr_q + 32'd256;
          state_q <= Collect;
        end
        default:
        if (rvalid_i) begin
          seen_q <= seen_q + 2'd1;
          end_q <= end_q || is_end;
          if (seen_q == 2'd3) state_q <= (end_q || is_end) ? Idle : Ask;
        end
      endcase
    end
  end

  logic fifo_ready;
  dp_fifo #(
      .Width(OutW),
      .Depth(8)
  ) u_fifo (
      .clk_i,
      .rst_ni,
      .in_valid_i (push),
      .in_ready_o (fifo_ready),
      .in_data_i  ({logits_q, image_q, rdata_i}),
      .out_valid_o(cmd_valid_o),
      .out_ready_i(cmd_ready_i),
      .out_data_o (cmd_data_o)
  );

`ifdef VERILATOR
  always_ff @(posedge clk_i) if (rst_ni && push) assert (fifo_ready) else $error("command FIFO overflow");
`endif
endmodule
