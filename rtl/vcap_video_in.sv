// Pixel clock domain: takes AXI4-Stream video, checks every frame against the programmed size, packs the beats of a window
// of it to words as wide as the memory bus and hands them to the frame FIFO.
//
// Frame FIFO entry {overflow, abort, eof, sof, data}: the last word of a frame may be filled in part. An `abort`
// entry holds no pixels and says that the frame begun by the last sof (its own, if set) is void (overflow or format), or,
// after an eof, that what followed the window in its frame was not as it should be. An abort is pushed instead of the
// first word that cannot be good, so the other side never takes a torn frame for a whole one.
//
// Header FIFO entry {field, frame, lost_overflow, lost_format}: written with a frame's first beat, whose time its arrival
// tells; the counts are frames lost since the entry before, of which nothing entered the frame FIFO. They saturate, which
// takes 2^LostWidth - 1 frames of a few pixels while memory stands still.
//
// With `weave_i` a frame is a field 0 and the field 1 next to it, its words those of both without a seam. A field 1 belongs
// to the field 0 before it, whatever became of that: it is a frame of its own (a lost one) only where there was none.
// With two planes and `nv12_i` the luma of each beat, its even bytes, goes to plane 0, and of the window's even lines
// the chroma, its odd bytes, to plane 1, which has a FIFO of its own with the same marks. The last word of chroma waits for
// that of luma: both planes of a frame end, or are void, together.
module vcap_video_in #(
  parameter int unsigned DataWidth  = 64,
  parameter int unsigned Planes     = 1,
  parameter int unsigned LostWidth  = 16,
  parameter int unsigned EntryWidth = DataWidth + 4
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,
  // from the bus domain, synchronised; the format is stable while enable is set
  input  logic                   enable_i,
  input  logic                   flush_i,
  input  logic                   stall_i,
  input  logic [14:0]            input_beats_i,    // a line of the video
  input  logic [15:0]            input_lines_i,
  input  logic [14:0]            left_i,           // of these the window: beats and lines before it
  input  logic [15:0]            top_i,
  input  logic [14:0]            beats_per_line_i, // its size
  input  logic [15:0]            lines_i,
  input  logic                   weave_i,
  input  logic                   nv12_i,           // not with weave_i: such frames are lost
  output logic                   active_o,     // a frame is being taken in, or something waits to be reported
  output logic                   enabled_o,    // enable_i as this domain has acted upon it
  output logic                   flushed_o,

  input  logic [31:0]            tdata_i,
  input  logic                   tvalid_i,
  output logic                   tready_o,
  input  logic                   tuser_i,
  input  logic                   tlast_i,
  input  logic                   tfid_i,           // field of the frame that starts

  output logic [Planes-1:0]      entry_valid_o,    // of each plane's FIFO
  output logic [Planes*EntryWidth-1:0] entry_o,
  input  logic                   entry_full_i,     // of any of them
  input  logic                   entry_almost_full_i,
  output logic                   header_valid_o,
  output logic [2*LostWidth+1:0] header_o,
  input  logic                   header_full_i
);
  localparam int unsigned Pack  = DataWidth / 32;
  localparam int unsigned PackW = $clog2(Pack);
  localparam int unsigned HeldW = PackW + Planes - 1;  // two bytes of a beat are of luma: twice as many to a word

  typedef enum logic [1:0] {
    Wait,    // outside a frame, or in the rest of a void one
    Take,    // inside a good frame
    Rest,    // behind the window of a good frame
    Between  // behind a good field 0 of a woven frame
  } state_e;

  state_e state_d, state_q;
  logic [14:0] x_d, x_q;
  logic [15:0] y_d, y_q;
  logic [HeldW-1:0] held_d, held_q;     // beats in low_q that wait for the rest of their word
  logic [DataWidth-1:0] low_d, low_q, word;
  logic [Planes-1:0] first_d, first_q;  // Take: nothing of the plane was pushed yet but the frame's header
  logic        ended_d, ended_q;        // Wait was entered by the end of a good frame
  logic        second_d, second_q;      // Take, Rest: of field 1 of a woven frame
  logic        field_0_q;               // the last start of frame at the pins was of a field 0
  logic        abort_d, abort_q;        // an abort entry waits for room
  logic        abort_ovf_d, abort_ovf_q;
  logic [Planes-1:0] abort_first_d, abort_first_q;
  logic [LostWidth-1:0] lost_ovf_d, lost_ovf_q, lost_fmt_d, lost_fmt_q;
  logic        enabled_q, flushed_q, ready_q;

  logic beat, last_x, last_y, start, announce, take, word_due, any_due, push_word, push_abort, eof;
  logic planar;
  logic [Planes-1:0] due;               // a word of the plane is full with this beat, or at its end
  logic fresh, joins, orphan, second_here;  // the beat begins a frame, or its second field, or a second field of none
  logic fits, in_window, end_x, end_y;    // the window: in the video; this beat: in it, of its last column, line
  logic bad_beat, input_end;
  logic [14:0] width_less_1, right;
  logic [15:0] height_less_1, bottom;
  logic void_now, void_ovf;             // an abort entry is to be pushed, now or as soon as there is room
  logic [Planes-1:0] void_first;
  logic lost_ovf, lost_fmt;             // the frame of this first beat is lost
  logic [LostWidth-1:0] lost_ovf_base, lost_fmt_base;
  logic [14:0] x_here;
  logic [15:0] y_here;
  logic [HeldW-1:0] held_here;
  logic [Planes-1:0] first_here;

  function automatic logic [LostWidth-1:0] saturating_inc(input logic [LostWidth-1:0] value);
    saturating_inc = &value ? value : value + LostWidth'(1);
  endfunction

  assign tready_o  = ready_q && !(stall_i && (entry_almost_full_i || header_full_i));
  assign enabled_o = enabled_q;
  assign flushed_o = flushed_q;
  assign active_o  = state_q == Take || state_q == Between || abort_q || lost_ovf_q != '0 || lost_fmt_q != '0;

  assign beat  = tvalid_i && tready_o && !flush_i;
  // A start of frame is the first beat of its own frame whatever went before, unless it is of the second field of one.
  assign orphan = weave_i && tfid_i && !field_0_q;
  assign start  = beat && tuser_i && enable_i && (!(weave_i && tfid_i) || orphan);
  assign joins  = beat && tuser_i && state_q == Between && tfid_i;
  assign fresh  = tuser_i && !joins;
  assign x_here     = tuser_i ? 15'd0 : x_q;
  assign y_here     = tuser_i ? 16'd0 : y_q;
  assign held_here  = fresh ? '0 : held_q;
  assign first_here = fresh ? '1 : first_q;
  assign second_here = !fresh && (joins || second_q);
  assign last_x     = x_here == input_beats_i - 15'd1;
  assign last_y     = y_here == input_lines_i - 16'd1;
  assign bad_beat   = tlast_i != last_x;
  assign input_end  = last_x && last_y;

  assign width_less_1  = beats_per_line_i - 15'd1;
  assign height_less_1 = lines_i - 16'd1;
  assign right      = left_i + width_less_1;
  assign bottom     = top_i + height_less_1;
  assign fits       = {1'b0, left_i} + {1'b0, width_less_1} <= {1'b0, input_beats_i - 15'd1} &&
                      {1'b0, top_i} + {1'b0, height_less_1} <= {1'b0, input_lines_i - 16'd1} && !(planar && weave_i);
  assign end_x      = x_here == right;
  assign end_y      = y_here == bottom;
  assign in_window  = x_here >= left_i && x_here <= right && y_here >= top_i && y_here <= bottom;
  assign eof        = end_x && end_y && (second_here || !weave_i);
  assign planar     = Planes == 2 && nv12_i;
  assign word_due   = in_window && (held_here == (planar ? HeldW'(2 * Pack - 1) : HeldW'(Pack - 1)) || eof);
  assign due[0]     = word_due;
  assign any_due    = due != '0;

  always_comb begin
    state_d     = state_q;
    x_d         = x_q;
    y_d         = y_q;
    held_d      = held_q;
    low_d       = low_q;
    first_d     = first_q;
    ended_d     = ended_q;
    second_d    = second_q;
    void_now    = abort_q;
    void_ovf    = abort_ovf_q;
    void_first  = abort_first_q;
    lost_ovf    = 1'b0;
    lost_fmt    = 1'b0;
    announce    = 1'b0;
    take        = 1'b0;

    if (beat && fresh) begin
      if (state_q == Take || state_q == Between) begin  // the frame before was cut off
        void_now   = 1'b1;
        void_ovf   = 1'b0;
        void_first = first_q;
      end else if (state_q == Rest) begin  // likewise, but its window is whole
        void_now   = 1'b1;
        void_ovf   = 1'b0;
        void_first = '0;
      end
      state_d = Wait;
      ended_d = 1'b0;
      held_d  = '0;
    end else if (beat && ((state_q == Wait && ended_q) || (state_q == Rest && bad_beat))) begin
      // More lines than there should be, or a bad one behind the window.
      void_now   = 1'b1;
      void_ovf   = 1'b0;
      void_first = '0;
      ended_d    = 1'b0;
      state_d    = Wait;
    end else if (state_q == Rest) begin
      if (!enable_i) begin
        state_d = Wait;   // the frame is delivered: nothing holds the format any longer
      end else if (beat && input_end) begin
        ended_d = 1'b1;
        state_d = Wait;
      end
    end

    if (start) begin
      // An abort owns the FIFO's next entry, and must have found room before a frame is announced behind it. It can wait
      // where a window of one beat opens the frame: it then follows the end of a whole frame either way.
      if (bad_beat || !fits || orphan) begin
        lost_fmt = 1'b1;
      end else if (header_full_i || (void_now && entry_full_i) ||
                   (any_due && ((void_now && input_end) || entry_full_i))) begin
        lost_ovf = 1'b1;
      end else begin
        announce = 1'b1;
        take     = 1'b1;
      end
    end else if (joins || (beat && !tuser_i && state_q == Take)) begin
      if (bad_beat || (any_due && entry_full_i)) begin
        void_now   = 1'b1;
        void_ovf   = !bad_beat;
        void_first = first_q;
        state_d    = Wait;
      end else begin
        take = 1'b1;
      end
    end else if (beat && !tuser_i && state_q == Between) begin  // more lines than field 0 should have
      void_now   = 1'b1;
      void_ovf   = 1'b0;
      void_first = first_q;
      state_d    = Wait;
    end
    // Beats of the word before are left above the newest: they do not belong to the frame's last word either.
    word = low_q;
    if (planar) word[held_here*16 +: 16] = {tdata_i[23:16], tdata_i[7:0]};
    else word[held_here*32 +: 32] = tdata_i;
    push_word = take && any_due;
    if (take) begin
      if (in_window) begin
        held_d = word_due ? '0 : held_here + HeldW'(1);
        low_d  = word;
      end
      first_d  = first_here & ~due;
      second_d = second_here;
      ended_d = eof && input_end;
      if (eof) state_d = input_end ? Wait : Rest;
      else state_d = weave_i && input_end ? Between : Take;
    end
    if (take || (beat && state_q == Rest)) begin
      x_d = last_x ? 15'd0 : x_here + 15'd1;
      y_d = last_x ? y_here + 16'd1 : y_here;
    end

    push_abort    = void_now && !push_word && !entry_full_i && !flush_i;
    abort_d       = void_now && !push_abort;
    abort_ovf_d   = void_ovf;
    abort_first_d = void_first;

    if (flush_i) begin
      state_d    = Wait;
      ended_d    = 1'b0;
      abort_d    = 1'b0;
      held_d     = '0;
    end
  end

  // Counts start again at what this cycle adds when a header carries them away.
  assign lost_ovf_base = header_valid_o ? '0 : lost_ovf_q;
  assign lost_fmt_base = header_valid_o ? '0 : lost_fmt_q;
  assign lost_ovf_d = flush_i ? '0 : lost_ovf ? saturating_inc(lost_ovf_base) : lost_ovf_base;
  assign lost_fmt_d = flush_i ? '0 : lost_fmt ? saturating_inc(lost_fmt_base) : lost_fmt_base;

  // One entry a cycle: the word of this beat or an abort, never both.
  assign entry_valid_o[0] = (push_word && word_due) || push_abort;
  assign entry_o[EntryWidth-1:0] = push_word
      ? {2'b00, eof, first_here[0], word}
      : {void_ovf, 1'b1, 1'b0, void_first[0], {DataWidth{1'b0}}};

  if (Planes == 2) begin : gen_chroma
    logic [PackW:0]       chroma_held_q, chroma_held;
    logic [DataWidth-1:0] chroma_low_q, chroma;
    logic                 even, last;   // the beat is of a line whose chroma is kept; the last such beat of the window
    assign even        = planar && in_window && y_here[0] == top_i[0];
    assign last        = end_x && (end_y || y_here + 16'd1 == bottom);
    assign chroma_held = fresh ? '0 : chroma_held_q;
    assign due[1]      = planar && in_window && ((even && &chroma_held && !last) || eof);
    always_comb begin
      chroma = chroma_low_q;
      if (even) chroma[chroma_held*16 +: 16] = {tdata_i[31:24], tdata_i[15:8]};
    end
    assign entry_valid_o[1] = (push_word && due[1]) || (push_abort && planar);
    assign entry_o[EntryWidth +: EntryWidth] = push_word
        ? {2'b00, eof, first_here[1], chroma}
        : {void_ovf, 1'b1, 1'b0, void_first[1], {DataWidth{1'b0}}};
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        chroma_held_q <= '0;
        chroma_low_q  <= '0;
      end else begin
        if (take && even) begin
          chroma_held_q <= chroma_held + (PackW+1)'(1);
          chroma_low_q  <= chroma;
        end else if (beat && fresh) begin
          chroma_held_q <= '0;
        end
      end
    end
  end
  assign header_valid_o = announce ||
                          (!header_full_i && !flush_i && (lost_ovf_q != '0 || lost_fmt_q != '0));
  assign header_o = {announce && tfid_i, announce, lost_ovf_q, lost_fmt_q};

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q       <= Wait;
      x_q           <= '0;
      y_q           <= '0;
      held_q        <= '0;
      low_q         <= '0;
      first_q       <= '0;
      ended_q       <= 1'b0;
      second_q      <= 1'b0;
      field_0_q     <= 1'b1;
      abort_q       <= 1'b0;
      abort_ovf_q   <= 1'b0;
      abort_first_q <= '0;
      lost_ovf_q    <= '0;
      lost_fmt_q    <= '0;
      enabled_q     <= 1'b0;
      flushed_q     <= 1'b0;
      ready_q       <= 1'b0;
    end else begin
      state_q       <= state_d;
      x_q           <= x_d;
      y_q           <= y_d;
      held_q        <= held_d;
      low_q         <= low_d;
      first_q       <= first_d;
      ended_q       <= ended_d;
      second_q      <= second_d;
      if (tvalid_i && tready_o && tuser_i) field_0_q <= !tfid_i;
      abort_q       <= abort_d;
      abort_ovf_q   <= abort_ovf_d;
      abort_first_q <= abort_first_d;
      lost_ovf_q    <= lost_ovf_d;
      lost_fmt_q    <= lost_fmt_d;
      enabled_q     <= enable_i;
      flushed_q     <= flush_i;
      ready_q       <= 1'b1;
    end
  end
`ifdef VCAP_VIDEO_IN_PROPS
  vcap_video_in_props #(.EntryWidth(EntryWidth), .LostWidth(LostWidth)) u_props (.*);
`endif
endmodule
