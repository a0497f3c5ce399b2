// One capture channel: a video input with its pixel clock, registers, rings, interrupts and counters. Channels share the
// bus clock, the time and the bus master (vcap.sv), nothing else. Outputs depend on registers only.
module vcap_channel #(
  parameter int unsigned Channel        = 0,
  parameter int unsigned NumCh          = 1,
  parameter int unsigned Planes         = 1,
  parameter int unsigned DataWidth      = 64,
  parameter int unsigned MaxBurst       = 16,
  parameter int unsigned MaxOutstanding = 8,
  parameter bit          CutThrough     = 1'b0,
  parameter int unsigned FifoDepth      = 1024,
  parameter int unsigned PrefetchDepth  = 16,
  parameter int unsigned ClkKhz         = 125000,
  parameter int unsigned BeatWidth      = DataWidth + DataWidth / 8 + 1,
  parameter int unsigned CmdWidth       = 64 + 8 + 16
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,
  input  logic                 pix_clk_i,
  input  logic                 pix_rst_ni,
  input  logic [63:0]          timestamp_i,
  output logic                 intr_o,

  input  logic [31:0]          tdata_i,
  input  logic                 tvalid_i,
  output logic                 tready_o,
  input  logic                 tuser_i,
  input  logic                 tlast_i,
  input  logic                 tfid_i,

  // register accesses of this channel's window
  input  logic                 write_i,
  input  logic [11:0]          write_addr_i,
  input  logic [31:0]          write_data_i,
  input  logic [3:0]           write_strb_i,
  output logic                 write_known_o,
  input  logic                 read_i,
  input  logic [11:0]          read_addr_i,
  output logic                 read_known_o,
  output logic [31:0]          read_data_o,

  // bursts to write, of each plane
  output logic                 write_stop_o,
  output logic [Planes-1:0]    cmd_valid_o,
  output logic [Planes*CmdWidth-1:0]  cmd_o,
  input  logic [Planes-1:0]    cmd_pop_i,
  output logic [Planes-1:0]    beat_valid_o,
  output logic [Planes*BeatWidth-1:0] beat_o,
  input  logic [Planes-1:0]    beat_pop_i,
  input  logic [Planes-1:0]    write_idle_i,
  input  logic [Planes*6-1:0]  outstanding_i,
  input  logic [Planes-1:0]    response_i,
  input  logic [Planes-1:0]    write_error_i,
  input  logic [1:0]           write_resp_i,
  input  logic [63:0]          write_address_i,
  input  logic [15:0]          write_index_i,

  // messages to write
  output logic                 msg_cmd_valid_o,
  output logic [CmdWidth-1:0]  msg_cmd_o,
  input  logic                 msg_cmd_pop_i,
  output logic                 msg_beat_valid_o,
  output logic [BeatWidth-1:0] msg_beat_o,
  input  logic                 msg_beat_pop_i,
  input  logic                 msg_response_i,
  input  logic                 msg_error_i,

  // descriptor reads, of each plane
  output logic [Planes*64-1:0] araddr_o,
  output logic [Planes*8-1:0]  arlen_o,
  output logic [Planes-1:0]    arvalid_o,
  input  logic [Planes-1:0]    arready_i,
  input  logic [DataWidth-1:0] rdata_i,
  input  logic [1:0]           rresp_i,
  input  logic                 rlast_i,
  input  logic [Planes-1:0]    rvalid_i
);
  localparam int unsigned EntryWidth  = DataWidth + 4;
  localparam int unsigned LostWidth   = 16;
  localparam int unsigned HeaderWidth = 2 * LostWidth + 2;
  localparam int unsigned HeaderDepth = 16;
  // Flags of different synchronisers may arrive a cycle apart: quiet must last this long to be believed.
  localparam logic [2:0]  SettleCycles = 3'd7;

  // ---- bus domain signals
  logic        enable, stall, soft_reset, resetting_q, clear_q, cleared_q, enable_q, was_enabled_q, flush_q, drain_q;
  logic [2:0]  settle_q;
  logic        all_idle, quiet, pix_active, pix_enabled, pix_flushed, drained;
  logic        dma_idle, in_frame, halted;
  logic [127:0] ring_base;                // of both planes, plane 0 lowest
  logic [7:0]  ring_size;
  logic [31:0] ring_tail;
  logic [Planes*16-1:0] ring_head;
  logic [63:0] cpl_base;
  logic [3:0]  cpl_size;
  logic [15:0] cpl_head, cpl_tail, width, height;
  logic        nv12;
  logic [Planes-1:0] desc_avail, last_response;
  logic [5:0]  outstanding;
  logic [17:0] stride;
  logic [31:0] input_size, crop_pos;      // {lines, pixels} at the pins; the window's place among them
  logic [14:0] input_beats;
  logic [15:0] input_lines;
  logic        frame_done, drop_overflow, drop_format, drop_nobuf, drop_halted, extra_lines, bus_error, desc_error;
  logic [1:0]  error_resp;
  logic [2:0]  error_access;
  logic [63:0] error_address;
  logic [15:0] error_index;
  logic        error_plane;
  logic [31:0] err_cause_q, status;
  logic [63:0] err_address_q;
  logic [LostWidth+1:0] started, dropped_now, overflow_now, format_now;
  logic [LostWidth-1:0] lost_overflow, lost_format;
  logic [31:0] cnt_frames, cnt_dropped, cnt_overflow, cnt_format, cnt_nobuf, cnt_buserr, cnt_started;
  logic [vcap_reg_pkg::IRQ_COUNT-1:0] intr_event, intr_clear, intr_test, intr_enable_data, intr_state, intr_enable;
  logic        intr_enable_write, intr_touched, intr_line, msi_enable, msi_busy, any_bus_error;
  logic [63:2] msi_address;
  logic [31:0] msi_data;
  logic [63:0] message_address;
  logic [7:0]  coalesce_count;
  logic [23:0] coalesce_timeout;

  logic [Planes-1:0] entry_empty, entry_pop, entry_bad;
  logic        header_empty, header_pop, frame_valid, frame_pop;
  logic [Planes*EntryWidth-1:0] entry;
  logic [HeaderWidth-1:0] header;
  logic [31:0] frame_sequence;
  logic [63:0] frame_timestamp;
  logic        frame_field, fields, weave;
  logic [1:0]  field_mode;

  logic [2:0]  fault_test, fault_q;       // {plane 1, header, data}
  logic [2:0]  fault_struck;
  logic        header_bad, fifo_error;
  logic        detect_enable, detect_toggle, detect_ack, video_present, video_stable, video_changed, video_lost;
  logic [31:0] detect_timeout, frame_period, frame_period_pix;
  logic [15:0] video_width, video_lines, lines_pix;
  logic [23:0] line_period, line_period_pix;
  logic [14:0] beats_pix;
  logic        regular_pix, toggle_pix, ack_pix, detect_pix;

  // ---- pixel domain
  logic        enable_pix, flush_pix, stall_pix, active_pix, enabled_pix, flushed_pix;
  logic [Planes-1:0] entry_push, entry_full, entry_almost_full;
  logic        header_push, header_full, unused_header_af;
  logic [Planes*EntryWidth-1:0] entry_in;
  logic [HeaderWidth-1:0] header_in;

  vcap_sync #(.Width(5)) u_to_pix (
    .clk_i(pix_clk_i), .rst_ni(pix_rst_ni), .d_i({enable_q, flush_q, stall, detect_enable, detect_ack}),
    .q_o({enable_pix, flush_pix, stall_pix, detect_pix, ack_pix})
  );
  vcap_sync #(.Width(4)) u_from_pix (
    .clk_i, .rst_ni, .d_i({active_pix, enabled_pix, flushed_pix, toggle_pix}),
    .q_o({pix_active, pix_enabled, pix_flushed, detect_toggle})
  );

  assign weave  = field_mode == vcap_reg_pkg::FIELD_MODE_WEAVE;
  assign fields = field_mode == vcap_reg_pkg::FIELD_MODE_SEPARATE;
  // Like the format they stand still while capture is enabled.
  assign input_beats = input_size[15:0] == '0 ? width[15:1] : input_size[15:1];
  assign input_lines = input_size[31:16] == '0 ? height : input_size[31:16];

  vcap_video_in #(.DataWidth(DataWidth), .Planes(Planes), .LostWidth(LostWidth)) u_video_in (
    .clk_i(pix_clk_i), .rst_ni(pix_rst_ni),
    .enable_i(enable_pix), .flush_i(flush_pix), .stall_i(stall_pix),
    .input_beats_i(input_beats), .input_lines_i(input_lines), .left_i(crop_pos[15:1]), .top_i(crop_pos[31:16]),
    .beats_per_line_i(width[15:1]), .lines_i(height), .weave_i(weave), .nv12_i(nv12),
    .active_o(active_pix), .enabled_o(enabled_pix), .flushed_o(flushed_pix),
    .tdata_i, .tvalid_i, .tready_o, .tuser_i, .tlast_i, .tfid_i,
    .entry_valid_o(entry_push), .entry_o(entry_in), .entry_full_i(entry_full != '0),
    .entry_almost_full_i(entry_almost_full != '0),
    .header_valid_o(header_push), .header_o(header_in), .header_full_i(header_full)
  );

  vcap_async_fifo #(.Width(EntryWidth), .Depth(FifoDepth), .AlmostFull(8)) u_entries (
    .wr_clk_i(pix_clk_i), .wr_rst_ni(pix_rst_ni), .wr_en_i(entry_push[0]),
    .wr_data_i(entry_in[EntryWidth-1:0]), .full_o(entry_full[0]), .almost_full_o(entry_almost_full[0]),
    .rd_clk_i(clk_i), .rd_rst_ni(rst_ni), .rd_en_i(entry_pop[0]), .rd_data_o(entry[EntryWidth-1:0]),
    .empty_o(entry_empty[0]),
    .fault_i(fault_q[vcap_reg_pkg::FAULT_TEST_DATA]), .parity_error_o(entry_bad[0])
  );
  // Chroma has half the words of luma.
  if (Planes == 2) begin : gen_chroma
    vcap_async_fifo #(.Width(EntryWidth), .Depth(FifoDepth / 2), .AlmostFull(8)) u_entries (
      .wr_clk_i(pix_clk_i), .wr_rst_ni(pix_rst_ni), .wr_en_i(entry_push[1]),
      .wr_data_i(entry_in[EntryWidth +: EntryWidth]), .full_o(entry_full[1]), .almost_full_o(entry_almost_full[1]),
      .rd_clk_i(clk_i), .rd_rst_ni(rst_ni), .rd_en_i(entry_pop[1]), .rd_data_o(entry[EntryWidth +: EntryWidth]),
      .empty_o(entry_empty[1]),
      .fault_i(fault_q[vcap_reg_pkg::FAULT_TEST_PLANE1]), .parity_error_o(entry_bad[1])
    );
    assign fault_struck[2] = entry_pop[1] && !entry_empty[1];
  end else begin : gen_no_chroma
    assign fault_struck[2] = 1'b1;
  end
  assign fault_struck[1:0] = {header_pop && !header_empty, entry_pop[0] && !entry_empty[0]};
  vcap_async_fifo #(.Width(HeaderWidth), .Depth(HeaderDepth), .AlmostFull(1)) u_headers (
    .wr_clk_i(pix_clk_i), .wr_rst_ni(pix_rst_ni), .wr_en_i(header_push), .wr_data_i(header_in), .full_o(header_full),
    .almost_full_o(unused_header_af),
    .rd_clk_i(clk_i), .rd_rst_ni(rst_ni), .rd_en_i(header_pop), .rd_data_o(header), .empty_o(header_empty),
    .fault_i(fault_q[vcap_reg_pkg::FAULT_TEST_HEADER]), .parity_error_o(header_bad)
  );

  vcap_measure u_measure (
    .clk_i(pix_clk_i), .rst_ni(pix_rst_ni), .enable_i(detect_pix), .beat_i(tvalid_i && tready_o), .tuser_i, .tlast_i,
    .toggle_o(toggle_pix), .ack_i(ack_pix), .regular_o(regular_pix), .beats_o(beats_pix), .lines_o(lines_pix),
    .line_period_o(line_period_pix), .frame_period_o(frame_period_pix)
  );

  // ---- bus domain
  vcap_detect u_detect (
    .clk_i, .rst_ni, .enable_i(detect_enable), .timeout_i(detect_timeout), .toggle_i(detect_toggle), .ack_o(detect_ack),
    .regular_i(regular_pix), .beats_i(beats_pix), .lines_i(lines_pix), .line_period_i(line_period_pix),
    .frame_period_i(frame_period_pix),
    .present_o(video_present), .stable_o(video_stable), .width_o(video_width), .lines_o(video_lines),
    .line_period_o(line_period), .frame_period_o(frame_period), .changed_o(video_changed), .lost_o(video_lost)
  );

  vcap_header_in #(.LostWidth(LostWidth), .Depth(HeaderDepth)) u_header_in (
    .clk_i, .rst_ni, .clear_i(resetting_q), .timestamp_i,
    .header_empty_i(header_empty), .header_i(header), .header_pop_o(header_pop),
    .frame_valid_o(frame_valid), .frame_sequence_o(frame_sequence), .frame_timestamp_o(frame_timestamp),
    .frame_field_o(frame_field),
    .frame_pop_i(frame_pop),
    .started_o(started), .lost_overflow_o(lost_overflow), .lost_format_o(lost_format)
  );

  vcap_dma #(
    .Planes(Planes), .DataWidth(DataWidth), .MaxBurst(MaxBurst), .CutThrough(CutThrough),
    .PrefetchDepth(PrefetchDepth)
  ) u_dma (
    .clk_i, .rst_ni, .abort_i(resetting_q), .clear_i(clear_q), .timestamp_i,
    .ring_base_i(ring_base[Planes*64-1:0]), .ring_size_log2_i(ring_size[Planes*4-1:0]),
    .ring_tail_i(ring_tail[Planes*16-1:0]), .ring_head_o(ring_head),
    .cpl_base_i(cpl_base), .cpl_size_log2_i(cpl_size), .cpl_tail_i(cpl_tail), .cpl_head_o(cpl_head),
    .width_i(width), .height_i(height), .stride_i(stride), .nv12_i(nv12), .fields_i(fields), .weave_i(weave),
    .entry_valid_i(~entry_empty), .entry_i(entry), .entry_pop_o(entry_pop),
    .frame_valid_i(frame_valid), .frame_sequence_i(frame_sequence), .frame_timestamp_i(frame_timestamp),
    .frame_field_i(frame_field),
    .frame_pop_o(frame_pop),
    .idle_o(dma_idle), .in_frame_o(in_frame), .halted_o(halted),
    .frame_done_o(frame_done), .drop_overflow_o(drop_overflow), .drop_format_o(drop_format),
    .drop_nobuf_o(drop_nobuf), .drop_halted_o(drop_halted), .extra_lines_o(extra_lines),
    .fifo_bad_i(entry_bad != '0 || header_bad), .fifo_plane_i(!entry_bad[0] && !header_bad), .fifo_error_o(fifo_error),
    .message_error_i(msg_error_i), .bus_error_o(bus_error), .desc_error_o(desc_error), .error_resp_o(error_resp),
    .error_access_o(error_access), .error_address_o(error_address), .error_index_o(error_index),
    .error_plane_o(error_plane),
    .write_stop_o, .cmd_valid_o, .cmd_o, .cmd_pop_i, .beat_valid_o, .beat_o, .beat_pop_i,
    .write_idle_i, .last_response_i(last_response), .response_i,
    .write_error_i, .write_resp_i, .write_address_i, .write_index_i,
    .araddr_o, .arlen_o, .arvalid_o, .arready_i, .rdata_i, .rresp_i, .rlast_i, .rvalid_i
  );

  // ---- reset and drain
  assign quiet      = dma_idle && !msi_busy && !pix_active && entry_empty == '1 && header_empty && !frame_valid;
  assign all_idle   = quiet && !resetting_q;
  assign drained    = drain_q && !enable_q && !pix_enabled && settle_q == SettleCycles;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      enable_q      <= 1'b0;
      was_enabled_q <= 1'b0;
      flush_q       <= 1'b0;
      drain_q       <= 1'b0;
      resetting_q   <= 1'b0;
      clear_q       <= 1'b0;
      cleared_q     <= 1'b0;
      fault_q       <= '0;
      settle_q      <= '0;
      err_cause_q   <= '0;
      err_address_q <= '0;
    end else begin
      // A fault waits for the entry it shall strike.
      fault_q       <= (fault_q & ~fault_struck) | fault_test;
      was_enabled_q <= enable && !resetting_q;
      // A change waits until the video clock has acted on the one before, which it could miss otherwise, or see late.
      if (pix_enabled == enable_q) enable_q <= enable && !resetting_q;
      if (pix_flushed == flush_q) flush_q <= resetting_q && !clear_q;

      if (!quiet || pix_enabled || (resetting_q && !(flush_q && pix_flushed && !enable_q))) settle_q <= '0;
      else if (settle_q != SettleCycles) settle_q <= settle_q + 3'd1;

      if (resetting_q || drained) drain_q <= 1'b0;
      else if (was_enabled_q && !enable) drain_q <= 1'b1;
      else if (enable) drain_q <= 1'b0;

      if (soft_reset && !resetting_q) begin
        resetting_q <= 1'b1;
        settle_q    <= '0;
      end
      clear_q   <= resetting_q && !clear_q && settle_q == SettleCycles;
      cleared_q <= clear_q;  // STATUS.IDLE from the next cycle on, and DRAINED with it
      if (clear_q) begin  // the reset is over
        resetting_q <= 1'b0;
        settle_q    <= '0;
      end

      if (err_cause_q[4:2] == vcap_reg_pkg::ACCESS_NONE) begin
        if (bus_error || desc_error || fifo_error) begin
          err_cause_q   <= {error_index, 10'd0, error_plane, error_access, error_resp};
          err_address_q <= error_address;
        end else if (msg_error_i) begin
          err_cause_q   <= {16'd0, 11'd0, vcap_reg_pkg::ACCESS_MSI, write_resp_i};
          err_address_q <= message_address;
        end
      end
      if (clear_q) begin
        err_cause_q   <= '0;
        err_address_q <= '0;
      end
    end
  end

  // ---- counters
  localparam int unsigned AddWidth = LostWidth + 2;
  assign overflow_now = AddWidth'(drop_overflow) + AddWidth'(lost_overflow);
  assign format_now   = AddWidth'(drop_format) + AddWidth'(lost_format);
  assign dropped_now  = overflow_now + format_now + AddWidth'(drop_nobuf) + AddWidth'(drop_halted);
  vcap_counter #(.AddWidth(AddWidth)) u_frames (
    .clk_i, .rst_ni, .clear_i(clear_q), .add_i(AddWidth'(frame_done)), .count_o(cnt_frames)
  );
  vcap_counter #(.AddWidth(AddWidth)) u_dropped (
    .clk_i, .rst_ni, .clear_i(clear_q), .add_i(dropped_now), .count_o(cnt_dropped)
  );
  vcap_counter #(.AddWidth(AddWidth)) u_overflow (
    .clk_i, .rst_ni, .clear_i(clear_q), .add_i(overflow_now), .count_o(cnt_overflow)
  );
  vcap_counter #(.AddWidth(AddWidth)) u_format (
    .clk_i, .rst_ni, .clear_i(clear_q), .add_i(format_now), .count_o(cnt_format)
  );
  vcap_counter #(.AddWidth(AddWidth)) u_nobuf (
    .clk_i, .rst_ni, .clear_i(clear_q), .add_i(AddWidth'(drop_nobuf)), .count_o(cnt_nobuf)
  );
  vcap_counter #(.AddWidth(AddWidth)) u_buserr (
    .clk_i, .rst_ni, .clear_i(clear_q), .add_i(AddWidth'(any_bus_error || desc_error || fifo_error)),
    .count_o(cnt_buserr)
  );
  vcap_counter #(.AddWidth(AddWidth)) u_started (
    .clk_i, .rst_ni, .clear_i(clear_q), .add_i(started), .count_o(cnt_started)
  );

  // ---- interrupts
  assign any_bus_error = bus_error || msg_error_i;
  always_comb begin
    intr_event = '0;
    intr_event[vcap_reg_pkg::IRQ_FRAME_DONE] = frame_done;
    intr_event[vcap_reg_pkg::IRQ_NOBUF]      = drop_nobuf;
    intr_event[vcap_reg_pkg::IRQ_OVERFLOW]   = overflow_now != '0;
    intr_event[vcap_reg_pkg::IRQ_FORMAT_ERR] = format_now != '0 || extra_lines;
    intr_event[vcap_reg_pkg::IRQ_BUS_ERR]    = any_bus_error;
    intr_event[vcap_reg_pkg::IRQ_DESC_ERR]   = desc_error;
    intr_event[vcap_reg_pkg::IRQ_DRAINED]    = drained || cleared_q;
    intr_event[vcap_reg_pkg::IRQ_FIFO_ERR]   = fifo_error;
    intr_event[vcap_reg_pkg::IRQ_VIDEO_SIZE] = video_changed;
    intr_event[vcap_reg_pkg::IRQ_VIDEO_LOST] = video_lost;
  end
  vcap_intr #(.Causes(vcap_reg_pkg::IRQ_COUNT)) u_intr (
    .clk_i, .rst_ni, .clear_i(clear_q), .event_i(intr_event),
    .coalesce_count_i(coalesce_count), .coalesce_timeout_i(coalesce_timeout),
    .state_clear_i(intr_clear), .test_i(intr_test),
    .enable_write_i(intr_enable_write), .enable_data_i(intr_enable_data),
    .state_o(intr_state), .enable_o(intr_enable), .intr_o(intr_line)
  );
  assign intr_o = intr_line && !msi_enable;

  vcap_msi #(.Causes(vcap_reg_pkg::IRQ_COUNT), .DataWidth(DataWidth)) u_msi (
    .clk_i, .rst_ni, .enable_i(msi_enable), .stop_i(resetting_q), .address_i(msi_address), .data_i(msi_data),
    .pending_i(intr_state & intr_enable), .touched_i(intr_touched),
    .cmd_valid_o(msg_cmd_valid_o), .cmd_o(msg_cmd_o), .cmd_pop_i(msg_cmd_pop_i), .beat_valid_o(msg_beat_valid_o),
    .beat_o(msg_beat_o), .beat_pop_i(msg_beat_pop_i), .response_i(msg_response_i), .busy_o(msi_busy),
    .address_o(message_address)
  );
  assign intr_touched = write_i && (write_addr_i == vcap_reg_pkg::INTR_STATE ||
                                    write_addr_i == vcap_reg_pkg::INTR_ENABLE);

  // ---- registers
  always_comb begin
    status = '0;
    status[vcap_reg_pkg::STATUS_RUNNING]    = pix_enabled || in_frame;
    status[vcap_reg_pkg::STATUS_IDLE]       = all_idle;
    status[vcap_reg_pkg::STATUS_HALTED]     = halted;
    status[vcap_reg_pkg::STATUS_RESETTING]  = resetting_q;
    status[vcap_reg_pkg::STATUS_IN_FRAME]   = in_frame;
    status[vcap_reg_pkg::STATUS_DESC_AVAIL] = desc_avail == '1;
    status[vcap_reg_pkg::STATUS_OUTSTANDING +: 6] = outstanding + 6'(msi_busy);
  end
  always_comb begin
    outstanding = '0;
    for (int unsigned p = 0; p < Planes; p++) begin
      outstanding      = outstanding + outstanding_i[p*6 +: 6];
      last_response[p] = response_i[p] && outstanding_i[p*6 +: 6] == 6'd1;
      desc_avail[p]    = ring_head[p*16 +: 16] != ring_tail[p*16 +: 16] || (p == 1 && !nv12);
    end
  end

  vcap_regs #(
    .Channel(Channel), .NumCh(NumCh), .Planes(Planes), .DataWidth(DataWidth), .MaxBurst(MaxBurst),
    .MaxOutstanding(MaxOutstanding), .ClkKhz(ClkKhz)
  ) u_regs (
    .clk_i, .rst_ni,
    .write_i, .write_addr_i, .write_data_i, .write_strb_i, .write_known_o,
    .read_i, .read_addr_i, .read_known_o, .read_data_o,
    .ctrl_clear_i(clear_q), .idle_i(all_idle), .enable_o(enable), .stall_o(stall), .soft_reset_o(soft_reset),
    .status_i(status), .resetting_i(resetting_q),
    .intr_clear_o(intr_clear), .intr_test_o(intr_test), .intr_enable_write_o(intr_enable_write),
    .intr_enable_data_o(intr_enable_data), .intr_state_i(intr_state), .intr_enable_i(intr_enable),
    .coalesce_count_o(coalesce_count), .coalesce_timeout_o(coalesce_timeout),
    .msi_enable_o(msi_enable), .msi_address_o(msi_address), .msi_data_o(msi_data), .msi_fail_i(msg_error_i),
    .fault_test_o(fault_test), .detect_enable_o(detect_enable), .detect_timeout_o(detect_timeout),
    .video_present_i(video_present), .video_stable_i(video_stable), .video_width_i(video_width),
    .video_lines_i(video_lines), .line_period_i(line_period), .frame_period_i(frame_period),
    .err_cause_i(err_cause_q), .err_address_i(err_address_q),
    .ring_base_o(ring_base[63:0]), .ring_size_o(ring_size[3:0]), .ring_head_i(ring_head[15:0]),
    .ring_tail_o(ring_tail[15:0]), .nv12_o(nv12), .ring1_base_o(ring_base[127:64]), .ring1_size_o(ring_size[7:4]),
    .ring1_head_i(ring_head[Planes*16-1 -: 16]), .ring1_tail_o(ring_tail[31:16]),
    .cpl_base_o(cpl_base), .cpl_size_o(cpl_size), .cpl_head_i(cpl_head), .cpl_tail_o(cpl_tail),
    .width_o(width), .height_o(height), .stride_o(stride), .input_size_o(input_size), .crop_pos_o(crop_pos),
    .field_mode_o(field_mode), .timestamp_i,
    .cnt_frames_i(cnt_frames), .cnt_dropped_i(cnt_dropped), .cnt_overflow_i(cnt_overflow),
    .cnt_format_i(cnt_format), .cnt_nobuf_i(cnt_nobuf), .cnt_buserr_i(cnt_buserr), .cnt_started_i(cnt_started)
  );

  logic unused;
  assign unused = &{1'b0, unused_header_af, crop_pos[0], ring_base, ring_size, ring_tail};
endmodule
