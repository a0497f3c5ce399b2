// An address that is offered stays; it is that of a channel that asks, under the channel's number, and the channel alone is
// told when it is taken; a number has one read in flight at most; data reach the channel whose number they carry.
`include "check.svh"
module vcap_axi_read_props #(
  parameter int unsigned NumCh = 1
) (
  input logic                clk_i,
  input logic                rst_ni,
  input logic [NumCh-1:0]    arvalid_i,
  input logic [NumCh*64-1:0] araddr_i,
  input logic [NumCh*8-1:0]  arlen_i,
  input logic [NumCh-1:0]    arready_o,
  input logic [NumCh-1:0]    rvalid_o,
  input logic [3:0]          arid_o,
  input logic [63:0]         araddr_o,
  input logic [7:0]          arlen_o,
  input logic                arvalid_o,
  input logic                arready_i,
  input logic [3:0]          rid_i,
  input logic                rvalid_i,
  input logic                rready_o
);
  `RESET(clk_i, rst_ni)
  (* anyseq *) logic   rlast;
  logic [NumCh-1:0]    open_q, held_q, chosen, answers;   // reads taken and not answered; requests that wait
  logic [NumCh*72-1:0] request, request_q;
  logic                waits_q;
  logic [75:0]         offer_q;
  always_comb begin
    chosen  = '0;
    answers = '0;
    for (int unsigned c = 0; c < NumCh; c++) begin
      request[c*72 +: 72] = {araddr_i[c*64 +: 64], arlen_i[c*8 +: 8]};
      chosen[c]  = arvalid_o && arid_o == 4'(c);
      answers[c] = rvalid_i && rready_o && rid_i == 4'(c);
    end
  end
  always_ff @(posedge clk_i) begin
    request_q <= request;
    offer_q   <= {arid_o, araddr_o, arlen_o};
    if (!rst_ni) begin
      open_q  <= '0;
      held_q  <= '0;
      waits_q <= 1'b0;
    end else begin
      open_q  <= (open_q | (chosen & {NumCh{arready_i}})) & ~(answers & {NumCh{rlast}});
      held_q  <= arvalid_i & ~arready_o;
      waits_q <= arvalid_o && !arready_i;
    end
  end
  logic [NumCh-1:0] changed;
  always_comb for (int unsigned c = 0; c < NumCh; c++)
    changed[c] = held_q[c] && !(arvalid_i[c] && request[c*72 +: 72] == request_q[c*72 +: 72]);
  `GIVEN(read_request_waits, changed == '0)
  `GIVEN(read_one_a_channel, (arvalid_i & open_q) == '0)
  `ENV(read_answer_has_request, !rvalid_i || (32'(rid_i) < NumCh && open_q[rid_i]))

  `PROVE(read_stable, !waits_q || (arvalid_o && {arid_o, araddr_o, arlen_o} == offer_q))
  `PROVE(read_offered, arvalid_o == (arvalid_i != '0))
  `PROVE(read_own_request, !arvalid_o || (32'(arid_o) < NumCh && (chosen & ~arvalid_i) == '0 &&
                           {araddr_o, arlen_o} == request[arid_o*72 +: 72]))
  `PROVE(read_taken, (arready_o & arvalid_i) == (chosen & {NumCh{arready_i}}))
  `PROVE(read_own_id, (chosen & open_q) == '0)
  `PROVE(read_route, rvalid_o == answers)

  `REACH(read_reach_all_open, &open_q)
  `REACH(read_reach_waits, waits_q && &arvalid_i && arid_o != 4'd0)
endmodule
