// Cuts a frame's byte stream into aligned write beats and bursts. Walks lines (line bytes, then a gap that is skipped, in
// no time where the descriptor holds all of it; a frame without gaps is one long line) and descriptors at the same time;
// a frame may be started again at its FIRST descriptor, for its second field; the stream goes on where it was;
// a burst ends at a 4 KiB boundary, at MaxBurst beats, at the end of a descriptor, at a gap, and at the end of the frame.
// One beat a cycle: neither bursts nor descriptors nor lines cost a cycle of their own.
module vcap_beats #(
  parameter int unsigned DataWidth = 64,
  parameter int unsigned MaxBurst  = 16,
  parameter bit          CutThrough = 1'b0,  // a burst's command comes with its first beat, not its last
  parameter int unsigned Bytes     = DataWidth / 8
) (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        clear_i,
  input  logic        start_i,           // a frame or its second field begins; desc_valid_i is set
  input  logic        stop_i,            // make no further beat

  input  logic [17:0] line_bytes_i,
  input  logic [18:0] gap_bytes_i,
  input  logic [17:0] first_gap_i,       // before the first line
  input  logic [15:0] lines_i,
  input  logic [33:0] frame_bytes_i,

  input  logic        word_valid_i,
  input  logic [DataWidth-1:0] word_i,    // the frame's last may not be full: what follows its end is not used
  output logic        word_ready_o,

  input  logic        desc_valid_i,
  input  logic [63:0] desc_address_i,
  input  logic [23:0] desc_length_i,
  input  logic        desc_first_i,
  input  logic        desc_last_i,
  input  logic [15:0] desc_index_i,
  output logic        desc_pop_o,

  output logic        done_o,            // level: every byte of the frame went into a beat
  output logic        last_popped_o,     // level: the buffer's LAST descriptor is loaded or used up
  output logic [15:0] last_index_o,
  output logic        short_o,           // level: the buffer ended before the frame
  output logic        bad_desc_o,        // level: zero length or FIRST/LAST out of place
  output logic [15:0] bad_index_o,

  output logic        beat_push_o,
  output logic [DataWidth-1:0] beat_data_o,
  output logic [Bytes-1:0] beat_strb_o,
  output logic        beat_last_o,
  input  logic        beat_full_i,
  output logic        cmd_push_o,
  output logic [63:0] cmd_address_o,
  output logic [7:0]  cmd_len_o,
  output logic [15:0] cmd_index_o,
  input  logic        cmd_full_i
);
  localparam int unsigned Lb = $clog2(Bytes);  // bits of a byte's place in a beat

  // Byte buffer: up to two words of the stream, lowest byte first.
  logic [DataWidth-1:0] lo_q, hi_q, lo_d, hi_d, lo_left, hi_left;
  logic [Lb+1:0] have_q, have_d, have_left;
  // Where the next byte goes.
  logic        active_q, loaded_q, last_q, short_q, bad_q, done_q;
  logic [63:0] address_q;
  logic [23:0] room_q;                   // bytes left in the descriptor
  logic [15:0] index_q, last_index_q, bad_index_q, lines_q;
  logic [33:0] line_q;                   // bytes left of the line
  logic [18:0] gap_q;                    // of the gap
  // The burst being built.
  logic [7:0]  beats_q, len;
  logic [63:0] burst_address_q;

  logic [Lb:0] lane_room, take;
  logic        in_gap, beat, line_end, desc_end, frame_end, burst_end, load, load_bad, accept, skip;
  logic [18:0] skip_bytes;
  logic [24:0] line_step;                // the line's last bytes and the gap behind it
  logic        step_over;                // both at once
  logic [Bytes-1:0] strb;
  logic        frame_end_of_lines;

  assign lane_room = (Lb+1)'(Bytes) - {1'b0, address_q[Lb-1:0]};
  always_comb begin
    take = lane_room;
    if (line_q < 34'(take)) take = line_q[Lb:0];
    if (room_q < 24'(take)) take = room_q[Lb:0];
  end

  assign in_gap    = gap_q != 19'd0;
  assign beat      = active_q && loaded_q && !in_gap && !done_q && !stop_i && !bad_q && have_q >= (Lb+2)'(take) &&
                     !beat_full_i && !cmd_full_i;
  assign skip      = active_q && loaded_q && in_gap && !stop_i && !bad_q;
  assign skip_bytes = room_q < {5'd0, gap_q} ? room_q[18:0] : gap_q;

  assign line_end  = line_q == 34'(take);
  assign desc_end  = skip ? room_q == {5'd0, skip_bytes} : room_q == 24'(take);
  assign line_step = 25'(gap_bytes_i) + 25'(take);
  assign step_over = {1'b0, room_q} > line_step;
  assign frame_end_of_lines = lines_q == 16'd1;
  assign frame_end = line_end && frame_end_of_lines;
  assign burst_end = (&address_q[11:Lb] && take == lane_room) || beats_q == 8'(MaxBurst - 1) ||
                     room_q == 24'(take) || line_end;

  // The next descriptor is loaded in the cycle the one before ends, or while the rest of the buffer is passed over.
  assign load     = active_q && desc_valid_i && !last_q && !bad_q && !stop_i &&
                    (!loaded_q || ((beat || skip) && desc_end) || done_q);
  assign load_bad = desc_length_i == 24'd0 || desc_first_i;
  assign desc_pop_o = (load && !load_bad) || (start_i && desc_valid_i);

  assign strb = ({Bytes{1'b1}} >> ((Lb+1)'(Bytes) - take)) << address_q[Lb-1:0];
  assign beat_push_o   = beat;
  assign beat_data_o   = lo_q << {address_q[Lb-1:0], 3'd0};
  assign beat_strb_o   = strb;
  assign beat_last_o   = burst_end;
  assign cmd_push_o    = beat && (CutThrough ? beats_q == 8'd0 : burst_end);
  assign cmd_address_o = beats_q == 8'd0 ? {address_q[63:Lb], Lb'(0)} : burst_address_q;
  assign cmd_len_o     = CutThrough ? len : beats_q;
  assign cmd_index_o   = index_q;

  vcap_burst_len #(.DataWidth(DataWidth), .MaxBurst(MaxBurst)) u_len (
    .address_i(address_q[11:0]), .room_i(room_q), .line_i(line_q), .len_o(len)
  );

  assign done_o        = done_q;
  assign last_popped_o = last_q;
  assign last_index_o  = last_index_q;
  assign short_o       = short_q;
  assign bad_desc_o    = bad_q;
  assign bad_index_o   = bad_index_q;

  // Bytes out at the bottom, in at the top.
  always_comb begin
    lo_left   = lo_q;
    hi_left   = hi_q;
    have_left = have_q;
    if (beat) begin
      if (take == (Lb+1)'(Bytes)) begin
        lo_left = hi_q;
        hi_left = '0;
      end else begin
        lo_left = (lo_q >> {take[Lb-1:0], 3'd0}) | ((hi_q << 8) << {~take[Lb-1:0], 3'd0});
        hi_left = hi_q >> {take[Lb-1:0], 3'd0};
      end
      have_left = have_q - (Lb+2)'(take);
    end
    accept     = word_valid_i && active_q && !stop_i && !done_q && have_left <= (Lb+2)'(Bytes);
    lo_d   = lo_left;
    hi_d   = hi_left;
    have_d = have_left;
    if (accept) begin
      if (have_left == (Lb+2)'(Bytes)) begin
        hi_d = word_i;
      end else begin
        lo_d = lo_left | (word_i << {have_left[Lb-1:0], 3'd0});
        hi_d = (word_i >> 8) >> {~have_left[Lb-1:0], 3'd0};
      end
      have_d = have_left + (Lb+2)'(Bytes);
    end
  end
  assign word_ready_o = accept;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      lo_q <= '0;
      hi_q <= '0;
      have_q <= '0;
      active_q <= 1'b0;
      loaded_q <= 1'b0;
      last_q <= 1'b0;
      short_q <= 1'b0;
      bad_q <= 1'b0;
      done_q <= 1'b0;
      address_q <= '0;
      room_q <= '0;
      index_q <= '0;
      last_index_q <= '0;
      bad_index_q <= '0;
      lines_q <= '0;
      line_q <= '0;
      gap_q <= '0;
      beats_q <= '0;
      burst_address_q <= '0;
    end else if (clear_i) begin
      lo_q <= '0;
      hi_q <= '0;
      have_q <= '0;
      active_q <= 1'b0;
      loaded_q <= 1'b0;
      last_q <= 1'b0;
      short_q <= 1'b0;
      bad_q <= 1'b0;
      done_q <= 1'b0;
      gap_q <= '0;
      beats_q <= '0;
    end else if (start_i) begin
      active_q     <= 1'b1;
      done_q       <= 1'b0;
      short_q      <= 1'b0;
      lines_q      <= gap_bytes_i == 19'd0 ? 16'd1 : lines_i;
      line_q       <= gap_bytes_i == 19'd0 ? frame_bytes_i : {16'd0, line_bytes_i};
      gap_q        <= {1'b0, first_gap_i};
      beats_q      <= '0;
      loaded_q     <= desc_length_i != 24'd0 && desc_first_i;
      bad_q        <= desc_length_i == 24'd0 || !desc_first_i;
      bad_index_q  <= desc_index_i;
      last_q       <= desc_last_i;
      last_index_q <= desc_index_i;
      address_q    <= desc_address_i;
      room_q       <= desc_length_i;
      index_q      <= desc_index_i;
    end else if (active_q) begin
      lo_q   <= lo_d;
      hi_q   <= hi_d;
      have_q <= have_d;
      if (beat) begin
        beats_q <= burst_end ? 8'd0 : beats_q + 8'd1;
        if (beats_q == 8'd0) burst_address_q <= {address_q[63:Lb], Lb'(0)};
        address_q <= address_q + 64'(take);
        room_q    <= room_q - 24'(take);
        line_q    <= line_q - 34'(take);
        if (line_end) begin
          lines_q <= lines_q - 16'd1;
          line_q  <= {16'd0, line_bytes_i};
          gap_q   <= frame_end_of_lines || step_over ? 19'd0 : gap_bytes_i;
          if (step_over && !frame_end_of_lines) begin
            address_q <= address_q + 64'(line_step);
            room_q    <= room_q - line_step[23:0];
          end
          done_q  <= frame_end_of_lines;
        end
        if (desc_end) loaded_q <= 1'b0;
        if (desc_end && last_q && !frame_end) short_q <= 1'b1;
      end else if (skip) begin
        address_q <= address_q + {45'd0, skip_bytes};
        room_q    <= room_q - {5'd0, skip_bytes};
        gap_q     <= gap_q - skip_bytes;
        if (desc_end) loaded_q <= 1'b0;
        if (desc_end && last_q) short_q <= 1'b1;
      end
      if (load) begin
        if (load_bad) begin
          bad_q        <= 1'b1;
          bad_index_q  <= desc_index_i;
        end else begin
          loaded_q     <= 1'b1;
          address_q    <= desc_address_i;
          room_q       <= desc_length_i;
          index_q      <= desc_index_i;
          last_q       <= desc_last_i;
          last_index_q <= desc_index_i;
        end
      end
    end
  end
`ifdef VCAP_BEATS_PROPS
  vcap_beats_props #(.MaxBurst(MaxBurst)) u_props (.*);
`endif
endmodule
