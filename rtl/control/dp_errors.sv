// The error record: the first error, whole; and whether there were more, in the same cycle or later. Where several come at once, a response comes before
// what was refused, and that before a timeout.
module dp_errors #(
    localparam int unsigned ErrW = dp_pkg::ErrW
) (
    input  logic            clk_i,
    input  logic            rst_ni,
    input  logic            write_i,
    input  logic            write_more_i,
    input  logic [ErrW-1:0] write_data_i,
    input  logic            read_i,
    input  logic            read_more_i,
    input  logic [ErrW-1:0] read_data_i,
    input  logic            list_i,
    input  logic [ErrW-1:0] list_data_i,
    input  logic            timeout_i,
    output logic            error_o,      // in this cycle
    output logic [ErrW-1:0] record_o,
    output logic            more_o
);
  dp_pkg::err_t timeout;
  logic [ErrW-1:0] record_q;
  logic valid_q, more_q, more;

  always_comb begin
    timeout = '0;
    timeout.code = dp_pkg::ErrTimeout;
  end

  assign error_o = write_i || read_i || list_i || timeout_i;
  assign more = (3'(write_i) + 3'(read_i) + 3'(list_i) + 3'(timeout_i) > 3'd1) || write_more_i || read_more_i;
  assign record_o = record_q;
  assign more_o = more_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      record_q <= '0;
      valid_q <= 1'b0;
      more_q <= 1'b0;
    end else if (error_o) begin
      valid_q <= 1'b1;
      more_q <= valid_q || more;
      if (!valid_q) record_q <= write_i ? write_data_i : read_i ? read_data_i : list_i ? list_data_i : timeout;
    end
  end

`ifdef DP_PROPERTIES
`include "dp_formal.svh"
`include "dp_errors_props.svh"
`endif
endmodule
