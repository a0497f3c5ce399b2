// Bursts and their beats leave in order and unchanged; a burst that is issued does not wait for data; the record's burst
// waits until it is released, and the time of the frame's end is in its last beat and in no other. Store and forward only.
`include "check.svh"
module vcap_burst_queue_props #(
  parameter int unsigned BeatWidth  = 73,
  parameter int unsigned CmdWidth   = 88,
  parameter int unsigned BeatDepth  = 32,
  parameter int unsigned CmdDepth   = 4,
  parameter int unsigned Bw         = $clog2(BeatDepth) + 1,
  parameter int unsigned Cw         = $clog2(CmdDepth) + 1
) (
  input logic                 clk_i,
  input logic                 rst_ni,
  input logic                 clear_i,
  input logic                 beat_push_i,
  input logic [BeatWidth-1:0] beat_i,
  input logic                 beat_full_o,
  input logic                 cmd_push_i,
  input logic [CmdWidth-1:0]  cmd_i,
  input logic                 cmd_record_i,
  input logic                 cmd_full_o,
  input logic                 release_i,
  input logic [63:0]          end_time_i,
  input logic                 held_o,
  input logic                 empty_o,
  input logic                 cmd_valid_o,
  input logic [CmdWidth-1:0]  cmd_o,
  input logic                 cmd_pop_i,
  input logic                 beat_valid_o,
  input logic [BeatWidth-1:0] beat_o,
  input logic                 beat_pop_i,
  // inside
  input logic                 beat_in,
  input logic [BeatWidth-1:0] beat_new,
  input logic                 record_next,
  input logic                 record_issued_q
);
  localparam int unsigned Last = BeatWidth - 1;
  localparam int unsigned Time = Last > 64 ? 64 : 1;  // bits of the end time: one where beats are proved small

  `RESET(clk_i, rst_ni)
  `GIVEN(queue_beat_has_room, !(beat_push_i && beat_full_o))
  `GIVEN(queue_cmd_has_room, !(cmd_push_i && cmd_full_o))
  `GIVEN(queue_beat_is_there, !beat_pop_i || beat_valid_o)
  `GIVEN(queue_cmd_is_there, !cmd_pop_i || cmd_valid_o)

  // How many beats, last beats and commands are inside; what of an issued burst has not left.
  logic [Bw-1:0] beats_q, lasts_q;
  logic [Cw-1:0] cmds_q;
  logic [1:0]    records_q;
  logic          open_q, pushing_q;
  initial {open_q, pushing_q} = '0;
  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      beats_q   <= '0;
      lasts_q   <= '0;
      cmds_q    <= '0;
      open_q    <= 1'b0;
      records_q <= '0;
      pushing_q <= 1'b0;
    end else begin
      beats_q <= beats_q + Bw'(beat_in) - Bw'(beat_pop_i);
      lasts_q <= lasts_q + Bw'(beat_in && beat_new[Last]) - Bw'(beat_pop_i && beat_o[Last]);
      cmds_q  <= cmds_q + Cw'(cmd_push_i) - Cw'(cmd_pop_i);
      if (beat_pop_i && beat_o[Last]) open_q <= 1'b0;
      else if (cmd_pop_i) open_q <= 1'b1;
      records_q <= records_q + 2'(cmd_push_i && cmd_record_i) - 2'(cmd_pop_i && record_next);
      if (beat_push_i && beat_i[Last]) pushing_q <= 1'b0;
      else if (cmd_push_i && cmd_record_i) pushing_q <= 1'b1;
    end
  end
  // The bus master issues a burst when the one before has left, and sends beats of issued bursts only.
  `GIVEN(queue_one_at_a_time, !cmd_pop_i || !open_q)
  `GIVEN(queue_beats_of_issued, !beat_pop_i || open_q || cmd_pop_i)
  // A data burst's command comes with its last beat, a record's a beat before, with the last in the next cycle (a full queue,
  // in which it would come later, is left out); nothing follows a record that waits.
  `GIVEN(queue_cmd_with_last, (beat_push_i && beat_i[Last] && !pushing_q) == (cmd_push_i && !cmd_record_i))
  `GIVEN(queue_record_early, !(cmd_push_i && cmd_record_i) || (beat_push_i && !beat_i[Last] && !pushing_q))
  `GIVEN(queue_record_goes_on, !pushing_q || beat_push_i)
  `GIVEN(queue_record_is_last, !held_o || !cmd_push_i)
  `GIVEN(queue_record_ends, !(pushing_q && beat_push_i) || beat_i[Last])

  // One beat and one command anywhere are watched: how many leave before them.
  (* anyseq *) logic pick_beat, pick_cmd;
  logic                 watch_beat_q, watch_cmd_q, of_record_q;
  logic [BeatWidth-1:0] beat_q;
  logic [CmdWidth-1:0]  cmd_q;
  logic [Bw-1:0]        beats_ahead_q;
  logic [Cw-1:0]        cmds_ahead_q;
  initial {watch_beat_q, watch_cmd_q} = '0;
  logic beat_passes, beat_waits;   // enters and leaves in one cycle; is in the queue, next to leave
  assign beat_passes = beat_in && beat_pop_i && beats_q == '0;
  assign beat_waits  = watch_beat_q && beats_ahead_q == '0;
  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      watch_beat_q <= 1'b0;
      watch_cmd_q  <= 1'b0;
    end else begin
      if (!watch_beat_q && beat_in && pick_beat && !beat_passes) begin
        watch_beat_q  <= 1'b1;
        beat_q        <= beat_new;
        of_record_q   <= pushing_q || (cmd_push_i && cmd_record_i);
        beats_ahead_q <= beats_q - Bw'(beat_pop_i);
      end else if (watch_beat_q && beat_pop_i) begin
        if (beats_ahead_q == '0) watch_beat_q <= 1'b0;
        beats_ahead_q <= beats_ahead_q - Bw'(1);
      end
      if (!watch_cmd_q && cmd_push_i && pick_cmd && !(cmd_pop_i && cmds_q == '0)) begin
        watch_cmd_q  <= 1'b1;
        cmd_q        <= cmd_i;
        cmds_ahead_q <= cmds_q - Cw'(cmd_pop_i);
      end else if (watch_cmd_q && cmd_pop_i) begin
        if (cmds_ahead_q == '0) watch_cmd_q <= 1'b0;
        cmds_ahead_q <= cmds_ahead_q - Cw'(1);
      end
    end
  end

  `PROVE(queue_cmd_order, !(watch_cmd_q && cmds_ahead_q == '0) || cmd_o == cmd_q)
  `PROVE(queue_cmd_passes, !(cmd_push_i && cmds_q == '0) || cmd_o == cmd_i)
  `PROVE(queue_beat_order, !beat_waits || beat_o[Last:Time] == beat_q[Last:Time])
  `PROVE(queue_data_order, !beat_waits || (of_record_q && beat_q[Last]) || beat_o[Time-1:0] == beat_q[Time-1:0])
  `PROVE(queue_time, !(beat_waits && of_record_q && beat_q[Last] && open_q) || beat_o[Time-1:0] == end_time_i[Time-1:0])
  `PROVE(queue_never_waits, !(open_q || cmd_valid_o) || beat_valid_o)
  `PROVE(queue_released, !(cmd_valid_o && record_next) || release_i)
  `PROVE(queue_held, held_o == (records_q != '0))
  `PROVE(queue_empty, empty_o == (beats_q == '0 && cmds_q == '0))

  `REACH(queue_reach_record, record_issued_q && beat_pop_i && beat_o[Last])
  `REACH(queue_reach_full, beat_full_o)
  `REACH(queue_reach_two, cmds_q == Cw'(2) && cmd_valid_o)
endmodule
