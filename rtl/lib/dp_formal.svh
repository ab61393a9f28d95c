  // A proof begins in reset; a simulation does by itself.
`ifdef FORMAL
  logic f_first = 1'b1;
  always_ff @(posedge clk_i) begin
    f_first <= 1'b0;
    if (f_first) assume (!rst_ni);
  end
`endif
