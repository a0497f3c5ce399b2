// The whole chip, one channel: the bus rules at all its ports, and no byte written but into a descriptor's piece of memory or
// a slot of the completion ring. Both clocks tick together here; vcap_async_fifo is proved with free ones.
`include "check.svh"
module vcap_props (
  input logic        clk_i,
  input logic        rst_ni,
  input logic        pix_clk_i,
  input logic        pix_rst_ni,
  input logic        intr_o,
  input logic [31:0] s_axis_video_tdata,
  input logic        s_axis_video_tvalid,
  input logic        s_axis_video_tready,
  input logic        s_axis_video_tuser,
  input logic        s_axis_video_tlast,
  input logic        s_axis_video_tfid,
  input logic [11:0] s_axil_awaddr,
  input logic        s_axil_awvalid,
  input logic        s_axil_awready,
  input logic [31:0] s_axil_wdata,
  input logic [3:0]  s_axil_wstrb,
  input logic        s_axil_wvalid,
  input logic        s_axil_wready,
  input logic [1:0]  s_axil_bresp,
  input logic        s_axil_bvalid,
  input logic        s_axil_bready,
  input logic [11:0] s_axil_araddr,
  input logic        s_axil_arvalid,
  input logic        s_axil_arready,
  input logic [31:0] s_axil_rdata,
  input logic [1:0]  s_axil_rresp,
  input logic        s_axil_rvalid,
  input logic        s_axil_rready,
  input logic [3:0]  m_axi_awid,
  input logic [63:0] m_axi_awaddr,
  input logic [7:0]  m_axi_awlen,
  input logic [2:0]  m_axi_awsize,
  input logic [1:0]  m_axi_awburst,
  input logic        m_axi_awvalid,
  input logic        m_axi_awready,
  input logic [63:0] m_axi_wdata,
  input logic [7:0]  m_axi_wstrb,
  input logic        m_axi_wlast,
  input logic        m_axi_wvalid,
  input logic        m_axi_wready,
  input logic [3:0]  m_axi_bid,
  input logic [1:0]  m_axi_bresp,
  input logic        m_axi_bvalid,
  input logic        m_axi_bready,
  input logic [3:0]  m_axi_arid,
  input logic [63:0] m_axi_araddr,
  input logic [7:0]  m_axi_arlen,
  input logic [2:0]  m_axi_arsize,
  input logic [1:0]  m_axi_arburst,
  input logic        m_axi_arvalid,
  input logic        m_axi_arready,
  input logic [3:0]  m_axi_rid,
  input logic [63:0] m_axi_rdata,
  input logic        m_axi_rlast,
  input logic        m_axi_rvalid,
  input logic        m_axi_rready
);
  `RESET(clk_i, rst_ni)
  always @* assume (pix_rst_ni == rst_ni);

  axil_slave_rules u_axil_rules (
    .clk_i, .up,
    .awaddr(s_axil_awaddr), .awvalid(s_axil_awvalid), .awready(s_axil_awready),
    .wdata(s_axil_wdata), .wstrb(s_axil_wstrb), .wvalid(s_axil_wvalid), .wready(s_axil_wready),
    .bresp(s_axil_bresp), .bvalid(s_axil_bvalid), .bready(s_axil_bready),
    .araddr(s_axil_araddr), .arvalid(s_axil_arvalid), .arready(s_axil_arready),
    .rdata(s_axil_rdata), .rresp(s_axil_rresp), .rvalid(s_axil_rvalid), .rready(s_axil_rready)
  );
  axi_stream_rules #(.Width(35)) u_video_rules (
    .clk_i, .up, .payload({s_axis_video_tdata, s_axis_video_tuser, s_axis_video_tlast, s_axis_video_tfid}), .valid(s_axis_video_tvalid),
    .ready(s_axis_video_tready)
  );
  logic [15:0] in_flight, answerable;
  axi_write_rules u_write_rules (
    .clk_i, .up, .awid(m_axi_awid), .awaddr(m_axi_awaddr), .awlen(m_axi_awlen), .awvalid(m_axi_awvalid),
    .awready(m_axi_awready), .wpayload({m_axi_wdata, m_axi_wstrb}), .wlast(m_axi_wlast), .wvalid(m_axi_wvalid),
    .wready(m_axi_wready), .bid(m_axi_bid), .bresp(m_axi_bresp), .bvalid(m_axi_bvalid), .bready(m_axi_bready),
    .in_flight_o(in_flight), .answerable_o(answerable)
  );
  logic       read_open;
  logic [7:0] read_left;
  axi_read_rules u_read_rules (
    .clk_i, .up, .araddr(m_axi_araddr), .arlen(m_axi_arlen), .arvalid(m_axi_arvalid), .arready(m_axi_arready),
    .rlast(m_axi_rlast), .rvalid(m_axi_rvalid), .open_o(read_open), .left_o(read_left)
  );
  `ENV(whole_rid, !m_axi_rvalid || (m_axi_rid == m_axi_arid && m_axi_rready))

  // Software keeps what it set up (see the proof's reset values) and lays every descriptor into [low, high).
  (* anyconst *) logic [15:0] low, high;
  logic [15:0] address_q;
  `ENV(whole_setup, !s_axil_awvalid || s_axil_awaddr == 12'h060 || s_axil_awaddr == 12'h080 ||
       !((s_axil_awaddr >= 12'h050 && s_axil_awaddr < 12'h0A0) || s_axil_awaddr[11:4] == 8'h0F))
  `ENV(whole_window, low >= 16'h2000 && low < high && high < 16'h8000)
  `ENV(whole_descriptor, !m_axi_rvalid || (read_left[0]
       ? m_axi_rdata[63:16] == '0 && m_axi_rdata[15:0] >= low && m_axi_rdata[15:0] < high
       : m_axi_rdata[23:0] <= {8'd0, high - address_q}))

  // Where the beat on the W channel goes: burst addresses, oldest lowest.
  logic [55:0] queue_q;
  logic [2:0]  queued_q, after_pop;
  logic [7:0]  beat_q;
  logic        held_q, shown, fresh, ends;
  logic [15:0] place;
  assign shown     = m_axi_awvalid && !held_q;
  assign ends      = m_axi_wvalid && m_axi_wready && m_axi_wlast;
  assign after_pop = queued_q - 3'(ends && !fresh);
  assign fresh     = queued_q == '0;            // the beat comes with its burst's address
  assign place     = {fresh ? m_axi_awaddr[15:3] : queue_q[12:0], 3'd0} + {5'd0, beat_q, 3'd0};
  always_ff @(posedge clk_i) begin
    if (m_axi_rvalid) address_q <= m_axi_rdata[15:0];
    if (!up) begin
      queued_q <= '0;
      beat_q   <= '0;
      held_q   <= 1'b0;
    end else begin
      held_q   <= m_axi_awvalid && !m_axi_awready;
      queued_q <= after_pop + 3'(shown && !(fresh && ends));
      if (m_axi_wvalid && m_axi_wready) beat_q <= m_axi_wlast ? 8'd0 : beat_q + 8'd1;
      if (ends) queue_q <= queue_q >> 14;
      if (shown) queue_q[after_pop[1:0]*14 +: 14] <= {1'b0, m_axi_awaddr[15:3]};
    end
  end
  logic [7:0] outside;
  always_comb for (int unsigned i = 0; i < 8; i++)
    outside[i] = !(place + 16'(i) >= low && place + 16'(i) < high) && !(place >= 16'h1000 && place < 16'h1040) &&
                 place + 16'(i) >= 16'd4;  // messages

  `PROVE(whole_write_place, !m_axi_awvalid || m_axi_awaddr[63:16] == '0)
  `PROVE(whole_bytes, !m_axi_wvalid || (m_axi_wstrb & outside) == '0)
  `PROVE(whole_read_place, !m_axi_arvalid || (m_axi_araddr >= 64'hFC0 && m_axi_araddr + {53'd0, m_axi_arlen, 3'd0} < 64'h1000))
  `PROVE(whole_kind, m_axi_awsize == 3'd3 && m_axi_arsize == 3'd3 && m_axi_awburst == 2'b01 && m_axi_arburst == 2'b01)

  `REACH(whole_reach_data, m_axi_wvalid && m_axi_wready && place[15:12] == 4'd2 && m_axi_wstrb == 8'hF8)
  `REACH(whole_reach_interrupt, intr_o)
endmodule
