  // Properties of dp_watchdog: it expires after exactly so many cycles in a row in which it watched and nothing moved.
  logic [31:0] f_still_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) f_still_q <= '0;
    else if (!watch_i || progress_i || expired_o) f_still_q <= '0;
    else f_still_q <= f_still_q + 32'd1;
  end
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      watchdog_count : assert (idle_q == f_still_q);
      if (expired_o) watchdog_late : assert (watch_i && !progress_i && (limit_i != '0) && (f_still_q >= limit_i));
      if (watch_i && !progress_i && (limit_i != '0) && (f_still_q == limit_i)) watchdog_due : assert (expired_o);
    end
  end
