// Dual-port RAM: port A reads, port B writes or reads. Read latency 1; a read keeps its data until
// the next one. Nobody may use what port A reads of a word that port B writes in the same cycle: a
// block RAM promises nothing then, and without the attribute Yosys builds two of them and a bypass
// to keep the old word. Builds with DP_CHECK (NAME.check) spoil it.
module dp_ram #(
    parameter int unsigned Width = 64,
    parameter int unsigned Depth = 64,
    localparam int unsigned AddrW = $clog2(Depth)
) (
    input  logic             clk_i,
    input  logic             a_en_i,
    input  logic [AddrW-1:0] a_addr_i,
    output logic [Width-1:0] a_rdata_o,
    input  logic             b_en_i,
    input  logic             b_we_i,
    input  logic [AddrW-1:0] b_addr_i,
    input  logic [Width-1:0] b_wdata_i,
    output logic [Width-1:0] b_rdata_o
);
  (* no_rw_check *) logic [Width-1:0] mem[0:Depth-1];

  always_ff @(posedge clk_i) begin
    if (a_en_i) a_rdata_o <= mem[a_addr_i];
`ifdef DP_CHECK
    if (a_en_i && b_en_i && b_we_i && (a_addr_i == b_addr_i)) a_rdata_o <= ~mem[a_addr_i];
`endif
  end

  always_ff @(posedge clk_i) begin
    if (b_en_i) begin
      if (b_we_i) mem[b_addr_i] <= b_wdata_i;
      else b_rdata_o <= mem[b_addr_i];
    end
  end
endmodule
