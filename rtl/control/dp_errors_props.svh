  // Properties of dp_errors: the first record stays; a second error, or two at once, show.
  logic f_had_q, f_second_q;
  logic [ErrW-1:0] f_record_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) {f_had_q, f_second_q} <= '0;
    else begin
      f_had_q <= f_had_q || error_o;
      f_second_q <= f_second_q || (error_o && f_had_q) || (write_i && read_i) || (read_i && list_i) || (list_i && timeout_i);
    end
  end
  always_ff @(posedge clk_i) begin
    if (error_o && !f_had_q) f_record_q <= write_i ? write_data_i : read_i ? read_data_i : list_i ? list_data_i : timeout;
    if (rst_ni) begin
      errors_any : assert (error_o == (write_i || read_i || list_i || timeout_i));
      errors_had : assert (valid_q == f_had_q);
      errors_none : assert (f_had_q || ((record_o == '0) && !more_o));
      if (f_had_q) errors_stays : assert (record_o == f_record_q);
      if (f_second_q) errors_more : assert (more_o);
    end
  end
