// Patches of a stem: the image lies in the map memory byte after byte (H·W·C; word i in bank i % 9
// at src_base + i/9). For every output in raster order, pass after pass, this delivers its K·K·C
// bytes (dy, dx, c), zero outside the image and beyond the patch. The outputs of a row go in
// groups: the K image rows of a group are read, one a cycle, aligned and collected; once the group
// before is used up they move to where patch after patch is cut out of them. Loading hides behind
// that. A patch a cycle; a group of 8 or 16 every K + 5 cycles; K + 7 cycles from a group's first
// read to its first patch. A read waits for its words and for the group before to move on; patches
// wait for pop_i.
module dp_patches #(
    parameter int unsigned Pi = 16,
    parameter int unsigned Bytes = 160,  // of a patch, at most; below 49 for 3x3 only
    localparam int unsigned W = Pi * 8
) (
    input  logic               clk_i,
    input  logic               rst_ni,
    input  logic               start_i,         // cmd_i is stable from now on
    input  logic [511:0]       cmd_i,
    input  logic [15:0]        words_i,         // of the image, in the map memory so far
    input  logic               image_done_i,    // all of them
    // map memory, port A
    output logic [8:0]         a_en_o,
    output logic [143:0]       a_addr_o,
    input  logic [9*W-1:0]     a_rdata_i,
    // dispatcher: so many more patches; four cycles later the first is on patch_o if those before
    // it are gone
    output logic               loaded_o,
    output logic [4:0]         loaded_count_o,
    // datapath
    input  logic               pop_i,
    output logic [Bytes*8-1:0] patch_o,
    output logic [Bytes*8-1:0] next_o
);
  localparam int unsigned KMax = (Bytes >= 49) ? 7 : 3;
  localparam int unsigned RowBytes =  // of a group, at most
      (Pi >= 16) ? KMax * 3 + 15 * 6 : (KMax == 7) ? 21 + 7 * 6 : 9 + 15 * 3;
  localparam int unsigned RowW = (RowBytes + 3) / 4 * 32;
  localparam int unsigned LineW = 9 * W;
  localparam int unsigned ShiftW = $clog2(Pi);
  localparam int unsigned Lead = (KMax == 7) ? 9 : 3;  // bytes of padding to the left of an image
  localparam int unsigned FrontW = RowW + Lead * 8;
  localparam int unsigned OffsetW = $clog2(FrontW / 8);

  // x/9 for x < 32768
  function automatic logic [14:0] div9(input logic [14:0] x);
    logic [26:0] by7;
    by7 = (27'(x) << 3) - 27'(x);
    div9 = 15'(((27'(x) << 12) - (by7 + (by7 << 6))) >> 15);  // x·3641
  endfunction

  // The convolution in numbers; a step leads from one group to the next, or from one output row to
  // the next.
  dp_pkg::cmd_t cmd;
  logic kernel7, stride2, rgb, half;
  logic [4:0] group;
  logic [10:0] pixel_bytes, pad_bytes, step_bytes, stride_bytes, first_bytes;
  logic [19:0] row_step, first_top;
  logic [10:0] row_bytes_q, group_bytes_q, step_pad_q;  // from the start on
  logic [19:0] top_byte_q;
  logic [9:0] y_step, top_y;
  logic [7:0] columns;
  assign cmd = cmd_i;
  assign kernel7 = (KMax == 7) && cmd.flags.kernel7;
  assign stride2 = cmd.flags.stride2;
  assign rgb = cmd.cin[1];
  // nine words must hold an image row of the group
  assign half = (Pi < 16) && rgb && (stride2 || kernel7);
  assign group = half ? 5'd8 : 5'd16;
  assign pixel_bytes = rgb ? 11'd3 : 11'd1;
  assign first_bytes = 11'(cmd.src_w) + (rgb ? 11'(cmd.src_w) << 1 : 11'd0);
  assign pad_bytes = !kernel7 ? pixel_bytes : rgb ? 11'd9 : 11'd3;
  assign stride_bytes = stride2 ? pixel_bytes << 1 : pixel_bytes;
  assign step_bytes = half ? stride_bytes << 3 : stride_bytes << 4;
  assign row_step = stride2 ? 20'(row_bytes_q) << 1 : 20'(row_bytes_q);
  assign y_step = stride2 ? 10'd2 : 10'd1;
  assign first_top = -(20'(first_bytes) + (kernel7 ? 20'(first_bytes) << 1 : 20'd0));
  assign top_y = kernel7 ? -10'sd3 : -10'sd1;
  assign columns = stride2 ? 8'((9'(cmd.src_w) + 9'd1) >> 1) : cmd.src_w;
  always_ff @(posedge clk_i)
    if (start_i) begin
      row_bytes_q <= first_bytes;
      group_bytes_q <= step_bytes - stride_bytes + pixel_bytes + (pad_bytes << 1);
      step_pad_q <= step_bytes + pad_bytes;
      top_byte_q <= first_top;
    end

  // Reads, in two's complement: the group's left edge as a byte of the row, the row (y, and its
  // first byte), the output row's first row.
  logic active_q, held_q;  // held: a group is on its way and has not moved on
  logic [2:0] row_q;
  logic [10:0] left_q, ahead_q;  // ahead: bytes from there to the row's end
  logic [19:0] byte_q, first_byte_q;
  logic [9:0] y_q, first_y_q;
  logic [15:0] pass_q;
  logic go, last_row, last_group, last_y, in_image, edge_left, moves;
  logic [10:0] used;  // bytes of the group
  logic [19:0] from, to, next_byte;
  logic [9:0] next_y;
  always_comb begin
    go = 1'b0;
    {last_row, last_group, last_y, in_image, edge_left, used, from, to, next_byte, next_y} = 'x;
    if (active_q) begin
      last_row = row_q == (kernel7 ? 3'd6 : 3'd2);
      edge_left = left_q[10];
      last_group = ahead_q <= step_pad_q;
      last_y = first_y_q - top_y + y_step >= 10'(cmd.src_h);
      next_byte = last_y ? top_byte_q : first_byte_q + row_step;
      next_y = last_y ? top_y : first_y_q + y_step;
      in_image = y_q < 10'(cmd.src_h);  // y < 0 is large
      used = (ahead_q < group_bytes_q) ? ahead_q : group_bytes_q;
      from = edge_left ? byte_q : byte_q + 20'(left_q);
      to = byte_q + 20'($signed(left_q)) + 20'(used) - 20'd1;
      go = (image_done_i || !in_image || (16'(to[18:ShiftW]) < words_i))
           && ((row_q != 3'd0) || !held_q);
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      active_q <= 1'b0;
      held_q <= 1'b0;
    end else begin
      active_q <= start_i
                  || (active_q && !(go && last_row && last_group && last_y && (pass_q == 16'd1)));
      held_q <= !start_i && (go || (held_q && !moves));
    end
  end
  always_ff @(posedge clk_i) begin
    if (start_i) begin
      row_q <= 3'd0;
      left_q <= -pad_bytes;
      ahead_q <= first_bytes + pad_bytes;
      {byte_q, first_byte_q} <= {2{first_top}};
      {y_q, first_y_q} <= {2{top_y}};
      pass_q <= cmd.out_slices;
    end else if (go) begin
      row_q <= last_row ? 3'd0 : row_q + 3'd1;
      byte_q <= !last_row ? byte_q + 20'(row_bytes_q) : last_group ? next_byte : first_byte_q;
      y_q <= !last_row ? y_q + 10'd1 : last_group ? next_y : first_y_q;
      if (last_row) left_q <= last_group ? -pad_bytes : left_q + step_bytes;
      if (last_row) ahead_q <= last_group ? row_bytes_q + pad_bytes : ahead_q - step_bytes;
      if (last_row && last_group) begin
        first_byte_q <= next_byte;
        first_y_q <= next_y;
        if (last_y) pass_q <= pass_q - 16'd1;
      end
    end
  end

  // Of the group on its way: patches, bytes that lie in the image, zeros before them.
  logic [4:0] count_q;
  logic [6:0] inner_q;
  logic edge_left_q;
  always_ff @(posedge clk_i) begin
    if (go) begin
      count_q <= last_group ? (5'(columns - 8'd1) & (group - 5'd1)) + 5'd1 : group;
      if (edge_left) inner_q <= (row_bytes_q > 11'd127) ? 7'd127 : row_bytes_q[6:0];
      else inner_q <= (ahead_q > 11'd127) ? 7'd127 : ahead_q[6:0];
      edge_left_q <= edge_left;
    end
  end

  // A row on its way: address (1), read (2), words in order (3), bytes in order (4).
  typedef struct packed {
    logic              in_image;
    logic              last;   // of its group
    logic [2:0]        row;
    logic [ShiftW-1:0] shift;  // bytes of the first word before it
  } row_t;
  logic [4:1] valid_q;
  row_t row1_q, row2_q, row3_q, row4_q;
  logic [14:0] word_q, word9;
  logic [3:0] bank, bank2_q, bank3_q;
  assign word9 = div9(word_q);
  assign bank = word_q[3:0] - (word9[3:0] + {word9[0], 3'd0});  // modulo 16

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q <= '0;
      a_en_o <= '0;
    end else begin
      valid_q <= start_i ? 4'd0 : {valid_q[3:1], go};
      a_en_o <= {9{valid_q[1] && row1_q.in_image && !start_i}};
    end
  end
  always_ff @(posedge clk_i) begin
    if (go) begin
      word_q <= 15'(from >> ShiftW);
      row1_q <= {in_image, last_row, row_q, from[ShiftW-1:0]};
    end
    if (valid_q[1]) begin
      for (int b = 0; b < 9; b++)
        a_addr_o[b*16+:16] <= cmd.src_base + 16'(word9) + 16'(4'(b) < bank);
      bank2_q <= bank;
      row2_q <= row1_q;
    end
    bank3_q <= bank2_q;
    row3_q <= row2_q;
    row4_q <= row3_q;
  end

  // Words in order: turned by one or two, and three or six. Then the row's first byte comes first.
  function automatic logic [LineW-1:0] turned(input logic [LineW-1:0] words, input logic [3:0] by);
    logic [1:0] threes, ones;
    threes = (by >= 4'd6) ? 2'd2 : (by >= 4'd3) ? 2'd1 : 2'd0;
    ones = by[1:0] + threes;  // less three times that, modulo 4
    turned = words;
    if (ones == 2'd1) turned = {turned[W-1:0], turned[LineW-1:W]};
    if (ones == 2'd2) turned = {turned[2*W-1:0], turned[LineW-1:2*W]};
    if (threes == 2'd1) turned = {turned[3*W-1:0], turned[LineW-1:3*W]};
    if (threes == 2'd2) turned = {turned[6*W-1:0], turned[LineW-1:6*W]};
  endfunction
  function automatic logic [RowW-1:0] shifted(input logic [LineW-1:0] bytes,
                                              input logic [ShiftW-1:0] by);
    logic [LineW-1:0] rest;
    rest = bytes;
    for (int k = ShiftW - 1; k >= 0; k--) if (by[k]) rest = rest >> (8 << k);
    shifted = RowW'(rest);
  endfunction

  logic [LineW-1:0] line_q;
  logic [RowW-1:0] line;
  always_comb begin
    line = '0;
    if (valid_q[4] && row4_q.in_image)
      line = shifted(line_q, row4_q.shift) & ~({RowW{1'b1}} << {inner_q, 3'b000});
  end
  assign loaded_o = valid_q[4] && row4_q.last;
  assign loaded_count_o = count_q;

  // The group that is collected, the one that is used, and the patches made of it.
  logic [KMax*168-1:0] front;  // of each row the bytes that a patch may have
  logic [1279:0] patch;
  logic [4:0] left_count_q;
  logic [OffsetW-1:0] offset_q;  // where the next one begins in its rows
  logic full_q, have_q, have_next_q, take, advance;
  assign advance = have_next_q && (pop_i || !have_q);
  assign take = (left_count_q != 5'd0) && (advance || !have_next_q);
  assign moves = full_q && (left_count_q == 5'(take));
  always_comb begin
    patch = '0;
    if (take)
      for (int r = 0; r < KMax; r++)
        unique case ({kernel7, rgb})
          2'b00:   if (r < 3) patch[r*24+:24] = front[r*168+:24];
          2'b01:   if (r < 3) patch[r*72+:72] = front[r*168+:72];
          2'b10:   patch[r*56+:56] = front[r*168+:56];
          default: patch[r*168+:168] = front[r*168+:168];
        endcase
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {full_q, have_q, have_next_q} <= '0;
      left_count_q <= '0;
    end else if (start_i) begin
      {full_q, have_q, have_next_q} <= '0;
      left_count_q <= '0;
    end else begin
      full_q <= loaded_o || (full_q && !moves);
      have_q <= advance || (have_q && !pop_i);
      have_next_q <= take || (have_next_q && !advance);
      left_count_q <= moves ? count_q : left_count_q - 5'(take);
    end
  end
  always_ff @(posedge clk_i) begin
    if (valid_q[3]) line_q <= turned(a_rdata_i, bank3_q);
    if (advance) patch_o <= next_o;
    if (take) next_o <= patch[Bytes*8-1:0];
    if (moves) offset_q <= OffsetW'(Lead) - (edge_left_q ? OffsetW'(pad_bytes) : '0);
    else if (take) offset_q <= offset_q + OffsetW'(stride_bytes);
  end

  // what a patch may have of a row
  function automatic logic [167:0] window(input logic [RowW-1:0] row, input logic [OffsetW-1:0] by);
    logic [FrontW-1:0] rest;
    rest = {row, {Lead * 8{1'b0}}};
    for (int k = OffsetW - 1; k >= 0; k--) if (by[k]) rest = rest >> (8 << k);
    window = 168'(rest);
  endfunction
  for (genvar r = 0; r < KMax; r++) begin : gen_row
    logic [RowW-1:0] back_q, front_q;
    always_ff @(posedge clk_i) begin
      if (valid_q[4] && (row4_q.row == 3'(r))) back_q <= line;
      if (moves) front_q <= back_q;
    end
    always_comb begin
      front[r*168+:168] = '0;
      if (take) front[r*168+:168] = window(front_q, offset_q);  // (`?:` would simulate it always)
    end
  end

`ifdef VERILATOR
  always_ff @(posedge clk_i) begin
    if (rst_ni && active_q) begin
      assert ((cmd.cin == 16'd1) || (cmd.cin == 16'd3)) else $error("%0d channels", cmd.cin);
      assert (int'(cmd.cin) * (cmd.flags.kernel7 ? 49 : 9) <= int'(Bytes))
      else $error("too large a patch");
    end
    if (rst_ni) assert (!pop_i || have_q) else $error("no patch to pop");
  end
  initial for (int x = 0; x < 32768; x++) assert (div9(15'(x)) == 15'(x / 9)) else $fatal(1, "div9");
`endif
endmodule
