// The register file of docs/registers.md: decode, storage, read multiplexer. Counters and state live in their modules.
module vcap_regs #(
  parameter int unsigned Channel        = 0,
  parameter int unsigned NumCh          = 1,
  parameter int unsigned Planes         = 1,
  parameter int unsigned DataWidth      = 64,
  parameter int unsigned MaxBurst       = 16,
  parameter int unsigned MaxOutstanding = 8,
  parameter int unsigned ClkKhz         = 125000
) (
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic        write_i,
  input  logic [11:0] write_addr_i,
  input  logic [31:0] write_data_i,
  input  logic [3:0]  write_strb_i,
  output logic        write_known_o,
  input  logic        read_i,
  input  logic [11:0] read_addr_i,
  output logic        read_known_o,
  output logic [31:0] read_data_o,

  input  logic        ctrl_clear_i,       // soft reset done: CTRL and the tails return to zero
  input  logic        idle_i,             // STATUS.IDLE
  output logic        enable_o,
  output logic        stall_o,
  output logic        soft_reset_o,       // one cycle: SOFT_RESET was written
  input  logic [31:0] status_i,
  input  logic        resetting_i,

  output logic [vcap_reg_pkg::IRQ_COUNT-1:0] intr_clear_o,
  output logic [vcap_reg_pkg::IRQ_COUNT-1:0] intr_test_o,
  output logic        intr_enable_write_o,
  output logic [vcap_reg_pkg::IRQ_COUNT-1:0] intr_enable_data_o,
  input  logic [vcap_reg_pkg::IRQ_COUNT-1:0] intr_state_i,
  input  logic [vcap_reg_pkg::IRQ_COUNT-1:0] intr_enable_i,
  output logic [7:0]  coalesce_count_o,
  output logic [23:0] coalesce_timeout_o,

  output logic        msi_enable_o,
  output logic [63:2] msi_address_o,
  output logic [31:0] msi_data_o,
  input  logic        msi_fail_i,         // one cycle: a message was answered by an error

  output logic [2:0]  fault_test_o,       // one cycle
  output logic        detect_enable_o,
  output logic [31:0] detect_timeout_o,
  input  logic        video_present_i,
  input  logic        video_stable_i,
  input  logic [15:0] video_width_i,
  input  logic [15:0] video_lines_i,
  input  logic [23:0] line_period_i,
  input  logic [31:0] frame_period_i,
  input  logic [31:0] err_cause_i,
  input  logic [63:0] err_address_i,
  output logic [63:0] ring_base_o,
  output logic [3:0]  ring_size_o,
  input  logic [15:0] ring_head_i,
  output logic [15:0] ring_tail_o,
  output logic [63:0] cpl_base_o,
  output logic [3:0]  cpl_size_o,
  input  logic [15:0] cpl_head_i,
  output logic [15:0] cpl_tail_o,
  output logic [15:0] width_o,
  output logic [15:0] height_o,
  output logic [17:0] stride_o,
  output logic [31:0] input_size_o,
  output logic [31:0] crop_pos_o,
  output logic [1:0]  field_mode_o,
  output logic        nv12_o,
  output logic [63:0] ring1_base_o,       // of plane 1
  output logic [3:0]  ring1_size_o,
  input  logic [15:0] ring1_head_i,
  output logic [15:0] ring1_tail_o,
  input  logic [63:0] timestamp_i,
  input  logic [31:0] cnt_frames_i,
  input  logic [31:0] cnt_dropped_i,
  input  logic [31:0] cnt_overflow_i,
  input  logic [31:0] cnt_format_i,
  input  logic [31:0] cnt_nobuf_i,
  input  logic [31:0] cnt_buserr_i,
  input  logic [31:0] cnt_started_i
);
  localparam logic [31:0] Caps     = {8'(DataWidth / 8), 8'd4, 4'(MaxOutstanding - 1), 3'd0, 9'(MaxBurst)};
  localparam logic [31:0] Channels = {15'd0, Planes == 2, 5'd0, 3'(Channel), 5'd0, 3'(NumCh)};

  logic        enable_q, stall_q, detect_enable_q, msi_enable_q;
  logic [31:2] msi_addr_lo_q;
  logic [31:0] msi_addr_hi_q, msi_data_q;
  logic [31:0] detect_timeout_q;
  logic [7:0]  coalesce_q;
  logic [23:0] timeout_q;
  logic [31:6] ring_base_lo_q, cpl_base_lo_q;
  logic [31:0] ring_base_hi_q, cpl_base_hi_q, timestamp_hi_q;
  logic [3:0]  ring_size_q, cpl_size_q;
  logic [15:0] ring_tail_q, cpl_tail_q, width_q, height_q;
  logic [17:0] stride_q;
  logic [31:1] input_size_q, crop_pos_q;
  logic [1:0]  field_mode_q;
  logic        nv12_q;
  logic [31:6] ring1_base_lo_q;
  logic [31:0] ring1_base_hi_q;
  logic [3:0]  ring1_size_q;
  logic [15:0] ring1_tail_q;
  logic [31:0] mask, w1;                  // bits the strobes select; of these, ones
  logic        set_up;                    // configuration registers may be written

  assign mask   = {{8{write_strb_i[3]}}, {8{write_strb_i[2]}}, {8{write_strb_i[1]}}, {8{write_strb_i[0]}}};
  assign w1     = write_data_i & mask;
  assign set_up = idle_i && !enable_q;

  function automatic logic [31:0] merge(input logic [31:0] old, input logic [31:0] data, input logic [31:0] select);
    merge = (old & ~select) | (data & select);
  endfunction
  function automatic logic known(input logic [11:0] addr);
    unique case (addr)
      vcap_reg_pkg::INTR_STATE, vcap_reg_pkg::INTR_ENABLE, vcap_reg_pkg::INTR_TEST, vcap_reg_pkg::COALESCE,
      vcap_reg_pkg::COALESCE_TIMEOUT, vcap_reg_pkg::ID, vcap_reg_pkg::VERSION, vcap_reg_pkg::CAPS,
      vcap_reg_pkg::CLK_KHZ, vcap_reg_pkg::CHANNELS, vcap_reg_pkg::CTRL, vcap_reg_pkg::STATUS, vcap_reg_pkg::ERR_CAUSE,
      vcap_reg_pkg::ERR_ADDR_LO, vcap_reg_pkg::ERR_ADDR_HI, vcap_reg_pkg::RING_BASE_LO, vcap_reg_pkg::RING_BASE_HI,
      vcap_reg_pkg::RING_SIZE, vcap_reg_pkg::RING_HEAD, vcap_reg_pkg::RING_TAIL, vcap_reg_pkg::CPL_BASE_LO,
      vcap_reg_pkg::CPL_BASE_HI, vcap_reg_pkg::CPL_SIZE, vcap_reg_pkg::CPL_HEAD, vcap_reg_pkg::CPL_TAIL,
      vcap_reg_pkg::FORMAT_WIDTH, vcap_reg_pkg::FORMAT_HEIGHT, vcap_reg_pkg::FORMAT_STRIDE,
      vcap_reg_pkg::FAULT_TEST, vcap_reg_pkg::DETECT_CTRL, vcap_reg_pkg::DETECT_TIMEOUT, vcap_reg_pkg::DETECT_SIZE,
      vcap_reg_pkg::DETECT_LINE, vcap_reg_pkg::DETECT_FRAME, vcap_reg_pkg::DETECT_STATUS,
      vcap_reg_pkg::TIMESTAMP_LO, vcap_reg_pkg::TIMESTAMP_HI, vcap_reg_pkg::CNT_FRAMES, vcap_reg_pkg::CNT_DROPPED,
      vcap_reg_pkg::CNT_OVERFLOW, vcap_reg_pkg::CNT_FORMAT, vcap_reg_pkg::CNT_NOBUF, vcap_reg_pkg::CNT_BUSERR,
      vcap_reg_pkg::CNT_STARTED, vcap_reg_pkg::MSI_CTRL, vcap_reg_pkg::MSI_ADDR_LO, vcap_reg_pkg::MSI_ADDR_HI,
      vcap_reg_pkg::MSI_DATA, vcap_reg_pkg::INPUT_SIZE, vcap_reg_pkg::CROP_POS,
      vcap_reg_pkg::FIELD_MODE: known = 1'b1;
      vcap_reg_pkg::FORMAT_PIXEL, vcap_reg_pkg::PLANE1_RING_BASE_LO, vcap_reg_pkg::PLANE1_RING_BASE_HI,
      vcap_reg_pkg::PLANE1_RING_SIZE, vcap_reg_pkg::PLANE1_RING_HEAD,
      vcap_reg_pkg::PLANE1_RING_TAIL: known = Planes == 2;
      default: known = 1'b0;
    endcase
  endfunction

  assign write_known_o = known(write_addr_i);
  assign read_known_o  = known(read_addr_i);

  localparam int unsigned Causes = vcap_reg_pkg::IRQ_COUNT;
  assign intr_clear_o        = write_i && write_addr_i == vcap_reg_pkg::INTR_STATE ? w1[Causes-1:0] : '0;
  assign intr_test_o         = write_i && write_addr_i == vcap_reg_pkg::INTR_TEST ? w1[Causes-1:0] : '0;
  assign intr_enable_write_o = write_i && write_addr_i == vcap_reg_pkg::INTR_ENABLE;
  assign intr_enable_data_o  = intr_enable_w[vcap_reg_pkg::IRQ_COUNT-1:0];
  assign soft_reset_o        = write_i && write_addr_i == vcap_reg_pkg::CTRL &&
                               w1[vcap_reg_pkg::CTRL_SOFT_RESET];

  logic [31:0] intr_enable_w, ring_base_lo_w, cpl_base_lo_w, tail_w, cpl_tail_w, width_w, height_w, stride_w, timeout_w;
  logic [31:0] input_size_w, crop_pos_w, ring1_base_lo_w, tail1_w;
  logic [31:0] msi_addr_lo_w;
  assign intr_enable_w  = merge(32'(intr_enable_i), write_data_i, mask);
  assign ring_base_lo_w = merge({ring_base_lo_q, 6'd0}, write_data_i, mask);
  assign cpl_base_lo_w  = merge({cpl_base_lo_q, 6'd0}, write_data_i, mask);
  assign ring1_base_lo_w = merge({ring1_base_lo_q, 6'd0}, write_data_i, mask);
  assign tail1_w        = merge({16'd0, ring1_tail_q}, write_data_i, mask);
  assign tail_w         = merge({16'd0, ring_tail_q}, write_data_i, mask);
  assign cpl_tail_w     = merge({16'd0, cpl_tail_q}, write_data_i, mask);
  assign width_w        = merge({16'd0, width_q}, write_data_i, mask);
  assign height_w       = merge({16'd0, height_q}, write_data_i, mask);
  assign stride_w       = merge({14'd0, stride_q}, write_data_i, mask);
  assign input_size_w   = merge({input_size_q, 1'b0}, write_data_i, mask);
  assign crop_pos_w     = merge({crop_pos_q, 1'b0}, write_data_i, mask);
  assign msi_addr_lo_w  = merge({msi_addr_lo_q, 2'd0}, write_data_i, mask);
  assign timeout_w      = merge({8'd0, timeout_q}, write_data_i, mask);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      enable_q       <= 1'b0;
      stall_q        <= 1'b0;
      detect_enable_q  <= 1'b0;
      detect_timeout_q <= '0;
      msi_enable_q   <= 1'b0;
      msi_addr_lo_q  <= '0;
      msi_addr_hi_q  <= '0;
      msi_data_q     <= '0;
      coalesce_q     <= 8'd1;
      timeout_q      <= '0;
      ring_base_lo_q <= '0;
      ring_base_hi_q <= '0;
      ring_size_q    <= '0;
      ring_tail_q    <= '0;
      cpl_base_lo_q  <= '0;
      cpl_base_hi_q  <= '0;
      cpl_size_q     <= '0;
      cpl_tail_q     <= '0;
      width_q        <= 16'd640;
      height_q       <= 16'd480;
      stride_q       <= 18'd1280;
      input_size_q   <= '0;
      crop_pos_q     <= '0;
      field_mode_q   <= '0;
      nv12_q          <= 1'b0;
      ring1_base_lo_q <= '0;
      ring1_base_hi_q <= '0;
      ring1_size_q    <= '0;
      ring1_tail_q    <= '0;
      timestamp_hi_q <= '0;
    end else begin
      if (read_i && read_addr_i == vcap_reg_pkg::TIMESTAMP_LO) timestamp_hi_q <= timestamp_i[63:32];
      if (write_i) begin
        unique case (write_addr_i)
          vcap_reg_pkg::COALESCE: if (write_strb_i[0]) coalesce_q <= write_data_i[7:0];
          vcap_reg_pkg::COALESCE_TIMEOUT: timeout_q <= timeout_w[23:0];
          vcap_reg_pkg::CTRL: if (write_strb_i[0] && !resetting_i) begin
            enable_q <= write_data_i[vcap_reg_pkg::CTRL_ENABLE];
            stall_q  <= write_data_i[vcap_reg_pkg::CTRL_STALL];
          end
          vcap_reg_pkg::RING_BASE_LO: if (set_up) ring_base_lo_q <= ring_base_lo_w[31:6];
          vcap_reg_pkg::RING_BASE_HI: if (set_up) ring_base_hi_q <= merge(ring_base_hi_q, write_data_i, mask);
          vcap_reg_pkg::RING_SIZE: if (set_up && write_strb_i[0]) ring_size_q <= write_data_i[3:0];
          vcap_reg_pkg::RING_TAIL: ring_tail_q <= tail_w[15:0];
          vcap_reg_pkg::CPL_BASE_LO: if (set_up) cpl_base_lo_q <= cpl_base_lo_w[31:6];
          vcap_reg_pkg::CPL_BASE_HI: if (set_up) cpl_base_hi_q <= merge(cpl_base_hi_q, write_data_i, mask);
          vcap_reg_pkg::CPL_SIZE: if (set_up && write_strb_i[0]) cpl_size_q <= write_data_i[3:0];
          vcap_reg_pkg::CPL_TAIL: cpl_tail_q <= cpl_tail_w[15:0];
          vcap_reg_pkg::FORMAT_WIDTH: if (set_up) width_q <= width_w[15:0];
          vcap_reg_pkg::FORMAT_HEIGHT: if (set_up) height_q <= height_w[15:0];
          vcap_reg_pkg::FORMAT_STRIDE: if (set_up) stride_q <= stride_w[17:0];
          vcap_reg_pkg::INPUT_SIZE: if (set_up) input_size_q <= input_size_w[31:1];
          vcap_reg_pkg::CROP_POS: if (set_up) crop_pos_q <= crop_pos_w[31:1];
          vcap_reg_pkg::FIELD_MODE: if (set_up && write_strb_i[0]) field_mode_q <= write_data_i[1:0];
          vcap_reg_pkg::DETECT_CTRL: if (write_strb_i[0]) begin
            detect_enable_q <= write_data_i[vcap_reg_pkg::DETECT_CTRL_ENABLE];
          end
          vcap_reg_pkg::DETECT_TIMEOUT: detect_timeout_q <= merge(detect_timeout_q, write_data_i, mask);
          vcap_reg_pkg::MSI_CTRL: if (write_strb_i[0]) msi_enable_q <= write_data_i[vcap_reg_pkg::MSI_CTRL_ENABLE];
          vcap_reg_pkg::MSI_ADDR_LO: msi_addr_lo_q <= msi_addr_lo_w[31:2];
          vcap_reg_pkg::MSI_ADDR_HI: msi_addr_hi_q <= merge(msi_addr_hi_q, write_data_i, mask);
          vcap_reg_pkg::MSI_DATA: msi_data_q <= merge(msi_data_q, write_data_i, mask);
          vcap_reg_pkg::FORMAT_PIXEL: if (Planes == 2 && set_up && write_strb_i[0]) nv12_q <= write_data_i[0];
          vcap_reg_pkg::PLANE1_RING_BASE_LO: if (Planes == 2 && set_up) ring1_base_lo_q <= ring1_base_lo_w[31:6];
          vcap_reg_pkg::PLANE1_RING_BASE_HI: if (Planes == 2 && set_up) begin
            ring1_base_hi_q <= merge(ring1_base_hi_q, write_data_i, mask);
          end
          vcap_reg_pkg::PLANE1_RING_SIZE: if (Planes == 2 && set_up && write_strb_i[0]) begin
            ring1_size_q <= write_data_i[3:0];
          end
          vcap_reg_pkg::PLANE1_RING_TAIL: if (Planes == 2) ring1_tail_q <= tail1_w[15:0];
          default: ;
        endcase
      end
      if (msi_fail_i) msi_enable_q <= 1'b0;
      if (ctrl_clear_i) begin
        enable_q    <= 1'b0;
        stall_q     <= 1'b0;
        ring_tail_q <= '0;
        cpl_tail_q  <= '0;
        ring1_tail_q <= '0;
      end
    end
  end

  always_comb begin
    unique case (read_addr_i)
      vcap_reg_pkg::INTR_STATE:       read_data_o = 32'(intr_state_i);
      vcap_reg_pkg::INTR_ENABLE:      read_data_o = 32'(intr_enable_i);
      vcap_reg_pkg::COALESCE:         read_data_o = {24'd0, coalesce_q};
      vcap_reg_pkg::COALESCE_TIMEOUT: read_data_o = {8'd0, timeout_q};
      vcap_reg_pkg::ID:               read_data_o = vcap_reg_pkg::ID_VALUE;
      vcap_reg_pkg::VERSION:          read_data_o = vcap_reg_pkg::VERSION_VALUE;
      vcap_reg_pkg::CAPS:             read_data_o = Caps;
      vcap_reg_pkg::CLK_KHZ:          read_data_o = 32'(ClkKhz);
      vcap_reg_pkg::CHANNELS:         read_data_o = Channels;
      vcap_reg_pkg::CTRL:             read_data_o = {29'd0, stall_q, resetting_i, enable_q};
      vcap_reg_pkg::STATUS:           read_data_o = status_i;
      vcap_reg_pkg::ERR_CAUSE:        read_data_o = err_cause_i;
      vcap_reg_pkg::ERR_ADDR_LO:      read_data_o = err_address_i[31:0];
      vcap_reg_pkg::ERR_ADDR_HI:      read_data_o = err_address_i[63:32];
      vcap_reg_pkg::RING_BASE_LO:     read_data_o = {ring_base_lo_q, 6'd0};
      vcap_reg_pkg::RING_BASE_HI:     read_data_o = ring_base_hi_q;
      vcap_reg_pkg::RING_SIZE:        read_data_o = {28'd0, ring_size_q};
      vcap_reg_pkg::RING_HEAD:        read_data_o = {16'd0, ring_head_i};
      vcap_reg_pkg::RING_TAIL:        read_data_o = {16'd0, ring_tail_q};
      vcap_reg_pkg::CPL_BASE_LO:      read_data_o = {cpl_base_lo_q, 6'd0};
      vcap_reg_pkg::CPL_BASE_HI:      read_data_o = cpl_base_hi_q;
      vcap_reg_pkg::CPL_SIZE:         read_data_o = {28'd0, cpl_size_q};
      vcap_reg_pkg::CPL_HEAD:         read_data_o = {16'd0, cpl_head_i};
      vcap_reg_pkg::CPL_TAIL:         read_data_o = {16'd0, cpl_tail_q};
      vcap_reg_pkg::FORMAT_WIDTH:     read_data_o = {16'd0, width_q};
      vcap_reg_pkg::FORMAT_HEIGHT:    read_data_o = {16'd0, height_q};
      vcap_reg_pkg::FORMAT_STRIDE:    read_data_o = {14'd0, stride_q};
      vcap_reg_pkg::INPUT_SIZE:       read_data_o = {input_size_q, 1'b0};
      vcap_reg_pkg::CROP_POS:         read_data_o = {crop_pos_q, 1'b0};
      vcap_reg_pkg::FIELD_MODE:       read_data_o = {30'd0, field_mode_q};
      vcap_reg_pkg::TIMESTAMP_LO:     read_data_o = timestamp_i[31:0];
      vcap_reg_pkg::TIMESTAMP_HI:     read_data_o = timestamp_hi_q;
      vcap_reg_pkg::DETECT_CTRL:      read_data_o = {31'd0, detect_enable_q};
      vcap_reg_pkg::DETECT_TIMEOUT:   read_data_o = detect_timeout_q;
      vcap_reg_pkg::DETECT_SIZE:      read_data_o = {video_lines_i, video_width_i};
      vcap_reg_pkg::DETECT_LINE:      read_data_o = {8'd0, line_period_i};
      vcap_reg_pkg::DETECT_FRAME:     read_data_o = frame_period_i;
      vcap_reg_pkg::DETECT_STATUS:    read_data_o = {30'd0, video_stable_i, video_present_i};
      vcap_reg_pkg::CNT_FRAMES:       read_data_o = cnt_frames_i;
      vcap_reg_pkg::CNT_DROPPED:      read_data_o = cnt_dropped_i;
      vcap_reg_pkg::CNT_OVERFLOW:     read_data_o = cnt_overflow_i;
      vcap_reg_pkg::CNT_FORMAT:       read_data_o = cnt_format_i;
      vcap_reg_pkg::CNT_NOBUF:        read_data_o = cnt_nobuf_i;
      vcap_reg_pkg::CNT_BUSERR:       read_data_o = cnt_buserr_i;
      vcap_reg_pkg::CNT_STARTED:      read_data_o = cnt_started_i;
      vcap_reg_pkg::MSI_CTRL:         read_data_o = {31'd0, msi_enable_q};
      vcap_reg_pkg::MSI_ADDR_LO:      read_data_o = {msi_addr_lo_q, 2'd0};
      vcap_reg_pkg::MSI_ADDR_HI:      read_data_o = msi_addr_hi_q;
      vcap_reg_pkg::MSI_DATA:         read_data_o = msi_data_q;
      vcap_reg_pkg::FORMAT_PIXEL:     read_data_o = Planes == 2 ? {31'd0, nv12_q} : 32'd0;
      vcap_reg_pkg::PLANE1_RING_BASE_LO: read_data_o = Planes == 2 ? {ring1_base_lo_q, 6'd0} : 32'd0;
      vcap_reg_pkg::PLANE1_RING_BASE_HI: read_data_o = Planes == 2 ? ring1_base_hi_q : 32'd0;
      vcap_reg_pkg::PLANE1_RING_SIZE: read_data_o = Planes == 2 ? {28'd0, ring1_size_q} : 32'd0;
      vcap_reg_pkg::PLANE1_RING_HEAD: read_data_o = Planes == 2 ? {16'd0, ring1_head_i} : 32'd0;
      vcap_reg_pkg::PLANE1_RING_TAIL: read_data_o = Planes == 2 ? {16'd0, ring1_tail_q} : 32'd0;
      default:                        read_data_o = 32'd0;
    endcase
  end

  assign fault_test_o       = write_i && write_addr_i == vcap_reg_pkg::FAULT_TEST ? w1[2:0] : 3'd0;
  assign msi_enable_o       = msi_enable_q;
  assign msi_address_o      = {msi_addr_hi_q, msi_addr_lo_q};
  assign msi_data_o         = msi_data_q;
  assign detect_enable_o    = detect_enable_q;
  assign detect_timeout_o   = detect_timeout_q;
  assign enable_o           = enable_q;
  assign stall_o            = stall_q;
  assign coalesce_count_o   = coalesce_q;
  assign coalesce_timeout_o = timeout_q;
  assign ring_base_o        = {ring_base_hi_q, ring_base_lo_q, 6'd0};
  assign ring_size_o        = ring_size_q;
  // A doorbell is heard in the cycle of the write: the prefetch's request leaves a cycle earlier.
  assign ring_tail_o        = write_i && write_addr_i == vcap_reg_pkg::RING_TAIL && !ctrl_clear_i ? tail_w[15:0]
                                                                                                 : ring_tail_q;
  assign cpl_base_o         = {cpl_base_hi_q, cpl_base_lo_q, 6'd0};
  assign cpl_size_o         = cpl_size_q;
  assign cpl_tail_o         = cpl_tail_q;
  assign width_o            = width_q;
  assign height_o           = height_q;
  assign stride_o           = stride_q;
  assign input_size_o       = {input_size_q, 1'b0};
  assign crop_pos_o         = {crop_pos_q, 1'b0};
  assign field_mode_o       = field_mode_q;
  assign nv12_o             = Planes == 2 && nv12_q == vcap_reg_pkg::FORMAT_PIXEL_NV12;
  assign ring1_base_o       = {ring1_base_hi_q, ring1_base_lo_q, 6'd0};
  assign ring1_size_o       = ring1_size_q;
  assign ring1_tail_o       = Planes == 2 && write_i && write_addr_i == vcap_reg_pkg::PLANE1_RING_TAIL && !ctrl_clear_i
                              ? tail1_w[15:0] : ring1_tail_q;

  logic unused;
  assign unused = &{1'b0, ring_base_lo_w[5:0], cpl_base_lo_w[5:0], msi_addr_lo_w[1:0], tail_w[31:16], cpl_tail_w[31:16],
                    ring1_base_lo_w[5:0], tail1_w[31:16],
                    width_w[31:16], height_w[31:16], stride_w[31:18], timeout_w[31:24], input_size_w[0], crop_pos_w[0],
                    intr_enable_w[31:vcap_reg_pkg::IRQ_COUNT]};
`ifdef VCAP_REGS_PROPS
  vcap_regs_props u_props (.*);
`endif
endmodule
