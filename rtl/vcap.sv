// vcap: video capture with scatter/gather DMA, one to four channels behind one bus master. docs/registers.md is its
// contract. Outputs depend on registers only. Pins of several channels lie side by side, channel 0 lowest.
module vcap #(
  parameter int unsigned NumCh          = 1,       // 1..4
  parameter int unsigned Planes         = 1,       // 2: frames may have a second plane, of chroma (NV12)
  parameter int unsigned DataWidth      = 64,      // of the AXI4 master: 64 or 128
  parameter int unsigned MaxBurst       = 16,      // beats, 4..256: a completion record is one burst of 4
  parameter int unsigned MaxOutstanding = 8,       // write bursts
  parameter bit          CutThrough     = 1'b0,    // issue a burst with its first beat; 0: when all its data is there
  parameter int unsigned FifoDepth      = 1024,    // words of DataWidth between the clock domains, a channel
  parameter int unsigned PrefetchDepth  = 16,      // descriptors, a channel
  parameter int unsigned ClkKhz         = 125000,
  parameter int unsigned AxilAddrWidth  = 12 + $clog2(NumCh)  // a window of 4 KiB a channel
) (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic [NumCh-1:0] pix_clk_i,
  input  logic [NumCh-1:0] pix_rst_ni,
  output logic        intr_o,

  input  logic [32*NumCh-1:0] s_axis_video_tdata,
  input  logic [NumCh-1:0] s_axis_video_tvalid,
  output logic [NumCh-1:0] s_axis_video_tready,
  input  logic [NumCh-1:0] s_axis_video_tuser,
  input  logic [NumCh-1:0] s_axis_video_tlast,
  input  logic [NumCh-1:0] s_axis_video_tfid,

  input  logic [AxilAddrWidth-1:0] s_axil_awaddr,
  input  logic [2:0]  s_axil_awprot,
  input  logic        s_axil_awvalid,
  output logic        s_axil_awready,
  input  logic [31:0] s_axil_wdata,
  input  logic [3:0]  s_axil_wstrb,
  input  logic        s_axil_wvalid,
  output logic        s_axil_wready,
  output logic [1:0]  s_axil_bresp,
  output logic        s_axil_bvalid,
  input  logic        s_axil_bready,
  input  logic [AxilAddrWidth-1:0] s_axil_araddr,
  input  logic [2:0]  s_axil_arprot,
  input  logic        s_axil_arvalid,
  output logic        s_axil_arready,
  output logic [31:0] s_axil_rdata,
  output logic [1:0]  s_axil_rresp,
  output logic        s_axil_rvalid,
  input  logic        s_axil_rready,

  output logic [3:0]  m_axi_awid,
  output logic [63:0] m_axi_awaddr,
  output logic [7:0]  m_axi_awlen,
  output logic [2:0]  m_axi_awsize,
  output logic [1:0]  m_axi_awburst,
  output logic [3:0]  m_axi_awcache,
  output logic [2:0]  m_axi_awprot,
  output logic        m_axi_awvalid,
  input  logic        m_axi_awready,
  output logic [DataWidth-1:0] m_axi_wdata,
  output logic [DataWidth/8-1:0] m_axi_wstrb,
  output logic        m_axi_wlast,
  output logic        m_axi_wvalid,
  input  logic        m_axi_wready,
  input  logic [3:0]  m_axi_bid,
  input  logic [1:0]  m_axi_bresp,
  input  logic        m_axi_bvalid,
  output logic        m_axi_bready,
  output logic [3:0]  m_axi_arid,
  output logic [63:0] m_axi_araddr,
  output logic [7:0]  m_axi_arlen,
  output logic [2:0]  m_axi_arsize,
  output logic [1:0]  m_axi_arburst,
  output logic [3:0]  m_axi_arcache,
  output logic [2:0]  m_axi_arprot,
  output logic        m_axi_arvalid,
  input  logic        m_axi_arready,
  input  logic [3:0]  m_axi_rid,
  input  logic [DataWidth-1:0] m_axi_rdata,
  input  logic [1:0]  m_axi_rresp,
  input  logic        m_axi_rlast,
  input  logic        m_axi_rvalid,
  output logic        m_axi_rready
);
  localparam int unsigned BeatWidth = DataWidth + DataWidth / 8 + 1;
  localparam int unsigned CmdWidth  = 64 + 8 + 16;

  if (NumCh < 1 || NumCh > 4) begin : gen_bad_channels
    $error("NumCh must be 1..4");
  end
  if (Planes < 1 || Planes > 2) begin : gen_bad_planes
    $error("Planes must be 1 or 2");
  end
  if (Planes == 2 && FifoDepth < 32) begin : gen_bad_depth
    $error("with two planes FifoDepth must be 32 or more");
  end
  if (DataWidth != 64 && DataWidth != 128) begin : gen_bad_width
    $error("DataWidth must be 64 or 128");
  end
  if (MaxBurst < 4 || MaxBurst > 256) begin : gen_bad_burst
    $error("MaxBurst must be 4..256");
  end
  if (MaxOutstanding < 1 || MaxOutstanding > 16) begin : gen_bad_outstanding
    $error("MaxOutstanding must be 1..16");
  end

  logic [63:0] timestamp_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) timestamp_q <= '0;
    else timestamp_q <= timestamp_q + 64'd1;
  end

  // ---- register windows
  logic                     reg_write, reg_read;
  logic [AxilAddrWidth-1:0] reg_write_addr, reg_read_addr;
  logic [31:0]              reg_write_data;
  logic [3:0]               reg_write_strb;
  logic [NumCh-1:0]         write_selected, read_selected, write_known, read_known;
  logic [32*NumCh-1:0]      read_data;
  logic [31:0]              reg_read_data;

  vcap_axil #(.AddrWidth(AxilAddrWidth)) u_axil (
    .clk_i, .rst_ni,
    .s_axil_awaddr, .s_axil_awvalid, .s_axil_awready, .s_axil_wdata, .s_axil_wstrb, .s_axil_wvalid, .s_axil_wready,
    .s_axil_bresp, .s_axil_bvalid, .s_axil_bready, .s_axil_araddr, .s_axil_arvalid, .s_axil_arready,
    .s_axil_rdata, .s_axil_rresp, .s_axil_rvalid, .s_axil_rready,
    .write_o(reg_write), .write_addr_o(reg_write_addr), .write_data_o(reg_write_data), .write_strb_o(reg_write_strb),
    .write_known_i((write_selected & write_known) != '0),
    .read_o(reg_read), .read_addr_o(reg_read_addr),
    .read_known_i((read_selected & read_known) != '0), .read_data_i(reg_read_data)
  );
  always_comb begin
    reg_read_data = '0;
    for (int unsigned c = 0; c < NumCh; c++) begin
      write_selected[c] = reg_write_addr >> 12 == AxilAddrWidth'(c);
      read_selected[c]  = reg_read_addr >> 12 == AxilAddrWidth'(c);
      if (read_selected[c]) reg_read_data = read_data[c*32 +: 32];
    end
  end

  // ---- channels
  // Readers and writers: the channels' planes, those of a channel side by side. Behind them write the messages.
  localparam int unsigned Readers = Planes * NumCh;
  localparam int unsigned Writers = Readers + NumCh;
  logic [NumCh-1:0]             intr;
  logic [Writers-1:0]           write_stop, cmd_valid, cmd_pop, beat_valid, beat_pop;
  logic [Writers-1:0]           write_idle, response, write_error;
  logic [Writers*CmdWidth-1:0]  cmd;
  logic [Writers*BeatWidth-1:0] beat;
  logic [Writers*6-1:0]         outstanding;
  logic [1:0]                 write_resp;
  logic [63:0]                write_address;
  logic [15:0]                write_index;
  logic [Readers-1:0]         arvalid, arready, rvalid;
  logic [Readers*64-1:0]      araddr;
  logic [Readers*8-1:0]       arlen;
  logic [NumCh-1:0]           channel_stop;

  for (genvar c = 0; c < NumCh; c++) begin : gen_channel
    vcap_channel #(
      .Channel(c), .NumCh(NumCh), .Planes(Planes), .DataWidth(DataWidth), .MaxBurst(MaxBurst),
      .MaxOutstanding(MaxOutstanding), .CutThrough(CutThrough), .FifoDepth(FifoDepth), .PrefetchDepth(PrefetchDepth),
      .ClkKhz(ClkKhz)
    ) u_channel (
      .clk_i, .rst_ni, .pix_clk_i(pix_clk_i[c]), .pix_rst_ni(pix_rst_ni[c]), .timestamp_i(timestamp_q),
      .intr_o(intr[c]),
      .tdata_i(s_axis_video_tdata[c*32 +: 32]), .tvalid_i(s_axis_video_tvalid[c]), .tready_o(s_axis_video_tready[c]),
      .tuser_i(s_axis_video_tuser[c]), .tlast_i(s_axis_video_tlast[c]), .tfid_i(s_axis_video_tfid[c]),
      .write_i(reg_write && write_selected[c]), .write_addr_i(reg_write_addr[11:0]), .write_data_i(reg_write_data),
      .write_strb_i(reg_write_strb), .write_known_o(write_known[c]),
      .read_i(reg_read && read_selected[c]), .read_addr_i(reg_read_addr[11:0]), .read_known_o(read_known[c]),
      .read_data_o(read_data[c*32 +: 32]),
      .write_stop_o(channel_stop[c]),
      .cmd_valid_o(cmd_valid[c*Planes +: Planes]), .cmd_o(cmd[c*Planes*CmdWidth +: Planes*CmdWidth]),
      .cmd_pop_i(cmd_pop[c*Planes +: Planes]),
      .beat_valid_o(beat_valid[c*Planes +: Planes]), .beat_o(beat[c*Planes*BeatWidth +: Planes*BeatWidth]),
      .beat_pop_i(beat_pop[c*Planes +: Planes]),
      .write_idle_i(write_idle[c*Planes +: Planes]), .outstanding_i(outstanding[c*Planes*6 +: Planes*6]),
      .response_i(response[c*Planes +: Planes]), .write_error_i(write_error[c*Planes +: Planes]),
      .write_resp_i(write_resp), .write_address_i(write_address), .write_index_i(write_index),
      .msg_cmd_valid_o(cmd_valid[Readers+c]), .msg_cmd_o(cmd[(Readers+c)*CmdWidth +: CmdWidth]),
      .msg_cmd_pop_i(cmd_pop[Readers+c]), .msg_beat_valid_o(beat_valid[Readers+c]),
      .msg_beat_o(beat[(Readers+c)*BeatWidth +: BeatWidth]), .msg_beat_pop_i(beat_pop[Readers+c]),
      .msg_response_i(response[Readers+c]), .msg_error_i(write_error[Readers+c]),
      .araddr_o(araddr[c*Planes*64 +: Planes*64]), .arlen_o(arlen[c*Planes*8 +: Planes*8]),
      .arvalid_o(arvalid[c*Planes +: Planes]), .arready_i(arready[c*Planes +: Planes]),
      .rdata_i(m_axi_rdata), .rresp_i(m_axi_rresp), .rlast_i(m_axi_rlast), .rvalid_i(rvalid[c*Planes +: Planes])
    );
    assign write_stop[c*Planes +: Planes] = {Planes{channel_stop[c]}};
  end
  assign write_stop[Writers-1:Readers] = '0;
  assign intr_o = intr != '0;

  // ---- bus master
  vcap_axi_write #(.NumCh(Writers), .DataWidth(DataWidth), .MaxOutstanding(MaxOutstanding)) u_write (
    .clk_i, .rst_ni, .stop_i(write_stop),
    .cmd_valid_i(cmd_valid), .cmd_i(cmd), .cmd_pop_o(cmd_pop),
    .beat_valid_i(beat_valid), .beat_i(beat), .beat_pop_o(beat_pop),
    .idle_o(write_idle), .outstanding_o(outstanding), .response_o(response),
    .error_o(write_error), .error_resp_o(write_resp), .error_address_o(write_address), .error_index_o(write_index),
    .awid_o(m_axi_awid), .awaddr_o(m_axi_awaddr), .awlen_o(m_axi_awlen), .awvalid_o(m_axi_awvalid),
    .awready_i(m_axi_awready),
    .wdata_o(m_axi_wdata), .wstrb_o(m_axi_wstrb), .wlast_o(m_axi_wlast), .wvalid_o(m_axi_wvalid),
    .wready_i(m_axi_wready),
    .bid_i(m_axi_bid), .bresp_i(m_axi_bresp), .bvalid_i(m_axi_bvalid), .bready_o(m_axi_bready)
  );
  vcap_axi_read #(.NumCh(Readers)) u_read (
    .clk_i, .rst_ni,
    .arvalid_i(arvalid), .araddr_i(araddr), .arlen_i(arlen), .arready_o(arready), .rvalid_o(rvalid),
    .arid_o(m_axi_arid), .araddr_o(m_axi_araddr), .arlen_o(m_axi_arlen), .arvalid_o(m_axi_arvalid),
    .arready_i(m_axi_arready), .rid_i(m_axi_rid), .rvalid_i(m_axi_rvalid), .rready_o(m_axi_rready)
  );
  assign m_axi_awsize  = 3'($clog2(DataWidth / 8));
  assign m_axi_awburst = 2'b01;
  assign m_axi_awcache = 4'b0011;
  assign m_axi_awprot  = 3'b000;
  assign m_axi_arsize  = 3'($clog2(DataWidth / 8));
  assign m_axi_arburst = 2'b01;
  assign m_axi_arcache = 4'b0011;
  assign m_axi_arprot  = 3'b000;

  logic unused;
  assign unused = &{1'b0, s_axil_awprot, s_axil_arprot, write_idle[Writers-1:Readers],
                    outstanding[Writers*6-1:Readers*6]};
`ifdef VCAP_PROPS
  vcap_props u_props (.*);
`endif
endmodule
