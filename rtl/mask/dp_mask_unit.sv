// Spatial mask unit: decides which positions of the next block's input are kept, `sum_c x[c]*wm[c] + bm > 0`, while the producing block still
// computes. Pass one takes the positions that the producer does not write; pass two follows the positions that it retires. Nine words
// a cycle when the map memory lets it; two cycles of latency per position beyond that.
module dp_mask_unit #(
    parameter int unsigned Pi = 8,
    parameter int unsigned MaskW = 32,
    localparam int unsigned RowBytes = 9 * Pi,
    localparam int unsigned RowBeats = (RowBytes + 63) / 64
) (
    input  logic                  clk_i,
    input  logic                  rst_ni,
    // weights, in command order
    input  logic                  weight_we_i,
    input  logic                  weight_last_i,
    input  logic [511:0]          weight_data_i,
    // commands from the sequencer
    input  logic                  start_i,
    output logic                  idle_o,
    input  logic [511:0]          cmd_i,
    // positions that the producing convolution has retired in its last slice
    input  logic [15:0]           retired_i,
    // producer's mask
    output logic [7:0]            prev_buf_o,
    output logic [8:0]            prev_y_o,
    input  logic [MaskW-1:0]      prev_row_i,
    // map read
    output logic                  rd_valid_o,
    input  logic                  rd_ready_i,
    output logic [15:0]           rd_addr_o,
    output logic [3:0]            rd_bank_o,
    output logic [3:0]            rd_words_o,
    input  logic [9*Pi*8-1:0]     rd_data_i,  // by bank, one cycle later
    // mask memory
    output logic                  clear_o,
    output logic                  set_o,
    output logic [1:0]            pair_o,
    output logic                  pooled_o,
    output logic [5:0]            y_o,
    output logic [8:0]            x_o,
    output logic                  done_o,
    // observation
    output logic                  obs_valid_o,
    output logic [7:0]            obs_layer_o,
    output logic                  obs_keep_o
);
  localparam int unsigned WRows = 16;  // up to 16 * 9 * Pi channels

  typedef enum logic [1:0] {
    Idle,
    Clear,
    Sweep,
    Drain
  } state_e;
  state_e state_q;
  dp_pkg::cmd_t cmd_in, cmd;
  assign cmd_in = cmd_i;
  logic pass_q;  // 0: final positions, 1: retired ones
  logic no_producer;
  assign no_producer = cmd.flags.prev_masked && (cmd.prev_buf == 8'hff);

  // weights: rows of 9·Pi bytes, a set for each mask in flight (dp_masks has three pairs), used in the order of arrival
  logic [RowBeats*512-1:0] weights[0:4*WRows-1];
  logic [1:0] wr_set_q, rd_set_q, sets_q;  // sets_q: complete ones, not yet used up
  logic [3:0] wrow_q;
  logic [7:0] wbeat_q;
  logic weight_end;
  assign weight_end = weight_we_i && weight_last_i;
  always_ff @(posedge clk_i) begin
    if (weight_we_i)
      for (int b = 0; b < RowBeats; b++) if (wbeat_q == 8'(b)) weights[{wr_set_q, wrow_q}][b*512+:512] <= weight_data_i;
  end
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {wr_set_q, rd_set_q, sets_q} <= '0;
      wrow_q <= '0;
      wbeat_q <= '0;
    end else begin
      sets_q <= sets_q + 2'(weight_end) - 2'(done_o);
      if (done_o) rd_set_q <= (rd_set_q == 2'd2) ? 2'd0 : rd_set_q + 2'd1;
      if (weight_end) begin
        wr_set_q <= (wr_set_q == 2'd2) ? 2'd0 : wr_set_q + 2'd1;
        wrow_q <= '0;
        wbeat_q <= '0;
      end else if (weight_we_i) begin
        wbeat_q <= (wbeat_q == 8'(RowBeats - 1)) ? 8'd0 : wbeat_q + 8'd1;
        if (wbeat_q == 8'(RowBeats - 1)) wrow_q <= wrow_q + 4'd1;
      end
    end
  end

  // positions
  logic it_start, tok_valid, tok_ready, tok_end, tok_kept;
  logic [8:0] tok_y, tok_x;
  dp_positions #(
      .MaskW(MaskW)
  ) u_positions (
      .clk_i,
      .rst_ni,
      .start_i (it_start),
      .w_i     (9'(cmd.src_w)),
      .first_i (9'd0),
      .end_i   (9'(cmd.src_h)),
      .passes_i(16'd1),
      .masked_i(cmd.flags.prev_masked && !no_producer),
      .skip_i  (1'b1),
      .invert_i(!pass_q),
      .merge_i (1'b0),
      .row_y_o (prev_y_o),
      .row_i   (prev_row_i),
      .idle_o  (),
      .final_o (),
      .valid_o (tok_valid),
      .ready_i (tok_ready),
      .end_o   (tok_end),
      .y_o     (tok_y),
      .x_o     (tok_x),
      .kept_o  (tok_kept)
  );
  assign prev_buf_o = cmd.prev_buf;

  // one read per nine words of the position
  logic [15:0] slice_q, left, index_q;
  logic [3:0] q_q;
  logic may_read, issue, last;
  assign left = cmd.src_slices - slice_q;
  assign last = left <= 16'd9;
  assign may_read = !pass_q || (index_q < retired_i);
  assign rd_valid_o = (state_q == Sweep) && (sets_q != 2'd0) && tok_valid && !tok_end && may_read;
  assign rd_words_o = last ? left[3:0] : 4'd9;
  assign issue = rd_valid_o && rd_ready_i;
  assign tok_ready = (state_q == Sweep) && (tok_end || (issue && last));
  dp_run_addr u_addr (
      .y_i     (tok_y),
      .x_i     (tok_x),
      .slice_i (slice_q),
      .slice9_i(4'd0),
      .base_i  (cmd.src_base),
      .tw_i    (cmd.src_tw),
      .slices_i(cmd.src_slices),
      .ring_i  (8'd0),
      .lead_i  (1'b0),
      .addr_o  (rd_addr_o),
      .bank_o  (rd_bank_o)
  );

  // the read's data a cycle later: align, multiply, add
  logic b_valid_q, b_first_q, b_last_q;
  logic [3:0] b_bank_q, b_words_q, b_row_q;
  logic [8:0] b_y_q, b_x_q;
  logic signed [31:0] sum, acc_q;
  logic signed [31:0] total;
  dp_mask_dot #(
      .Pi(Pi)
  ) u_dot (
      .data_i  (rd_data_i),
      .bank_i  (b_bank_q),
      .words_i (b_valid_q ? b_words_q : 4'd0),
      .weight_i(weights[{rd_set_q, b_row_q}][RowBytes*8-1:0]),
      .sum_o   (sum)
  );
  assign total = sum + (b_first_q ? $signed(cmd.mask_bias) : acc_q);

  assign pair_o = cmd.in_buf[2:1];
  assign pooled_o = cmd.flags.pooled;
  assign clear_o = state_q == Clear;
  assign obs_valid_o = b_valid_q && b_last_q;
  assign obs_keep_o = total > 32'sd0;
  assign obs_layer_o = cmd.layer;
  assign set_o = obs_valid_o && obs_keep_o;
  assign y_o = clear_o ? index_q[5:0] : b_y_q[5:0];
  assign x_o = b_x_q;
  assign idle_o = state_q == Idle;
  assign done_o = (state_q == Drain) && !b_valid_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= Idle;
      pass_q <= 1'b0;
      it_start <= 1'b0;
      b_valid_q <= 1'b0;
      index_q <= '0;
      slice_q <= '0;
      q_q <= '0;
    end else begin
      it_start <= 1'b0;
      b_valid_q <= issue;
      unique case (state_q)
        Idle:
        if (start_i) begin
          state_q <= Clear;
          index_q <= '0;
        end
        Clear: begin
          index_q <= index_q + 16'd1;
          if (index_q + 16'd1 == 16'(cmd.src_h)) begin
            state_q <= Sweep;
            it_start <= 1'b1;
            // without a producer's mask every position is written by the producer: straight to pass two
            pass_q <= !cmd.flags.prev_masked;
            index_q <= '0;
          end
        end
        Sweep: begin
          if (issue) begin
            slice_q <= last ? 16'd0 : slice_q + 16'd9;
            q_q <= last ? 4'd0 : q_q + 4'd1;
            if (last) index_q <= index_q + 16'd1;
          end
          if (tok_valid && tok_end && !it_start) begin
            index_q <= '0;
            if (pass_q || no_producer) state_q <= Drain;
            else begin
              pass_q <= 1'b1;
              it_start <= 1'b1;
            end
          end
        end
        default:
        if (!b_valid_q) state_q <= Idle;
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    if ((state_q == Idle) && start_i) cmd <= cmd_in;
    if (issue) begin
      b_first_q <= q_q == 4'd0;
      b_last_q <= last;
      b_bank_q <= rd_bank_o;
      b_words_q <= rd_words_o;
      b_row_q <= q_q;
      b_y_q <= tok_y;
      b_x_q <= tok_x;
    end
    if (b_valid_q) acc_q <= total;
  end

`ifdef DP_PROPERTIES
`include "dp_formal.svh"
`include "dp_mask_unit_props.svh"
`endif
endmodule
