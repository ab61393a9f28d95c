// A reset that begins at once and ends in step with the clock, two cycles after its source.
module dp_reset_sync (
    input  logic clk_i,
    input  logic rst_ni,
    output logic rst_no
);
  logic [1:0] sync_q;
  assign rst_no = rst_ni && sync_q[1];  // the level counts, also before the first edge of anything

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) sync_q <= '0;
    else sync_q <= {sync_q[0], 1'b1};
  end
endmodule
