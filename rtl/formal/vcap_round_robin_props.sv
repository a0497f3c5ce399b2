// A pick is one of the requests, and a request that stays is picked before any other is picked twice.
`include "check.svh"
module vcap_round_robin_props #(
  parameter int unsigned NumReq = 4,
  parameter int unsigned IdxW   = NumReq > 1 ? $clog2(NumReq) : 1
) (
  input logic              clk_i,
  input logic              rst_ni,
  input logic [NumReq-1:0] request_i,
  input logic              take_i,
  input logic              valid_o,
  input logic [IdxW-1:0]   index_o,
  input logic [IdxW-1:0]   last_q
);
  `RESET(clk_i, rst_ni)
  `GIVEN(robin_take, !take_i || valid_o)

  // Requests that have waited since before the other was picked last.
  (* anyconst *) logic [IdxW-1:0] one, other;
  logic        passed_q;                             // `other` was picked while `one` waited, and `one` still does
  logic        asks, taken_one, taken_other;
  always @* assume (32'(one) < NumReq && 32'(other) < NumReq && one != other);
  assign asks        = request_i[one];
  assign taken_one   = take_i && index_o == one;
  assign taken_other = take_i && index_o == other;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) passed_q <= 1'b0;
    else passed_q <= asks && !taken_one && (passed_q || taken_other);
  end

  `PROVE(robin_valid, valid_o == (request_i != '0))
  `PROVE(robin_pick, !valid_o || (32'(index_o) < NumReq && request_i[index_o]))
  `PROVE(robin_fair, !(passed_q && asks && taken_other))

  // `other` was last, or those after it up to `one` came since: `one` is nearer to the one picked last than `other`.
  logic [IdxW:0] to_one, to_other;
  assign to_one   = one > last_q ? {1'b0, one} - {1'b0, last_q} : {1'b0, one} + (IdxW+1)'(NumReq) - {1'b0, last_q};
  assign to_other = other > last_q ? {1'b0, other} - {1'b0, last_q} : {1'b0, other} + (IdxW+1)'(NumReq) - {1'b0, last_q};
  `PROVE(robin_lemma, 32'(last_q) < NumReq && (!passed_q || to_one < to_other))

  `REACH(robin_reach_passed, passed_q && taken_one)
  `REACH(robin_reach_all, &request_i && take_i && 32'(index_o) == NumReq - 1)
endmodule
