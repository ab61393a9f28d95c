  // Properties of dp_stop: a stop lasts until an abort has ended, which it does only when the bus is idle; the epoch is constant between resets.
  logic f_began_q, f_halt_q, f_aborted_q, f_may_q, f_error_q, f_abort_q;
  logic [1:0] f_epoch_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) {f_began_q, f_halt_q, f_aborted_q, f_may_q, f_error_q, f_abort_q} <= '0;
    else begin
      f_began_q <= 1'b1;
      f_halt_q <= halt_o;
      f_aborted_q <= aborted_o;
      f_may_q <= aborting_o && bus_idle_i;
      f_error_q <= error_i && core_rst_no;
      f_abort_q <= abort_i;
    end
  end
  always_ff @(posedge clk_i) begin
    f_epoch_q <= epoch_o;
    if (rst_ni) begin
      if (f_began_q) stop_epoch : assert (epoch_o == f_epoch_q);
      if (f_halt_q && !f_aborted_q) stop_lasts : assert (halt_o);
      if (f_aborted_q && !f_abort_q) stop_ends : assert (!halt_o && core_rst_no);
      if (f_error_q) stop_error : assert (failed_o);
      if (f_abort_q) stop_abort : assert (aborting_o);
      stop_reset : assert ((core_rst_no == !aborted_o) && (core_rst_no || (f_may_q && aborting_o)));
      stop_halt : assert (halt_o == (failed_o || aborting_o));
      if (counted_q) stop_begun : assert (begun_q);
      stop_counted : assert (f_began_q == begun_q);
    end
  end
