// The bus rules for any number of channels; bursts go out as they were handed in, the first beat with the address unless
// an earlier burst still sends; each answer reaches the channel
// that waits for it, with its burst's address; a stop drains in bounded time.
`include "check.svh"
module vcap_axi_write_props #(
  parameter int unsigned NumCh          = 1,
  parameter int unsigned DataWidth      = 64,
  parameter int unsigned MaxOutstanding = 8,
  parameter int unsigned StrbWidth      = DataWidth / 8,
  parameter int unsigned BeatWidth      = DataWidth + StrbWidth + 1,
  parameter int unsigned CmdWidth       = 64 + 8 + 16
) (
  input logic                       clk_i,
  input logic                       rst_ni,
  input logic [NumCh-1:0]           stop_i,
  input logic [NumCh-1:0]           cmd_valid_i,
  input logic [NumCh*CmdWidth-1:0]  cmd_i,
  input logic [NumCh-1:0]           cmd_pop_o,
  input logic [NumCh-1:0]           beat_valid_i,
  input logic [NumCh*BeatWidth-1:0] beat_i,
  input logic [NumCh-1:0]           beat_pop_o,
  input logic [NumCh-1:0]           idle_o,
  input logic [NumCh-1:0]           response_o,
  input logic [NumCh-1:0]           error_o,
  input logic [1:0]                 error_resp_o,
  input logic [63:0]                error_address_o,
  input logic [15:0]                error_index_o,
  input logic [3:0]                 awid_o,
  input logic [63:0]                awaddr_o,
  input logic [7:0]                 awlen_o,
  input logic                       awvalid_o,
  input logic                       awready_i,
  input logic [DataWidth-1:0]       wdata_o,
  input logic [StrbWidth-1:0]       wstrb_o,
  input logic                       wlast_o,
  input logic                       wvalid_o,
  input logic                       wready_i,
  input logic [3:0]                 bid_i,
  input logic [1:0]                 bresp_i,
  input logic                       bvalid_i,
  input logic                       bready_o
);
  `RESET(clk_i, rst_ni)
  logic [15:0] in_flight, answerable;
  axi_write_rules #(.MaxOutstanding(MaxOutstanding), .PayloadWidth(DataWidth + StrbWidth)) u_rules (
    .clk_i, .up, .awid(awid_o), .awaddr(awaddr_o), .awlen(awlen_o), .awvalid(awvalid_o), .awready(awready_i),
    .wpayload({wdata_o, wstrb_o}), .wlast(wlast_o), .wvalid(wvalid_o), .wready(wready_i),
    .bid(bid_i), .bresp(bresp_i), .bvalid(bvalid_i), .bready(bready_o),
    .in_flight_o(in_flight), .answerable_o(answerable)
  );

  // Which channel the bursts issued and not sent belong to, oldest lowest, and how far the oldest is: a channel has the
  // beats of a burst it offers, the last one marked.
  localparam int unsigned Ew = 8 + 2;
  logic [4*Ew-1:0]     issued_q;
  logic [2:0]          issued_n_q, after_pop;
  logic [7:0]          beat_q, popped_len, oldest_len, drain_q;
  logic [1:0]          popped, oldest;
  logic [CmdWidth-1:0] popped_cmd, cmd_q;
  logic [BeatWidth-1:0] oldest_beat, beat_due_q;
  logic                any_pop, any_beat, fresh, ends, cmd_due_q, w_due_q;
  always_comb begin
    popped = '0;
    popped_cmd = '0;
    for (int unsigned c = 0; c < NumCh; c++) if (cmd_pop_o[c]) begin
      popped = 2'(c);
      popped_cmd = cmd_i[c*CmdWidth +: CmdWidth];
    end
  end
  assign any_pop     = cmd_pop_o != '0;
  assign any_beat    = beat_pop_o != '0;
  assign fresh       = issued_n_q == '0;       // what leaves is of the burst that is being issued
  assign oldest      = fresh ? popped : issued_q[1:0];
  assign oldest_len  = fresh ? popped_len : issued_q[9:2];
  assign oldest_beat = beat_i[oldest*BeatWidth +: BeatWidth];
  assign popped_len  = popped_cmd[23:16];
  assign ends        = any_beat && oldest_beat[BeatWidth-1];
  assign after_pop   = issued_n_q - 3'(ends && !fresh);
  `GIVEN(write_beats_there, (fresh && !any_pop) || (beat_valid_i[oldest] &&
                            oldest_beat[BeatWidth-1] == (beat_q == oldest_len)))
  `GIVEN(write_command, !any_pop || (popped_cmd[26:24] == '0 && {1'b0, popped_cmd[35:27]} + {2'd0, popped_len} <= 10'h1FF))

  // the burst of one ID, and the channels' numbers of bursts in flight
  (* anyconst *) logic [3:0] id;
  logic [NumCh-1:0]    owner_q, owner_next_q;
  logic [63:0]         address_q;
  logic [15:0]         index_q;
  logic                held_q;
  logic [NumCh*3-1:0]  open_q;
  // With an eager slave a stop drains soon.
  (* anyconst *) logic eager;
  `ENV(write_eager, !eager || (awready_i && wready_i && (answerable == '0 || bvalid_i)))
  always_ff @(posedge clk_i) begin
    cmd_q        <= popped_cmd;
    owner_next_q <= cmd_pop_o;
    beat_due_q   <= oldest_beat;
    held_q       <= up && awvalid_o && !awready_i;
    if (awvalid_o && !held_q && awid_o == id) begin
      owner_q   <= owner_next_q;
      address_q <= cmd_q[87:24];
      index_q   <= cmd_q[15:0];
    end
    if (!rst_ni) begin
      issued_n_q <= '0;
      beat_q     <= '0;
      cmd_due_q  <= 1'b0;
      w_due_q    <= 1'b0;
      open_q     <= '0;
      drain_q    <= '0;
    end else begin
      cmd_due_q  <= any_pop;
      w_due_q    <= any_beat;
      issued_n_q <= after_pop + 3'(any_pop && !(fresh && ends));
      if (ends) issued_q <= issued_q >> Ew;
      if (any_pop) issued_q[after_pop[1:0]*Ew +: Ew] <= {popped_len, popped};
      if (any_beat) beat_q <= oldest_beat[BeatWidth-1] ? 8'd0 : beat_q + 8'd1;
      for (int unsigned c = 0; c < NumCh; c++)
        open_q[c*3 +: 3] <= open_q[c*3 +: 3] + 3'(cmd_pop_o[c]) - 3'(response_o[c]);
      drain_q <= eager && (&stop_i) && !(&idle_o) ? drain_q + 8'd1 : 8'd0;
    end
  end
  logic [NumCh-1:0] open;
  always_comb for (int unsigned c = 0; c < NumCh; c++) open[c] = open_q[c*3 +: 3] != '0;

  `PROVE(write_pop, (cmd_pop_o & ~(cmd_valid_i & ~stop_i)) == '0 && (cmd_pop_o & (cmd_pop_o - NumCh'(1))) == '0)
  `PROVE(write_address, !cmd_due_q || (awvalid_o && {awaddr_o, awlen_o} == cmd_q[87:16]))
  `PROVE(write_data, !w_due_q || (wvalid_o && {wlast_o, wstrb_o, wdata_o} == beat_due_q))
  `PROVE(write_beat_of_oldest, !any_beat || (!(fresh && !any_pop) && beat_pop_o == NumCh'(1) << oldest))
  `PROVE(write_together, !(any_pop && fresh && (!wvalid_o || wready_i)) || any_beat)
  `PROVE(write_answer, (response_o != '0) == (bvalid_i && bready_o) &&
         (response_o == '0 || bid_i != id || response_o == owner_q))
  `PROVE(write_error, error_o == (bresp_i != '0 ? response_o : '0) && (response_o == '0 || bid_i != id ||
         (error_resp_o == bresp_i && error_address_o == address_q && error_index_o == index_q)))
  `PROVE(write_idle, idle_o == ~open)
  // two bursts of two beats: their beats, an answer each, the cycles between
  `PROVE(write_drains, drain_q < 8'd9 || awlen_big)
  logic awlen_big;
  always_ff @(posedge clk_i) awlen_big <= rst_ni && (awlen_big || (any_pop && popped_len > 8'd1));

  `REACH(write_reach_out_of_order, response_o != '0 && bid_i == 4'd1 && in_flight[1:0] == 2'b11 && open_q[2:0] == 3'd1)
  `REACH(write_reach_error, error_o != '0)
  `REACH(write_reach_drained, drain_q > 8'd3)
endmodule
