// Parameters of the output slices in flight: requantization of every lane, for the post unit, and
// saliency weights (one beat a cycle: eight groups of eight channels, for the channel unit). Both
// with latency 1.
module dp_params #(
    parameter int unsigned Po = 8,
    parameter int unsigned Entries = 32,
    parameter int unsigned ScoreEntries = 8,  // with saliency weights at a time (dp_loader)
    localparam int unsigned Lanes = Po / 8
) (
    input  logic              clk_i,
    input  logic              quant_we_i,
    input  logic              wf_we_i,
    input  logic [4:0]        entry_i,
    input  logic [3:0]        lane_i,      // octet of lanes
    input  logic [7:0]        beat_i,
    input  logic [511:0]      data_i,
    input  logic              quant_re_i,
    input  logic [4:0]        quant_entry_i,
    output logic [Po*128-1:0] quant_o,
    input  logic              wf_re_i,
    input  logic [2:0]        wf_entry_i,
    input  logic [3:0]        wf_lane_i,
    input  logic [2:0]        wf_beat_i,
    output logic [511:0]      wf_o
);
  localparam int unsigned WfDepth = ScoreEntries * Lanes * (dp_pkg::MaxGroups / 8);
  localparam int unsigned WfW = $clog2(WfDepth);

  for (genvar h = 0; h < 2 * Lanes; h++) begin : gen_half
    logic [511:0] mem[0:Entries-1];
    always_ff @(posedge clk_i) begin
      if (quant_we_i && (lane_i == 4'(h / 2)) && (beat_i[0] == 1'(h % 2))) mem[entry_i] <= data_i;
      if (quant_re_i) quant_o[h*512+:512] <= mem[quant_entry_i];
    end
  end

  logic [511:0] wf[0:WfDepth-1];
  always_ff @(posedge clk_i) begin
    if (wf_we_i) wf[WfW'({lane_i, entry_i[2:0], beat_i[2:0]})] <= data_i;
    if (wf_re_i) wf_o <= wf[WfW'({wf_lane_i, wf_entry_i, wf_beat_i})];
  end
endmodule
