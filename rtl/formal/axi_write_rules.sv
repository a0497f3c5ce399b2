// AXI4 write channels, the master's side proved, the slave's assumed: a master that shows each burst's address no later than
// its data and gives every burst in flight an ID of its own. The slave answers what it has whole, in any order. Full-size
// INCR bursts of 8-byte beats; at most 4 bursts whose data is not sent.
`include "check.svh"
module axi_write_rules #(
  parameter int unsigned MaxOutstanding = 2,
  parameter int unsigned PayloadWidth   = 72
) (
  input  logic                    clk_i,
  input  logic                    up,
  input  logic [3:0]              awid,
  input  logic [63:0]             awaddr,
  input  logic [7:0]              awlen,
  input  logic                    awvalid,
  input  logic                    awready,
  input  logic [PayloadWidth-1:0] wpayload,
  input  logic                    wlast,
  input  logic                    wvalid,
  input  logic                    wready,
  input  logic [3:0]              bid,
  input  logic [1:0]              bresp,
  input  logic                    bvalid,
  input  logic                    bready,
  output logic [15:0]             in_flight_o,
  output logic [15:0]             answerable_o
);
  logic                    aw_held_q, w_held_q, b_held_q, was_up_q;
  logic [75:0]             aw_q;
  logic [PayloadWidth:0]   w_q;
  logic [5:0]              b_q;
  logic [47:0]             queue_q;        // {id, len} of bursts shown whose data is not sent, oldest lowest
  logic [2:0]              queued_q;
  logic [7:0]              sent_q;         // beats of the oldest
  logic [15:0]             in_flight_q, answerable_q, orphan_q;   // orphan: data sent, address not taken yet
  logic                    shown, taken, sent, fresh;
  logic [11:0]             burst;          // {id, len} of the one whose data is on the channel
  logic [15:0]             shown_id, sent_id, answered_id;
  logic [2:0]              after_pop;
  assign shown       = awvalid && !aw_held_q;
  assign taken       = awvalid && awready;
  assign sent        = wvalid && wready && wlast;
  assign shown_id    = shown ? 16'd1 << awid : '0;
  assign fresh       = queued_q == '0;
  assign burst       = fresh ? {awid, awlen} : queue_q[11:0];
  assign sent_id     = sent ? 16'd1 << burst[11:8] : '0;
  assign answered_id = bvalid && bready ? 16'd1 << bid : '0;
  assign after_pop   = queued_q - 3'(sent && !fresh);
  always_ff @(posedge clk_i) begin
    was_up_q <= up;
    aw_q     <= {awid, awaddr, awlen};
    w_q      <= {wpayload, wlast};
    b_q      <= {bid, bresp};
    if (!up) begin
      aw_held_q    <= 1'b0;
      w_held_q     <= 1'b0;
      b_held_q     <= 1'b0;
      queued_q     <= '0;
      sent_q       <= '0;
      in_flight_q  <= '0;
      answerable_q <= '0;
      orphan_q     <= '0;
    end else begin
      aw_held_q    <= awvalid && !awready;
      w_held_q     <= wvalid && !wready;
      b_held_q     <= bvalid && !bready;
      queued_q     <= after_pop + 3'(shown && !(sent && fresh));
      if (sent) queue_q <= queue_q >> 12;
      if (shown) queue_q[after_pop[1:0]*12 +: 12] <= {awid, awlen};
      if (wvalid && wready) sent_q <= wlast ? 8'd0 : sent_q + 8'd1;
      in_flight_q  <= (in_flight_q | shown_id) & ~answered_id;
      // only the burst shown last can be one whose address is not taken
      orphan_q     <= (awvalid && !awready ? (orphan_q | sent_id) & (16'd1 << awid) : '0);
      answerable_q <= (answerable_q | ((orphan_q | sent_id) & ~(awvalid && !awready ? 16'd1 << awid : 16'd0))) & ~answered_id;
    end
  end
  assign in_flight_o  = in_flight_q;
  assign answerable_o = answerable_q;

  `ENV(axi_b_has_request, !bvalid || answerable_q[bid])
  `ENV(axi_b_waits, !b_held_q || (bvalid && {bid, bresp} == b_q))

  `PROVE(axi_aw_waits, !aw_held_q || (awvalid && {awid, awaddr, awlen} == aw_q))
  `PROVE(axi_w_waits, !w_held_q || (wvalid && {wpayload, wlast} == w_q))
  `PROVE(axi_aw_4k, !awvalid || {1'b0, awaddr[11:3]} + {2'd0, awlen} <= 10'h1FF)
  `PROVE(axi_aw_aligned, !awvalid || awaddr[2:0] == '0)
  `PROVE(axi_aw_own_id, !shown || !in_flight_q[awid])
  `PROVE(axi_w_after_aw, !wvalid || !fresh || shown)
  `PROVE(axi_w_last, !wvalid || (fresh && !shown) || wlast == (sent_q == burst[7:0]))
  `PROVE(axi_outstanding, $countones(in_flight_q) <= MaxOutstanding && queued_q <= 3'd4)
  `PROVE(axi_w_quiet_after_reset, was_up_q || !(awvalid || wvalid))

  `REACH(axi_reach_all_outstanding, $countones(in_flight_q) == MaxOutstanding)
  `REACH(axi_reach_w_before_aw_taken, orphan_q != '0)
  `REACH(axi_reach_burst_of_two, sent && sent_q == 8'd1)
  `REACH(axi_reach_w_with_aw, sent && fresh)
  `REACH(axi_reach_answered, answered_id != '0)
endmodule
