// Shared types of the DPACS accelerator: command descriptors, registers and small helpers (docs/architecture.md).
package dp_pkg;

  parameter int unsigned MaxGroups = 64;
  parameter int unsigned MaxChain = 3;  // convolutions of a chain
  parameter int unsigned ArrayLatency = 1;  // dp_pe_array: cycles from operands to their sums; the pipeline and the cycle model follow
  parameter int unsigned MaskLatency = 3;  // dp_mask_dot: the same; the mask unit and the cycle model follow
`ifdef SYNTHESIS
  parameter bit ArrayCells = 1'b1;  // dp_pe_array: its body for synthesis (Yosys says so), else the one that simulates fast
`else
  parameter bit ArrayCells = 1'b0;
`endif
  parameter int unsigned TokenW = 152;  // bits of token_t and run_t (checked in dp_top)
  parameter int unsigned RunW = 71;
  parameter int unsigned AddrW = 40;    // bits of an address
  parameter int unsigned IdW = 3;       // of an AXI ID: {epoch, client}
  parameter int unsigned ErrW = 56;     // bits of err_t (checked in dp_top)
  parameter int unsigned MaxCommands = 4096;  // of a list

  typedef enum logic [7:0] {
    OpEnd    = 8'd0,
    OpImage  = 8'd1,
    OpConv   = 8'd2,
    OpMask   = 8'd3,
    OpGroups = 8'd4
  } op_e;

  // Flags of a convolution (command byte 4..7).
  typedef struct packed {
    logic [5:0]  reserved;
    logic        late_x;        // with stride2: windows begin at column 2x instead of 2x-1 (padding as TensorFlow has it, even maps)
    logic        late_y;        // the same of rows
    logic        chain;         // the next convolution of the list belongs to the same chain
    logic        max_pool;      // 3x3, stride 2, pad 1, between post unit and map write
    logic        dual;          // (parallel) an output slice has 2·Po channels; 1x1 or patches of at most four words
    logic        patches;       // the image lies byte after byte; the stem takes it patch by patch (dp_patches)
    logic        kernel7;       // patches: 7x7, else 3x3
    logic        own_fetch;     // OpMask: the bitmap is given in memory
    logic        pooled;        // OpMask: also write the 2x2 max-pooled mask into the pair's output buffer
    logic        prev_masked;   // OpMask: the producing convolution skips positions (prev_buf holds its mask)
    logic        mask_release;  // this convolution is the last user of its mask pair
    logic        mask_wait;     // wait until the pair of out_buf is complete
    logic        produces;      // the mask unit follows the positions that this convolution retires
    logic        image_src;     // source is the image: follow its load, release it when done (OpMask: wait for it)
    logic        head;          // accumulate over all positions, emit raw logits
    logic        pool_max;      // channel pooling is max instead of sum
    logic        score;         // pool this output and compute the next block's channel mask
    logic        out_grouped;   // output channels are the kept groups
    logic        in_grouped;    // input channels are the kept groups
    logic        out_masked;    // compute kept positions (out_buf) only
    logic        in_masked;     // pruned input positions (in_buf) read as zero
    logic        residual;      // add the destination's old value times res_mult
    logic        relu_pruned;   // ReLU where out_buf says pruned (shortcuts)
    logic        relu;          // ReLU everywhere
    logic        stride2;
    logic        kernel3;
  } flags_t;

  // One command, 64 bytes. The last field is the lowest byte of the descriptor.
  typedef struct packed {
    logic [31:0] reserved;      // 60
    logic [7:0]  aux_high;      // 59 bits 39:32 of aux_addr
    logic [7:0]  weight_high;   // 58 bits 39:32 of weight_addr
    logic [15:0] all_rows;      // 56 in a chain: weight rows of all output slices
    logic [31:0] aux_addr;      // 52 OpConv: channel biases bf; OpMask: weights or bitmap; OpGroups: bitmap
    logic [31:0] weight_addr;   // 48 OpConv: octet records
    logic [31:0] mask_bias;     // 44 OpMask: bm
    logic [15:0] rec_beats;     // 42 beats from one octet record to the next
    logic [7:0]  keep;          // 41 groups kept in this block
    logic [7:0]  groups;        // 40 groups scored (OpGroups: given)
    logic [7:0]  group8;        // 39 channels of a group / 8
    logic [7:0]  aux_beats;     // 38 beats of parameters at the start of a record
    logic [15:0] wf_beats;      // 36 of those, beats of saliency weights
    logic [15:0] rows;          // 34 weight rows of one output slice
    logic [15:0] out_slices;    // 32 output slices of Po channels
    logic [15:0] cout;          // 30 kept output channels
    logic [15:0] cin;           // 28 kept input channels (image: channels)
    logic [7:0]  prev_buf;      // 27
    logic [7:0]  out_buf;       // 26
    logic [7:0]  in_buf;        // 25
    logic [7:0]  dst_tw;        // 24 ceil(dst_w/3)
    logic [7:0]  src_tw;        // 23 ceil(src_w/3)
    logic [7:0]  score_keep;    // 22 groups that stay in the channel mask computed here
    logic [15:0] dst_slices;    // 20 words of Pi channels per position
    logic [15:0] src_slices;    // 18
    logic [7:0]  dst_h;         // 17
    logic [7:0]  dst_w;         // 16
    logic [7:0]  src_h;         // 15
    logic [7:0]  src_w;         // 14
    logic [15:0] dst_base;      // 12 first word of the map in every bank
    logic [15:0] src_base;      // 10
    logic [7:0]  dst_ring;      // 9 tile rows of a line buffer, 1 or 2; 0: the whole map is stored
    logic [7:0]  src_ring;      // 8
    flags_t      flags;         // 4
    logic [7:0]  pad2;          // 3
    logic [7:0]  stage;         // 2
    logic [7:0]  layer;         // 1
    logic [7:0]  op;            // 0
  } cmd_t;

  // Where the beats of one read run go (loader -> unpacker, in the order of the requests).
  typedef enum logic [2:0] {
    RunRecord   = 3'd0,  // octet record: parameters, then weights
    RunBias     = 3'd1,  // channel biases bf
    RunGroups   = 3'd2,  // given channel mask
    RunMaskW    = 3'd3,  // weights of the spatial mask
    RunMaskRows = 3'd4,  // given spatial mask
    RunImage    = 3'd5
  } run_e;

  typedef struct packed {
    run_e        kind;
    logic        first;       // RunRecord: first run of an octet
    logic        slice_last;  // RunRecord: last run of an output slice
    logic        kernel3;
    logic [7:0]  layer;       // for error reports
    logic [3:0]  lane;        // RunRecord: octet of lanes in the slice
    logic [4:0]  entry;       // RunRecord: parameter entry of the slice
    logic [15:0] row;         // RunRecord: first weight row of the slice
    logic [15:0] aux;         // RunRecord: parameter beats at the head of this run
    logic [15:0] beats;
  } run_t;

  // What the dispatcher sends down the pipeline in a cycle.
  typedef struct packed {
    logic        mac;       // the array computes
    logic        first;     // first cycle of a result: the accumulators start over
    logic        carry;     // the accumulators go on with what the last cycle left above its split
    logic [3:0]  split;     // word slots from here on belong to another sum (9: none)
    logic        out;       // last cycle of a result: it leaves the accumulators
    logic        slice_end; // end of an output slice (of a chain's convolution: of all its slices); with head, the slice's logits leave the accumulators
    logic        row_end;   // chain: a row is complete
    logic [1:0]  conv;      // chain: which of its convolutions
    logic        residual;
    logic        dual;
    logic        last_slice;
    logic        relu;
    logic        window;    // 3x3 window read, else a run of words
    logic [8:0]  lanes;     // lane groups that are not zero
    logic        pop;       // patches: the last cycle that needs the current one
    logic        pair;      // two output slices of a position in turn: their identity is read together, and they are written together
    logic        second;    // the other one of the pair
    logic [3:0]  skip;      // patches: word in slot 0
    logic [8:0]  src_y;     // plus 3
    logic [8:0]  src_x;
    logic [15:0] slice;
    logic [3:0]  slice9;
    logic [3:0]  words;
    logic [15:0] row;       // weight row
    logic [7:0]  y;         // output position
    logic [7:0]  x;
    logic [7:0]  out_slice;
    logic [7:0]  out_lanes; // channels of the output slice
    logic [15:0] dst_addr;
    logic [3:0]  dst_bank;
    logic [3:0]  dst_words;
    logic [4:0]  entry;
  } token_t;

  // What stops the accelerator (docs/bus.md).
  typedef enum logic [3:0] {
    ErrNone     = 4'd0,
    ErrResponse = 4'd1,
    ErrProtocol = 4'd2,
    ErrAlign    = 4'd3,
    ErrEmpty    = 4'd4,
    ErrRange    = 4'd5,
    ErrNoList   = 4'd6,
    ErrEndless  = 4'd7,
    ErrCommand  = 4'd8,
    ErrTimeout  = 4'd9
  } err_e;

  typedef struct packed {
    err_e        code;
    logic        of_list;  // the command list, or a command in it
    logic        write;
    logic [1:0]  resp;
    logic [7:0]  layer;
    logic [39:0] addr;
  } err_t;

  // What a cycle is spent on (dp_causes).
  typedef enum logic [2:0] {
    CauseIdle    = 3'd0,  // no job
    CauseBusy    = 3'd1,  // the array computes
    CauseWeights = 3'd2,  // weights are on their way
    CauseInputs  = 3'd3,  // the image is, or a bank is taken
    CauseMasks   = 3'd4,  // a mask is not complete
    CauseDrain   = 3'd5,  // the pipeline empties, scores and logits leave
    CauseControl = 3'd6   // commands, iterator
  } cause_e;

  // Where the window of output row or column y has its middle in the source.
  function automatic logic [8:0] middle(input logic stride2, input logic late, input logic [8:0] y);
    middle = stride2 ? {y[7:0], late} : y;
  endfunction

  // x/3 and x%3 for x < 384: the banking of the map memory needs both everywhere.
  function automatic logic [7:0] div3(input logic [8:0] x);
    logic [16:0] by3;
    by3 = 17'(x) + {7'd0, x, 1'b0};
    div3 = 8'(((by3 << 6) - (by3 << 3) + by3) >> 9);  // x·171
  endfunction

  function automatic logic [1:0] mod3(input logic [8:0] x);
    mod3 = 2'(x) + 2'(div3(x));  // less three times that, modulo 4
  endfunction

  // Row of tiles (three rows each) in which row y is stored: in a line buffer modulo `ring`. With `lead`, y carries an offset of one tile.
  function automatic logic [7:0] tile_row(input logic [8:0] y, input logic [7:0] ring, input logic lead);
    tile_row = ((div3(y) - 8'(lead)) & (ring - 8'd1)) + 8'(lead);
  endfunction

  // (a+b) mod 9 for a, b < 9.
  function automatic logic [3:0] add9(input logic [3:0] a, input logic [3:0] b);
    logic [4:0] s;
    s = 5'(a) + 5'(b);
    add9 = (s >= 5'd9) ? 4'(s - 5'd9) : 4'(s);
  endfunction

  function automatic logic [3:0] sub9(input logic [3:0] a, input logic [3:0] b);
    sub9 = (a >= b) ? (a - b) : 4'(5'(a) + 5'd9 - 5'(b));
  endfunction

  // Number of the lowest bit that is set; 0 where none is.
  function automatic logic [5:0] lowest(input logic [63:0] bits);
    logic [63:0] one;
    one = bits & (-bits);
    lowest = {
      |(one & 64'hffffffff00000000), |(one & 64'hffff0000ffff0000), |(one & 64'hff00ff00ff00ff00),
      |(one & 64'hf0f0f0f0f0f0f0f0), |(one & 64'hcccccccccccccccc), |(one & 64'haaaaaaaaaaaaaaaa)
    };
  endfunction

  // taps of a row or column that lie in the map
  function automatic logic [3:0] taps_in(input logic [8:0] centre, input logic [8:0] size, input logic wide);
    logic [3:0] low, high;
    logic [8:0] far;
    far = size - 9'd1 - centre;
    low = (centre < 9'd3) ? 4'(centre) : 4'd3;
    high = (far < 9'd3) ? 4'(far) : 4'd3;
    if (!wide) begin
      low = (low > 4'd1) ? 4'd1 : low;
      high = (high > 4'd1) ? 4'd1 : high;
    end
    taps_in = low + high + 4'd1;
  endfunction

  // A convolution whose output slices go in pairs (parallel): a result in every cycle, with residual. (Scores are made slice by slice.)
  function automatic logic paired(input logic residual, input logic kernel3, input logic score, input logic [15:0] words);
    paired = residual && !kernel3 && !score && (words <= 16'd9);
  endfunction

endpackage
