// Image loader: unpacks H·W·C bytes into one map word per position (channels beyond C are 0), one position a cycle while port B lets it.
// Says how many rows are complete, so that the stem can follow.
module dp_image_load #(
    parameter int unsigned Pi = 8,
    localparam int unsigned W = Pi * 8
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
    output logic [W-1:0] img_data_o,
    output logic [8:0]   rows_done_o
);
  dp_pkg::cmd_t cmd, cmd_q;
  assign cmd = cmd_i;

  logic [1023:0] buf_q, filled;
  logic [7:0] held_q, kept;
  logic [8:0] x_q, y_q;
  logic [3:0] channels;
  logic put, load, active_q;

  assign channels = cmd_q.cin[3:0];
  assign img_valid_o = active_q && (held_q >= 8'(channels)) && (y_q < 9'(cmd_q.dst_h));
  assign put = img_valid_o && img_ready_i;
  assign ready_o = active_q && (held_q <= 8'd64);
  assign load = valid_i && ready_o;
  assign kept = held_q - (put ? 8'(channels) : 8'd0);
  assign filled = put ? buf_q >> {channels, 3'b000} : buf_q;
  assign rows_done_o = y_q;

  always_comb begin
    img_data_o = '0;
    for (int c = 0; c < 8; c++) if (4'(c) < channels) img_data_o[c*8+:8] = buf_q[c*8+:8];
  end

  dp_run_addr u_addr (
      .y_i     (y_q),
      .x_i     (x_q),
      .slice_i (16'd0),
      .slice9_i(4'd0),
      .base_i  (cmd_q.dst_base),
      .tw_i    (cmd_q.dst_tw),
      .slices_i(16'd1),
      .addr_o  (img_addr_o),
      .bank_o  (img_bank_o)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      active_q <= 1'b0;
      held_q <= '0;
      x_q <= '0;
      y_q <= '0;
    end else if (start_i) begin
      active_q <= 1'b1;
      held_q <= '0;
      x_q <= '0;
      y_q <= '0;
    end else begin
      held_q <= kept + (load ? 8'd64 : 8'd0);
      if (put) begin
        x_q <= (x_q + 9'd1 == 9'(cmd_q.dst_w)) ? 9'd0 : x_q + 9'd1;
        if (x_q + 9'd1 == 9'(cmd_q.dst_w)) y_q <= y_q + 9'd1;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (start_i) begin
      cmd_q <= cmd;
      buf_q <= '0;
    end else if (load) buf_q <= filled | (1024'(data_i) << {kept, 3'b000});
    else if (put) buf_q <= filled;
  end
endmodule
