// AXI4-Lite, the slave's side proved, the master's assumed: payload and valid wait for ready, an answer for its request,
// every request is answered within MaxWait cycles in which the answer before it could leave.
`include "check.svh"
module axil_slave_rules #(
  parameter int unsigned AddrWidth = 12,
  parameter int unsigned MaxWait   = 3
) (
  input logic                 clk_i,
  input logic                 up,
  input logic [AddrWidth-1:0] awaddr,
  input logic                 awvalid,
  input logic                 awready,
  input logic [31:0]          wdata,
  input logic [3:0]           wstrb,
  input logic                 wvalid,
  input logic                 wready,
  input logic [1:0]           bresp,
  input logic                 bvalid,
  input logic                 bready,
  input logic [AddrWidth-1:0] araddr,
  input logic                 arvalid,
  input logic                 arready,
  input logic [31:0]          rdata,
  input logic [1:0]           rresp,
  input logic                 rvalid,
  input logic                 rready
);
  logic                 aw_held_q, w_held_q, b_held_q, ar_held_q, r_held_q, was_up_q;
  logic [AddrWidth-1:0] awaddr_q, araddr_q;
  logic [31:0]          wdata_q, rdata_q;
  logic [3:0]           wstrb_q;
  logic [1:0]           bresp_q, rresp_q;
  logic [2:0]           aw_open_q, w_open_q, ar_open_q;   // accepted, not answered
  logic [2:0]           b_wait_q, r_wait_q;
  always_ff @(posedge clk_i) begin
    was_up_q <= up;
    awaddr_q <= awaddr;
    araddr_q <= araddr;
    wdata_q  <= wdata;
    wstrb_q  <= wstrb;
    bresp_q  <= bresp;
    rdata_q  <= rdata;
    rresp_q  <= rresp;
    if (!up) begin
      aw_held_q <= 1'b0;
      w_held_q  <= 1'b0;
      b_held_q  <= 1'b0;
      ar_held_q <= 1'b0;
      r_held_q  <= 1'b0;
      aw_open_q <= '0;
      w_open_q  <= '0;
      ar_open_q <= '0;
      b_wait_q  <= '0;
      r_wait_q  <= '0;
    end else begin
      aw_held_q <= awvalid && !awready;
      w_held_q  <= wvalid && !wready;
      b_held_q  <= bvalid && !bready;
      ar_held_q <= arvalid && !arready;
      r_held_q  <= rvalid && !rready;
      aw_open_q <= aw_open_q + 3'(awvalid && awready) - 3'(bvalid && bready);
      w_open_q  <= w_open_q + 3'(wvalid && wready) - 3'(bvalid && bready);
      ar_open_q <= ar_open_q + 3'(arvalid && arready) - 3'(rvalid && rready);
      b_wait_q  <= aw_open_q == '0 || w_open_q == '0 || bvalid ? 3'd0 : b_wait_q + 3'd1;
      r_wait_q  <= ar_open_q == '0 || rvalid ? 3'd0 : r_wait_q + 3'd1;
    end
  end

  `ENV(axil_aw_waits, !aw_held_q || (awvalid && awaddr == awaddr_q))
  `ENV(axil_w_waits, !w_held_q || (wvalid && wdata == wdata_q && wstrb == wstrb_q))
  `ENV(axil_ar_waits, !ar_held_q || (arvalid && araddr == araddr_q))
  `PROVE(axil_b_waits, !b_held_q || (bvalid && bresp == bresp_q))
  `PROVE(axil_r_waits, !r_held_q || (rvalid && rdata == rdata_q && rresp == rresp_q))
  `PROVE(axil_b_has_request, !bvalid || (aw_open_q != '0 && w_open_q != '0))
  `PROVE(axil_r_has_request, !rvalid || ar_open_q != '0)
  `PROVE(axil_resp, (!bvalid || bresp != 2'b01) && (!rvalid || rresp != 2'b01))
  `PROVE(axil_quiet_after_reset, was_up_q || !(bvalid || rvalid))
  `PROVE(axil_open_bound, aw_open_q < 3'd4 && w_open_q < 3'd4 && ar_open_q < 3'd4)
  `PROVE(axil_b_comes, b_wait_q < 3'(MaxWait))
  `PROVE(axil_r_comes, r_wait_q < 3'(MaxWait))

  `REACH(axil_reach_w_first, w_open_q == 3'd1 && aw_open_q == 3'd0)
  `REACH(axil_reach_both, bvalid && rvalid && b_held_q && r_held_q)
  `REACH(axil_reach_two_open, aw_open_q == 3'd2 && w_open_q == 3'd2)
  `REACH(axil_reach_error, bvalid && bresp == 2'b10)
endmodule
