// The engine: takes frames from the frame FIFO, gives each a buffer from the descriptor ring, writes it to memory, in two
// passes over the buffer if it is of two fields, and reports it by a completion record; voids, rewinds and halts as
// docs/registers.md says. A frame of two planes has a FIFO, a ring and a buffer for each: it begins when both can, and
// is reported when both are written. The FIFOs hold the same marks; those of plane 0 tell when a frame is void.
module vcap_dma #(
  parameter int unsigned Planes         = 1,
  parameter int unsigned DataWidth      = 64,
  parameter int unsigned MaxBurst       = 16,
  parameter bit          CutThrough     = 1'b0,
  parameter int unsigned PrefetchDepth  = 16,
  parameter int unsigned EntryWidth     = DataWidth + 4,
  parameter int unsigned BeatWidth      = DataWidth + DataWidth / 8 + 1,
  parameter int unsigned CmdWidth       = 64 + 8 + 16
) (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        abort_i,            // level: soft reset in progress: stop and drain
  input  logic        clear_i,            // one cycle, once drained: back to reset values
  input  logic [63:0] timestamp_i,

  // of each plane, plane 0 lowest
  input  logic [Planes*64-1:0] ring_base_i,
  input  logic [Planes*4-1:0]  ring_size_log2_i,
  input  logic [Planes*16-1:0] ring_tail_i,
  output logic [Planes*16-1:0] ring_head_o,
  input  logic [63:0] cpl_base_i,
  input  logic [3:0]  cpl_size_log2_i,
  input  logic [15:0] cpl_tail_i,
  output logic [15:0] cpl_head_o,
  input  logic [15:0] width_i,
  input  logic [15:0] height_i,
  input  logic [17:0] stride_i,
  input  logic        fields_i,           // frames are fields of interlaced video
  input  logic        nv12_i,             // with Planes = 2: frames have two planes; else one
  input  logic        weave_i,            // a frame is two fields of height_i lines each, field 0 on the even lines

  // each plane's frame FIFO {overflow, abort, eof, sof, data}
  input  logic [Planes-1:0] entry_valid_i,
  input  logic [Planes*EntryWidth-1:0] entry_i,
  output logic [Planes-1:0] entry_pop_o,
  // frame headers
  input  logic        frame_valid_i,
  input  logic [31:0] frame_sequence_i,
  input  logic [63:0] frame_timestamp_i,
  input  logic        frame_field_i,
  output logic        frame_pop_o,

  output logic        idle_o,             // no frame in hand, nothing outstanding
  output logic        in_frame_o,
  output logic        halted_o,

  // one-cycle events
  output logic        frame_done_o,
  output logic        drop_overflow_o,
  output logic        drop_format_o,
  output logic        drop_nobuf_o,
  output logic        drop_halted_o,
  output logic        extra_lines_o,
  input  logic        fifo_bad_i,         // level: what leaves a FIFO between the clock domains has a parity error
  input  logic        fifo_plane_i,       // it is plane 1's alone
  output logic        fifo_error_o,
  input  logic        message_error_i,    // a message was answered by an error
  output logic        bus_error_o,
  output logic        desc_error_o,
  output logic [1:0]  error_resp_o,
  output logic [2:0]  error_access_o,
  output logic [63:0] error_address_o,
  output logic [15:0] error_index_o,
  output logic        error_plane_o,

  // each plane's bursts to the bus master's write side, and what became of them
  output logic        write_stop_o,       // issue no further one
  output logic [Planes-1:0] cmd_valid_o,
  output logic [Planes*CmdWidth-1:0]  cmd_o,
  input  logic [Planes-1:0] cmd_pop_i,
  output logic [Planes-1:0] beat_valid_o,
  output logic [Planes*BeatWidth-1:0] beat_o,
  input  logic [Planes-1:0] beat_pop_i,
  input  logic [Planes-1:0] write_idle_i,       // none is issued and unanswered
  input  logic [Planes-1:0] last_response_i,    // the last of them is being answered
  input  logic [Planes-1:0] response_i,
  input  logic [Planes-1:0] write_error_i,
  input  logic [1:0]  write_resp_i,
  input  logic [63:0] write_address_i,
  input  logic [15:0] write_index_i,
  output logic [Planes*64-1:0] araddr_o,
  output logic [Planes*8-1:0]  arlen_o,
  output logic [Planes-1:0] arvalid_o,
  input  logic [Planes-1:0] arready_i,
  input  logic [DataWidth-1:0] rdata_i,
  input  logic [1:0]  rresp_i,
  input  logic        rlast_i,
  input  logic [Planes-1:0] rvalid_i
);
  localparam int unsigned Bytes       = DataWidth / 8;
  localparam int unsigned RecordBeats = vcap_reg_pkg::CPL_BYTES / Bytes;
  localparam int unsigned RecordW     = $clog2(RecordBeats);

  typedef enum logic [2:0] {
    Idle,      // between frames
    Data,      // a frame is being written
    Surplus,   // frame written, passing over the rest of its buffer, building the record
    Report,    // the record waits for the last data response, then for its own
    Again,     // first field written, back to the first descriptor for the second
    Rewind,    // frame void: waiting for responses, then back to its first descriptor
    Discard    // the rest of a void frame leaves the FIFO
  } state_e;

  state_e      state_d, state_q;
  logic        halted_q;
  logic [15:0] cpl_head_q, cookie_q;
  logic [31:0] sequence_q, expected_q;
  logic [63:0] start_time_q, end_time_q;
  logic [RecordW-1:0] record_beat_q;
  logic        field_q, second_q;         // of the frame in hand; its second field is being written

  // of each plane
  logic [Planes-1:0] used;                // it has a part in the frame
  logic [Planes-1:0] sof, desc_valid, ring_empty, fetch_error, fetch_busy, restarting, pop, gone, dropped;
  logic [Planes-1:0] done, last_popped, short_buffer, bad_desc, full, held, write_empty;
  logic [Planes*16-1:0] desc_cookie, fetch_index, last_index, bad_index;
  logic [Planes*2-1:0]  fetch_resp;
  logic [Planes*64-1:0] fetch_address;
  logic [Planes*34-1:0] frame_bytes;

  logic planar, abort, overflow;
  logic [16:0] last_line;
  logic start, restart, forget, flush, drop, others_empty;
  logic record_last, record_cmd, record_held, lay_record;
  logic record_push, answered, stop, cpl_full, fail, accept, all_done;
  logic [8*vcap_reg_pkg::CPL_BYTES-1:0] record;
  logic [15:0] record_index;              // of plane 1's LAST descriptor
  logic [17:0] line_bytes;

  assign planar   = Planes == 2 && nv12_i;
  assign used     = planar ? '1 : Planes'(1);
  assign abort    = entry_i[DataWidth+2];
  assign overflow = entry_i[DataWidth+3];

  assign line_bytes  = planar ? {2'b00, width_i} : {1'b0, width_i, 1'b0};
  assign last_line   = weave_i ? {height_i - 16'd1, 1'b1} : {1'b0, height_i - 16'd1};
  assign cpl_full    = (cpl_head_q - cpl_tail_i) >= (16'd1 << cpl_size_log2_i);
  assign stop        = abort_i || halted_q || message_error_i || fifo_bad_i ||
                       {fetch_error, write_error_i, bad_desc} != '0;
  assign all_done    = (done | ~used) == '1;
  assign answered    = (write_idle_i | last_response_i) == '1;
  assign others_empty = (write_empty | Planes'(1)) == '1;
  assign record_held = held[0];
  // The record is laid ready and leaves in the cycle of the last response. That may be the cycle in which its last
  // beat but one enters: with nothing else in the queue the beats enter without a pause, and a record that left is made
  // whole whatever happens.
  assign record_last = record_beat_q == RecordW'(RecordBeats - 1);
  assign record_cmd  = record_beat_q == RecordW'(RecordBeats - 2);
  assign lay_record  = (last_popped | ~used) == '1 && !full[0];
  // What is left of a void frame in the FIFO leaves it.
  assign drop        = state_q == Rewind || state_q == Discard;

  // ---- state machine
  always_comb begin
    state_d         = state_q;
    pop             = '0;
    frame_pop_o     = 1'b0;
    start           = 1'b0;
    forget          = 1'b0;
    restart         = 1'b0;
    record_push     = 1'b0;
    flush           = 1'b0;
    fail            = 1'b0;
    accept          = 1'b0;
    frame_done_o    = 1'b0;
    drop_overflow_o = 1'b0;
    drop_format_o   = 1'b0;
    drop_nobuf_o    = 1'b0;
    drop_halted_o   = 1'b0;
    extra_lines_o   = 1'b0;

    unique case (state_q)
      Idle: begin
        // What follows a frame's end says that there was more.
        pop           = abort_i ? entry_valid_i : entry_valid_i & ~sof;
        extra_lines_o = !abort_i && entry_valid_i[0] && !sof[0] && abort;
        if (!abort_i && ((entry_valid_i & sof) | ~used) == '1 && frame_valid_i) begin
          if (abort) begin  // void before its first word
            pop             = used;
            frame_pop_o     = 1'b1;
            drop_overflow_o = overflow;
            drop_format_o   = !overflow;
          end else if (halted_q) begin
            drop_halted_o = 1'b1;
            frame_pop_o   = 1'b1;
            state_d       = Discard;
          end else if (cpl_full || (ring_empty & ~desc_valid & used) != '0) begin
            drop_nobuf_o = 1'b1;
            frame_pop_o  = 1'b1;
            state_d      = Discard;
          end else if ((desc_valid | ~used) == '1) begin
            frame_pop_o = 1'b1;
            accept      = 1'b1;
            start       = 1'b1;
            state_d     = Data;
          end
        end
      end
      Data, Again: begin
        if (stop) begin
          drop_halted_o = !abort_i;
          state_d       = Rewind;
        end else if (entry_valid_i[0] && abort && !gone[0]) begin
          pop[0]          = 1'b1;
          drop_overflow_o = overflow;
          drop_format_o   = !overflow;
          fail            = 1'b1;
          state_d         = Rewind;
        end else if (state_q == Again) begin
          if (desc_valid[0]) begin
            start   = 1'b1;
            state_d = Data;
          end
        end else if ((short_buffer & ~done) != '0) begin
          drop_nobuf_o = 1'b1;
          fail         = 1'b1;
          state_d      = Rewind;
        end else if (all_done && weave_i && !second_q) begin
          restart = 1'b1;
          state_d = Again;
        end else if (all_done) begin
          record_push = lay_record;
          state_d     = Surplus;
        end
      end
      Surplus: begin
        if (stop && !(record_last && !record_held)) begin
          drop_halted_o = !abort_i;
          state_d       = Rewind;
        end else begin
          record_push = lay_record;
          if (lay_record && record_last) state_d = Report;
        end
      end
      Report: begin
        // A record that is held is thrown away; one on its way is reported whatever else fails, but for an abort.
        if (abort_i || write_error_i != '0 || (stop && record_held)) begin
          drop_halted_o = !abort_i;
          state_d       = Rewind;
        end else if (write_empty[0] && answered) begin
          frame_done_o = 1'b1;
          forget       = 1'b1;
          state_d      = Idle;
        end
      end
      Rewind: begin
        // What was issued is finished, the rest thrown away.
        if (write_idle_i == '1 && restarting == '0) begin
          flush   = 1'b1;
          forget  = 1'b1;
          restart = 1'b1;
          state_d = (dropped | ~used) == '1 ? Idle : Discard;
        end
      end
      default: begin  // Discard
        if ((dropped | ~used) == '1 || (abort_i && (entry_valid_i & ~gone & used) == '0)) state_d = Idle;
      end
    endcase
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q       <= Idle;
      halted_q      <= 1'b0;
      field_q       <= 1'b0;
      second_q      <= 1'b0;
      cpl_head_q    <= '0;
      cookie_q      <= '0;
      sequence_q    <= '0;
      expected_q    <= '0;
      start_time_q  <= '0;
      end_time_q    <= '0;
      record_beat_q <= '0;
    end else if (clear_i) begin
      state_q       <= Idle;
      halted_q      <= 1'b0;
      cpl_head_q    <= '0;
      expected_q    <= '0;
      record_beat_q <= '0;
    end else begin
      state_q <= state_d;
      if (bus_error_o || fifo_error_o || desc_error_o || message_error_i) halted_q <= 1'b1;
      if (accept) begin
        sequence_q   <= frame_sequence_i;
        start_time_q <= frame_timestamp_i;
        cookie_q     <= desc_cookie[15:0];
        field_q      <= frame_field_i;
      end
      if (start) second_q <= state_q == Again;
      if (response_i != '0) end_time_q <= timestamp_i;
      if (record_push) record_beat_q <= record_beat_q + RecordW'(1);
      if (state_q == Rewind) record_beat_q <= '0;
      if (frame_done_o) begin
        cpl_head_q <= cpl_head_q + 16'd1;
        expected_q <= sequence_q + 32'd1;
      end
    end
  end

  // ---- completion record
  assign record = {64'd0,  // the time of the last response: vcap_burst_queue
                   start_time_q,
                   sequence_q, record_index, 12'd0, fields_i || weave_i, fields_i && field_q, sequence_q != expected_q,
                   !cpl_head_q[cpl_size_log2_i],
                   frame_bytes[31:0], cookie_q, last_index[15:0]};

  assign record_index = planar ? last_index[Planes*16-1 -: 16] : 16'd0;

  // ---- errors: the first in time wins; descriptor reads before data writes before parity before descriptor contents;
  // plane 0 before plane 1
  assign bus_error_o  = {fetch_error, write_error_i} != '0;
  assign fifo_error_o = fifo_bad_i && !halted_q && !bus_error_o;
  assign desc_error_o = bad_desc != '0 && !halted_q && !bus_error_o && !fifo_error_o &&
                        (state_q == Data || state_q == Again || state_q == Surplus);
  always_comb begin
    error_resp_o    = 2'b00;
    error_access_o  = vcap_reg_pkg::ACCESS_FIFO;
    error_address_o = '0;
    error_index_o   = '0;
    error_plane_o   = fifo_plane_i;
    if (fetch_error != '0) begin
      error_access_o = vcap_reg_pkg::ACCESS_DESC_READ;
      for (int unsigned p = Planes; p > 0; p--) begin
        if (fetch_error[p-1]) begin
          error_resp_o    = fetch_resp[(p-1)*2 +: 2];
          error_address_o = fetch_address[(p-1)*64 +: 64];
          error_index_o   = fetch_index[(p-1)*16 +: 16];
          error_plane_o   = p == 2;
        end
      end
    end else if (write_error_i != '0) begin
      error_resp_o    = write_resp_i;
      error_access_o  = state_q == Report && !record_held ? vcap_reg_pkg::ACCESS_CPL_WRITE
                                                          : vcap_reg_pkg::ACCESS_DATA_WRITE;
      error_address_o = write_address_i;
      error_index_o   = write_index_i;
      error_plane_o   = !write_error_i[0];
    end else if (!fifo_error_o) begin
      error_access_o = vcap_reg_pkg::ACCESS_BAD_DESC;
      for (int unsigned p = Planes; p > 0; p--) begin
        if (bad_desc[p-1]) begin
          error_index_o   = bad_index[(p-1)*16 +: 16];
          error_address_o = ring_base_i[(p-1)*64 +: 64] +
                            {44'd0, error_index_o & ((16'd1 << ring_size_log2_i[(p-1)*4 +: 4]) - 16'd1), 4'd0};
          error_plane_o   = p == 2;
        end
      end
    end
  end

  assign cpl_head_o  = cpl_head_q;
  assign halted_o    = halted_q;
  assign in_frame_o  = state_q == Data || state_q == Again || state_q == Surplus || state_q == Report;
  assign idle_o      = state_q == Idle && write_idle_i == '1 && write_empty == '1 && fetch_busy == '0;

  for (genvar p = 0; p < Planes; p++) begin : gen_plane
    // Chroma has half the lines, rounded up.
    assign frame_bytes[p*34 +: 34] = {16'd0, stride_i} * {17'd0, last_line >> p} + {16'd0, line_bytes};
    assign sof[p]        = entry_i[p*EntryWidth+DataWidth];
    assign ring_empty[p] = ring_head_o[p*16 +: 16] == ring_tail_i[p*16 +: 16];

    vcap_plane #(
      .DataWidth(DataWidth), .MaxBurst(MaxBurst), .CutThrough(CutThrough), .PrefetchDepth(PrefetchDepth)
    ) u_plane (
      .clk_i, .rst_ni, .clear_i,
      .fetch_i(!abort_i && !halted_q && used[p]),
      .ring_base_i(ring_base_i[p*64 +: 64]), .ring_size_log2_i(ring_size_log2_i[p*4 +: 4]),
      .ring_tail_i(ring_tail_i[p*16 +: 16]), .ring_head_o(ring_head_o[p*16 +: 16]),
      .fetch_busy_o(fetch_busy[p]), .restarting_o(restarting[p]),
      .fetch_error_o(fetch_error[p]), .fetch_resp_o(fetch_resp[p*2 +: 2]),
      .fetch_address_o(fetch_address[p*64 +: 64]), .fetch_index_o(fetch_index[p*16 +: 16]),
      .line_bytes_i(line_bytes),
      .gap_bytes_i(weave_i ? {stride_i, 1'b0} - {1'b0, line_bytes} : {1'b0, stride_i - line_bytes}),
      .first_gap_i(state_q == Again ? stride_i : 18'd0),
      .lines_i(16'(({1'b0, height_i} + 17'(p)) >> p)),
      .frame_bytes_i(frame_bytes[p*34 +: 34]),
      .entry_valid_i(entry_valid_i[p]), .entry_i(entry_i[p*EntryWidth +: EntryWidth]), .entry_pop_o(entry_pop_o[p]),
      .begin_i(frame_pop_o), .start_i(start && used[p]), .take_i(state_q == Data),
      .stop_i(stop || fail || !(state_q == Data || state_q == Surplus)),
      .pop_i(pop[p]), .drop_i(drop && used[p]), .restart_i(restart && used[p]), .forget_i(forget), .flush_i(flush),
      .whole_i(planar), .pad_i(state_q == Rewind), .consume_i(frame_done_o && used[p]),
      .gone_o(gone[p]), .dropped_o(dropped[p]),
      .desc_valid_o(desc_valid[p]), .desc_cookie_o(desc_cookie[p*16 +: 16]),
      .done_o(done[p]), .last_popped_o(last_popped[p]), .last_index_o(last_index[p*16 +: 16]),
      .short_o(short_buffer[p]), .bad_desc_o(bad_desc[p]), .bad_index_o(bad_index[p*16 +: 16]),
      .record_push_i(record_push && p == 0), .record_cmd_i(record_cmd),
      .record_beat_i({record_last, {Bytes{1'b1}}, record[record_beat_q*DataWidth +: DataWidth]}),
      .record_burst_i({cpl_base_i + {43'd0, cpl_head_q & ((16'd1 << cpl_size_log2_i) - 16'd1), 5'd0},
                       8'(RecordBeats - 1), last_index[15:0]}),
      .release_i(answered && others_empty), .end_time_i(end_time_q), .held_o(held[p]),
      .full_o(full[p]), .empty_o(write_empty[p]),
      .cmd_valid_o(cmd_valid_o[p]), .cmd_o(cmd_o[p*CmdWidth +: CmdWidth]), .cmd_pop_i(cmd_pop_i[p]),
      .beat_valid_o(beat_valid_o[p]), .beat_o(beat_o[p*BeatWidth +: BeatWidth]), .beat_pop_i(beat_pop_i[p]),
      .araddr_o(araddr_o[p*64 +: 64]), .arlen_o(arlen_o[p*8 +: 8]), .arvalid_o(arvalid_o[p]),
      .arready_i(arready_i[p]), .rdata_i, .rresp_i, .rlast_i, .rvalid_i(rvalid_i[p])
    );
  end
  assign write_stop_o = stop || state_q == Rewind;

  logic unused;
  assign unused = &{1'b0, frame_bytes, desc_cookie, full, held};
endmodule
