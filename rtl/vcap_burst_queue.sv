// A channel's write bursts, waiting to be issued. Store and forward: a command enters with its burst's last beat, so a
// burst that is issued never waits for data. Cut-through: it enters with the first, and the rest may come late; a burst
// that will not get the rest is made whole by beats without strobes. What enters an empty queue may leave in the same
// cycle. A frame's completion record is the last burst to enter: its command comes a beat early and is held until
// `release_i`; the time of the frame's end, which is not known before, takes its place in the record's last beat as that
// leaves.
module vcap_burst_queue #(
  parameter int unsigned DataWidth  = 64,
  parameter int unsigned MaxBurst   = 16,
  parameter bit          CutThrough = 1'b0,
  parameter int unsigned BeatWidth  = DataWidth + DataWidth / 8 + 1,      // {last, strobes, data}
  parameter int unsigned CmdWidth   = 64 + 8 + 16                         // {address, AWLEN, descriptor index}
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,
  input  logic                 clear_i,       // drop all; only while nothing of the channel is issued

  input  logic                 beat_push_i,
  input  logic [BeatWidth-1:0] beat_i,
  output logic                 beat_full_o,
  input  logic                 cmd_push_i,
  input  logic [CmdWidth-1:0]  cmd_i,
  input  logic                 cmd_record_i,  // with cmd_push_i: the command is the record's
  output logic                 cmd_full_o,
  input  logic                 whole_i,       // cut-through: issue a burst with its last beat all the same
  input  logic                 pad_i,         // level: no further beat comes
  input  logic                 release_i,     // all bursts before the record are answered; it leaves in this cycle
  input  logic [63:0]          end_time_i,    // from the cycle after that on
  output logic                 held_o,        // the record's command is in the queue, behind others perhaps
  output logic                 empty_o,

  output logic                 cmd_valid_o,
  output logic [CmdWidth-1:0]  cmd_o,
  input  logic                 cmd_pop_i,
  output logic                 beat_valid_o,
  output logic [BeatWidth-1:0] beat_o,
  input  logic                 beat_pop_i
);
  localparam int unsigned BeatDepth = 1 << $clog2(2 * MaxBurst < 32 ? 32 : 2 * MaxBurst);
  localparam int unsigned CmdDepth  = 4;

  logic beat_empty, cmd_empty, beat_in, pad, record, record_next, record_issued_q, held_q, torn;
  logic [7:0]           left_q;           // cut-through: beats to come of the burst whose command came
  logic [BeatWidth-1:0] beat_new, beat_old, beat;
  logic [CmdWidth-1:0]  cmd_old;
  logic [$clog2(BeatDepth):0] unused_beat_level;
  logic [$clog2(CmdDepth):0]  cmd_level;

  assign pad      = pad_i && left_q != 8'd0 && !beat_full_o;
  assign beat_in  = beat_push_i || pad;
  assign beat_new = pad ? {left_q == 8'd1, (BeatWidth-1)'(0)} : beat_i;
  vcap_sync_fifo #(.Width(BeatWidth), .Depth(BeatDepth)) u_beats (
    .clk_i, .rst_ni, .clear_i,
    .push_i(beat_in && !(beat_empty && beat_pop_i)), .data_i(beat_new), .pop_i(beat_pop_i && !beat_empty),
    .data_o(beat_old), .full_o(beat_full_o), .empty_o(beat_empty), .level_o(unused_beat_level)
  );
  vcap_sync_fifo #(.Width(CmdWidth + 1), .Depth(CmdDepth)) u_cmds (
    .clk_i, .rst_ni, .clear_i,
    .push_i(cmd_push_i && !(cmd_empty && cmd_pop_i)), .data_i({cmd_record_i, cmd_i}), .pop_i(cmd_pop_i && !cmd_empty),
    .data_o({record, cmd_old}), .full_o(cmd_full_o), .empty_o(cmd_empty), .level_o(cmd_level)
  );
  assign beat = beat_empty ? beat_new : beat_old;
  assign {record_next, cmd_o} = cmd_empty ? {cmd_record_i, cmd_i} : {record, cmd_old};

  // A record has two beats or more, so its last leaves after its command.
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) record_issued_q <= 1'b0;
    else if (clear_i) record_issued_q <= 1'b0;
    else if (cmd_pop_i) record_issued_q <= record_next;
    else if (beat_pop_i && beat[BeatWidth-1]) record_issued_q <= 1'b0;
  end
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) held_q <= 1'b0;
    else if (clear_i) held_q <= 1'b0;
    else if (cmd_pop_i && record_next) held_q <= 1'b0;
    else if (cmd_push_i && cmd_record_i) held_q <= 1'b1;
  end
  always_comb begin
    beat_o = beat;
    if (record_issued_q && beat[BeatWidth-1]) beat_o[DataWidth-1 -: 64] = end_time_i;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) left_q <= '0;
    else if (clear_i || !CutThrough) left_q <= '0;
    else if (cmd_push_i && !cmd_record_i) left_q <= cmd_i[23:16];
    else if (beat_in && left_q != 8'd0) left_q <= left_q - 8'd1;
  end

  // The newest burst may lack beats.
  assign torn = CutThrough && whole_i && (cmd_empty ? !cmd_record_i && cmd_i[23:16] != 8'd0
                                                    : cmd_level == ($clog2(CmdDepth)+1)'(1) && left_q != 8'd0);

  assign cmd_valid_o  = (!cmd_empty || cmd_push_i) && (!record_next || release_i) && !torn;
  assign beat_valid_o = !beat_empty || beat_in;
  assign held_o       = held_q;
  assign empty_o      = cmd_empty && beat_empty;

  logic unused;
  assign unused = &{1'b0, unused_beat_level, cmd_level};
`ifdef VCAP_BURST_QUEUE_PROPS
  vcap_burst_queue_props #(.BeatWidth(BeatWidth), .CmdWidth(CmdWidth), .BeatDepth(BeatDepth), .CmdDepth(CmdDepth))
    u_props (.*);
`endif
endmodule
