// Says whether this build can execute a command at all: operation, reserved bits, sizes that must not be zero, what has room here. It does not prove
// that a list computes what its author meant. Combinational; nothing is wrong while nothing is valid.
module dp_command_check #(
    parameter bit Parallel = 1'b1,
    parameter bit Prune = 1'b1,
    parameter int unsigned Po = 8,
    parameter int unsigned MapWords = 1024,
    parameter int unsigned WeightRows = 64,
    parameter int unsigned MaskW = 32
) (
    input  logic         valid_i,
    input  logic [511:0] cmd_i,
    output logic         bad_o
);
  localparam logic [7:0] NoBuffer = 8'hff;

  dp_pkg::cmd_t cmd;
  assign cmd = cmd_i;

  logic plain, sizes, slices, weights, grouped, conv, mask;
  logic [31:0] lanes, most;
  always_comb begin
    bad_o = 1'b0;
    {plain, sizes, slices, weights, grouped, conv, mask, lanes, most} = 'x;
    if (valid_i) begin
      plain = (cmd.reserved == '0) && (cmd.pad2 == '0) && (cmd.flags.reserved == '0);
      sizes = (cmd.src_w != '0) && (cmd.src_h != '0) && (cmd.dst_w != '0) && (cmd.dst_h != '0) && (32'(cmd.src_base) < MapWords)
          && (32'(cmd.dst_base) < MapWords);
      // as many output slices as the channels fill
      lanes = (Parallel && cmd.flags.dual) ? 2 * Po : Po;
      most = 32'(cmd.out_slices) * lanes;
      slices = (cmd.cout != '0) && (cmd.out_slices != '0) && (32'(cmd.cout) <= most) && (32'(cmd.cout) + lanes > most);
      weights = (cmd.rows != '0) && (32'(cmd.rows) <= WeightRows) && (cmd.aux_beats >= 8'd2) && (16'(cmd.aux_beats) <= cmd.rec_beats)
          && (32'(cmd.all_rows) <= WeightRows);
      grouped = cmd.flags.in_grouped || cmd.flags.out_grouped;
      conv = sizes && slices && weights && (Parallel || !cmd.flags.dual) && (!grouped || (cmd.group8 != '0))
          && (!cmd.flags.score || ((cmd.groups != '0) && (32'(cmd.groups) <= dp_pkg::MaxGroups)))
          && (Prune || !(grouped || cmd.flags.score || cmd.flags.mask_wait));
      mask = (cmd.src_w != '0) && (cmd.src_h != '0) && (32'(cmd.src_w) <= MaskW) && (32'(cmd.src_h) <= MaskW) && (cmd.in_buf <= 8'd5)
          && ((cmd.prev_buf <= 8'd5) || (cmd.prev_buf == NoBuffer)) && (cmd.flags.own_fetch || (cmd.rows != '0)) && Prune;
      unique case (cmd.op)
        8'(dp_pkg::OpEnd): bad_o = 1'b0;
        8'(dp_pkg::OpImage): bad_o = !(plain && (cmd.dst_w != '0) && (cmd.dst_h != '0) && (cmd.cin != '0) && (32'(cmd.dst_base) < MapWords));
        8'(dp_pkg::OpConv): bad_o = !(plain && conv);
        8'(dp_pkg::OpMask): bad_o = !(plain && mask);
        8'(dp_pkg::OpGroups): bad_o = !(plain && Prune && (cmd.groups != '0) && (32'(cmd.groups) <= dp_pkg::MaxGroups));
        default: bad_o = 1'b1;
      endcase
    end
  end

`ifdef DP_PROPERTIES
`include "dp_command_check_props.svh"
`endif
endmodule
