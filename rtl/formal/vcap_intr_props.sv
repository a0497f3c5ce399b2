// No event is lost, whatever software writes in the same cycle; the line tells STATE & ENABLE of the same cycle; a
// completion is reported by the COUNT-th at the latest, or by the timeout, and neither early.
`include "check.svh"
module vcap_intr_props #(
  parameter int unsigned Causes = 7
) (
  input logic              clk_i,
  input logic              rst_ni,
  input logic              clear_i,
  input logic [Causes-1:0] event_i,
  input logic [7:0]        coalesce_count_i,
  input logic [23:0]       coalesce_timeout_i,
  input logic [Causes-1:0] state_clear_i,
  input logic [Causes-1:0] test_i,
  input logic              enable_write_i,
  input logic [Causes-1:0] enable_data_i,
  input logic [Causes-1:0] state_o,
  input logic [Causes-1:0] enable_o,
  input logic              intr_o,
  input logic              frame_done,      // bit 0 is set by coalescing
  input logic [23:0]       timer_q,
  input logic [7:0]        pending_q
);
  `RESET(clk_i, rst_ni)
  logic [Causes-1:0] state_before_q, enable_before_q, cause_q, cleared_q, enable_data_q;
  logic              clear_q, enable_write_q;
  logic [23:0]       age_q, timeout_q;     // cycles since the first unreported completion
  logic [8:0]        open_q;               // unreported completions
  logic              steady_q;             // the timeout was the same ever since
  logic              reported;
  assign reported = frame_done || clear_i;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_before_q  <= '0;
      enable_before_q <= '0;
      cause_q         <= '0;
      cleared_q       <= '0;
      clear_q         <= 1'b0;
      enable_write_q  <= 1'b0;
      enable_data_q   <= '0;
      age_q           <= '0;
      open_q       <= '0;
      timeout_q       <= '0;
      steady_q        <= 1'b1;
    end else begin
      state_before_q  <= state_o;
      enable_before_q <= enable_o;
      cause_q         <= {event_i[Causes-1:1], frame_done} | test_i;
      cleared_q       <= state_clear_i;
      clear_q         <= clear_i;
      enable_write_q  <= enable_write_i;
      enable_data_q   <= enable_data_i;
      timeout_q       <= coalesce_timeout_i;
      open_q       <= reported ? 9'd0 : open_q + 9'(event_i[0]);
      age_q           <= reported || (open_q == 9'd0 && !event_i[0]) ? 24'd0 : age_q + 24'd1;
      steady_q        <= reported || open_q == 9'd0 || (steady_q && coalesce_timeout_i == timeout_q);
    end
  end
  logic       steady, count_due, time_due;
  logic [8:0] count;
  assign steady    = steady_q && (open_q == 9'd0 || coalesce_timeout_i == timeout_q);
  assign count     = coalesce_count_i == 8'd0 ? 9'd1 : {1'b0, coalesce_count_i};
  assign count_due = event_i[0] && open_q + 9'd1 >= count;
  assign time_due  = open_q != 9'd0 && coalesce_timeout_i != 24'd0 && age_q == coalesce_timeout_i;

  `PROVE(intr_event_kept, (cause_q & ~state_o) == '0)
  `PROVE(intr_state_held, (state_before_q & ~cleared_q & ~state_o) == '0 || clear_q)
  `PROVE(intr_state_has_cause, (state_o & ~state_before_q & ~cause_q) == '0)
  `PROVE(intr_state_clears, (state_o & (cleared_q | {Causes{clear_q}}) & ~cause_q) == '0)
  `PROVE(intr_line_low, (state_o & enable_o) != '0 || !intr_o)
  `PROVE(intr_line_high, (state_o & enable_o) == '0 || intr_o)
  `PROVE(intr_enable, enable_o == (enable_write_q ? enable_data_q : enable_before_q))
  `PROVE(intr_count_bound, !count_due || frame_done)
  `PROVE(intr_timeout_bound, !(steady && time_due) || frame_done)
  `PROVE(intr_not_early, !(steady && frame_done) || count_due || time_due)

  // what the proof by induction rests on
  `PROVE(intr_lemma, timer_q == age_q && {1'b0, pending_q} == open_q && open_q < 9'd255 &&
                     (open_q != 9'd0 || age_q == 24'd0) &&
                     (!(steady_q && open_q != 9'd0 && timeout_q != 24'd0) || age_q <= timeout_q))

  `REACH(intr_reach_clear_and_set, (cleared_q & cause_q & state_before_q) != '0)
  `REACH(intr_reach_count_of_3, count_due && coalesce_count_i == 8'd3 && open_q == 9'd2 && steady)
  `REACH(intr_reach_timeout_of_4, steady && time_due && !event_i[0] && coalesce_timeout_i == 24'd4)
  `REACH(intr_reach_line_off, !intr_o && (state_before_q & enable_before_q) != '0 && state_o != '0)
endmodule
