  // Properties of dp_image_load: a write stands until it is taken; words are written in order and once each, where the map has them or the patches do, and never
  // beyond; every write has its bytes, and all beats are used up at the end; rows or words are said to be there when they are. Places are counted here once more.
  dp_pkg::cmd_t f_cmd_q;
`ifdef FORMAL
  localparam int unsigned Size = 3, Depth = 8;  // bits of the sizes that the proof is about
`else
  localparam int unsigned Size = 8, Depth = 16;
`endif
  logic [7:0] f_w, f_h;
  logic [15:0] f_c, f_slices;
  assign f_w = 8'(f_cmd_q.dst_w[Size-1:0]);
  assign f_h = 8'(f_cmd_q.dst_h[Size-1:0]);
  assign f_c = 16'(f_cmd_q.cin[Depth-1:0]);
  assign f_slices = 16'(f_cmd_q.dst_slices[Depth-1:0]);
  logic f_open_q, f_stands_q, f_up_q, f_map, f_last_word, f_last_x, f_end;
  logic [31:0] f_bytes_q, f_total, f_beats_q, f_part, f_word_q, f_last;  // put in the map; of the image; taken; of this write; words of patches
  logic [15:0] f_slice_q, f_words, f_tile;
  logic [7:0] f_y_q, f_x_q;
  logic [536:0] f_write, f_write_q;
  logic [31:0] f_here, f_room;
`ifdef FORMAL  // (what turns the bytes is the unit test's)
  assign f_write = 537'({img_addr_o, img_bank_o, img_words_o, img_linear_o});
`else
  assign f_write = {img_addr_o, img_bank_o, img_words_o, img_data_o, img_linear_o};
`endif
  assign f_map = !f_cmd_q.flags.patches;
  assign f_total = 32'(f_w) * 32'(f_h) * 32'(f_c);
  assign f_words = !f_map ? 16'(Words) : (f_slices - f_slice_q > 16'(Words)) ? 16'(Words) : f_slices - f_slice_q;
  assign f_here = 32'(f_slice_q) * Pi;  // channels before
  assign f_part = !f_map ? 32'd64 : (f_here >= 32'(f_c)) ? 32'd0 : (32'(f_c) - f_here > 32'd64) ? 32'd64 : 32'(f_c) - f_here;
  assign f_last_word = f_slice_q + f_words == f_slices;
  assign f_last_x = f_x_q + 8'd1 == f_w;
  assign f_end = f_map ? f_last_word && f_last_x && (f_y_q + 8'd1 == f_h) : f_bytes_q + 32'd64 >= f_total;
  assign f_tile = 16'(f_y_q / 8'd3) * ((16'(f_w) + 16'd2) / 16'd3) + 16'(f_x_q / 8'd3);
  // the map's last tile, and the last word of patches
  assign f_room = ((32'(f_h) + 32'd2) / 32'd3) * ((32'(f_w) + 32'd2) / 32'd3) * 32'(f_slices);
  assign f_last = 32'(16'(img_addr_o - f_cmd_q.dst_base)) + 32'(img_words_o) - 32'd1;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {f_open_q, f_stands_q, f_up_q} <= '0;
      {f_bytes_q, f_beats_q, f_slice_q, f_y_q, f_x_q, f_word_q} <= '0;
    end else begin
      f_up_q <= 1'b1;
      f_stands_q <= img_valid_o && !img_ready_i && !start_i;
      f_open_q <= start_i || (f_open_q && !(put && f_end));
      if (start_i) {f_bytes_q, f_beats_q, f_slice_q, f_y_q, f_x_q, f_word_q} <= '0;
      else begin
        if (load) f_beats_q <= f_beats_q + 32'd1;
        if (put) begin
          f_bytes_q <= f_bytes_q + f_part;
          f_word_q <= f_word_q + 32'(f_words);
          if (f_map) f_slice_q <= f_last_word ? 16'd0 : f_slice_q + f_words;
          if (f_map && f_last_word) begin
            f_x_q <= f_last_x ? 8'd0 : f_x_q + 8'd1;
            f_y_q <= f_y_q + 8'(f_last_x);
          end
        end
      end
    end
  end
  always_ff @(posedge clk_i) begin
    f_write_q <= f_write;
    if (start_i) f_cmd_q <= cmd_i;
    if (rst_ni) begin
      // an image at a time, whose command was checked: its words hold its channels; as many beats as it has, the first one after the start
      if (start_i) begin
        image_turn : assume (!busy_o && !valid_i);
        image_cmd : assume ((cmd.dst_w != '0) && (cmd.dst_h != '0) && (cmd.cin != '0)
                            && (cmd.flags.patches ? (cmd.cin == 16'd1) || (cmd.cin == 16'd3)
                                : (32'(cmd.dst_slices) * Pi >= 32'(cmd.cin)) && (32'(cmd.dst_slices) * Pi < 32'(cmd.cin) + Pi)));
      end
      if (valid_i) image_beats : assume (f_open_q && (f_beats_q * 32'd64 < f_total));
`ifdef FORMAL
      if (start_i) assume ((cmd.dst_w <= 8'd7) && (cmd.dst_h <= 8'd7) && (cmd.cin <= 16'd128) && (cmd.dst_slices <= 16'd9));
`endif
      image_busy : assert (busy_o == f_open_q);
      if (f_stands_q) image_stands : assert (img_valid_o && (f_write == f_write_q));
      if (ready_o) image_ready : assert (f_open_q);
      if (img_valid_o) begin
        image_open : assert (f_open_q && (f_bytes_q + (f_map ? f_part : 32'd1) <= f_beats_q * 32'd64));
        image_words : assert ((16'(img_words_o) == f_words) && (f_words != '0) && (img_linear_o == !f_map));
        if (f_map) begin
          image_place : assert (img_addr_o == f_cmd_q.dst_base + 16'(f_tile * f_slices) + f_slice_q);
          image_bank : assert (32'(img_bank_o) == (32'(f_x_q % 8'd3) + 3 * 32'(f_y_q % 8'd3) + 32'(f_slice_q % 16'd9)) % 9);
          image_room : assert (f_last < f_room);
        end else begin
          image_patch : assert (img_addr_o == f_cmd_q.dst_base + 16'(f_word_q / 32'd9));
          image_patch_bank : assert (32'(img_bank_o) == f_word_q % 32'd9);
          image_patches : assert (f_bytes_q < f_total);
        end
      end
      if (put && f_end) image_used : assert (f_beats_q == (f_total + 32'd63) / 32'd64);
      if (f_open_q) image_there : assert (f_map ? rows_done_o == 9'(f_y_q) : words_done_o == 16'(f_word_q));
    end
  end
