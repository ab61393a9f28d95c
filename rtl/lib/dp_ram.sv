// Dual-port RAM: port A reads, port B writes or reads. Read latency 1; a read keeps its data until the next one.
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
  logic [Width-1:0] mem[0:Depth-1];

  always_ff @(posedge clk_i) begin
    if (a_en_i) a_rdata_o <= mem[a_addr_i];
  end

  always_ff @(posedge clk_i) begin
    if (b_en_i) begin
      if (b_we_i) mem[b_addr_i] <= b_wdata_i;
      else b_rdata_o <= mem[b_addr_i];
    end
  end
endmodule
