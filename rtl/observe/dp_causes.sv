// What the accelerator does in this cycle, one cause for each (the first that applies), and what each convolution at work has done so far.
// Combinational causes; the sums include the cycles up to the last one.
module dp_causes (
    input  logic        clk_i,
    input  logic        rst_ni,
    input  logic        busy_i,          // a job is at work
    input  logic        issue_i,         // the array gets operands
    input  logic        wait_weights_i,
    input  logic        wait_groups_i,   // the loader waits for a channel mask
    input  logic        wait_input_i,    // image, patches, map memory's port
    input  logic        wait_mask_i,
    input  logic        drain_i,         // everything is issued, or a slice's end waits for scores or logits
    output logic [2:0]  cause_o,         // dp_pkg::cause_e
    // of the convolutions
    input  logic        start_i,
    input  logic [1:0]  conv_i,          // at work
    input  logic [15:0] macs_i,
    input  logic [1:0]  done_i,          // whose sums to show
    output logic [47:0] macs_o,
    output logic [31:0] array_o          // array cycles
);
  always_comb begin
    if (!busy_i) cause_o = dp_pkg::CauseIdle;
    else if (issue_i) cause_o = dp_pkg::CauseBusy;
    else if (wait_mask_i || (wait_weights_i && wait_groups_i)) cause_o = dp_pkg::CauseMasks;
    else if (wait_weights_i) cause_o = dp_pkg::CauseWeights;
    else if (wait_input_i) cause_o = dp_pkg::CauseInputs;
    else if (drain_i) cause_o = dp_pkg::CauseDrain;
    else cause_o = dp_pkg::CauseControl;
  end

  logic [47:0] macs_q[0:dp_pkg::MaxChain-1];
  logic [31:0] array_q[0:dp_pkg::MaxChain-1];
  assign macs_o = macs_q[done_i];
  assign array_o = array_q[done_i];
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      for (int k = 0; k < dp_pkg::MaxChain; k++) begin
        macs_q[k] <= '0;
        array_q[k] <= '0;
      end
    end else if (start_i) begin
      for (int k = 0; k < dp_pkg::MaxChain; k++) begin
        macs_q[k] <= '0;
        array_q[k] <= '0;
      end
    end else begin
      macs_q[conv_i] <= macs_q[conv_i] + 48'(macs_i);
      array_q[conv_i] <= array_q[conv_i] + 32'(issue_i);
    end
  end
endmodule
