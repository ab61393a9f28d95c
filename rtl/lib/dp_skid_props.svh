  // Properties of dp_skid: nothing is lost or changed, ready comes from a register and rises after a cycle of room.
  logic f_held_q, f_stands_q, f_room_q;
  logic [Width-1:0] f_word_q, f_head_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) {f_held_q, f_stands_q, f_room_q} <= '0;
    else begin
      f_held_q <= (f_held_q || (in_valid_i && in_ready_o)) && !out_ready_i;
      f_stands_q <= out_valid_o && !out_ready_i;
      f_room_q <= !(out_valid_o && !out_ready_i);
    end
  end
  always_ff @(posedge clk_i) begin
    f_head_q <= out_data_o;
    if (in_valid_i && in_ready_o) f_word_q <= in_data_i;
    if (rst_ni) begin
      skid_count : assert (full_q == f_held_q);
      skid_room : assert (!(full_q && in_ready_o));
      skid_ready : assert (in_ready_o == f_room_q);
      skid_valid : assert (out_valid_o == (f_held_q || (in_valid_i && in_ready_o)));
      skid_word : assert (!out_valid_o || (out_data_o == (f_held_q ? f_word_q : in_data_i)));
      if (f_stands_q) skid_stands : assert (out_valid_o && (out_data_o == f_head_q));
    end
  end
