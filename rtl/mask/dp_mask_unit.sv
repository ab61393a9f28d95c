// Spatial mask unit: decides which positions of the next block's input are kept, `sum_c x[c]*wm[c] + bm > 0`, while the producing block still
// computes. Pass one takes the positions that the producer does not write; pass two follows the
// positions that it retires. Words words a cycle when the map memory lets it; a position is decided
// 1 + MaskLatency cycles after its last read.
module dp_mask_unit #(
    parameter int unsigned Pi = 8,
    parameter int unsigned MaskW = 32,
    parameter int unsigned Words = 9,  // of a position, read and multiplied in a cycle: 9 or 3
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
  localparam int unsigned W = Pi * 8;
  localparam int unsigned Latency = dp_pkg::MaskLatency;

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

  // reads
  logic [15:0] slice_q, left, index_q;
  logic [3:0] q_q;  // row of weights
  logic [1:0] part_q;  // Words = 3: a third of it
  logic may_read, issue, last;

  // weights: rows of 9·Pi bytes, a set for each mask in flight (dp_masks has three pairs), used in the order of arrival
  logic [1:0] wr_set_q, rd_set_q, sets_q;  // sets_q: complete ones, not yet used up
  logic [3:0] wrow_q;
  logic [7:0] wbeat_q;
  logic weight_end;
  assign weight_end = weight_we_i && weight_last_i;
  logic [RowBytes*8-1:0] weight_row;  // of the read of the cycle before
  for (genvar b = 0; b < RowBeats; b++) begin : gen_weights
    localparam int unsigned Bits = (b + 1 < RowBeats) ? 512 : RowBytes * 8 - b * 512;
    (* no_rw_check *) logic [Bits-1:0] weights[0:4*WRows-1];
    logic [Bits-1:0] beat_q;
    always_ff @(posedge clk_i) begin
      if (weight_we_i && (wbeat_q == 8'(b))) weights[{wr_set_q, wrow_q}] <= weight_data_i[Bits-1:0];
      if (issue) beat_q <= weights[{rd_set_q, q_q}];
    end
    assign weight_row[b*512+:Bits] = beat_q;
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

  // one read for each Words words of the position
  assign left = cmd.src_slices - slice_q;
  assign last = left <= 16'(Words);
  assign may_read = !pass_q || (index_q < retired_i);
  assign rd_valid_o = (state_q == Sweep) && (sets_q != 2'd0) && tok_valid && !tok_end && may_read;
  assign rd_words_o = last ? left[3:0] : 4'(Words);
  assign issue = rd_valid_o && rd_ready_i;
  assign tok_ready = (state_q == Sweep) && (tok_end || (issue && last));
  dp_run_addr u_addr (
      .y_i     (tok_y),
      .x_i     (tok_x),
      .slice_i (slice_q),
      .slice9_i({2'd0, part_q} + {1'b0, part_q, 1'b0}),
      .base_i  (cmd.src_base),
      .tw_i    (cmd.src_tw),
      .slices_i(cmd.src_slices),
      .ring_i  (8'd0),
      .lead_i  (1'b0),
      .addr_o  (rd_addr_o),
      .bank_o  (rd_bank_o)
  );

  // the read's data a cycle later, and MaskLatency cycles after that their product
  logic b_valid_q, empty, first, final_word;
  logic [Latency-1:0] valid_q;
  logic [3:0] b_bank_q, b_words_q;
  logic [19:0] b_what_q, what;  // first and last read of a position, and which
  logic [8:0] y, x;
  logic signed [31:0] sum, acc_q, total;
  logic [Words*W-1:0] weight;
  if (Words == 9) begin : gen_row
    assign weight = weight_row;
  end else begin : gen_part
    logic [1:0] b_part_q;
    always_ff @(posedge clk_i) if (issue) b_part_q <= part_q;
    assign weight = (b_part_q == 2'd2) ? weight_row[6*W+:3*W]
                  : (b_part_q == 2'd1) ? weight_row[3*W+:3*W] : weight_row[0+:3*W];
  end
  dp_mask_dot #(
      .Pi(Pi),
      .Words(Words)
  ) u_dot (
      .clk_i,
      .valid_i (b_valid_q),
      .data_i  (rd_data_i),
      .bank_i  (b_bank_q),
      .words_i (b_words_q),
      .weight_i(weight),
      .sum_o   (sum)
  );
  dp_delay #(
      .Width(20),
      .Cycles(Latency)
  ) u_what (
      .clk_i,
      .rst_ni,
      .en_i  (b_valid_q),
      .data_i(b_what_q),
      .data_o(what)
  );
  assign {first, final_word, y, x} = what;
  assign total = sum + (first ? $signed(cmd.mask_bias) : acc_q);

  assign pair_o = cmd.in_buf[2:1];
  assign pooled_o = cmd.flags.pooled;
  assign clear_o = state_q == Clear;
  assign obs_valid_o = valid_q[Latency-1] && final_word;
  assign obs_keep_o = total > 32'sd0;
  assign obs_layer_o = cmd.layer;
  assign set_o = obs_valid_o && obs_keep_o;
  assign y_o = clear_o ? index_q[5:0] : y[5:0];
  assign x_o = x;
  assign idle_o = state_q == Idle;
  assign done_o = (state_q == Drain) && empty;
  assign empty = !b_valid_q && (valid_q == '0);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= Idle;
      pass_q <= 1'b0;
      it_start <= 1'b0;
      b_valid_q <= 1'b0;
      valid_q <= '0;
      index_q <= '0;
      slice_q <= '0;
      q_q <= '0;
      part_q <= '0;
    end else begin
      it_start <= 1'b0;
      b_valid_q <= issue;
      valid_q <= Latency'({valid_q, b_valid_q});
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
            slice_q <= last ? 16'd0 : slice_q + 16'(Words);
            if (last || (Words == 9) || (part_q == 2'd2)) begin
              q_q <= last ? 4'd0 : q_q + 4'd1;
              part_q <= 2'd0;
            end else part_q <= part_q + 2'd1;
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
        if (empty) state_q <= Idle;
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    if ((state_q == Idle) && start_i) cmd <= cmd_in;
    if (issue) begin
      b_what_q <= {slice_q == 16'd0, last, tok_y, tok_x};
      b_bank_q <= rd_bank_o;
      b_words_q <= rd_words_o;
    end
    if (valid_q[Latency-1]) acc_q <= total;
  end

`ifdef DP_PROPERTIES
`include "dp_formal.svh"
`include "dp_mask_unit_props.svh"
`endif
endmodule
