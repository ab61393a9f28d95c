  // Properties of dp_command_check: what it lets pass is what the units behind it are made for, and it refuses nothing else. Said once more, as they need it.
  logic [31:0] f_slices;  // that the channels fill
  logic f_pairs, f_clean, f_map, f_record, f_kept, f_scored, f_mask, f_good;
  assign f_slices = (Parallel && cmd.flags.dual) ? (32'(cmd.cout) + (2 * Po - 1)) / (2 * Po) : (32'(cmd.cout) + (Po - 1)) / Po;
  assign f_clean = {cmd.reserved, cmd.pad2, cmd.flags.reserved} == '0;
  assign f_map = !(cmd.src_w == 0 || cmd.src_h == 0 || cmd.dst_w == 0 || cmd.dst_h == 0 || cmd.src_base >= MapWords || cmd.dst_base >= MapWords);
  assign f_record = !(cmd.rows == 0 || cmd.rows > WeightRows || cmd.all_rows > WeightRows || cmd.aux_beats < 2 || cmd.rec_beats < cmd.aux_beats);
  assign f_kept = !(cmd.flags.in_grouped || cmd.flags.out_grouped) || (Prune && (cmd.group8 != 0));
  assign f_scored = Prune && (cmd.groups >= 1) && (cmd.groups <= 64);
  assign f_pairs = (cmd.in_buf < 6) && ((cmd.prev_buf < 6) || (cmd.prev_buf == 255));  // three pairs of masks, or none before
  assign f_mask = Prune && f_pairs && (cmd.src_w >= 1) && (cmd.src_w <= MaskW) && (cmd.src_h >= 1) && (cmd.src_h <= MaskW)
      && (cmd.flags.own_fetch || (cmd.rows >= 1));
  always_comb begin
    f_good = 1'b0;
    case (cmd.op)
      8'd0: f_good = 1'b1;
      8'd1: f_good = f_clean && (cmd.dst_w >= 1) && (cmd.dst_h >= 1) && (cmd.cin >= 1) && (cmd.dst_base < MapWords);
      8'd2:
      f_good = f_clean && f_map && f_record && f_kept && (cmd.cout >= 1) && (32'(cmd.out_slices) == f_slices) && (Parallel || !cmd.flags.dual)
          && (f_scored || !cmd.flags.score) && (Prune || !cmd.flags.mask_wait);
      8'd3: f_good = f_clean && f_mask;
      8'd4: f_good = f_clean && f_scored;
      default: ;
    endcase
    if (!valid_i) check_quiet : assert (!bad_o);
    if (valid_i) check_exact : assert (bad_o == !f_good);
  end
