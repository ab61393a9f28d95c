// Stops the accelerator: after an error, or for ABORT. halt_o lets nothing new begin and throws away what arrives; when the bus is idle, an
// abort resets everything but the registers for a cycle. Counts epochs: every rst_ni is a new one, in the IDs on the bus, so that data asked for before
// are known. The epoch itself has no reset: any value will do that is not the last one.
module dp_stop (
    input  logic       clk_i,
    input  logic       rst_ni,
    input  logic       error_i,
    input  logic       abort_i,
    input  logic       bus_idle_i,
    output logic       halt_o,
    output logic       failed_o,     // an error stands
    output logic       aborting_o,
    output logic       aborted_o,    // the cycle in which an abort ends
    output logic       core_rst_no,  // everything but the registers
    output logic [1:0] epoch_o
);
  logic failed_q, abort_q, reset_q, begun_q, counted_q;
  logic [1:0] epoch_q;

  assign halt_o = failed_q || abort_q;
  assign failed_o = failed_q;
  assign aborting_o = abort_q;
  assign aborted_o = abort_q && reset_q;
  assign core_rst_no = rst_ni && !reset_q;
  assign epoch_o = epoch_q + 2'(!counted_q);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      failed_q <= 1'b0;
      abort_q <= 1'b0;
      reset_q <= 1'b0;
      begun_q <= 1'b0;
      counted_q <= 1'b0;
    end else begin
      begun_q <= 1'b1;
      counted_q <= begun_q;
      reset_q <= abort_q && !reset_q && bus_idle_i;
      failed_q <= (failed_q || error_i) && !aborted_o;
      abort_q <= (abort_q && !aborted_o) || abort_i;
    end
  end

  always_ff @(posedge clk_i) if (begun_q) epoch_q <= epoch_o;

`ifdef DP_PROPERTIES
`include "dp_formal.svh"
`include "dp_stop_props.svh"
`endif
endmodule
