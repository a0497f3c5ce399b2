// The AXI4 master's write side: issues the channels' bursts in turn, one at a time, and follows their answers. Every burst
// in flight has an ID of its own, so answers may come in any order. The first W beat of a burst leaves together with its
// AW if no earlier burst is still sending, else behind it; W beats of consecutive bursts follow each other without a gap,
// whatever their channels. `stop_i` issues no further burst of a channel; those issued are finished.
module vcap_axi_write #(
  parameter int unsigned NumCh          = 1,
  parameter int unsigned DataWidth      = 64,
  parameter int unsigned MaxOutstanding = 8,
  parameter int unsigned StrbWidth      = DataWidth / 8,
  parameter int unsigned BeatWidth      = DataWidth + StrbWidth + 1,
  parameter int unsigned CmdWidth       = 64 + 8 + 16
) (
  input  logic                       clk_i,
  input  logic                       rst_ni,
  input  logic [NumCh-1:0]           stop_i,

  input  logic [NumCh-1:0]           cmd_valid_i,      // all beats of the burst are there
  input  logic [NumCh*CmdWidth-1:0]  cmd_i,            // {address, AWLEN, descriptor index}
  output logic [NumCh-1:0]           cmd_pop_o,
  input  logic [NumCh-1:0]           beat_valid_i,
  input  logic [NumCh*BeatWidth-1:0] beat_i,           // {last, strobes, data}
  output logic [NumCh-1:0]           beat_pop_o,

  output logic [NumCh-1:0]           idle_o,           // nothing of the channel is issued and unanswered
  output logic [NumCh*6-1:0]         outstanding_o,
  output logic [NumCh-1:0]           response_o,       // one cycle: a burst of the channel was answered
  output logic [NumCh-1:0]           error_o,          // with it: by an error
  output logic [1:0]                 error_resp_o,
  output logic [63:0]                error_address_o,
  output logic [15:0]                error_index_o,

  output logic [3:0]                 awid_o,
  output logic [63:0]                awaddr_o,
  output logic [7:0]                 awlen_o,
  output logic                       awvalid_o,
  input  logic                       awready_i,
  output logic [DataWidth-1:0]       wdata_o,
  output logic [StrbWidth-1:0]       wstrb_o,
  output logic                       wlast_o,
  output logic                       wvalid_o,
  input  logic                       wready_i,
  input  logic [3:0]                 bid_i,
  input  logic [1:0]                 bresp_i,
  input  logic                       bvalid_i,
  output logic                       bready_o
);
  localparam int unsigned ChW       = NumCh > 1 ? $clog2(NumCh) : 1;
  localparam int unsigned SlotW     = MaxOutstanding > 1 ? $clog2(MaxOutstanding) : 1;
  localparam int unsigned SendDepth = MaxOutstanding < 2 ? 2 : 1 << $clog2(MaxOutstanding);

  // One slot a burst in flight, its number the burst's ID.
  logic [MaxOutstanding-1:0] taken_q;
  logic [ChW-1:0]            slot_channel [0:MaxOutstanding-1];
  logic [79:0]               slot_origin [0:MaxOutstanding-1];   // {address, descriptor index}

  logic [3:0]                free_slot;
  logic                      any_free, any_cmd, issue, answered;
  logic [ChW-1:0]            pick, oldest, send, answered_channel;
  logic [CmdWidth-1:0]       cmd;
  logic [BeatWidth-1:0]      beat;
  logic                      send_empty, unused_send_full, beat_pop, at_once, beat_last;
  logic [$clog2(SendDepth):0] unused_send_level;

  logic                      awvalid_q, wvalid_q, wlast_q, bready_q;
  logic [3:0]                awid_q;
  logic [63:0]               awaddr_q;
  logic [7:0]                awlen_q;
  logic [DataWidth-1:0]      wdata_q;
  logic [StrbWidth-1:0]      wstrb_q;
  logic [NumCh*6-1:0]        outstanding_q;

  // ---- addresses
  always_comb begin
    free_slot = '0;
    any_free  = 1'b0;
    for (int unsigned i = MaxOutstanding; i > 0; i--) begin
      if (!taken_q[i-1]) begin
        free_slot = 4'(i - 1);
        any_free  = 1'b1;
      end
    end
  end
  vcap_round_robin #(.NumReq(NumCh)) u_turn (
    .clk_i, .rst_ni, .request_i(cmd_valid_i & ~stop_i), .take_i(issue), .valid_o(any_cmd), .index_o(pick)
  );
  assign issue = any_cmd && any_free && (!awvalid_q || awready_i);
  assign cmd   = cmd_i[pick*CmdWidth +: CmdWidth];
  always_comb begin
    cmd_pop_o       = '0;
    cmd_pop_o[pick] = issue;
  end

  // ---- data, in the order of the addresses
  vcap_sync_fifo #(.Width(ChW), .Depth(SendDepth)) u_send (
    .clk_i, .rst_ni, .clear_i(1'b0),
    .push_i(issue && !(at_once && beat_last)), .data_i(pick),
    .pop_i(beat_pop && !at_once && beat_last), .data_o(oldest),
    .full_o(unused_send_full), .empty_o(send_empty), .level_o(unused_send_level)
  );
  assign at_once   = issue && send_empty && (!wvalid_q || wready_i);
  assign send      = send_empty ? pick : oldest;
  assign beat      = beat_i[send*BeatWidth +: BeatWidth];
  assign beat_last = beat[BeatWidth-1];
  assign beat_pop  = at_once || (!send_empty && beat_valid_i[send] && (!wvalid_q || wready_i));
  always_comb begin
    beat_pop_o       = '0;
    beat_pop_o[send] = beat_pop;
  end

  // ---- answers
  assign answered         = bvalid_i && bready_q && 32'(bid_i) < MaxOutstanding && taken_q[bid_i[SlotW-1:0]];
  assign answered_channel = slot_channel[bid_i[SlotW-1:0]];
  assign {error_address_o, error_index_o} = slot_origin[bid_i[SlotW-1:0]];
  assign error_resp_o     = bresp_i;
  always_comb begin
    response_o                   = '0;
    response_o[answered_channel] = answered;
    error_o                      = bresp_i != 2'b00 ? response_o : '0;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      taken_q       <= '0;
      awvalid_q     <= 1'b0;
      awid_q        <= '0;
      awaddr_q      <= '0;
      awlen_q       <= '0;
      wvalid_q      <= 1'b0;
      wdata_q       <= '0;
      wstrb_q       <= '0;
      wlast_q       <= 1'b0;
      bready_q      <= 1'b0;
      outstanding_q <= '0;
    end else begin
      bready_q <= 1'b1;
      if (issue) begin
        awvalid_q <= 1'b1;
        awid_q    <= free_slot;
        awaddr_q  <= cmd[87:24];
        awlen_q   <= cmd[23:16];
      end else if (awready_i) begin
        awvalid_q <= 1'b0;
      end
      if (beat_pop) begin
        wvalid_q <= 1'b1;
        wdata_q  <= beat[DataWidth-1:0];
        wstrb_q  <= beat[DataWidth +: StrbWidth];
        wlast_q  <= beat_last;
      end else if (wready_i) begin
        wvalid_q <= 1'b0;
      end
      if (answered) taken_q[bid_i[SlotW-1:0]] <= 1'b0;
      if (issue) taken_q[free_slot[SlotW-1:0]] <= 1'b1;
      for (int unsigned c = 0; c < NumCh; c++) begin
        outstanding_q[c*6 +: 6] <= outstanding_q[c*6 +: 6] + {5'd0, cmd_pop_o[c]} - {5'd0, response_o[c]};
      end
    end
  end
  always_ff @(posedge clk_i) begin
    if (issue) begin
      slot_channel[free_slot[SlotW-1:0]] <= pick;
      slot_origin[free_slot[SlotW-1:0]]  <= {cmd[87:24], cmd[15:0]};
    end
  end

  always_comb begin
    for (int unsigned c = 0; c < NumCh; c++) idle_o[c] = outstanding_q[c*6 +: 6] == 6'd0;
  end
  assign outstanding_o = outstanding_q;
  assign awvalid_o = awvalid_q;
  assign awid_o    = awid_q;
  assign awaddr_o  = awaddr_q;
  assign awlen_o   = awlen_q;
  assign wvalid_o  = wvalid_q;
  assign wdata_o   = wdata_q;
  assign wstrb_o   = wstrb_q;
  assign wlast_o   = wlast_q;
  assign bready_o  = bready_q;

  logic unused;
  assign unused = &{1'b0, unused_send_full, unused_send_level};
`ifdef VCAP_AXI_WRITE_PROPS
  vcap_axi_write_props #(.NumCh(NumCh), .DataWidth(DataWidth), .MaxOutstanding(MaxOutstanding)) u_props (.*);
`endif
endmodule
