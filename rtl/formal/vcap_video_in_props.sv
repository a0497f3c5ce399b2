// The frame FIFO never holds a torn frame that looks whole: what is pushed parses as frames of exactly the format's words in
// order, or ends in an abort; every frame that started is announced or counted as lost, once.
`include "check.svh"
module vcap_video_in_props #(
  parameter int unsigned EntryWidth = 68,
  parameter int unsigned LostWidth  = 16
) (
  input logic                   clk_i,
  input logic                   rst_ni,
  input logic                   enable_i,
  input logic                   flush_i,
  input logic                   stall_i,
  input logic [14:0]            beats_per_line_i,
  input logic [15:0]            lines_i,
  input logic                   active_o,
  input logic [31:0]            tdata_i,
  input logic                   tvalid_i,
  input logic                   tready_o,
  input logic                   tuser_i,
  input logic                   tlast_i,
  input logic                   entry_valid_o,
  input logic [EntryWidth-1:0]  entry_o,
  input logic                   entry_full_i,
  input logic                   entry_almost_full_i,
  input logic                   header_valid_o,
  input logic [2*LostWidth:0]   header_o,
  input logic                   header_full_i
);
  `RESET(clk_i, rst_ni)
  axi_stream_rules #(.Width(34)) u_rules (
    .clk_i, .up, .payload({tdata_i, tuser_i, tlast_i}), .valid(tvalid_i), .ready(tready_o)
  );
  // a small format that holds still
  (* anyconst *) logic [1:0] bpl, lines;
  `GIVEN(video_format, beats_per_line_i == {13'd0, bpl} && lines_i == {14'd0, lines} && bpl != '0 && lines != '0)

  logic       sof, eof, abort, overflow, word, start, beat, announce;
  logic [3:0] total, words_now;
  assign {overflow, abort, eof, sof} = entry_o[67:64];
  assign word     = entry_valid_o && !abort;
  assign beat     = tvalid_i && tready_o && !flush_i;
  assign start    = beat && tuser_i && enable_i;
  assign announce = header_valid_o && header_o[2*LostWidth];
  assign total    = {2'd0, bpl} * {2'd0, lines};

  // the reader's view
  logic       open_q;                      // between sof and eof or abort
  logic       after_eof_q;                 // the last entry was an eof
  logic       owed_q;                      // announced, nothing pushed
  logic [3:0] words_q;
  // the source's view
  logic [31:0] low_q;
  logic        odd_q, live_q, up_q;        // live: beats of the present frame are expected to come out
  logic [LostWidth+1:0] uncounted_q;
  logic        saturated_q;
  assign words_now = (sof ? 4'd0 : words_q) + 4'd1;
  always_ff @(posedge clk_i) begin
    up_q <= up;
    if (!rst_ni || flush_i) begin
      open_q      <= 1'b0;
      after_eof_q <= 1'b0;
      owed_q      <= 1'b0;
      words_q     <= '0;
      odd_q       <= 1'b0;
      live_q      <= 1'b0;
      uncounted_q <= '0;
      saturated_q <= 1'b0;
    end else begin
      if (entry_valid_o) begin
        open_q      <= word && !eof;
        after_eof_q <= word && eof;
        words_q     <= words_now;
      end
      owed_q <= (owed_q && !(entry_valid_o && sof)) || (announce && !(word && sof));
      if (beat) begin
        live_q <= tuser_i ? announce : live_q && (word ? !eof : !odd_q);
        odd_q  <= tuser_i ? !word : !odd_q;
        if (word) odd_q <= 1'b0;
        low_q  <= tdata_i;
      end
      uncounted_q <= uncounted_q + (LostWidth+2)'(start) -
                     (header_valid_o ? (LostWidth+2)'(announce) + (LostWidth+2)'(header_o[2*LostWidth-1:LostWidth]) +
                                       (LostWidth+2)'(header_o[LostWidth-1:0]) : '0);
      if (uncounted_q + (LostWidth+2)'(start) >= (LostWidth+2)'((1 << LostWidth) - 1)) saturated_q <= 1'b1;
    end
  end

  `PROVE(video_entry_room, !(entry_valid_o && entry_full_i))
  `PROVE(video_header_room, !(header_valid_o && header_full_i))
  `PROVE(video_sof_when_closed, !(word && sof) || !open_q)
  `PROVE(video_word_when_open, !(word && !sof) || open_q)
  `PROVE(video_abort_has_frame, !(entry_valid_o && abort) || (sof ? owed_q && !open_q : open_q || after_eof_q))
  `PROVE(video_abort_alone, !(entry_valid_o && abort) || (!eof && entry_o[63:0] == '0))
  `PROVE(video_sof_announced, !(entry_valid_o && sof) || owed_q || (word && announce))
  `PROVE(video_announce_once, !announce || !owed_q || (entry_valid_o && sof))
  `PROVE(video_words, !word || (beat && (eof ? {words_now, 1'b0} == {1'b0, total} + {4'd0, total[0]}
                                             : {words_now, 1'b0} < {1'b0, total} + {4'd0, total[0]})))
  `PROVE(video_data, !word || (!(sof ? 1'b0 : odd_q) && entry_o[31:0] == tdata_i) ||
                     (odd_q && !tuser_i && entry_o[63:0] == {tdata_i, low_q}))
  `PROVE(video_no_word_after_loss, !(word && !tuser_i) || live_q)
  `PROVE(video_ready, stall_i || tready_o || !up_q)
  `PROVE(video_stall, !stall_i || !tready_o || !(entry_full_i && entry_almost_full_i))
  `PROVE(video_all_counted, saturated_q || uncounted_q == '0 || active_o)
  `PROVE(video_none_invented, saturated_q || uncounted_q < (LostWidth+2)'(1 << LostWidth))

  `REACH(video_reach_whole, word && eof && total == 4'd6 && words_now == 4'd3)
  `REACH(video_reach_overflow, entry_valid_o && abort && overflow && words_q == 4'd1 && open_q)
  `REACH(video_reach_cut_off, entry_valid_o && abort && sof && announce)
  `REACH(video_reach_extra_lines, entry_valid_o && abort && after_eof_q)
  `REACH(video_reach_two_lost, header_valid_o && !announce && header_o[2*LostWidth-1:LostWidth] == LostWidth'(2))
endmodule
