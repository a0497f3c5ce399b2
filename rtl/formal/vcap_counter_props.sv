// Counts all there is to count and stops at the end.
`include "check.svh"
module vcap_counter_props #(
  parameter int unsigned AddWidth = 1
) (
  input logic                clk_i,
  input logic                rst_ni,
  input logic                clear_i,
  input logic [AddWidth-1:0] add_i,
  input logic [31:0]         count_o
);
  `RESET(clk_i, rst_ni)
  logic [33:0] due_q;
  logic        cleared_q;
  always_ff @(posedge clk_i) begin
    due_q     <= 34'(count_o) + 34'(add_i);
    cleared_q <= clear_i || !rst_ni;
  end
  `PROVE(counter_counts, cleared_q || due_q > 34'h0_FFFF_FFFF || 34'(count_o) == due_q)
  `PROVE(counter_saturates, cleared_q || due_q <= 34'h0_FFFF_FFFF || count_o == 32'hFFFF_FFFF)
  `PROVE(counter_clears, !cleared_q || count_o == '0)
  `REACH(counter_reach_end, count_o == 32'hFFFF_FFFF && due_q == 34'h0_FFFF_FFFF && !cleared_q)
  `REACH(counter_reach_past_end, !cleared_q && due_q > 34'h0_FFFF_FFFF)
endmodule
