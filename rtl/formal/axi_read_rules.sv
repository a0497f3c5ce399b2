// AXI4 read channels, the master's side proved, the slave's assumed: for a master with one burst outstanding that takes
// every beat at once (rready always set). Full-size INCR bursts of 8-byte beats.
`include "check.svh"
module axi_read_rules (
  input logic        clk_i,
  input logic        up,
  input logic [63:0] araddr,
  input logic [7:0]  arlen,
  input logic        arvalid,
  input logic        arready,
  input logic        rlast,
  input logic        rvalid,
  output logic       open_o,         // a burst is accepted and not answered
  output logic [7:0] left_o          // beats after the next one
);
  assign open_o = open_q;
  assign left_o = left_q;
  logic        ar_held_q, open_q, was_up_q;
  logic [63:0] araddr_q;
  logic [7:0]  arlen_q, left_q;      // beats that follow the next one
  always_ff @(posedge clk_i) begin
    was_up_q <= up;
    araddr_q <= araddr;
    arlen_q  <= arlen;
    if (!up) begin
      ar_held_q <= 1'b0;
      open_q    <= 1'b0;
    end else begin
      ar_held_q <= arvalid && !arready;
      if (arvalid && arready) begin
        open_q <= 1'b1;
        left_q <= arlen;
      end else if (rvalid) begin
        open_q <= left_q != '0;
        left_q <= left_q - 8'd1;
      end
    end
  end
  `ENV(axi_r_has_request, !rvalid || open_q)
  `ENV(axi_r_last, !rvalid || rlast == (left_q == '0))

  `PROVE(axi_ar_waits, !ar_held_q || (arvalid && araddr == araddr_q && arlen == arlen_q))
  `PROVE(axi_ar_one_at_a_time, !(arvalid && open_q))
  `PROVE(axi_ar_4k, !arvalid || {1'b0, araddr[11:3]} + {2'b00, arlen} <= 10'h1FF)
  `PROVE(axi_ar_aligned, !arvalid || araddr[2:0] == '0)
  `PROVE(axi_ar_quiet_after_reset, was_up_q || !arvalid)

  `REACH(axi_reach_ar_held, ar_held_q)
  `REACH(axi_reach_ar_at_4k, arvalid && {1'b0, araddr[11:3]} + {2'b00, arlen} == 10'h1FF)
  `REACH(axi_reach_second_read, arvalid && open_q == 1'b0 && left_q == 8'hFF)
endmodule
