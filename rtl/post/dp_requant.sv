// Post unit, two cycles: E scales (acc·mult + bias + id·res_mult, 56 bits, exact), F shifts, clamps
// and applies ReLU. Lanes beyond the layer's channels are 0. Raw sums (logits) leave beside the
// int8 outputs. Feed-forward, one vector a cycle.
module dp_requant #(
    parameter int unsigned Po = 8,
    parameter int unsigned RawLanes = Po  // that logits use
) (
    input  logic              clk_i,
    // stage E
    input  logic              en_i,
    input  logic [7:0]        lanes_e_i,  // channels that count
    input  logic [Po*32-1:0]  acc_i,
    input  logic [Po*128-1:0] quant_i,
    input  logic [Po*8-1:0]   id_i,
    input  logic              residual_i,
    // stage F
    input  logic              en_f_i,
    input  logic              relu_i,
    input  logic              raw_i,      // the sums are logits
    input  logic [7:0]        lanes_i,
    output logic [Po*8-1:0]   y_o,
    output logic [RawLanes*32-1:0] raw_o,
    output logic [Po*32-1:0]  acc_o
);
  logic [Po*32-1:0] acc_q;
  assign acc_o = acc_q;

  for (genvar l = 0; l < Po; l++) begin : gen_lane
    logic signed [31:0] acc;
    logic signed [15:0] mult;
    logic signed [31:0] res_mult;
    logic signed [55:0] bias, sum_q, low;
    logic [55:0] size;
    logic far;  // beyond 8 bits
    logic signed [7:0] id, y;
    logic [4:0] shift_q;
    logic [31:0] acc_e_q;  // for the observation port
    assign acc = $signed(acc_i[l*32+:32]);
    assign mult = $signed(quant_i[l*128+:16]);
    assign res_mult = $signed(quant_i[l*128+32+:32]);
    assign bias = $signed(quant_i[l*128+64+:56]);
    assign id = residual_i ? $signed(id_i[l*8+:8]) : 8'sd0;
    always_comb begin
      {low, size, far, y} = 'x;
      if (en_f_i) begin
        low = sum_q >>> shift_q;  // its lowest byte
        size = sum_q ^ {56{sum_q[55]}};
        far = |(size & ({49'h1ffffffffffff, 7'd0} << shift_q));
        if (relu_i && sum_q[55]) y = 8'sd0;
        else if (far) y = {sum_q[55], {7{!sum_q[55]}}};
        else y = low[7:0];
      end
    end
    always_ff @(posedge clk_i) begin
      if (en_i) if (8'(l) < lanes_e_i) begin
        sum_q <= 56'(acc) * 56'(mult) + bias + 56'(id) * 56'(res_mult);
        shift_q <= quant_i[l*128+16+:5];
        acc_e_q <= acc_i[l*32+:32];
      end
      if (en_f_i) begin
        y_o[l*8+:8] <= (8'(l) < lanes_i) ? y : 8'd0;
        acc_q[l*32+:32] <= (8'(l) < lanes_i) ? acc_e_q : 32'd0;
      end
    end
    if (l < RawLanes) begin : gen_raw
      always_ff @(posedge clk_i) if (en_f_i && raw_i) raw_o[l*32+:32] <= sum_q[31:0];
    end
  end
endmodule
