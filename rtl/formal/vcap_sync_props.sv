// What goes in comes out two edges later.
`include "check.svh"
module vcap_sync_props #(
  parameter int unsigned Width = 1
) (
  input logic             clk_i,
  input logic             rst_ni,
  input logic [Width-1:0] d_i,
  input logic [Width-1:0] q_o
);
  `RESET(clk_i, rst_ni)
  logic [Width-1:0] once_q, twice_q;
  always_ff @(posedge clk_i) begin
    once_q  <= rst_ni ? d_i : '0;
    twice_q <= rst_ni ? once_q : '0;
  end
  `PROVE(sync_two_edges, q_o == twice_q)
  `REACH(sync_reach_other, q_o == ~d_i)
endmodule
