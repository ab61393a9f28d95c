// Image loader: up to 64 bytes a cycle into the map memory while port B lets it. As a map: H·W·C
// bytes are unpacked position by position (channels beyond C are 0). For patches (C = 1 or 3): byte
// after byte, word i in bank i % 9 at base + i/9. Says how many rows, or words, are complete, so
// that the first convolution can follow. Two beats are held; a write begins anywhere in them (map)
// or with a beat (patches). A beat can be written from the cycle after it came; one write a cycle.
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
    output logic         img_linear_o,  // all words at img_addr_o, those that wrap one further
    output logic [8:0]   rows_done_o,
    output logic [15:0]  words_done_o,
    output logic         busy_o
);
  dp_pkg::cmd_t cmd, cmd_q;
  assign cmd = cmd_i;

  // of what is still to come of a position: bytes and words of the next write
  function automatic logic [6:0] bytes_of(input logic [15:0] channels);
    bytes_of = (channels >= 16'd64) ? 7'd64 : channels[6:0];
  endfunction
  function automatic logic [3:0] words_of(input logic [15:0] slices);
    words_of = (slices > 16'(Words)) ? 4'(Words) : slices[3:0];
  endfunction

  logic put, load, active_q, linear, patches, last_x, last_y;
  logic [15:0] channels, slices;  // of a whole position
  assign patches = start_i && cmd.flags.patches;
  assign channels = start_i ? cmd.cin : cmd_q.cin;
  assign slices = start_i ? cmd.dst_slices : cmd_q.dst_slices;
  assign linear = cmd_q.flags.patches;
  assign put = img_valid_o && img_ready_i;
  assign load = valid_i && ready_o;
  assign busy_o = active_q;
  assign img_linear_o = linear;

  // Two beats, each a half of a ring of 128 bytes: where the next write begins, how many bytes are
  // held, which half is loaded next.
  logic [511:0] low_q, high_q;
  logic [6:0] from_q, bytes_q;
  logic [7:0] held_q;
  logic half_q;
  assign img_valid_o = active_q && (held_q >= 8'(bytes_q));
  assign ready_o = active_q && (held_q <= 8'd64);

  // every byte lane from the half that holds it, then the lanes turned
  function automatic logic [511:0] window(input logic [511:0] low, input logic [511:0] high,
                                          input logic [6:0] from);
    logic [511:0] later;
    later = {512{1'b1}} << {from[5:0], 3'b000};
    if (!from[6]) later = ~later;
    window = (high & later) | (low & ~later);
    for (int k = 0; k < 6; k++)
      if (from[k]) window = (window >> (8 << k)) | (window << (512 - (8 << k)));
  endfunction
  always_comb begin
    img_data_o = '0;
    if (img_valid_o) begin
      img_data_o = window(low_q, high_q, from_q);
      img_data_o = img_data_o & ~({512{1'b1}} << {bytes_q, 3'b000});
    end
  end

  // Position, word and their place in the map: running sums, carried on by every write.
  logic [8:0] x_q, y_q;
  logic [1:0] x3_q, y3_q, next_x3, next_y3;  // x % 3, y % 3
  logic [15:0] channels_q, slices_q;  // of the position, still to come
  logic [15:0] addr_q, tile_q, row_q, next_tile;  // the next word's, its tile's, the tile row's
  logic [15:0] beats_q, words_q;  // patches
  logic [3:0] bank_q, bank_next;
  logic [3:0] count_q;  // words of the next write
  logic last_q;  // of its position
  assign img_words_o = count_q;
  assign img_addr_o = addr_q;
  assign img_bank_o = bank_q;
  assign rows_done_o = y_q;
  assign words_done_o = words_q;
  assign last_x = x_q + 9'd1 == 9'(cmd_q.dst_w);
  assign last_y = y_q + 9'd1 == 9'(cmd_q.dst_h);
  assign next_x3 = (last_x || (x3_q == 2'd2)) ? 2'd0 : x3_q + 2'd1;
  assign next_y3 = !last_x ? y3_q : (y3_q == 2'd2) ? 2'd0 : y3_q + 2'd1;
  assign bank_next = dp_pkg::add9(bank_q, 4'(Words));
  always_comb begin
    next_tile = tile_q;
    if (last_x ? (y3_q == 2'd2) : (x3_q == 2'd2)) next_tile = tile_q + cmd_q.dst_slices;
    else if (last_x) next_tile = row_q;
  end

  // beats of patches, a cycle after the start: H·W and then C times that
  logic [15:0] pixels_q;
  logic [17:0] twice;
  logic started_q;
  assign twice = cmd_q.cin[1] ? {1'b0, pixels_q, 1'b0} : 18'd0;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      active_q <= 1'b0;
      started_q <= 1'b0;
      half_q <= 1'b0;
      {from_q, held_q} <= '0;
      {x_q, y_q, x3_q, y3_q} <= '0;
      words_q <= '0;
    end else begin
      started_q <= start_i;
      if (start_i) begin
        active_q <= 1'b1;
        half_q <= 1'b0;
        {from_q, held_q} <= '0;
        {x_q, y_q, x3_q, y3_q} <= '0;
        words_q <= '0;
      end else begin
        held_q <= held_q - (put ? 8'(bytes_q) : 8'd0) + {1'b0, load, 6'd0};
        half_q <= half_q ^ load;
        if (put) from_q <= from_q + bytes_q;
        if (put && linear) begin
          words_q <= words_q + 16'(Words);
          if (beats_q == 16'd1) active_q <= 1'b0;
        end else if (put && last_q) begin
          {x3_q, y3_q} <= {next_x3, next_y3};
          x_q <= last_x ? 9'd0 : x_q + 9'd1;
          if (last_x) y_q <= y_q + 9'd1;
          if (last_x && last_y) active_q <= 1'b0;
        end
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (load && half_q) high_q <= data_i;
    if (load && !half_q) low_q <= data_i;
    if (start_i) begin
      cmd_q <= cmd;
      pixels_q <= 16'(cmd.dst_w) * 16'(cmd.dst_h);
      {addr_q, tile_q, row_q} <= {3{cmd.dst_base}};
      bank_q <= 4'd0;
    end else if (put && linear) begin
      bank_q <= bank_next;
      if (bank_next < 4'(Words)) addr_q <= addr_q + 16'd1;
    end else if (put && last_q) begin
      {addr_q, tile_q} <= {2{next_tile}};
      if (last_x) row_q <= next_tile;
      bank_q <= 4'(next_x3) + 4'(next_y3) + {1'b0, next_y3, 1'b0};
    end else if (put) begin
      addr_q <= addr_q + 16'(Words);
      bank_q <= bank_next;
    end
    // (a beat that is written in its first possible cycle is written two after the start)
    if (started_q) beats_q <= 16'((18'(pixels_q) + twice + 18'd63) >> 6);
    else if (put) beats_q <= beats_q - 16'd1;
    if (start_i || (put && last_q)) begin
      channels_q <= channels;
      slices_q <= slices;
      count_q <= patches ? 4'(Words) : words_of(slices);
      bytes_q <= patches ? 7'd64 : bytes_of(channels);
      last_q <= !patches && (slices <= 16'(Words));
    end else if (put && !linear) begin
      channels_q <= channels_q - 16'd64;
      slices_q <= slices_q - 16'(Words);
      count_q <= words_of(slices_q - 16'(Words));
      bytes_q <= bytes_of(channels_q - 16'd64);
      last_q <= slices_q <= 16'(2 * Words);
    end
  end

`ifdef VERILATOR
  always_ff @(posedge clk_i)
    if (rst_ni && start_i && cmd.flags.patches)
      assert ((cmd.cin == 16'd1) || (cmd.cin == 16'd3)) else $error("%0d channels", cmd.cin);
`endif

`ifdef DP_PROPERTIES
`include "dp_formal.svh"
`include "dp_image_load_props.svh"
`endif
endmodule
