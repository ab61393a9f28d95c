// Cover points of what whole runs should bring about inside the RTL: each queue full and empty, each wait, each rare path. Bound into the
// builds NAME.cover (docs/coverage.md); all others leave it out. Labels are the points' names in reports.

// Every dp_fifo, by instance. `empty`: the last word is read while none is written, so that reset alone does not count.
module dp_fifo_cover (
    input logic clk_i,
    input logic rst_ni,
    input logic full,
    input logic last_read
);
  queue_full : cover property (@(posedge clk_i) disable iff (!rst_ni) full);
  queue_empty : cover property (@(posedge clk_i) disable iff (!rst_ni) last_read);
endmodule
bind dp_fifo dp_fifo_cover u_cover (
    .clk_i,
    .rst_ni,
    .full     (!in_ready_o),
    .last_read(pop && !push && (wr_q - rd_q == (PtrW + 1)'(1)))
);

// The loader is the writer of the weight ring, the parameter entries, the mask pairs and the image's place: full is where it waits.
module dp_loader_cover (
    input logic clk_i,
    input logic slice_waits,
    input logic rows_short,
    input logic alloc,
    input logic wraps,
    input logic command_waits,
    input logic is_mask,
    input logic is_image,
    input logic groups_wait
);
  ring_full : cover property (@(posedge clk_i) slice_waits && rows_short);
  ring_wraps : cover property (@(posedge clk_i) alloc && wraps);
  entries_full : cover property (@(posedge clk_i) slice_waits && !rows_short);
  mask_pairs_full : cover property (@(posedge clk_i) command_waits && is_mask);
  image_full : cover property (@(posedge clk_i) command_waits && is_image);
  groups_unknown : cover property (@(posedge clk_i) groups_wait);
endmodule
bind dp_loader dp_loader_cover u_cover (
    .clk_i,
    .slice_waits  ((state_q == Slice) && !room),
    .rows_short   (rows_free_q < cmd.rows),
    .alloc,
    .wraps        (row_next < row_q),
    .command_waits(cmd_valid_i && (state_q == Start) && !needs_ok),
    .is_mask,
    .is_image,
    .groups_wait  (wait_groups_o)
);

// The dispatcher is their reader: empty is where it waits.
module dp_dispatch_cover (
    input logic clk_i,
    input logic ring_waits,
    input logic may,
    input logic patches,
    input logic no_patch,
    input logic no_rows,
    input logic conflict,
    input logic consumer_waits,
    input logic carry,
    input logic pair
);
  ring_empty : cover property (@(posedge clk_i) ring_waits);
  image_empty : cover property (@(posedge clk_i) may && !patches && no_rows);
  patches_empty : cover property (@(posedge clk_i) may && patches && no_patch);
  bank_taken : cover property (@(posedge clk_i) may && conflict);
  consumer_full : cover property (@(posedge clk_i) consumer_waits);
  patch_carried : cover property (@(posedge clk_i) carry);
  slices_in_pairs : cover property (@(posedge clk_i) pair);
endmodule
bind dp_dispatch dp_dispatch_cover u_cover (
    .clk_i,
    .ring_waits    (wait_weights_o),
    .may           (may && !p_end_q),
    .patches       (cmd.flags.patches),
    .no_patch      (patches_q == 16'd0),
    .no_rows       (!rows_ok),
    .conflict      (image_ok && conflict),
    .consumer_waits(wait_consumer_o),
    .carry         (issue && carry_q),
    .pair          (issue && second)
);

// A group of patches that waits for the one before it, and the array for a patch.
module dp_patches_cover (
    input logic clk_i,
    input logic group_waits,
    input logic none
);
  group_full : cover property (@(posedge clk_i) group_waits);
  group_empty : cover property (@(posedge clk_i) none);
endmodule
bind dp_patches dp_patches_cover u_cover (
    .clk_i,
    .group_waits(full_q && !moves),
    .none       (active_q && !full_q && (left_count_q == 5'd0))
);

// Port B of the map memory, and who finds his bank taken.
module dp_map_mem_cover (
    input logic clk_i,
    input logic mask_waits,
    input logic image_waits
);
  mask_unit_waits : cover property (@(posedge clk_i) mask_waits);
  image_waits_for_bank : cover property (@(posedge clk_i) image_waits);
endmodule
bind dp_map_mem dp_map_mem_cover u_cover (
    .clk_i,
    .mask_waits ((mask_set != 9'd0) && !mask_ready_o),
    .image_waits((img_set != 9'd0) && !img_ready_o)
);

// Jobs: one queued behind another, one more than the queue holds, and the next one at work while logits are on their way.
module dp_regs_cover (
    input logic clk_i,
    input logic refused,
    input logic several
);
  job_refused : cover property (@(posedge clk_i) refused);
  jobs_open : cover property (@(posedge clk_i) several);
endmodule
bind dp_regs dp_regs_cover u_cover (
    .clk_i,
    .refused(start && !queue_ready),
    .several(open_q > 8'd1)
);

module dp_sequencer_cover (
    input logic clk_i,
    input logic ahead,
    input logic mask_waits,
    input logic chain
);
  job_ahead_of_logits : cover property (@(posedge clk_i) ahead);
  mask_awaited : cover property (@(posedge clk_i) mask_waits);
  chain_of_three : cover property (@(posedge clk_i) chain);
endmodule
bind dp_sequencer dp_sequencer_cover u_cover (
    .clk_i,
    .ahead     (ending_q && (state_q == Conv)),
    .mask_waits(wait_mask_o),
    .chain     (retire && chained && (count_q == 2'd3))
);

// Bursts that a 4 KiB boundary cuts, and a channel that makes its sender wait.
module dp_axi_read_cover (
    input logic clk_i,
    input logic fire,
    input logic cut,
    input logic ar_waits,
    input logic r_waits
);
  burst_cut : cover property (@(posedge clk_i) fire && cut);
  address_waits : cover property (@(posedge clk_i) ar_waits);
  data_wait : cover property (@(posedge clk_i) r_waits);
endmodule
bind dp_axi_read dp_axi_read_cover u_cover (
    .clk_i,
    .fire,
    .cut     (left != 16'd0),
    .ar_waits(m_axi_arvalid_o && !m_axi_arready_i),
    .r_waits (m_axi_rvalid_i && !m_axi_rready_o)
);

module dp_axi_write_cover (
    input logic clk_i,
    input logic aw_waits,
    input logic w_waits,
    input logic several
);
  address_waits : cover property (@(posedge clk_i) aw_waits);
  data_wait : cover property (@(posedge clk_i) w_waits);
  writes_open : cover property (@(posedge clk_i) several);
endmodule
bind dp_axi_write dp_axi_write_cover u_cover (
    .clk_i,
    .aw_waits(m_axi_awvalid_o && !m_axi_awready_i),
    .w_waits (m_axi_wvalid_o && !m_axi_wready_i),
    .several (open_q > 5'd1)
);
