// Wiring of what stops the accelerator: the error record, the watchdog, drain and reset.
module dp_guard #(
    localparam int unsigned ErrW = dp_pkg::ErrW
) (
    input  logic            clk_i,
    input  logic            rst_ni,
    output logic            core_rst_no,
    output logic [1:0]      epoch_o,
    input  logic            busy_i,
    input  logic            progress_i,
    input  logic [31:0]     timeout_i,
    input  logic            abort_i,
    input  logic            bus_idle_i,
    // errors
    input  logic            write_i,
    input  logic            write_more_i,
    input  logic [ErrW-1:0] write_data_i,
    input  logic            read_i,
    input  logic            read_more_i,
    input  logic [ErrW-1:0] read_data_i,
    input  logic            list_i,
    input  logic [ErrW-1:0] list_data_i,
    // state
    output logic            halt_o,
    output logic            failed_o,
    output logic            aborting_o,
    output logic            aborted_o,
    output logic            error_o,
    output logic [ErrW-1:0] record_o,
    output logic            more_o
);
  logic expired;

  dp_stop u_stop (
      .clk_i, .rst_ni, .error_i(error_o), .abort_i, .bus_idle_i, .halt_o, .failed_o, .aborting_o, .aborted_o, .core_rst_no, .epoch_o
  );

  dp_watchdog u_watchdog (
      .clk_i, .rst_ni(core_rst_no), .limit_i(timeout_i), .watch_i(busy_i && !halt_o), .progress_i, .expired_o(expired)
  );

  dp_errors u_errors (
      .clk_i, .rst_ni(core_rst_no), .write_i, .write_more_i, .write_data_i, .read_i, .read_more_i, .read_data_i, .list_i, .list_data_i,
      .timeout_i(expired), .error_o, .record_o, .more_o
  );
endmodule
