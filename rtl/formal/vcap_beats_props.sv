// A frame's bytes go, in order and each once, to their places: every beat lies in the descriptor in hand and in the frame's
// lines, its strobes are its bytes, bursts are as long as they say, be it at their first beat, and stay within 4 KiB.
`include "check.svh"
module vcap_beats_props #(
  parameter int unsigned MaxBurst = 16
) (
  input logic        clk_i,
  input logic        rst_ni,
  input logic        clear_i,
  input logic        start_i,
  input logic        stop_i,
  input logic [17:0] line_bytes_i,
  input logic [18:0] gap_bytes_i,
  input logic [17:0] first_gap_i,
  input logic [15:0] lines_i,
  input logic [33:0] frame_bytes_i,
  input logic        word_valid_i,
  input logic [63:0] word_i,
  input logic        word_ready_o,
  input logic        desc_valid_i,
  input logic [63:0] desc_address_i,
  input logic [23:0] desc_length_i,
  input logic        desc_first_i,
  input logic        desc_last_i,
  input logic [15:0] desc_index_i,
  input logic        desc_pop_o,
  input logic        done_o,
  input logic        last_popped_o,
  input logic [15:0] last_index_o,
  input logic        short_o,
  input logic        bad_desc_o,
  input logic        beat_push_o,
  input logic [63:0] beat_data_o,
  input logic [7:0]  beat_strb_o,
  input logic        beat_last_o,
  input logic        beat_full_i,
  input logic        cmd_push_o,
  input logic [63:0] cmd_address_o,
  input logic [7:0]  cmd_len_o,
  input logic [15:0] cmd_index_o,
  input logic        cmd_full_i,
  // inside
  input logic        load,
  input logic        skip,
  input logic [18:0] skip_bytes,
  input logic [3:0]  take,
  input logic [63:0] lo_q,
  input logic [63:0] hi_q,
  input logic [4:0]  have_q,
  input logic        active_q,
  input logic        loaded_q,
  input logic        last_q,
  input logic [63:0] address_q,
  input logic [63:0] burst_address_q,
  input logic [23:0] room_q,
  input logic [33:0] line_q,
  input logic [15:0] lines_q,
  input logic [18:0] gap_q,
  input logic [7:0]  beats_q,
  input logic [7:0]  len,
  input logic [15:0] index_q
);
  `RESET(clk_i, rst_ni)
  (* anyconst *) logic [17:0] line_bytes;
  (* anyconst *) logic [18:0] gap_bytes;
  (* anyconst *) logic [15:0] lines;
  (* anyconst *) logic [33:0] frame_bytes;
  `GIVEN(beats_format, line_bytes_i == line_bytes && gap_bytes_i == gap_bytes && lines_i == lines &&
         frame_bytes_i == frame_bytes && line_bytes != '0 && lines != '0 && frame_bytes != '0)
  `GIVEN(beats_start, !start_i || (desc_valid_i && (!run_q || (done_o && stop_i)) && !clear_i))

  // the descriptor in hand, and how far the frame has come in it; x bytes of line y written
  logic        run_q, bad_q, last_due_q;
  logic        again_q, skipped_q;                   // started again; a first gap was passed over
  logic [63:0] base_q;
  logic [23:0] length_q, pos_q;
  logic [15:0] desc_q, y_q, last_desc_q;
  logic [33:0] x_q, line_total;
  logic [15:0] line_count;
  logic [18:0] left_q;                               // of the gap before this line
  logic        over;                                 // a line's end and the gap behind it lie in this descriptor: one step
  logic [24:0] step;
  logic [7:0]  count_q;                              // beats of the burst so far
  logic [7:0]  foretold_q;                           // at its first beat, of those behind it
  logic [8:0]  foretold;                             // so far and to come
  assign line_total = gap_bytes == '0 ? frame_bytes : {16'd0, line_bytes};
  assign line_count = gap_bytes == '0 ? 16'd1 : lines;

  assign step = 25'(take) + 25'(gap_bytes);
  assign over = x_q + {30'd0, take} == line_total && y_q + 16'd1 != line_count && {1'b0, length_q - pos_q} > step;

  // one byte is followed through the buffer
  (* anyseq *) logic       pick;
  (* anyseq *) logic [2:0] lane;
  logic       watch_q;
  logic [7:0] byte_q;
  logic [4:0] ahead_q, left;
  logic [6:0] out_lane;
  assign left     = have_q - (beat_push_o ? {1'b0, take} : 5'd0);
  assign out_lane = {2'd0, ahead_q} + {4'd0, address_q[2:0]};

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      run_q      <= 1'b0;
      bad_q      <= 1'b0;
      last_due_q <= 1'b0;
      watch_q    <= 1'b0;
      count_q    <= '0;
    end else begin
      if (skip && y_q == '0) skipped_q <= 1'b1;
      if (start_i) begin
        run_q      <= 1'b1;
        again_q    <= run_q;
        skipped_q  <= 1'b0;
        bad_q      <= desc_length_i == '0 || !desc_first_i;
        x_q        <= '0;
        y_q        <= '0;
        left_q     <= {1'b0, first_gap_i};
        count_q    <= '0;
      end
      if (load && (desc_length_i == '0 || desc_first_i)) bad_q <= 1'b1;
      if (desc_pop_o) begin
        base_q      <= desc_address_i;
        length_q    <= desc_length_i;
        pos_q       <= '0;
        desc_q      <= desc_index_i;
        last_due_q  <= desc_last_i;
        last_desc_q <= desc_index_i;
      end else if (beat_push_o) pos_q <= pos_q + (over ? step[23:0] : {20'd0, take});
      else if (skip) pos_q <= pos_q + {5'd0, skip_bytes};
      if (beat_push_o) begin
        x_q     <= x_q + {30'd0, take};
        count_q <= beat_last_o ? 8'd0 : count_q + 8'd1;
        if (count_q == '0) foretold_q <= len;
        if (x_q + {30'd0, take} == line_total) begin
          x_q    <= '0;
          y_q    <= y_q + 16'd1;
          left_q <= over || y_q + 16'd1 == line_count ? '0 : gap_bytes;
        end
      end else if (skip) left_q <= left_q - skip_bytes;
      if (!watch_q && pick && word_ready_o) begin
        watch_q <= 1'b1;
        byte_q  <= word_i[{lane, 3'd0} +: 8];
        ahead_q <= left + {2'd0, lane};
      end else if (watch_q && beat_push_o) begin
        watch_q <= ahead_q >= {1'b0, take};
        ahead_q <= ahead_q - {1'b0, take};
      end
    end
  end
  assign foretold = {1'b0, beats_q} + {1'b0, len};
  logic [7:0] lanes;
  always_comb for (int i = 0; i < 8; i++)
    lanes[i] = 4'(i) >= {1'b0, address_q[2:0]} && 5'(i) < {2'd0, address_q[2:0]} + {1'b0, take};

  `PROVE(beats_in_descriptor, !beat_push_o || (take != '0 && {1'b0, pos_q} + {21'd0, take} <= {1'b0, length_q} &&
                              address_q == base_q + {40'd0, pos_q}))
  `PROVE(beats_in_line, !beat_push_o || (y_q < line_count && x_q + {30'd0, take} <= line_total))
  `PROVE(beats_gap, !beat_push_o || left_q == '0)
  `PROVE(beats_done, done_o == (run_q && y_q == line_count))
  `PROVE(beats_strobes, !beat_push_o || beat_strb_o == lanes)
  `PROVE(beats_data, !(beat_push_o && watch_q && ahead_q < {1'b0, take}) || beat_data_o[{out_lane[2:0], 3'd0} +: 8] == byte_q)
  `PROVE(beats_room, !beat_push_o || !(beat_full_i || cmd_full_i || stop_i))
  `PROVE(beats_command, cmd_push_o == (beat_push_o && beat_last_o))
  `PROVE(beats_address, !cmd_push_o || cmd_address_o + {53'd0, cmd_len_o, 3'd0} == {address_q[63:3], 3'd0})
  `PROVE(beats_length, !cmd_push_o || (cmd_len_o == count_q && cmd_len_o < 8'(MaxBurst)))
  `PROVE(beats_4k, !cmd_push_o || {1'b0, cmd_address_o[11:3]} + {2'd0, cmd_len_o} <= 10'h1FF)
  `PROVE(beats_foretold, !(beat_push_o && beat_last_o) || count_q == (count_q == '0 ? len : foretold_q))
  `PROVE(beats_index, !cmd_push_o || cmd_index_o == desc_q)
  `PROVE(beats_bad, bad_desc_o == (bad_q && run_q) && (!bad_desc_o || !beat_push_o))
  `PROVE(beats_last_popped, !run_q || bad_q || (last_popped_o == last_due_q && last_index_o == last_desc_q))
  `PROVE(beats_short, !short_o || (last_due_q && run_q && pos_q == length_q))
  `PROVE(beats_handshake, (!desc_pop_o || desc_valid_i) && (!word_ready_o || (word_valid_i && run_q)))

  // what the proof by induction rests on
  `PROVE(beats_lemma_buffer, active_q == run_q && have_q <= 5'd16 && (run_q || have_q == '0) &&
         ({hi_q, lo_q} >> {have_q, 3'd0}) == '0)
  `PROVE(beats_lemma_watch, !watch_q || (run_q && ahead_q < have_q && 8'({hi_q, lo_q} >> {ahead_q, 3'd0}) == byte_q))
  `PROVE(beats_lemma_place, !(run_q && loaded_q) || (address_q == base_q + {40'd0, pos_q} && room_q != '0 &&
         {1'b0, room_q} + {1'b0, pos_q} == {1'b0, length_q} && index_q == desc_q))
  `PROVE(beats_lemma_line, !run_q || (y_q <= line_count && x_q <= line_total && (y_q == line_count ? done_o :
         line_q + x_q == line_total && line_q != '0 && lines_q + y_q == line_count && lines_q != '0 &&
         gap_q == left_q && (x_q == '0 || gap_q == '0))))
  `PROVE(beats_lemma_burst, !run_q || (beats_q == count_q && beats_q < 8'(MaxBurst) && (beats_q == '0 ||
         (loaded_q && gap_q == '0 && !done_o && address_q[2:0] == '0 && burst_address_q[2:0] == '0 &&
          burst_address_q + {53'd0, beats_q, 3'd0} == address_q &&
          {1'b0, burst_address_q[11:3]} + {2'd0, beats_q} <= 10'h1FF))))
  `PROVE(beats_lemma_foretold, !run_q || beats_q == '0 ||
         {1'b0, foretold_q} == (foretold > 9'(MaxBurst - 1) ? 9'(MaxBurst - 1) : foretold))
  `PROVE(beats_lemma_end, !run_q || bad_q || loaded_q || (pos_q == length_q && last_q == last_due_q))

  `REACH(beats_reach_done, done_o && y_q == 16'd2)
  `REACH(beats_reach_short, short_o)
  `REACH(beats_reach_second, beat_push_o && again_q && watch_q && y_q == '0 && address_q[2:0] != '0 && skipped_q)
  `REACH(beats_reach_two_descriptors, beat_push_o && desc_q != last_desc_q + 16'd1 && pos_q == '0 && x_q == 34'd5)
  `REACH(beats_reach_4k, cmd_push_o && cmd_len_o == 8'd1 && address_q[11:3] == 9'h1FF && beat_strb_o == 8'hFF)
  `REACH(beats_reach_watched, beat_push_o && watch_q && ahead_q == 5'd3 && take == 4'd4 && address_q[2:0] == 3'd3)
endmodule
