  // Properties of dp_sequencer: one convolution, or chain, at a time; as many retire as were taken; a job ends once, after its logits.
  logic f_running_q, f_halt_q;
  logic [1:0] f_taken_q, f_retired_q;
  logic f_ending_q;
  logic [3:0] f_pair_q;  // masks that are complete, whatever else happens
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {f_running_q, f_halt_q, f_ending_q} <= '0;
      {f_taken_q, f_retired_q} <= '0;
      f_pair_q <= '0;
    end else begin
      for (int i = 0; i < 4; i++)
        f_pair_q[i] <= !(pair_clear_i && (pair_clear_idx_i == 2'(i)))
            && (f_pair_q[i] || (unit_done_i && (unit_pair_i == 2'(i))) || (rows_done_i && (rows_pair_i == 2'(i))));
      f_halt_q <= halt_i;
      if (conv_start_o) f_running_q <= 1'b1;
      else if (conv_done_o && (f_retired_q + 2'd1 == f_taken_q || !chained_o)) f_running_q <= 1'b0;
      if (exec_valid_i && exec_ready_o) f_taken_q <= f_running_q ? f_taken_q + 2'd1 : 2'd1;
      if (exec_valid_i && exec_ready_o && !f_running_q) f_retired_q <= '0;
      else if (conv_done_o) f_retired_q <= f_retired_q + 2'd1;
      f_ending_q <= (f_ending_q && !job_done_o) || ((state_q == Decode) && is_end && ready_to_start);
    end
  end
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      // a chain has at most three convolutions (the third one has no `chain`), and retires when all are there
      if (f_running_q && (count_q == 2'd3)) seq_three : assume (!last_q.flags.chain);
      if (retire && chained) seq_whole : assume (!more && (!add));
      seq_pairs : assert (pair_valid_q == f_pair_q);
      if (image_release_o) seq_image : assert (!image_busy_i || !cmd_q.flags.image_src);
      seq_state : assert ((state_q == Idle) || (state_q == Decode) || (state_q == Conv));
      seq_running : assert (f_running_q == (state_q == Conv));
      if (conv_start_o) seq_start : assert (!f_running_q && !halt_i && !mask_start_o);
      if (mask_start_o) seq_mask : assert (!f_running_q && mask_idle_i && !halt_i);
      if (state_q != Idle) seq_count : assert ((count_q == f_taken_q) && (count_q != '0) && (done_q == f_retired_q) && (done_q < count_q));
      if (conv_done_o) seq_done : assert (f_running_q && dispatch_done_i && !score_busy_i);
      if (mask_release_o || image_release_o) seq_release : assert (conv_done_o);
      seq_ending : assert (ending_q == f_ending_q);
      if (job_done_o) seq_job : assert (f_ending_q && !write_open_i && !halt_i);
    end
  end
