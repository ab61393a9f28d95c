// What the position iterator does next: a convolution's whole map, or in a chain one row of one of its convolutions. The last convolution
// whose source rows are there comes first, else one before it whose line buffer has room. "There" is issued with another row behind
// it, so that rows leave the pipeline while others are at work (dp_dispatch makes sure). A job is given out when the last one is taken.
module dp_chain (
    input  logic             clk_i,
    input  logic             rst_ni,
    input  logic             start_i,     // of a convolution or chain
    input  logic             chained_i,
    input  logic [3*512-1:0] cmds_i,
    input  logic [1:0]       count_i,     // commands that are there
    input  logic [8:0]       rows_i,      // of the first one
    input  logic             idle_i,      // of the iterator
    output logic             job_o,
    output logic [1:0]       conv_o,      // which convolution; while the job is at work, as is last_o
    output logic [8:0]       first_o,     // rows first .. end - 1, with job_o
    output logic [8:0]       end_o,
    output logic             last_o       // it ends the convolution's map
);
  localparam int unsigned N = dp_pkg::MaxChain;

  logic [N*9-1:0] next_q;   // rows given out
  logic [N*9-1:0] rows_of;  // of all
  logic [N-1:0] there, room, may, more;
  logic active_q, last;
  logic [1:0] pick;

  for (genvar k = 0; k < N; k++) begin : gen_conv
    dp_pkg::cmd_t cmd;
    logic [8:0] next;
    assign cmd = cmds_i[k*512+:512];
    assign next = next_q[k*9+:9];
    assign rows_of[k*9+:9] = (k == 0) ? rows_i : 9'(cmd.dst_h);

    // what it reads has been given out, and a row more
    if (k == 0) begin : gen_first
      assign there[k] = 1'b1;
    end else begin : gen_rest
      logic [8:0] source, needed;
      assign source = next_q[(k-1)*9+:9];
      assign needed = (cmd.flags.stride2 ? {next[7:0], 1'b0} : next) + (cmd.flags.kernel3 ? 9'd3 : 9'd2);
      assign there[k] = (source >= needed) || (source == 9'(cmd.src_h));
    end

    // the row that it would overwrite is not read any more
    if (k == N - 1) begin : gen_last
      assign room[k] = 1'b1;
    end else begin : gen_before
      dp_pkg::cmd_t reader;
      logic [8:0] centre, low;
      assign reader = cmds_i[(k+1)*512+:512];
      assign centre = reader.flags.stride2 ? {next_q[(k+1)*9+:8], 1'b0} : next_q[(k+1)*9+:9];
      assign low = (reader.flags.kernel3 && (centre != 9'd0)) ? centre - 9'd1 : centre;
      assign room[k] = !cmd.flags.chain || (cmd.dst_ring == 8'd0) || (next < low + 9'(cmd.dst_ring) * 9'd3);
    end
    assign more[k] = cmd.flags.chain;
    assign may[k] = (2'(k) < count_i) && (next != rows_of[k*9+:9]) && there[k] && room[k];
  end

  // the first job goes out with the start
  assign pick = start_i ? 2'd0 : may[2] ? 2'd2 : may[1] ? 2'd1 : 2'd0;
  assign first_o = (start_i || !chained_i) ? 9'd0 : next_q[pick*9+:9];
  assign end_o = chained_i ? first_o + 9'd1 : rows_i;
  assign last = end_o == rows_of[pick*9+:9];
  assign job_o = start_i || (active_q && idle_i && (may != '0));

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      active_q <= 1'b0;
      next_q <= '0;
      conv_o <= '0;
      last_o <= 1'b0;
    end else if (job_o) begin
      active_q <= !(last && (!chained_i || !more[pick]));
      if (start_i) next_q <= (N * 9)'(end_o);
      else next_q[pick*9+:9] <= end_o;
      conv_o <= pick;
      last_o <= last;
    end
  end
endmodule
