// Loader: walks the command list ahead of the sequencer and asks for everything it needs, in the order it will be used: image, masks,
// parameters, and of the weights the kept groups only. The image follows the first slice of weights, so that the array can start on its
// first rows. One run a cycle. Waits for: room in the weight ring, a free mask pair, a free
// image, and (grouped convolutions) the channel mask. Forwards every command to the sequencer when it starts on it.
module dp_loader #(
    parameter int unsigned Po = 8,
    parameter int unsigned Pi = 8,
    parameter int unsigned WeightRows = 64,
    parameter int unsigned ParamEntries = 32,
    parameter int unsigned ScoreEntries = 8,  // saliency weights have fewer
    localparam int unsigned RunW = dp_pkg::RunW,
    localparam int unsigned AddrW = dp_pkg::AddrW
) (
    input  logic            clk_i,
    input  logic            rst_ni,
    input  logic            halt_i,
    // commands {logits, image, descriptor} in, {logits, descriptor} out
    input  logic            cmd_valid_i,
    output logic            cmd_ready_o,
    input  logic [511+2*AddrW:0] cmd_data_i,
    output logic            exec_valid_o,
    input  logic            exec_ready_i,
    output logic [511+AddrW:0] exec_data_o,
    // read requests and where their data go
    output logic            req_valid_o,
    input  logic            req_ready_i,
    output logic [AddrW-1:0] req_addr_o,
    output logic [15:0]     req_beats_o,
    output logic            run_valid_o,
    input  logic            run_ready_i,
    output logic [RunW-1:0] run_data_o,
    // configuration of the units that receive data
    output logic            image_start_o,
    output logic            mask_start_o,      // a mask command was reached (its pair is now in use)
    output logic [511:0]    cmd_o,
    // resources given back
    input  logic            slice_release_i,
    input  logic [15:0]     slice_rows_i,
    input  logic [5:0]      slice_count_i,
    input  logic            mask_release_i,
    input  logic [1:0]      mask_pair_i,       // which pair is given back
    input  logic            image_release_i,
    // channel masks
    input  logic [63:0]     group_keep_i,
    input  logic            group_done_i,
    output logic            wait_groups_o,
    // observation
    output logic            obs_fetch_valid_o,
    output logic [7:0]      obs_fetch_layer_o,
    output logic [7:0]      obs_fetch_stage_o,
    output logic [31:0]     obs_fetch_weights_o,
    output logic [31:0]     obs_fetch_other_o,
    output logic [15:0]     beats_weights_o,   // beats asked for in this cycle
    output logic [15:0]     beats_other_o
);
  localparam int unsigned Lanes = Po / 8;  // octets of a slice; a dual one has twice as many
  localparam int unsigned MaskRowBeats = (9 * Pi + 63) / 64;

  typedef enum logic [2:0] {
    Start,    // new command: forward it, wait for what it needs
    Plain,    // one run
    Slice,    // reserve room for an output slice
    Record,   // first run of an octet record
    Groups,   // runs of kept input groups
    Image,    // the image, after the first slice of weights that works on it
    Finish    // retire the command
  } state_e;
  state_e state_q;

  dp_pkg::cmd_t cmd;
  logic [AddrW-1:0] image_addr, logits_addr;
  assign {logits_addr, image_addr, cmd} = cmd_data_i;
  assign cmd_o = cmd_data_i[511:0];

  logic is_conv, is_mask, is_image, is_groups;
  assign is_conv = cmd.op == 8'(dp_pkg::OpConv);
  assign is_mask = cmd.op == 8'(dp_pkg::OpMask);
  assign is_image = cmd.op == 8'(dp_pkg::OpImage);
  assign is_groups = cmd.op == 8'(dp_pkg::OpGroups);

  // what a command waits for
  logic [15:0] rows_free_q;
  logic [5:0] entries_free_q;
  logic [2:0] groups_open_q;
  logic [3:0] pair_busy_q;
  logic image_busy_q, image_due_q, forwarded_q, needs_ok;
  logic [15:0] image_beats_q;
  logic groups_known;
  assign groups_known = groups_open_q == 3'd0;
  assign wait_groups_o = cmd_valid_i && (state_q == Start) && !is_mask && !is_image && !needs_ok;
  always_comb begin
    needs_ok = 1'b1;
    if (is_conv && (cmd.flags.in_grouped || cmd.flags.out_grouped || cmd.flags.score)) needs_ok = groups_known;
    if (is_groups) needs_ok = groups_known;
    if (is_mask) needs_ok = !pair_busy_q[cmd.in_buf[2:1]];
    if (is_image) needs_ok = !image_busy_q;
  end

  // nested loops: output slice, octet of lanes, input group
  logic [15:0] slice_q, octets_left_q, row_q;
  logic [3:0] lane_q;
  logic [4:0] entry_q;
  logic [15:0] octet_q;        // ungrouped: index of the octet; grouped: index within the group
  logic [6:0] out_group_q, in_group_q, next_in, next_out, first_group;
  logic octet_end, last_octet, last_group;
  logic [15:0] octet_index, run_beats;
  logic [AddrW-1:0] record_addr;
  logic [3:0] taps;
  logic fire;

  function automatic logic [6:0] next_kept(input logic [63:0] keep, input logic [6:0] from);
    logic [63:0] ahead;
    ahead = keep & ({64{1'b1}} << from);
    next_kept = (ahead == '0) ? 7'd64 : 7'(dp_pkg::lowest(ahead));
  endfunction

  assign taps = cmd.flags.kernel3 ? 4'd9 : 4'd1;
  always_comb begin  // where they are asked for
    {first_group, next_in, next_out, octet_index, record_addr} = 'x;
    last_group = 1'b0;
    if ((state_q == Start) || (state_q == Record)) first_group = next_kept(group_keep_i, 7'd0);
    if (state_q == Groups) begin
      next_in = next_kept(group_keep_i, in_group_q + 7'd1);
      last_group = next_in == 7'd64;
    end
    if ((state_q == Record) || (state_q == Groups)) begin
      next_out = next_kept(group_keep_i, out_group_q + 7'd1);
      octet_index = cmd.flags.out_grouped ? 16'(out_group_q) * 16'(cmd.group8) + octet_q : octet_q;
      record_addr = {cmd.weight_high, cmd.weight_addr} + (AddrW'(32'(octet_index) * 32'(cmd.rec_beats)) << 6);
    end
  end
  assign last_octet = (octets_left_q == 16'd1) || (lane_q == (cmd.flags.dual ? 4'(2 * Lanes - 1) : 4'(Lanes - 1)));
  assign run_beats = 16'(cmd.group8) * 16'(taps);

  // the request of this cycle
  dp_pkg::run_t run;
  logic want;
  always_comb begin
    run = '0;
    run.kernel3 = cmd.flags.kernel3;
    run.layer = cmd.layer;
    run.lane = lane_q;
    run.entry = entry_q;
    run.row = row_q;
    run.kind = dp_pkg::RunRecord;
    req_addr_o = record_addr;
    want = 1'b0;
    octet_end = 1'b0;
    unique case (state_q)
      Plain: begin
        want = 1'b1;
        req_addr_o = {cmd.aux_high, cmd.aux_addr};
        if (is_groups) begin
          run.kind = dp_pkg::RunGroups;
          run.beats = 16'd1;
        end else if (is_mask) begin
          run.kind = cmd.flags.own_fetch ? dp_pkg::RunMaskRows : dp_pkg::RunMaskW;
          run.beats = cmd.flags.own_fetch ? (16'(cmd.src_h) + 16'd7) >> 3 : 16'(cmd.rows * 16'(MaskRowBeats));
        end else begin
          run.kind = dp_pkg::RunBias;
          run.beats = (16'(cmd.groups) + 16'd15) >> 4;
        end
      end
      Record: begin
        want = 1'b1;
        run.first = 1'b1;
        run.aux = 16'(cmd.aux_beats);
        run.beats = cmd.flags.in_grouped ? 16'(cmd.aux_beats) : cmd.rec_beats;
        octet_end = !cmd.flags.in_grouped;
        run.slice_last = octet_end && last_octet;
      end
      Groups: begin
        want = 1'b1;
        req_addr_o = record_addr + ((AddrW'(cmd.aux_beats) + AddrW'(32'(in_group_q) * 32'(run_beats))) << 6);
        run.beats = run_beats;
        octet_end = last_group;
        run.slice_last = last_group && last_octet;
      end
      Image: begin
        want = 1'b1;
        run.kind = dp_pkg::RunImage;
        req_addr_o = image_addr;
        run.beats = image_beats_q;
      end
      default: ;
    endcase
  end

  assign req_beats_o = run.beats;
  assign run_data_o = run;
  assign req_valid_o = want && run_ready_i && !halt_i;
  assign run_valid_o = want && req_ready_i && !halt_i;
  assign fire = want && run_ready_i && req_ready_i && !halt_i;

  // forward once per command
  assign exec_valid_o = cmd_valid_i && (state_q == Start) && !forwarded_q && !halt_i;
  assign exec_data_o = {logits_addr, cmd};

  logic go;
  assign go = (state_q == Start) && cmd_valid_i && needs_ok && (forwarded_q || exec_ready_i) && !halt_i;
  assign cmd_ready_o = state_q == Finish;
  assign image_start_o = go && is_image;
  assign mask_start_o = go && is_mask;

  logic room, alloc;
  assign room = (rows_free_q >= cmd.rows) && (entries_free_q > (cmd.flags.score ? 6'(ParamEntries - ScoreEntries) : 6'd0));
  assign alloc = (state_q == Slice) && room;

  logic [15:0] row_next;
  assign row_next = (row_q + cmd.rows >= 16'(WeightRows)) ? row_q + cmd.rows - 16'(WeightRows) : row_q + cmd.rows;

  logic [31:0] weights_q, other_q;
  assign beats_weights_o = !fire || (run.kind != dp_pkg::RunRecord) ? 16'd0 : run.beats - run.aux;
  assign beats_other_o = !fire ? 16'd0 : (run.kind != dp_pkg::RunRecord) ? run.beats : run.aux;
  assign obs_fetch_valid_o = (state_q == Finish) && is_conv;
  assign obs_fetch_layer_o = cmd.layer;
  assign obs_fetch_stage_o = cmd.stage;
  assign obs_fetch_weights_o = weights_q;
  assign obs_fetch_other_o = other_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= Start;
      forwarded_q <= 1'b0;
      rows_free_q <= 16'(WeightRows);
      entries_free_q <= 6'(ParamEntries);
      groups_open_q <= '0;
      pair_busy_q <= '0;
      image_busy_q <= 1'b0;
      image_due_q <= 1'b0;
      image_beats_q <= '0;
      {slice_q, octets_left_q, row_q, octet_q} <= '0;
      {lane_q, entry_q, out_group_q, in_group_q} <= '0;
      weights_q <= '0;
      other_q <= '0;
    end else begin
      rows_free_q <= rows_free_q - (alloc ? cmd.rows : 16'd0) + (slice_release_i ? slice_rows_i : 16'd0);
      entries_free_q <= entries_free_q - 6'(alloc) + (slice_release_i ? slice_count_i : 6'd0);
      groups_open_q <= groups_open_q + 3'(go && (is_groups || (is_conv && cmd.flags.score))) - 3'(group_done_i);
      if (mask_release_i) pair_busy_q[mask_pair_i] <= 1'b0;
      if (mask_start_o) pair_busy_q[cmd.in_buf[2:1]] <= 1'b1;
      image_busy_q <= (image_busy_q && !image_release_i) || image_start_o;
      if (image_start_o) begin
        image_due_q <= 1'b1;
        image_beats_q <= 16'((32'(cmd.dst_w) * 32'(cmd.dst_h) * 32'(cmd.cin) + 32'd63) >> 6);
      end
      weights_q <= weights_q + 32'(beats_weights_o);
      other_q <= other_q + 32'(beats_other_o);

      unique case (state_q)
        Start: begin
          if (exec_valid_o && exec_ready_i) forwarded_q <= 1'b1;
          if (go) begin
            weights_q <= '0;
            other_q <= '0;
            slice_q <= '0;
            octets_left_q <= 16'((17'(cmd.cout) + 17'd7) >> 3);
            octet_q <= '0;
            out_group_q <= first_group;
            if (is_conv) state_q <= cmd.flags.score ? Plain : Slice;
            else if (is_groups || is_mask) state_q <= Plain;
            else state_q <= Finish;
          end
        end
        Plain: if (fire) state_q <= is_conv ? Slice : Finish;
        Slice:
        if (alloc) begin
          lane_q <= '0;
          state_q <= Record;
        end
        Record:
        if (fire && cmd.flags.in_grouped) begin
          in_group_q <= first_group;
          state_q <= Groups;
        end
        Groups: if (fire) in_group_q <= next_in;
        Image:
        if (fire) begin
          image_due_q <= 1'b0;
          state_q <= (slice_q == cmd.out_slices) ? Finish : Slice;
        end
        default: begin
          forwarded_q <= 1'b0;
          state_q <= Start;
        end
      endcase

      if (fire && octet_end) begin
        octets_left_q <= octets_left_q - 16'd1;
        lane_q <= lane_q + 4'd1;
        if (cmd.flags.out_grouped && (octet_q + 16'd1 == 16'(cmd.group8))) begin
          octet_q <= '0;
          out_group_q <= next_out;
        end else begin
          octet_q <= octet_q + 16'd1;
        end
        if (last_octet) begin
          row_q <= row_next;
          entry_q <= entry_q + 5'd1;
          slice_q <= slice_q + 16'd1;
          state_q <= image_due_q ? Image : (slice_q + 16'd1 == cmd.out_slices) ? Finish : Slice;
        end else begin
          state_q <= Record;
        end
      end
    end
  end

`ifdef DP_PROPERTIES
`include "dp_formal.svh"
`include "dp_loader_props.svh"
`endif
endmodule
