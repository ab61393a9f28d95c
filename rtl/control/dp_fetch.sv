// Command fetcher: takes a job, reads its command list up to four descriptors at a time (never across a multiple of 256 bytes) and hands them on
// with the job's addresses. The next ones are asked for when the last have arrived and none was OpEnd, so nothing beyond the list's last
// quad is read. A command that dp_command_check refuses, a list that is empty and one without an end are errors; nothing of them is handed on.
module dp_fetch #(
    parameter bit Parallel = 1'b1,
    parameter bit Prune = 1'b1,
    parameter int unsigned Po = 8,
    parameter int unsigned MapWords = 1024,
    parameter int unsigned WeightRows = 64,
    parameter int unsigned MaskW = 32,
    parameter int unsigned MaxCommands = dp_pkg::MaxCommands,
    localparam int unsigned AddrW = dp_pkg::AddrW,
    localparam int unsigned OutW = 512 + 2 * AddrW,
    localparam int unsigned ErrW = dp_pkg::ErrW
) (
    input  logic               clk_i,
    input  logic               rst_ni,
    // jobs {cmd, image, logits}
    input  logic               job_valid_i,
    output logic               job_ready_o,
    input  logic [3*AddrW-1:0] job_data_i,
    // read port
    output logic               req_valid_o,
    input  logic               req_ready_i,
    output logic [AddrW-1:0]   req_addr_o,
    output logic [15:0]        req_beats_o,
    input  logic               rvalid_i,
    input  logic [511:0]       rdata_i,
    // commands {logits, image, descriptor}
    output logic               cmd_valid_o,
    input  logic               cmd_ready_i,
    output logic [OutW-1:0]    cmd_data_o,
    output logic               error_o,
    output logic [ErrW-1:0]    error_data_o
);
  localparam int unsigned CountW = $clog2(MaxCommands + 1);

  typedef enum logic [1:0] {
    Idle,
    Ask,
    Collect
  } state_e;
  state_e state_q;
  logic [AddrW-1:0] image_q, logits_q;
  logic [AddrW-7:0] addr_q;  // of the next command
  logic [CountW-1:0] count_q;
  logic end_q, is_end, bad, no_list, endless, half_empty, fresh, push;
  logic [3:0] held_q;

  assign is_end = rdata_i[7:0] == 8'(dp_pkg::OpEnd);
  assign fresh = rvalid_i && !end_q;
  assign no_list = is_end && (count_q == '0);
  assign endless = !is_end && (32'(count_q) == MaxCommands - 1);
  assign error_o = fresh && (bad || no_list || endless);
  assign push = fresh && !error_o;
  assign half_empty = held_q <= 4'd4;
  assign job_ready_o = state_q == Idle;
  assign req_valid_o = (state_q == Ask) && half_empty;
  assign req_addr_o = {addr_q, 6'd0};
  assign req_beats_o = 16'd4 - 16'(addr_q[1:0]);

  dp_command_check #(
      .Parallel(Parallel),
      .Prune(Prune),
      .Po(Po),
      .MapWords(MapWords),
      .WeightRows(WeightRows),
      .MaskW(MaskW)
  ) u_check (
      .valid_i(rvalid_i),
      .cmd_i  (rdata_i),
      .bad_o  (bad)
  );

  dp_pkg::err_t err;
  assign error_data_o = err;
  always_comb begin
    err = '0;
    err.code = no_list ? dp_pkg::ErrNoList : endless ? dp_pkg::ErrEndless : dp_pkg::ErrCommand;
    err.of_list = 1'b1;
    err.layer = rdata_i[15:8];
    err.addr = {addr_q, 6'd0};
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= Idle;
      addr_q <= '0;
      image_q <= '0;
      logits_q <= '0;
      count_q <= '0;
      end_q <= 1'b0;
      held_q <= '0;
    end else begin
      held_q <= held_q + 4'(push) - 4'(cmd_valid_o && cmd_ready_i);
      unique case (state_q)
        Idle:
        if (job_valid_i) begin
          addr_q <= job_data_i[3*AddrW-1:2*AddrW+6];
          {image_q, logits_q} <= job_data_i[2*AddrW-1:0];
          count_q <= '0;
          end_q <= 1'b0;
          state_q <= Ask;
        end
        Ask: if (req_valid_o && req_ready_i) state_q <= Collect;
        default:
        if (rvalid_i) begin
          addr_q <= addr_q + 1'b1;
          if (fresh) count_q <= count_q + 1'b1;
          end_q <= end_q || is_end || error_o;
          if (addr_q[1:0] == 2'd3) state_q <= (end_q || is_end || error_o) ? Idle : Ask;
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

`ifdef DP_PROPERTIES
`include "dp_formal.svh"
`include "dp_fetch_props.svh"
`endif
endmodule
