  // Properties of dp_unpack: every beat of a run goes to exactly one place, a run ends with its last beat, places stay inside their rows.
  logic f_stands_q, f_kernel_q;
  logic [RunW-1:0] f_run_q;
  logic [3:0] f_places;
  assign f_places = 4'(weight_we_o) + 4'(quant_we_o) + 4'(wf_we_o) + 4'(bias_we_o) + 4'(groups_we_o) + 4'(maskw_we_o) + 4'(maskrow_valid_o)
      + 4'(image_valid_o);
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) f_stands_q <= 1'b0;
    else f_stands_q <= run_valid_i && !run_ready_o;
  end
  always_ff @(posedge clk_i) begin
    f_run_q <= run_data_i;
    if (take && weight_we_o) f_kernel_q <= run.kernel3;
    if (rst_ni) begin
      // runs stand, and have beats: an empty one was refused
      if (f_stands_q) unpack_stands : assume (run_valid_i && (run_data_i == f_run_q));
      if (run_valid_i) unpack_run : assume ((run.beats != '0) && (3'(run.kind) <= 3'd5));
      // a run of weights begins with parameters, or goes on with those of its record
      if (weight_we_o && (row_q != '0 || sub_q != '0 || tap_q != '0)) unpack_record : assume (run.kernel3 == f_kernel_q);
      unpack_place : assert (f_places == 4'(beat));
      unpack_ready : assert (!rready_o || run_valid_i);
      if (run_valid_i) unpack_beat : assert (beat_q < run.beats);
      if (!f_stands_q) unpack_fresh : assert (beat_q == '0);
      if (run_ready_o) unpack_end : assert (rvalid_i && rready_o && (beat_q + 16'd1 == run.beats));
      unpack_tap : assert ((tap_q <= 4'd8) && (32'(sub_q) < RowGranules)
          && ((tap_q == '0) || f_kernel_q) && (!f_kernel_q || (32'(sub_q) < Sub) || ((row_q == '0) && (sub_q == '0) && (tap_q == '0))));
      if (slice_ready_o) unpack_slice : assert (run_ready_o && run.slice_last);
    end
  end
