// One plane's way through the engine: its words leave the frame FIFO, its descriptors come from their ring, its bursts wait
// for the bus. What becomes of a frame vcap_dma decides, for all its planes at once.
module vcap_plane #(
  parameter int unsigned DataWidth     = 64,
  parameter int unsigned MaxBurst      = 16,
  parameter bit          CutThrough    = 1'b0,
  parameter int unsigned PrefetchDepth = 16,
  parameter int unsigned BeatWidth     = DataWidth + DataWidth / 8 + 1,
  parameter int unsigned CmdWidth      = 64 + 8 + 16
) (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        clear_i,            // a soft reset ends: back to reset values

  // descriptor ring
  input  logic        fetch_i,            // new reads may be issued
  input  logic [63:0] ring_base_i,
  input  logic [3:0]  ring_size_log2_i,
  input  logic [15:0] ring_tail_i,
  output logic [15:0] ring_head_o,
  output logic        fetch_busy_o,
  output logic        restarting_o,
  output logic        fetch_error_o,      // one cycle
  output logic [1:0]  fetch_resp_o,
  output logic [63:0] fetch_address_o,
  output logic [15:0] fetch_index_o,

  // the plane as it lies in memory
  input  logic [17:0] line_bytes_i,
  input  logic [18:0] gap_bytes_i,
  input  logic [17:0] first_gap_i,
  input  logic [15:0] lines_i,
  input  logic [33:0] frame_bytes_i,

  // frame FIFO {overflow, abort, eof, sof, data}
  input  logic        entry_valid_i,
  input  logic [DataWidth+3:0] entry_i,
  output logic        entry_pop_o,

  // the life of a frame
  input  logic        begin_i,            // its first entry leaves the FIFO next
  input  logic        start_i,            // it, or its second field, is written from the buffer's first descriptor on
  input  logic        take_i,             // level: its words are taken
  input  logic        stop_i,             // level: make no further beat
  input  logic        pop_i,              // an entry leaves the FIFO that is not taken
  input  logic        drop_i,             // level: likewise, up to the frame's last
  input  logic        restart_i,          // the next descriptor is the one at RING_HEAD again
  input  logic        forget_i,           // the frame is no more, or done
  input  logic        flush_i,            // its bursts that wait are thrown away
  input  logic        whole_i,            // a burst is issued when all its data is there, whatever CutThrough
  input  logic        pad_i,              // level: a burst that was begun is made whole without its data
  input  logic        consume_i,          // the buffer is full: RING_HEAD moves behind it
  output logic        gone_o,             // level: the frame's last entry has left the FIFO
  output logic        dropped_o,          // drop_i: or leaves it in this cycle
  output logic        desc_valid_o,
  output logic [15:0] desc_cookie_o,
  output logic        done_o,             // level: every byte of the plane is in a beat
  output logic        last_popped_o,      // level: the buffer's LAST descriptor was read
  output logic [15:0] last_index_o,
  output logic        short_o,            // level: the buffer ended before the plane
  output logic        bad_desc_o,         // level
  output logic [15:0] bad_index_o,

  // the completion record, behind the plane's last burst
  input  logic        record_push_i,
  input  logic        record_cmd_i,       // with it: the record's command
  input  logic [BeatWidth-1:0] record_beat_i,
  input  logic [CmdWidth-1:0]  record_burst_i,
  input  logic        release_i,          // it may leave in this cycle
  input  logic [63:0] end_time_i,
  output logic        held_o,

  // bursts to the bus master
  output logic        full_o,             // no room for a beat or a burst
  output logic        empty_o,
  output logic        cmd_valid_o,
  output logic [CmdWidth-1:0]  cmd_o,
  input  logic        cmd_pop_i,
  output logic        beat_valid_o,
  output logic [BeatWidth-1:0] beat_o,
  input  logic        beat_pop_i,
  output logic [63:0] araddr_o,
  output logic [7:0]  arlen_o,
  output logic        arvalid_o,
  input  logic        arready_i,
  input  logic [DataWidth-1:0] rdata_i,
  input  logic [1:0]  rresp_i,
  input  logic        rlast_i,
  input  logic        rvalid_i
);
  localparam int unsigned Bytes = DataWidth / 8;

  logic        last, abort, word_ready, gone_q;
  logic [15:0] head_q;
  logic        desc_first, desc_last, desc_pop;
  logic [63:0] desc_address;
  logic [23:0] desc_length;
  logic [15:0] desc_index;
  logic        beat_push, beat_last, beat_full, cmd_push, cmd_full;
  logic [DataWidth-1:0] beat_data;
  logic [Bytes-1:0] beat_strb;
  logic [63:0] cmd_address;
  logic [7:0]  cmd_len;
  logic [15:0] cmd_index;

  assign abort       = entry_i[DataWidth+2];
  assign last        = entry_i[DataWidth+1] || abort;
  assign dropped_o   = gone_q || (entry_valid_i && last);
  assign entry_pop_o = word_ready || pop_i || (drop_i && entry_valid_i && !gone_q);
  assign gone_o      = gone_q;
  assign ring_head_o = head_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      gone_q <= 1'b0;
      head_q <= '0;
    end else if (clear_i) begin
      gone_q <= 1'b0;
      head_q <= '0;
    end else begin
      if (begin_i) gone_q <= 1'b0;
      else if (entry_pop_o && last) gone_q <= 1'b1;
      if (consume_i) head_q <= last_index_o + 16'd1;
    end
  end

  vcap_desc_fetch #(.DataWidth(DataWidth), .Depth(PrefetchDepth), .BurstDescs(PrefetchDepth / 2)) u_fetch (
    .clk_i, .rst_ni,
    .enable_i(fetch_i),
    .restart_i(restart_i || clear_i),
    .restart_index_i(clear_i ? 16'd0 : head_q),
    .restarting_o,
    .busy_o(fetch_busy_o),
    .base_i(ring_base_i),
    .size_log2_i(ring_size_log2_i),
    .tail_i(ring_tail_i),
    .desc_valid_o,
    .desc_address_o(desc_address),
    .desc_length_o(desc_length),
    .desc_first_o(desc_first),
    .desc_last_o(desc_last),
    .desc_cookie_o,
    .desc_index_o(desc_index),
    .desc_pop_i(desc_pop),
    .error_o(fetch_error_o),
    .error_resp_o(fetch_resp_o),
    .error_address_o(fetch_address_o),
    .error_index_o(fetch_index_o),
    .araddr_o, .arlen_o, .arvalid_o, .arready_i, .rdata_i, .rresp_i, .rlast_i, .rvalid_i
  );

  vcap_beats #(.DataWidth(DataWidth), .MaxBurst(MaxBurst), .CutThrough(CutThrough)) u_beats (
    .clk_i, .rst_ni,
    .clear_i(forget_i || clear_i),
    .start_i, .stop_i, .line_bytes_i, .gap_bytes_i, .first_gap_i, .lines_i, .frame_bytes_i,
    .word_valid_i(entry_valid_i && !abort && !gone_q && take_i),
    .word_i(entry_i[DataWidth-1:0]),
    .word_ready_o(word_ready),
    .desc_valid_i(desc_valid_o),
    .desc_address_i(desc_address),
    .desc_length_i(desc_length),
    .desc_first_i(desc_first),
    .desc_last_i(desc_last),
    .desc_index_i(desc_index),
    .desc_pop_o(desc_pop),
    .done_o, .last_popped_o, .last_index_o, .short_o, .bad_desc_o, .bad_index_o,
    .beat_push_o(beat_push),
    .beat_data_o(beat_data),
    .beat_strb_o(beat_strb),
    .beat_last_o(beat_last),
    .beat_full_i(beat_full),
    .cmd_push_o(cmd_push),
    .cmd_address_o(cmd_address),
    .cmd_len_o(cmd_len),
    .cmd_index_o(cmd_index),
    .cmd_full_i(cmd_full)
  );

  vcap_burst_queue #(.DataWidth(DataWidth), .MaxBurst(MaxBurst), .CutThrough(CutThrough)) u_bursts (
    .clk_i, .rst_ni,
    .clear_i(flush_i || clear_i),
    .beat_push_i(beat_push || record_push_i),
    .beat_i(record_push_i ? record_beat_i : {beat_last, beat_strb, beat_data}),
    .beat_full_o(beat_full),
    .cmd_push_i(cmd_push || (record_push_i && record_cmd_i)),
    .cmd_i(record_push_i ? record_burst_i : {cmd_address, cmd_len, cmd_index}),
    .cmd_record_i(record_push_i),
    .cmd_full_o(cmd_full),
    .whole_i, .pad_i, .release_i, .end_time_i, .held_o, .empty_o,
    .cmd_valid_o, .cmd_o, .cmd_pop_i, .beat_valid_o, .beat_o, .beat_pop_i
  );
  assign full_o = beat_full || cmd_full;
endmodule
