// Stage A: the map addresses of a token's read, bank by bank: a window, or a run of words. Coordinates and base carry the offset of
// three rows and columns (dp_window_addr). Combinational.
module dp_read_addr #(
    localparam int unsigned TokW = dp_pkg::TokenW
) (
    input  logic [TokW-1:0] token_i,
    input  logic [15:0]     base_i,
    input  logic [7:0]      tw_i,
    input  logic [15:0]     slices_i,
    input  logic [7:0]      ring_i,
    output logic [8:0]      en_o,
    output logic [143:0]    addr_o,
    output logic [1:0]      ry_o,
    output logic [1:0]      rx_o,
    output logic [3:0]      bank_o
);
  dp_pkg::token_t token;
  assign token = token_i;
  logic [143:0] window_addr;
  logic [15:0] run_addr;

  dp_window_addr u_window (
      .y_i     (token.src_y),
      .x_i     (token.src_x),
      .slice_i (token.slice),
      .slice9_i(token.slice9),
      .base_i,
      .tw_i,
      .slices_i,
      .ring_i,
      .addr_o  (window_addr),
      .ry_o,
      .rx_o
  );
  dp_run_addr u_run (
      .y_i     (token.src_y),
      .x_i     (token.src_x),
      .slice_i (token.slice),
      .slice9_i(token.slice9),
      .base_i,
      .tw_i,
      .slices_i,
      .ring_i,
      .lead_i  (1'b1),
      .addr_o  (run_addr),
      .bank_o
  );

  always_comb begin
    for (int b = 0; b < 9; b++) begin : bank
      logic [3:0] word;
      word = dp_pkg::sub9(4'(b), bank_o);
      en_o[b] = token.mac && (token.window || (word < token.words));
      addr_o[b*16+:16] = token.window ? window_addr[b*16+:16] : run_addr + 16'(word);
    end
  end
endmodule
