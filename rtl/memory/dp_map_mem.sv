// Map memory: nine banks of Pi-byte words with two ports each. Port A: one address per bank (window or run, from the dispatcher).
// Port B: runs of words over consecutive banks; per bank, in this order: output write, residual read, mask unit read, image write. The
// first two never wait (the dispatcher keeps them apart); the others get all their banks in a cycle, or wait. Read latency 1.
module dp_map_mem #(
    parameter int unsigned Pi = 8,
    parameter int unsigned WordsOut = 1,  // words of an output slice, Po/Pi
    parameter int unsigned Depth = 1024,
    localparam int unsigned W = Pi * 8,
    localparam int unsigned ImgWords = 64 / Pi,
    localparam int unsigned AddrW = $clog2(Depth)
) (
    input  logic                    clk_i,
    input  logic                    rst_ni,
    // port A
    input  logic [8:0]              a_en_i,
    input  logic [9*16-1:0]         a_addr_i,
    output logic [9*W-1:0]          a_rdata_o,
    // port B: output write
    input  logic                    wr_valid_i,
    input  logic [15:0]             wr_addr_i,
    input  logic [3:0]              wr_bank_i,
    input  logic [3:0]              wr_words_i,
    input  logic [WordsOut*W-1:0]   wr_data_i,
    // residual read
    input  logic                    res_valid_i,
    input  logic [15:0]             res_addr_i,
    input  logic [3:0]              res_bank_i,
    input  logic [3:0]              res_words_i,
    // mask unit read
    input  logic                    mask_valid_i,
    output logic                    mask_ready_o,
    input  logic [15:0]             mask_addr_i,
    input  logic [3:0]              mask_bank_i,
    input  logic [3:0]              mask_words_i,
    // image write
    input  logic                    img_valid_i,
    output logic                    img_ready_o,
    input  logic [15:0]             img_addr_i,
    input  logic [3:0]              img_bank_i,
    input  logic [3:0]              img_words_i,
    input  logic [511:0]            img_data_i,
    input  logic                    img_linear_i,
    output logic [9*W-1:0]          b_rdata_o
);
  // banks of a run, and the word of the run that a bank holds
  function automatic logic [8:0] banks_of(input logic valid, input logic [3:0] bank, input logic [3:0] words);
    logic [17:0] set;
    banks_of = 9'd0;
    if (valid) begin
      set = (18'd1 << words) - 18'd1;
      set = set << bank;
      banks_of = set[8:0] | set[17:9];
    end
  endfunction

  logic [8:0] wr_set, res_set, mask_set, img_set;
  assign wr_set = banks_of(wr_valid_i, wr_bank_i, wr_words_i);
  assign res_set = banks_of(res_valid_i, res_bank_i, res_words_i);
  assign mask_set = banks_of(mask_valid_i, mask_bank_i, mask_words_i);
  assign img_set = banks_of(img_valid_i, img_bank_i, img_words_i);
  assign mask_ready_o = (mask_set & (wr_set | res_set)) == 9'd0;
  assign img_ready_o = (img_set & (wr_set | res_set | mask_set)) == 9'd0;

  logic [8:0] we, en;
  assign we = wr_set | (img_ready_o ? img_set : 9'd0);
  assign en = we | res_set | (mask_ready_o ? mask_set : 9'd0);

  for (genvar b = 0; b < 9; b++) begin : gen_bank
    logic [3:0] word;  // of the run
    logic [15:0] addr;
    logic [W-1:0] wdata;
    always_comb begin
      word = 'x;  // where nobody asks
      addr = 'x;
      wdata = 'x;
      if (wr_set[b]) begin
        word = dp_pkg::sub9(4'(b), wr_bank_i);
        addr = wr_addr_i + 16'(word);
        for (int i = 0; i < WordsOut; i++) if (word == 4'(i)) wdata = wr_data_i[i*W+:W];
      end else if (res_set[b]) begin
        addr = res_addr_i + 16'(dp_pkg::sub9(4'(b), res_bank_i));
      end else if (mask_set[b]) begin
        addr = mask_addr_i + 16'(dp_pkg::sub9(4'(b), mask_bank_i));
      end else if (img_set[b]) begin
        word = dp_pkg::sub9(4'(b), img_bank_i);
        addr = img_addr_i + (img_linear_i ? 16'(4'(b) < img_bank_i) : 16'(word));
        for (int i = 0; i < ImgWords; i++) if (word == 4'(i)) wdata = img_data_i[i*W+:W];
      end
    end
    dp_ram #(
        .Width(W),
        .Depth(Depth)
    ) u_ram (
        .clk_i,
        .a_en_i   (a_en_i[b]),
        .a_addr_i (a_addr_i[b*16+:AddrW]),
        .a_rdata_o(a_rdata_o[b*W+:W]),
        .b_en_i   (en[b]),
        .b_we_i   (we[b]),
        .b_addr_i (addr[AddrW-1:0]),
        .b_wdata_i(wdata),
        .b_rdata_o(b_rdata_o[b*W+:W])
    );
  end

`ifdef VERILATOR
  always_ff @(posedge clk_i)
    if (rst_ni) assert ((wr_set & res_set) == 9'd0) else $error("output write meets residual read");
`endif
endmodule
