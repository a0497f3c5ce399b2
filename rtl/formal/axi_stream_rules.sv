// AXI4-Stream, seen from the sink: the source keeps valid and payload until ready. A sink has no duty of its own.
`include "check.svh"
module axi_stream_rules #(
  parameter int unsigned Width = 34
) (
  input logic             clk_i,
  input logic             up,
  input logic [Width-1:0] payload,
  input logic             valid,
  input logic             ready
);
  logic             held_q;
  logic [Width-1:0] payload_q;
  always_ff @(posedge clk_i) begin
    held_q    <= up && valid && !ready;
    payload_q <= payload;
  end
  `ENV(axis_waits, !held_q || (valid && payload == payload_q))
  `REACH(axis_reach_held, held_q && valid && ready)
endmodule
