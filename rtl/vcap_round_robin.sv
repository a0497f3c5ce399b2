// Picks one request, beginning after the one picked last. Combinational but for the memory of the last pick.
module vcap_round_robin #(
  parameter int unsigned NumReq = 1,
  parameter int unsigned IdxW   = NumReq > 1 ? $clog2(NumReq) : 1
) (
  input  logic              clk_i,
  input  logic              rst_ni,
  input  logic [NumReq-1:0] request_i,
  input  logic              take_i,       // the pick is used: it is last in line next time
  output logic              valid_o,
  output logic [IdxW-1:0]   index_o
);
  logic [IdxW-1:0] last_q, above, lowest;
  logic            any_above;

  always_comb begin
    any_above = 1'b0;
    above     = '0;
    lowest    = '0;
    for (int unsigned i = NumReq; i > 0; i--) begin
      if (request_i[i-1]) begin
        lowest = IdxW'(i - 1);
        if (IdxW'(i - 1) > last_q) begin
          above     = IdxW'(i - 1);
          any_above = 1'b1;
        end
      end
    end
  end
  assign valid_o = |request_i;
  assign index_o = any_above ? above : lowest;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) last_q <= '0;
    else if (take_i) last_q <= index_o;
  end
`ifdef VCAP_ROUND_ROBIN_PROPS
  vcap_round_robin_props #(.NumReq(NumReq)) u_props (.*);
`endif
endmodule
