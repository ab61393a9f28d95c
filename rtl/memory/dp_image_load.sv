// Image loader: up to 64 bytes a cycle into the map memory while port B lets it. As a map: H·W·C bytes are unpacked position by position
// (channels beyond C are 0). For patches: byte after byte, word i in bank i % 9 at base + i/9. Says how many rows, or words, are complete,
// so that the first convolution can follow.
module dp_image_load #(
    parameter int unsigned Pi = 8,
    localparam int unsigned Words = 64 / Pi  // written at once, at most
) (
    input  logic         clk_i,
    input  logic         rst_ni,
    input  logic         start_i,
    input  logic [511:0] cmd_i,
    // beats
    input  logic         valid_i,
    output logic         ready_o,
    input  logic [511:0] data_i,
    // map write
    output logic         img_valid_o,
    input  logic         img_ready_i,
    output logic [15:0]  img_addr_o,
    output logic [3:0]   img_bank_o,
    output logic [3:0]   img_words_o,
    output logic [511:0] img_data_o,
    output logic         img_linear_o,  // all words at img_addr_o, those that wrap to bank 0 one further
    output logic [8:0]   rows_done_o,
    output logic [15:0]  words_done_o,
    output logic         busy_o
);
  dp_pkg::cmd_t cmd, cmd_q;
  assign cmd = cmd_i;

  logic [1023:0] buf_q;
  logic [7:0] held_q, kept, bytes;
  logic [8:0] x_q, y_q;
  logic [15:0] slice_q, channels_q, words_left;  // channels of the position still to come
  logic [3:0] slice9_q;
  logic put, load, active_q, last_word, last_x, last_y, linear;
  logic [15:0] beats_q, line_q, words_q;  // patches
  logic [3:0] bank_q, run_bank;
  logic [15:0] run_addr;
  logic [4:0] bank_next;

  assign linear = cmd_q.flags.patches;
  assign bytes = (linear || (channels_q >= 16'd64)) ? 8'd64 : channels_q[7:0];
  assign words_left = cmd_q.dst_slices - slice_q;
  assign last_word = words_left <= 16'(Words);
  assign img_words_o = (last_word && !linear) ? words_left[3:0] : 4'(Words);
  assign last_x = x_q + 9'd1 == 9'(cmd_q.dst_w);
  assign last_y = y_q + 9'd1 == 9'(cmd_q.dst_h);
  assign img_valid_o = active_q && (held_q >= bytes);
  assign img_linear_o = linear;
  assign img_addr_o = linear ? line_q : run_addr;
  assign img_bank_o = linear ? bank_q : run_bank;
  assign bank_next = 5'(bank_q) + 5'(Words);
  assign put = img_valid_o && img_ready_i;
  assign ready_o = active_q && (held_q <= 8'd64);
  assign load = valid_i && ready_o;
  assign kept = held_q - (put ? bytes : 8'd0);
  assign rows_done_o = y_q;
  assign words_done_o = words_q;
  assign busy_o = active_q;

  always_comb begin
    img_data_o = '0;
    if (img_valid_o) img_data_o = buf_q[511:0] & ~({512{1'b1}} << {bytes, 3'b000});
  end

  dp_run_addr u_addr (
      .y_i     (y_q),
      .x_i     (x_q),
      .slice_i (slice_q),
      .slice9_i(slice9_q),
      .base_i  (cmd_q.dst_base),
      .tw_i    (cmd_q.dst_tw),
      .slices_i(cmd_q.dst_slices),
      .ring_i  (8'd0),
      .lead_i  (1'b0),
      .addr_o  (run_addr),
      .bank_o  (run_bank)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      active_q <= 1'b0;
      held_q <= '0;
      x_q <= '0;
      y_q <= '0;
      slice_q <= '0;
      slice9_q <= '0;
      channels_q <= '0;
      {beats_q, line_q, words_q} <= '0;
      bank_q <= '0;
    end else if (start_i) begin
      active_q <= 1'b1;
      held_q <= '0;
      x_q <= '0;
      y_q <= '0;
      slice_q <= '0;
      slice9_q <= '0;
      channels_q <= cmd.cin;
      beats_q <= 16'((32'(cmd.dst_w) * 32'(cmd.dst_h) * 32'(cmd.cin) + 32'd63) >> 6);
      line_q <= cmd.dst_base;
      words_q <= '0;
      bank_q <= '0;
    end else begin
      held_q <= kept + (load ? 8'd64 : 8'd0);
      if (put && linear) begin
        words_q <= words_q + 16'(Words);
        bank_q <= (bank_next >= 5'd9) ? 4'(bank_next - 5'd9) : 4'(bank_next);
        if (bank_next >= 5'd9) line_q <= line_q + 16'd1;
        beats_q <= beats_q - 16'd1;
        if (beats_q == 16'd1) active_q <= 1'b0;
      end else if (put) begin
        slice_q <= last_word ? 16'd0 : slice_q + 16'(Words);
        slice9_q <= last_word ? 4'd0 : dp_pkg::add9(slice9_q, 4'(Words));
        channels_q <= last_word ? cmd_q.cin : channels_q - 16'd64;
        if (last_word) begin
          x_q <= last_x ? 9'd0 : x_q + 9'd1;
          if (last_x) y_q <= y_q + 9'd1;
          if (last_x && last_y) active_q <= 1'b0;
        end
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (start_i) begin
      cmd_q <= cmd;
      buf_q <= '0;
    end else if (load) buf_q <= (put ? buf_q >> {bytes, 3'b000} : buf_q) | (1024'(data_i) << {kept, 3'b000});
    else if (put) buf_q <= buf_q >> {bytes, 3'b000};
  end
endmodule
