// Says when a job is open and nothing has moved for limit_i cycles (0: never).
module dp_watchdog (
    input  logic        clk_i,
    input  logic        rst_ni,
    input  logic [31:0] limit_i,
    input  logic        watch_i,
    input  logic        progress_i,
    output logic        expired_o
);
  logic [31:0] idle_q;

  assign expired_o = watch_i && !progress_i && (limit_i != '0) && (idle_q >= limit_i);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) idle_q <= '0;
    else idle_q <= (watch_i && !progress_i && !expired_o) ? idle_q + 32'd1 : '0;
  end

`ifdef DP_PROPERTIES
`include "dp_formal.svh"
`include "dp_watchdog_props.svh"
`endif
endmodule
