// Aligner: banks, or words of patches, to lanes. Window: lane group t is tap t of the slice (zero where the tap is off). Run: lane group i is
// word i of the run (zero beyond its end). Patch: lane group i is word skip + i of the current patch, then of the next one. Dual (runs
// and patches of up to four words): groups 4.. repeat groups 0.. . One cycle.
module dp_align #(
    parameter bit Parallel = 1'b1,
    parameter int unsigned Pi = 8,
    parameter int unsigned PatchBytes = 32,
    localparam int unsigned W = Pi * 8,
    localparam int unsigned Groups = Parallel ? 9 : 1
) (
    input  logic                  clk_i,
    input  logic                  en_i,
    input  logic [9*W-1:0]        data_i,   // by bank
    input  logic                  window_i,
    input  logic [1:0]            ry_i,     // window: residues of the corner, slice % 9
    input  logic [1:0]            rx_i,
    input  logic [3:0]            slice9_i,
    input  logic [3:0]            bank_i,   // run: bank of word 0
    input  logic [8:0]            lanes_i,  // lane groups that are not zero
    input  logic                  dual_i,
    input  logic                  is_patch_i,
    input  logic [PatchBytes*8-1:0] patch_i,
    input  logic [PatchBytes*8-1:0] next_i,
    input  logic [3:0]            skip_i,
    input  logic [3:0]            words_i,  // of a patch
    output logic [Groups*W-1:0]   act_o
);
  localparam int unsigned PatchWords = PatchBytes / Pi;
  logic [Groups*W-1:0] act, patch_act;
  logic [W-1:0] word[0:15];  // by bank
  for (genvar b = 0; b < 16; b++) begin : gen_word
    if (b < 9) begin : gen_bank
      assign word[b] = data_i[b*W+:W];
    end else begin : gen_none
      assign word[b] = '0;
    end
  end

  for (genvar t = 0; t < Groups; t++) begin : gen_group
    logic [3:0] bank, ry, rx;
    always_comb begin
      ry = 4'(ry_i) + 4'(t / 3);
      rx = 4'(rx_i) + 4'(t % 3);
      if (ry >= 4'd3) ry = ry - 4'd3;
      if (rx >= 4'd3) rx = rx - 4'd3;
      bank = (Parallel && window_i) ? dp_pkg::add9(4'(ry * 4'd3 + rx), slice9_i) : dp_pkg::add9(bank_i, (dual_i && (t >= 4)) ? 4'(t - 4) : 4'(t));
    end
    always_comb begin
      act[t*W+:W] = '0;
      if (lanes_i[t]) act[t*W+:W] = word[bank];
    end
  end

  for (genvar t = 0; t < Groups; t++) begin : gen_patch
    logic [4:0] at, over;
    always_comb begin
      at = 'x;
      over = 'x;
      patch_act[t*W+:W] = '0;
      if (is_patch_i && lanes_i[t]) begin
        at = 5'(skip_i) + ((dual_i && (t >= 4)) ? 5'(t - 4) : 5'(t));
        over = at - 5'(words_i);
        for (int k = 0; k < PatchWords; k++) begin
          if (at == 5'(k)) patch_act[t*W+:W] = patch_i[k*W+:W];
          if ((at >= 5'(words_i)) && (over == 5'(k))) patch_act[t*W+:W] = next_i[k*W+:W];
        end
      end
    end
  end

  always_ff @(posedge clk_i) if (en_i) act_o <= is_patch_i ? patch_act : act;
endmodule
