// The frame FIFO never holds a torn frame that looks whole: what is pushed parses as frames of exactly the format's words in
// order, or ends in an abort; the words are the window's, and only of a window in_window the video; every frame that started is announced or counted as lost, once; a woven frame is a field 0 and the field 1 behind it.
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
  input logic [14:0]            input_beats_i,
  input logic [15:0]            input_lines_i,
  input logic [14:0]            left_i,
  input logic [15:0]            top_i,
  input logic [14:0]            beats_per_line_i,
  input logic [15:0]            lines_i,
  input logic                   weave_i,
  input logic                   active_o,
  input logic [31:0]            tdata_i,
  input logic                   tvalid_i,
  input logic                   tready_o,
  input logic                   tuser_i,
  input logic                   tlast_i,
  input logic                   tfid_i,
  input logic                   entry_valid_o,
  input logic [EntryWidth-1:0]  entry_o,
  input logic                   entry_full_i,
  input logic                   entry_almost_full_i,
  input logic                   header_valid_o,
  input logic [2*LostWidth+1:0] header_o,
  input logic                   header_full_i,
  // inside
  input logic [1:0]             state_q,
  input logic [14:0]            x_q,
  input logic [15:0]            y_q,
  input logic                   held_q,
  input logic                   second_q,
  input logic                   first_q,
  input logic                   abort_q,
  input logic [63:0]            low_q
);
  `RESET(clk_i, rst_ni)
  axi_stream_rules #(.Width(35)) u_rules (
    .clk_i, .up, .payload({tdata_i, tuser_i, tlast_i, tfid_i}), .valid(tvalid_i), .ready(tready_o)
  );
  // a small format that holds still
  (* anyconst *) logic [1:0] bpl, lines, in_bpl, in_lines, left, top;
  (* anyconst *) logic       weave;
  `GIVEN(video_format, beats_per_line_i == {13'd0, bpl} && lines_i == {14'd0, lines} && bpl != '0 && lines != '0 &&
         input_beats_i == {13'd0, in_bpl} && input_lines_i == {14'd0, in_lines} && in_bpl != '0 && in_lines != '0 &&
         left_i == {13'd0, left} && top_i == {14'd0, top} && weave_i == weave)

  logic       sof, eof, abort, overflow, word, start, beat, announce;
  logic [3:0] words_now, area;
  logic [4:0] total;
  assign {overflow, abort, eof, sof} = entry_o[67:64];
  assign word     = entry_valid_o && !abort;
  assign beat     = tvalid_i && tready_o && !flush_i;
  assign joins    = beat && tuser_i && tfid_i && between_q;
  assign fresh    = tuser_i && !joins;
  assign start    = beat && tuser_i && enable_i && (!(weave && tfid_i) || !after_0_q);
  assign second   = joins || (of_second_q && !fresh);
  assign announce = header_valid_o && header_o[2*LostWidth];
  assign area     = {2'd0, bpl} * {2'd0, lines};
  assign total    = weave ? {area, 1'b0} : {1'b0, area};

  // the reader's view
  logic       open_q;                      // between sof and eof or abort
  logic       owed_q;                      // announced, nothing pushed
  logic [3:0] words_q;
  // the source's view
  logic [31:0] even_q;
  logic        between_q, of_second_q;     // the fields of a good frame; beats are of its second
  logic        after_0_q;                  // the field before, captured or not, was a field 0
  logic        live_d, joins, fresh, second, up_q;
  logic        odd_q, live_q;              // live: beats of the present frame are expected to come out
  logic        tail_q, rest_q, due_q;      // behind the window of a whole frame; and still in the frame; a flag is owed
  logic [1:0]  at_x_q, at_y_q, x, y;             // of the beat at the pins in its frame
  logic        in_window, due, bad, last, bad_tail, odd;
  logic [LostWidth+1:0] uncounted_q;
  logic        saturated_q;
  assign x        = tuser_i ? 2'd0 : at_x_q;
  assign y        = tuser_i ? 2'd0 : at_y_q;
  assign odd      = !fresh && odd_q;
  assign in_window = x >= left && {1'b0, x} < {1'b0, left} + {1'b0, bpl} && y >= top &&
                     {1'b0, y} < {1'b0, top} + {1'b0, lines};
  assign due      = in_window && (odd || ({1'b0, x} + 3'd1 == {1'b0, left} + {1'b0, bpl} &&
                                          {1'b0, y} + 3'd1 == {1'b0, top} + {1'b0, lines} && (second || !weave)));
  assign live_d   = (fresh ? announce : live_q) && !bad && !(word && eof) && (word || !due) && !(between_q && !tuser_i);
  assign bad      = tlast_i != (x == in_bpl - 2'd1);
  assign last     = x == in_bpl - 2'd1 && y == in_lines - 2'd1;
  assign bad_tail = beat && tail_q && (rest_q ? tuser_i || bad : !tuser_i);
  assign words_now = (sof ? 4'd0 : words_q) + 4'd1;
  always_ff @(posedge clk_i) begin
    up_q <= up;
    if (!rst_ni) after_0_q <= 1'b1;
    else if (tvalid_i && tready_o && tuser_i) after_0_q <= !tfid_i;
    if (!rst_ni || flush_i) begin
      open_q      <= 1'b0;
      owed_q      <= 1'b0;
      words_q     <= '0;
      odd_q       <= 1'b0;
      live_q      <= 1'b0;
      between_q   <= 1'b0;
      of_second_q <= 1'b0;
      tail_q      <= 1'b0;
      rest_q      <= 1'b0;
      due_q       <= 1'b0;
      uncounted_q <= '0;
      saturated_q <= 1'b0;
    end else begin
      if (entry_valid_o) begin
        open_q      <= word && !eof;
        words_q     <= words_now;
      end
      owed_q <= (owed_q && !(entry_valid_o && sof)) || (announce && !(word && sof));
      if (beat) begin
        live_q <= live_d;
        between_q   <= live_d && weave && !second && last;
        of_second_q <= second;
        odd_q  <= in_window ? !odd && !word : odd;
        if (in_window) even_q <= tdata_i;
        at_x_q <= x == in_bpl - 2'd1 ? 2'd0 : x + 2'd1;
        at_y_q <= x == in_bpl - 2'd1 ? y + 2'd1 : y;
      end
      tail_q <= (word && eof) || (tail_q && !bad_tail && !(beat && tuser_i) && (enable_i || !rest_q));
      rest_q <= word && eof ? !last : rest_q && enable_i && !bad_tail && !(beat && last);
      due_q  <= (due_q || bad_tail) && !(entry_valid_o && abort);
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
  `PROVE(video_abort_has_frame, !(entry_valid_o && abort) || (sof ? owed_q && !open_q : open_q || due_q || bad_tail))
  `PROVE(video_abort_alone, !(entry_valid_o && abort) || (!eof && entry_o[63:0] == '0))
  `PROVE(video_sof_announced, !(entry_valid_o && sof) || owed_q || (word && announce))
  `PROVE(video_announce_once, !announce || !owed_q || (entry_valid_o && sof))
  `PROVE(video_words, !word || (beat && in_window && (eof ? {words_now, 1'b0} == total + {4'd0, total[0]}
                                                          : {words_now, 1'b0} < total + {4'd0, total[0]})))
  `PROVE(video_data, !word || (odd ? entry_o[63:0] == {tdata_i, even_q} : entry_o[31:0] == tdata_i))
  `PROVE(video_fits, !announce || ({1'b0, left} + {1'b0, bpl} <= {1'b0, in_bpl} &&
                                   {1'b0, top} + {1'b0, lines} <= {1'b0, in_lines}))
  `PROVE(video_fields, !announce || !(weave && tfid_i))
  `PROVE(video_weave, !(word && tuser_i && !sof) || (weave && tfid_i && between_q))
  `PROVE(video_field_told, !announce || header_o[2*LostWidth+1] == tfid_i)
  `PROVE(video_rest_flagged, !due_q || active_o)
  `PROVE(video_no_word_after_loss, !(word && !fresh) || live_q)
  `PROVE(video_ready, stall_i || tready_o || !up_q)
  `PROVE(video_stall, !stall_i || !tready_o || !(entry_full_i && entry_almost_full_i))
  `PROVE(video_all_counted, saturated_q || uncounted_q == '0 || active_o)
  `PROVE(video_none_invented, saturated_q || uncounted_q < (LostWidth+2)'(1 << LostWidth))

  // what helps the proof: where the next beat lies, and how many words the window has given so far
  logic [3:0] rows, columns;
  logic       fits, open;
  assign fits    = {1'b0, left} + {1'b0, bpl} <= {1'b0, in_bpl} && {1'b0, top} + {1'b0, lines} <= {1'b0, in_lines};
  assign rows    = at_y_q <= top ? 4'd0 : at_y_q - top >= lines ? {2'd0, lines} : {2'd0, at_y_q - top};
  assign columns = at_y_q < top || at_y_q - top >= lines || at_x_q <= left ? 4'd0 : at_x_q - left >= bpl ? {2'd0, bpl} : {2'd0, at_x_q - left};
  assign open    = live_q && !first_q;
  `PROVE(video_lemma_state, state_q == (between_q ? 2'd3 : live_q ? 2'd1 : rest_q ? 2'd2 : 2'd0) && (!rest_q || tail_q) &&
         (abort_q || open_q == open) && (abort_q || owed_q == (live_q && first_q)) && (!due_q || abort_q) &&
         !(live_q && (rest_q || tail_q || abort_q)) && (!between_q || (live_q && weave && !second_q)) &&
         (!live_q || (second_q == of_second_q && (weave || !second_q))))
  `PROVE(video_lemma_place, !(live_q || rest_q) || (x_q == {13'd0, at_x_q} && y_q == {14'd0, at_y_q} &&
         at_x_q < in_bpl && (between_q ? at_x_q == '0 && at_y_q == in_lines : at_y_q < in_lines) && fits && (!live_q || (held_q == odd_q && (!odd_q || low_q[31:0] == even_q) &&
         {open ? words_q : 4'd0, 1'b0} + {4'd0, odd_q} ==
         5'(rows * {2'd0, bpl} + columns) + (second_q ? {1'b0, area} : 5'd0)))))

  `REACH(video_reach_whole, word && eof && total == 5'd6 && words_now == 4'd3)
  `REACH(video_reach_overflow, entry_valid_o && abort && overflow && words_q == 4'd1 && open_q)
  `REACH(video_reach_cut_off, entry_valid_o && abort && sof && announce)
  `REACH(video_reach_extra_lines, entry_valid_o && abort && tail_q && !rest_q && !tuser_i)
  `REACH(video_reach_window, word && eof && total == 5'd4 && left == 2'd1 && top == 2'd1 && in_bpl == 2'd3)
  `REACH(video_reach_woven, word && eof && weave && total == 5'd4 && in_lines == 2'd2 && words_now == 4'd2)
  `REACH(video_reach_orphan, start && weave && tfid_i && live_q)
  `REACH(video_reach_rest_flagged, entry_valid_o && abort && rest_q && tuser_i && bpl != 2'd1)
  `REACH(video_reach_two_lost, header_valid_o && !announce && header_o[2*LostWidth-1:LostWidth] == LostWidth'(2))
endmodule
