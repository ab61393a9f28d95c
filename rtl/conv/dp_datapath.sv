// The pipeline from a dispatched token to the map write: A addresses, B map read, C align and weight row, M multiply-accumulate (Latency
// cycles), E scale, F clamp, W write. Feed-forward: it never stalls. Commands are stable while tokens of them are in flight; those of a chain mix.
module dp_datapath #(
    parameter bit Parallel = 1'b1,
    parameter int unsigned Pi = 8,
    parameter int unsigned Po = 8,
    parameter int unsigned WeightRows = 64,
    parameter int unsigned PatchBytes = 32,
    parameter int unsigned Latency = dp_pkg::ArrayLatency,
    localparam int unsigned OutLanes = Parallel ? 2 * Po : Po,
    localparam int unsigned W = Pi * 8,
    localparam int unsigned RowBits = (Parallel ? 9 : 1) * W,
    localparam int unsigned TokW = dp_pkg::TokenW
) (
    input  logic                  clk_i,
    input  logic                  rst_ni,
    input  logic [3*512-1:0]      cmds_i,
    input  logic [TokW-1:0]       token_i,       // stage A
    // map memory: port A, residual read and output write of port B
    output logic [8:0]            a_en_o,
    output logic [143:0]          a_addr_o,
    input  logic [9*W-1:0]        a_rdata_i,
    output logic                  res_valid_o,
    output logic [15:0]           res_addr_o,
    output logic [3:0]            res_bank_o,
    output logic [3:0]            res_words_o,
    input  logic [9*W-1:0]        b_rdata_i,
    output logic                  wr_valid_o,
    // patches
    output logic                  patch_pop_o,
    input  logic [PatchBytes*8-1:0] patch_i,
    input  logic [PatchBytes*8-1:0] next_i,
    // weights and parameters
    input  logic                  weight_we_i,
    input  logic [3:0]            weight_lane_i,
    input  logic [15:0]           weight_row_i,
    input  logic [7:0]            weight_granule_i,
    input  logic [511:0]          weight_data_i,
    output logic                  quant_re_o,     // read a cycle before E
    output logic [4:0]            quant_entry_o,
    input  logic [OutLanes*128-1:0] quant_i,
    // stage W
    output logic [TokW-1:0]       token_o,
    output logic [OutLanes*8-1:0]  y_o,
    output logic [OutLanes*32-1:0] acc_o,
    output logic [Po*32-1:0]      raw_o
);
  localparam int unsigned WordsOut = OutLanes / Pi;

  dp_pkg::cmd_t cmd, cmd1, cmd2;  // patches and heads are in no chain: the first one
  assign {cmd2, cmd1, cmd} = cmds_i;
  dp_pkg::token_t a, b_q, c_q, m_q, e_q, f_q, w_q;
  assign a = token_i;
  assign token_o = w_q;

  // A: addresses. The offset of three rows and columns is one tile row and one tile.
  logic [15:0] base;
  logic [8:0] en;
  logic [143:0] addr;
  logic [1:0] ry, rx, b_ry_q, b_rx_q, c_ry_q, c_rx_q;
  logic [3:0] bank, b_bank_q, c_bank_q;
  logic [15:0] source_base, source_slices;
  logic [7:0] source_tw, source_ring;
  always_comb begin
    {source_base, source_tw, source_slices, source_ring} = {cmd.src_base, cmd.src_tw, cmd.src_slices, cmd.src_ring};
    if (a.conv == 2'd1) {source_base, source_tw, source_slices, source_ring} = {cmd1.src_base, cmd1.src_tw, cmd1.src_slices, cmd1.src_ring};
    if (a.conv == 2'd2) {source_base, source_tw, source_slices, source_ring} = {cmd2.src_base, cmd2.src_tw, cmd2.src_slices, cmd2.src_ring};
  end
  assign base = source_base - 16'((16'(source_tw) + 16'd1) * source_slices);
  dp_read_addr u_addr (
      .token_i (a),
      .base_i  (base),
      .tw_i    (source_tw),
      .slices_i(source_slices),
      .ring_i  (source_ring),
      .en_o    (en),
      .addr_o  (addr),
      .ry_o    (ry),
      .rx_o    (rx),
      .bank_o  (bank)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {b_q, c_q, m_q, e_q, f_q, w_q} <= '0;
      a_en_o <= '0;
    end else begin
      b_q <= a;
      c_q <= b_q;
      m_q <= c_q;
      e_q <= last;
      f_q <= e_q;
      w_q <= f_q;
      a_en_o <= cmd.flags.patches ? 9'd0 : en;
    end
  end
  always_ff @(posedge clk_i) begin
    if (a.mac) begin
      a_addr_o <= addr;
      {b_ry_q, b_rx_q, b_bank_q} <= {ry, rx, bank};
    end
    {c_ry_q, c_rx_q, c_bank_q} <= {b_ry_q, b_rx_q, b_bank_q};
  end
  // while the array works; the last cycle of it reads the parameters
  dp_pkg::token_t last;
  if (Latency > 1) begin : gen_late
    logic [TokW-1:0] last_bits;
    dp_delay #(
        .Width(TokW),
        .Cycles(Latency - 1)
    ) u_token (
        .clk_i,
        .rst_ni,
        .en_i  (1'b1),
        .data_i(m_q),
        .data_o(last_bits)
    );
    assign last = last_bits;
  end else begin : gen_now
    assign last = m_q;
  end
  // what all lanes look at, beside the tokens
  logic e_out_q, f_out_q;
  logic [7:0] e_lanes_q, f_lanes_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) {e_out_q, f_out_q, e_lanes_q, f_lanes_q} <= '0;
    else begin
      e_out_q <= last.out;
      e_lanes_q <= last.out_lanes;
      f_out_q <= e_out_q;
      f_lanes_q <= e_lanes_q;
    end
  end

  // B: the identity is read while the last operands are
  assign res_valid_o = b_q.out && b_q.residual && !b_q.second;
  assign res_addr_o = b_q.dst_addr;
  assign res_bank_o = b_q.dst_bank;
  assign res_words_o = b_q.dst_words;

  // C: operands in lane order
  logic [RowBits-1:0] act;
  dp_align #(
      .Parallel(Parallel),
      .Pi(Pi),
      .PatchBytes(PatchBytes)
  ) u_align (
      .clk_i,
      .en_i    (c_q.mac),
      .data_i  (a_rdata_i),
      .window_i(c_q.window),
      .ry_i    (c_ry_q),
      .rx_i    (c_rx_q),
      .slice9_i(c_q.slice9),
      .bank_i  (c_bank_q),
      .lanes_i (c_q.lanes),
      .dual_i  (c_q.dual),
      .is_patch_i(cmd.flags.patches),
      .patch_i,
      .next_i,
      .skip_i  (c_q.skip),
      .words_i (cmd.src_slices[3:0]),
      .act_o   (act)
  );
  assign patch_pop_o = c_q.pop;

  logic [2*OutLanes*8-1:0] id;
  logic [OutLanes*8-1:0] id_m_q, id_e, id_second_q;
  always_comb begin
    id = '0;
    if (c_q.out && c_q.residual && !c_q.second)
      for (int i = 0; i < 2 * WordsOut; i++)
        for (int k = 0; k < 9; k++)
          if ((dp_pkg::add9(c_q.dst_bank, 4'(i)) == 4'(k)) && (4'(i) < c_q.dst_words)) id[i*W+:W] = b_rdata_i[k*W+:W];
  end
  always_ff @(posedge clk_i) begin
    if (c_q.out) id_m_q <= c_q.second ? id_second_q : id[OutLanes*8-1:0];
    if (c_q.out && c_q.pair && !c_q.second) id_second_q <= c_q.dual ? id[OutLanes*8+:OutLanes*8] : id[Po*8+:OutLanes*8];
  end
  dp_delay #(
      .Width(OutLanes * 8),
      .Cycles(Latency)
  ) u_identity (
      .clk_i,
      .rst_ni,
      .en_i  (m_q.out),
      .data_i(id_m_q),
      .data_o(id_e)
  );

  // M
  logic [Po*32-1:0] acc, second;
  logic [OutLanes*32-1:0] sums;
  if (Parallel) begin : gen_sums
    assign sums = {second, acc};
  end else begin : gen_sum
    assign sums = acc;
  end
  dp_pe_array #(
      .Po(Po),
      .RowBytes(RowBits / 8),
      .Slots(Parallel ? 9 : 1),
      .Rows(WeightRows),
      .Latency(Latency)
  ) u_array (
      .clk_i,
      .rst_ni,
      .we_i     (weight_we_i),
      .lane_i   (weight_lane_i),
      .row_i    (weight_row_i),
      .granule_i(weight_granule_i),
      .data_i   (weight_data_i),
      .re_i     (c_q.mac),
      .raddr_i  (c_q.row),
      .en_i    (m_q.mac),
      .first_i (m_q.first),
      .carry_i (m_q.carry),
      .split_i (m_q.split),
      .act_i   (act),
      .acc_o   (acc),
      .second_o(second)
  );

  // E, F
  assign quant_re_o = last.out;
  assign quant_entry_o = last.entry;
  dp_requant #(
      .Po(OutLanes),
      .RawLanes(Po)
  ) u_requant (
      .clk_i,
      .en_i      (e_out_q),
      .acc_i     (sums),
      .lanes_e_i (e_lanes_q),
      .quant_i   (quant_i),
      .id_i      (id_e),
      .residual_i(e_q.residual),
      .en_f_i    (f_out_q),
      .relu_i    (f_q.relu),
      .raw_i     (cmd.flags.head),
      .lanes_i   (f_lanes_q),
      .y_o       (y_o),
      .raw_o,
      .acc_o     (acc_o)
  );

  // W
  assign wr_valid_o = w_q.out && !cmd.flags.head;
endmodule
