// What goes to the map: results as they come, and the two of a pair together, a cycle after the second. Latency 0; of a pair, 1 after the
// second result. Never stalls: nobody writes alone in a pair's cycle (dp_dst_place).
module dp_pair_write #(
    parameter int unsigned Po = 8,
    parameter int unsigned OutLanes = 16,
    localparam int unsigned TokW = dp_pkg::TokenW
) (
    input  logic                    clk_i,
    input  logic                    rst_ni,
    input  logic [TokW-1:0]         token_i,
    input  logic                    valid_i,   // a result of the array
    input  logic [OutLanes*8-1:0]   data_i,
    input  logic                    pooled_valid_i,  // the same behind max-pool
    input  logic [OutLanes*8-1:0]   pooled_i,
    output logic                    valid_o,
    output logic [15:0]             addr_o,
    output logic [3:0]              bank_o,
    output logic [3:0]              words_o,
    output logic [2*OutLanes*8-1:0] data_o,    // the second of a pair follows the first's lanes
    output logic [1:0]              conv_o,
    output logic                    last_slice_o
);
  localparam int unsigned Half = Po * 8;
  dp_pkg::token_t token;
  assign token = token_i;

  logic pair_q;
  logic [OutLanes*8-1:0] first_q;
  logic [2*OutLanes*8-1:0] both_q;
  logic [26:0] where, where_q;
  assign where = {token.dst_addr, token.dst_bank, token.dst_words, token.conv, token.last_slice};

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) pair_q <= 1'b0;
    else pair_q <= valid_i && token.pair && token.second;
  end
  always_ff @(posedge clk_i) begin
    if (valid_i && token.pair) begin
      if (!token.second) first_q <= data_i;
      both_q <= token.dual ? {data_i, first_q} : (2 * OutLanes * 8)'({data_i[Half-1:0], first_q[Half-1:0]});
      where_q <= where;
    end
  end
  assign valid_o = pair_q || (pooled_valid_i && !token.pair);
  assign {addr_o, bank_o, words_o, conv_o, last_slice_o} = pair_q ? where_q : where;
  assign data_o = pair_q ? both_q : {{OutLanes * 8{1'b0}}, pooled_i};

`ifdef VERILATOR
  always_ff @(posedge clk_i) begin
    if (rst_ni) assert (!(pair_q && pooled_valid_i && !token.pair)) else $error("two writes in a cycle");
  end
`endif
endmodule
