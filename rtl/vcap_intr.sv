// INTR_STATE/ENABLE/TEST and completion coalescing. A hardware event in the cycle software clears its bit wins. The
// line is a register that changes together with state and enable.
module vcap_intr #(
  parameter int unsigned Causes = 7
) (
  input  logic              clk_i,
  input  logic              rst_ni,
  input  logic              clear_i,          // soft reset: state and coalescing, not the enables
  input  logic [Causes-1:0] event_i,          // bit 0 (FRAME_DONE) goes through coalescing
  input  logic [7:0]        coalesce_count_i,
  input  logic [23:0]       coalesce_timeout_i,
  input  logic [Causes-1:0] state_clear_i,
  input  logic [Causes-1:0] test_i,
  input  logic              enable_write_i,
  input  logic [Causes-1:0] enable_data_i,
  output logic [Causes-1:0] state_o,
  output logic [Causes-1:0] enable_o,
  output logic              intr_o
);
  logic [Causes-1:0] state_q, state_d, enable_q, enable_d, set;
  logic [7:0]        pending_q;
  logic [23:0]       timer_q;
  logic              count_hit, time_hit, frame_done, intr_q;

  assign count_hit  = event_i[0] && pending_q + 8'd1 >= coalesce_count_i;
  assign time_hit   = pending_q != 8'd0 && coalesce_timeout_i != 24'd0 && timer_q >= coalesce_timeout_i;
  assign frame_done = count_hit || time_hit;
  assign set        = {event_i[Causes-1:1], frame_done} | test_i;
  assign state_d    = ((clear_i ? '0 : state_q) & ~state_clear_i) | set;
  assign enable_d   = enable_write_i ? enable_data_i : enable_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q   <= '0;
      enable_q  <= '0;
      pending_q <= '0;
      timer_q   <= '0;
      intr_q    <= 1'b0;
    end else begin
      enable_q <= enable_d;
      state_q  <= state_d;
      intr_q   <= (state_d & enable_d) != '0;
      if (clear_i || frame_done) begin
        pending_q <= '0;
        timer_q   <= '0;
      end else if (event_i[0]) begin
        pending_q <= pending_q + 8'd1;
        timer_q   <= pending_q == 8'd0 ? 24'd1 : timer_q + 24'd1;
      end else if (pending_q != 8'd0) begin
        timer_q <= timer_q + 24'd1;
      end
    end
  end
  assign state_o  = state_q;
  assign enable_o = enable_q;
  assign intr_o   = intr_q;
`ifdef VCAP_INTR_PROPS
  vcap_intr_props #(.Causes(Causes)) u_props (.*);
`endif
endmodule
