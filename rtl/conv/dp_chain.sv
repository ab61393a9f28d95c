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

  // of the convolutions, the first in the lowest bits
  dp_pkg::cmd_t c0, c1, c2;
  logic [N*9-1:0] next_q;   // rows given out
  logic [N*9-1:0] rows_of;  // of all
  logic [N*9-1:0] source_of;
  logic [N*8-1:0] ring_of;
  logic [N-1:0] kernel3, stride2, late, more, there, room, may;
  logic active_q, last;
  logic [1:0] pick;
  assign {c2, c1, c0} = cmds_i;
  assign rows_of = {9'(c2.dst_h), 9'(c1.dst_h), rows_i};
  assign source_of = {9'(c2.src_h), 9'(c1.src_h), 9'(c0.src_h)};
  assign ring_of = {c2.dst_ring, c1.dst_ring, c0.dst_ring};
  assign kernel3 = {c2.flags.kernel3, c1.flags.kernel3, c0.flags.kernel3};
  assign stride2 = {c2.flags.stride2, c1.flags.stride2, c0.flags.stride2};
  assign late = {c2.flags.late_y, c1.flags.late_y, c0.flags.late_y};
  assign more = {c2.flags.chain, c1.flags.chain, c0.flags.chain};

  // what a convolution reads has been given out, and a row more
  assign there[0] = 1'b1;
  for (genvar k = 1; k < N; k++) begin : gen_there
    logic [8:0] given;
    assign given = next_q[(k-1)*9+:9];
    always_comb begin
      there[k] = 1'b0;
      if (2'(k) < count_i)
        there[k] = (given == source_of[k*9+:9])
            || (given >= dp_pkg::middle(stride2[k], late[k], next_q[k*9+:9]) + (kernel3[k] ? 9'd3 : 9'd2));
    end
  end

  // the row that it would overwrite is not read any more
  assign room[N-1] = 1'b1;
  for (genvar k = 0; k < N - 1; k++) begin : gen_room
    logic [8:0] read, low;  // the lowest row of the reader's next one
    always_comb begin
      read = 'x;
      low = 'x;
      room[k] = 1'b1;
      if (more[k] && (ring_of[k*8+:8] != 8'd0)) begin
        read = dp_pkg::middle(stride2[k+1], 1'b0, next_q[(k+1)*9+:9]);
        low = (kernel3[k+1] && !late[k+1] && (read != 9'd0)) ? read - 9'd1 : read;
        room[k] = next_q[k*9+:9] < low + 9'(ring_of[k*8+:8]) * 9'd3;
      end
    end
  end

  for (genvar k = 0; k < N; k++) begin : gen_may
    assign may[k] = (2'(k) < count_i) && (next_q[k*9+:9] != rows_of[k*9+:9]) && there[k] && room[k];
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

`ifdef DP_PROPERTIES
`include "dp_formal.svh"
`include "dp_chain_props.svh"
`endif
endmodule
