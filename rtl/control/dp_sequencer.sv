// Sequencer: executes the commands that the loader forwards, one convolution, or one chain of convolutions, at a time. A convolution starts
// when the masks it uses are complete, and retires when its last output slice has left the pipeline and its consumer (scores, logits). A
// chain starts with its first command and takes the others while that one is at work; its convolutions retire together, one a cycle.
module dp_sequencer #(
    localparam int unsigned AddrW = dp_pkg::AddrW
) (
    input  logic         clk_i,
    input  logic         rst_ni,
    input  logic         halt_i,
    // commands {logits, descriptor}
    input  logic         exec_valid_i,
    output logic         exec_ready_o,
    input  logic [511+AddrW:0] exec_data_i,
    output logic [3*512-1:0] cmds_o,       // current command and those chained to it, stable while they execute
    output logic [1:0]   count_o,          // of them there
    output logic         chained_o,
    output logic [AddrW-1:0] logits_addr_o,
    // units
    output logic         conv_start_o,
    output logic         mask_start_o,
    input  logic         mask_idle_i,
    input  logic         dispatch_done_i,
    input  logic         slice_release_i,  // one output slice has left; in a chain all of a convolution
    input  logic         score_busy_i,
    input  logic         write_open_i,     // logits on their way to memory
    input  logic         image_busy_i,
    // state of the three mask pairs
    input  logic         pair_clear_i,
    input  logic [1:0]   pair_clear_idx_i,
    input  logic         unit_done_i,
    input  logic [1:0]   unit_pair_i,
    input  logic         rows_done_i,
    input  logic [1:0]   rows_pair_i,
    // what the retired convolution gives back
    output logic         mask_release_o,
    output logic [1:0]   mask_pair_o,      // of which
    output logic         image_release_o,
    output logic         conv_done_o,
    output logic [1:0]   done_o,           // which one, and its stage
    output logic [7:0]   done_stage_o,
    output logic         job_done_o,
    output logic         wait_mask_o,
    output logic         drain_o          // all of the convolution is issued
);
  typedef enum logic [2:0] {
    Idle,
    Decode,
    Conv
  } state_e;
  state_e state_q;
  dp_pkg::cmd_t cmd_q, next_q, last_q, done;
  logic [1:0] count_q, done_q;
  logic more, add, chained, over;
  logic [AddrW-1:0] logits_q;
  logic [15:0] released_q;
  logic [3:0] pair_valid_q;

  logic ending_q;
  logic is_conv, is_mask, is_end, ready_to_start, prev_known, retire;
  assign is_conv = cmd_q.op == 8'(dp_pkg::OpConv);
  assign is_mask = (cmd_q.op == 8'(dp_pkg::OpMask)) && !cmd_q.flags.own_fetch;
  assign is_end = cmd_q.op == 8'(dp_pkg::OpEnd);
  // a producer that skips positions must know them before the sweep starts; the map may be the image, which must be there
  always_comb begin
    if (!cmd_q.flags.prev_masked) prev_known = 1'b1;
    else if (cmd_q.prev_buf == 8'hff) prev_known = !image_busy_i;
    else prev_known = pair_valid_q[cmd_q.prev_buf[2:1]] && !(cmd_q.flags.image_src && image_busy_i);
  end
  always_comb begin
    ready_to_start = 1'b1;
    if (is_conv) ready_to_start = !cmd_q.flags.mask_wait || pair_valid_q[cmd_q.out_buf[2:1]];
    if (is_mask) ready_to_start = mask_idle_i && prev_known;
    if (is_end) ready_to_start = !ending_q;
    if (halt_i) ready_to_start = 1'b0;
  end

  // the others of a chain
  assign chained = cmd_q.flags.chain;
  assign more = (count_q == 2'd1) ? cmd_q.flags.chain : (count_q == 2'd2) && next_q.flags.chain;
  assign add = (state_q == Conv) && more && exec_valid_i;
  assign cmds_o = {last_q, next_q, cmd_q};
  assign count_o = count_q;
  assign chained_o = chained;
  assign done_o = done_q;
  assign done = (done_q == 2'd0) ? cmd_q : (done_q == 2'd1) ? next_q : last_q;
  assign logits_addr_o = logits_q;
  assign exec_ready_o = (state_q == Idle) || add;
  assign conv_start_o = (state_q == Decode) && is_conv && ready_to_start;
  assign mask_start_o = (state_q == Decode) && is_mask && ready_to_start;
  // a job is done when its logits have arrived; the next one goes on meanwhile
  assign job_done_o = ending_q && !write_open_i && !halt_i;
  assign wait_mask_o = (state_q == Decode) && (is_conv || is_mask) && !ready_to_start;
  assign over = released_q == (chained ? 16'(count_q) : cmd_q.out_slices);
  assign retire = (state_q == Conv) && dispatch_done_i && over && !score_busy_i && !(cmd_q.flags.image_src && image_busy_i);
  assign drain_o = (state_q == Conv) && dispatch_done_i;
  assign conv_done_o = retire;
  assign mask_pair_o = done.out_buf[2:1];
  assign done_stage_o = done.stage;
  assign mask_release_o = retire && done.flags.mask_release;
  assign image_release_o = retire && cmd_q.flags.image_src;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= Idle;
      released_q <= '0;
      pair_valid_q <= '0;
      ending_q <= 1'b0;
      logits_q <= '0;
      {last_q, next_q, cmd_q} <= '0;
      {count_q, done_q} <= '0;
    end else begin
      unique case (state_q)
        Idle:
        if (exec_valid_i) begin
          {logits_q, cmd_q} <= exec_data_i;
          count_q <= 2'd1;
          done_q <= '0;
          state_q <= Decode;
        end
        Decode:
        if (ready_to_start) begin
          released_q <= '0;
          state_q <= is_conv ? Conv : Idle;
        end
        default: begin
          if (slice_release_i) released_q <= released_q + 16'd1;
          if (add) begin
            if (count_q == 2'd1) next_q <= exec_data_i[511:0];
            else last_q <= exec_data_i[511:0];
            count_q <= count_q + 2'd1;
          end
          if (retire) begin
            done_q <= done_q + 2'd1;
            if (done_q + 2'd1 == count_q || !chained) state_q <= Idle;
          end
        end
      endcase
      if ((state_q == Decode) && is_end && ready_to_start) ending_q <= 1'b1;
      else if (job_done_o) ending_q <= 1'b0;
      if (unit_done_i) pair_valid_q[unit_pair_i] <= 1'b1;
      if (rows_done_i) pair_valid_q[rows_pair_i] <= 1'b1;
      if (pair_clear_i) pair_valid_q[pair_clear_idx_i] <= 1'b0;
    end
  end

`ifdef DP_PROPERTIES
`include "dp_formal.svh"
`include "dp_sequencer_props.svh"
`endif
endmodule
