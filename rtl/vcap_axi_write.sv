// Issues write bursts whose data is already here: pops commands and beats, drives AW and W, follows responses.
// All bursts use ID 0, so responses come in order. AW of a burst precedes its first W beat; W beats of consecutive bursts
// follow each other without a gap. `stop_i` issues no further burst; those issued are finished.
module vcap_axi_write #(
  parameter int unsigned MaxBurst       = 16,
  parameter int unsigned MaxOutstanding = 8,
  parameter int unsigned BeatAw         = $clog2(2 * MaxBurst < 32 ? 32 : 2 * MaxBurst)
) (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        stop_i,
  input  logic        clear_i,           // drop what was not issued; only while idle_o

  input  logic        beat_push_i,
  input  logic [63:0] beat_data_i,
  input  logic [7:0]  beat_strb_i,
  input  logic        beat_last_i,
  output logic        beat_full_o,

  input  logic        cmd_push_i,
  input  logic [63:0] cmd_address_i,
  input  logic [7:0]  cmd_len_i,
  input  logic [15:0] cmd_index_i,       // descriptor the burst serves
  output logic        cmd_full_o,

  output logic        idle_o,            // nothing issued is unanswered, no channel is mid-burst
  output logic        empty_o,           // nothing waits to be issued either
  output logic [5:0]  outstanding_o,

  output logic        error_o,
  output logic [1:0]  error_resp_o,
  output logic [63:0] error_address_o,
  output logic [15:0] error_index_o,

  output logic [63:0] awaddr_o,
  output logic [7:0]  awlen_o,
  output logic        awvalid_o,
  input  logic        awready_i,
  output logic [63:0] wdata_o,
  output logic [7:0]  wstrb_o,
  output logic        wlast_o,
  output logic        wvalid_o,
  input  logic        wready_i,
  input  logic [1:0]  bresp_i,
  input  logic        bvalid_i,
  output logic        bready_o
);
  localparam int unsigned BeatDepth = 1 << BeatAw;
  localparam int unsigned Ow        = $clog2(MaxOutstanding);
  localparam int unsigned TrackDepth = MaxOutstanding < 2 ? 2 : 1 << Ow;

  logic [72:0] beat;
  logic        beat_empty, beat_pop;
  logic [87:0] cmd;
  logic        cmd_empty, cmd_pop;
  logic [BeatAw:0] beat_level;
  logic [2:0]  cmd_level;
  logic [$clog2(TrackDepth):0] track_level;
  logic        track_full, track_empty, track_pop;

  logic        awvalid_q, wvalid_q, wlast_q, bready_q;
  logic [63:0] awaddr_q, wdata_q;
  logic [7:0]  awlen_q, wstrb_q;
  logic [5:0]  outstanding_q, to_send_q;  // bursts without a response; bursts whose W is not yet handed to the channel

  vcap_sync_fifo #(.Width(73), .Depth(BeatDepth)) u_beats (
    .clk_i, .rst_ni, .clear_i,
    .push_i(beat_push_i), .data_i({beat_last_i, beat_strb_i, beat_data_i}),
    .pop_i(beat_pop), .data_o(beat), .full_o(beat_full_o), .empty_o(beat_empty), .level_o(beat_level)
  );
  vcap_sync_fifo #(.Width(88), .Depth(4)) u_cmds (
    .clk_i, .rst_ni, .clear_i,
    .push_i(cmd_push_i), .data_i({cmd_address_i, cmd_len_i, cmd_index_i}),
    .pop_i(cmd_pop), .data_o(cmd), .full_o(cmd_full_o), .empty_o(cmd_empty), .level_o(cmd_level)
  );
  vcap_sync_fifo #(.Width(80), .Depth(TrackDepth)) u_track (
    .clk_i, .rst_ni, .clear_i,
    .push_i(cmd_pop), .data_i({cmd[87:24], cmd[15:0]}),
    .pop_i(track_pop), .data_o({error_address_o, error_index_o}),
    .full_o(track_full), .empty_o(track_empty), .level_o(track_level)
  );

  assign cmd_pop  = !cmd_empty && !stop_i && !track_full && outstanding_q < 6'(MaxOutstanding) &&
                    (!awvalid_q || awready_i);
  assign beat_pop = !beat_empty && (to_send_q != 6'd0) && (!wvalid_q || wready_i);
  assign track_pop = bvalid_i && bready_q && !track_empty;

  assign error_o      = track_pop && bresp_i != 2'b00;
  assign error_resp_o = bresp_i;

  assign idle_o        = outstanding_q == 6'd0 && !awvalid_q && !wvalid_q && to_send_q == 6'd0;
  assign empty_o       = cmd_empty && beat_empty;
  assign outstanding_o = outstanding_q;

  assign awvalid_o = awvalid_q;
  assign awaddr_o  = awaddr_q;
  assign awlen_o   = awlen_q;
  assign wvalid_o  = wvalid_q;
  assign wdata_o   = wdata_q;
  assign wstrb_o   = wstrb_q;
  assign wlast_o   = wlast_q;
  assign bready_o  = bready_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      awvalid_q     <= 1'b0;
      awaddr_q      <= '0;
      awlen_q       <= '0;
      wvalid_q      <= 1'b0;
      wdata_q       <= '0;
      wstrb_q       <= '0;
      wlast_q       <= 1'b0;
      bready_q      <= 1'b0;
      outstanding_q <= '0;
      to_send_q     <= '0;
    end else begin
      bready_q <= 1'b1;
      if (cmd_pop) begin
        awvalid_q <= 1'b1;
        awaddr_q  <= cmd[87:24];
        awlen_q   <= cmd[23:16];
      end else if (awready_i) begin
        awvalid_q <= 1'b0;
      end
      if (beat_pop) begin
        wvalid_q <= 1'b1;
        wdata_q  <= beat[63:0];
        wstrb_q  <= beat[71:64];
        wlast_q  <= beat[72];
      end else if (wready_i) begin
        wvalid_q <= 1'b0;
      end
      outstanding_q <= outstanding_q + {5'd0, cmd_pop} - {5'd0, track_pop};
      to_send_q     <= to_send_q + {5'd0, cmd_pop} - {5'd0, beat_pop && beat[72]};
    end
  end

  logic unused;
  assign unused = &{1'b0, beat_level, cmd_level, track_level};
endmodule
