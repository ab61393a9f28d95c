  // Properties of dp_chain: every row is given out once and in order, after the rows that it reads and one more, and into no row of a line buffer that is still
  // to be read; while rows are left and all commands are there, there is a next one. Rows are counted here once more.
  logic [N*9-1:0] f_given_q;
  logic [N*30-1:0] f_shape, f_shape_q;
  logic [N-1:0] f_here, f_whole, f_sane, f_stays, f_within;
  logic [N-1:1] f_fits, f_ordered, f_source, f_unread;  // of a convolution and the one before it
  logic [N*10-1:0] f_begins, f_ends;  // of the source rows that the next row reads
  logic [1:0] f_count_q, f_last;
  logic f_chained_q, f_work;
  assign f_work = active_q || start_i;
  assign f_last = !more[0] ? 2'd0 : !more[1] ? 2'd1 : 2'd2;
  for (genvar k = 0; k < N; k++) begin : gen_f
    logic [9:0] centre;
    assign f_shape[k*30+:30] = {rows_of[k*9+:9], source_of[k*9+:9], ring_of[k*8+:8], kernel3[k], stride2[k], late[k], more[k]};
    assign f_here[k] = 2'(k) < count_i;
    assign f_whole[k] = f_given_q[k*9+:9] == rows_of[k*9+:9];
    assign centre = (stride2[k] ? 10'(f_given_q[k*9+:9]) << 1 : 10'(f_given_q[k*9+:9])) + 10'(late[k]);
    assign f_begins[k*10+:10] = (kernel3[k] && (centre != '0)) ? centre - 10'd1 : centre;
    assign f_ends[k*10+:10] = centre + (kernel3[k] ? 10'd2 : 10'd1);
    assign f_sane[k] = !f_here[k] || ((rows_of[k*9+:9] != '0) && (rows_of[k*9+:9] < 9'd256) && (32'(ring_of[k*8+:8]) <= 2));
    assign f_stays[k] = (2'(k) >= f_count_q) || (f_shape[k*30+:30] == f_shape_q[k*30+:30]);
    assign f_within[k] = f_here[k] ? f_given_q[k*9+:9] <= rows_of[k*9+:9] : f_given_q[k*9+:9] == '0;
  end
  for (genvar k = 1; k < N; k++) begin : gen_f_reader
    logic [9:0] enough, lost;  // source rows, with one more; rows below are overwritten by the writer's next one
    assign enough = (f_ends[k*10+:10] + 10'd1 < 10'(source_of[k*9+:9])) ? f_ends[k*10+:10] + 10'd1 : 10'(source_of[k*9+:9]);
    assign lost = (10'(f_given_q[(k-1)*9+:9]) + 10'd1 > 10'(ring_of[(k-1)*8+:8]) * 10'd3)
        ? 10'(f_given_q[(k-1)*9+:9]) + 10'd1 - 10'(ring_of[(k-1)*8+:8]) * 10'd3 : 10'd0;
    assign f_fits[k] = !f_here[k]
        || (more[k-1] && (source_of[k*9+:9] == rows_of[(k-1)*9+:9])
            && (rows_of[k*9+:9] == (stride2[k] ? (source_of[k*9+:9] + 9'd1) >> 1 : source_of[k*9+:9]))
            && (!late[k] || (kernel3[k] && stride2[k] && !source_of[k*9]))
            && ((ring_of[(k-1)*8+:8] == '0) || (ring_of[(k-1)*8+:8] == (kernel3[k] ? 8'd2 : 8'd1))));
    assign f_ordered[k] = !f_here[k] || !f_whole[k] || f_whole[k-1];
    assign f_source[k] = (pick != 2'(k)) || (10'(f_given_q[(k-1)*9+:9]) >= enough);
    assign f_unread[k] = (pick != 2'(k - 1)) || !more[k-1] || (ring_of[(k-1)*8+:8] == '0) || (lost == '0)
        || (f_here[k] && (f_whole[k] || (f_begins[k*10+:10] >= lost)));
  end
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) f_given_q <= '0;
    else if (start_i) f_given_q <= (N * 9)'(end_o);
    else if (job_o) f_given_q[pick*9+:9] <= f_given_q[pick*9+:9] + 9'd1;
  end
  always_ff @(posedge clk_i) begin
    f_shape_q <= f_shape;
    {f_count_q, f_chained_q} <= {count_i, chained_i};
    if (rst_ni) begin
      if (f_work) chain_count : assume ((count_i != '0) && (rows_i != '0));
      if (start_i) chain_turn : assume (!active_q && (!chained_i || more[0]));
      if (active_q) chain_same : assume ((count_i >= f_count_q) && (chained_i == f_chained_q));
      // a command stays as it came; maps follow from one another, and a line buffer has the rows of a window
      if (f_work && chained_i) chain_shape : assume ((f_sane == '1) && (f_fits == '1));
      if (active_q && chained_i) chain_stays : assume (f_stays == '1);
      if (f_work && chained_i && (count_i == 2'd3)) chain_three : assume (!more[2]);
      if (start_i) chain_first : assert (job_o && (first_o == '0) && (end_o == (chained_i ? 9'd1 : rows_i)));
      if (job_o && !start_i) chain_order : assert (chained_i && (pick < count_i) && (first_o == f_given_q[pick*9+:9]) && (end_o == first_o + 9'd1));
      if (job_o) chain_map : assert (start_i || (end_o <= rows_of[pick*9+:9]));
      if (chained_i && job_o && !start_i) begin
        chain_source : assert (f_source == '1);
        chain_unread : assert (f_unread == '1);
      end
      if (active_q) begin
        chain_within : assert ((f_within == '1) && (f_ordered == '1));
        chain_given : assert (chained_i && (next_q == f_given_q) && (conv_o < count_i));
        chain_last : assert (last_o == f_whole[conv_o]);
        // rows are left exactly while the last one has some
        if (f_last < count_i) chain_left : assert (!f_whole[f_last] && (may != '0));
        if (idle_i && (f_last < count_i)) chain_next : assert (job_o);
      end
      if (!active_q && !start_i) chain_over : assert (!job_o);
    end
  end
