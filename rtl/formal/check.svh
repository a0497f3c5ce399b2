// One word for each kind of statement a property file makes. `up` says that reset is over; RESET declares it.
//   PROVE   holds in every cycle
//   GIVEN   what the module's neighbour inside the chip guarantees: assumed of a module alone, proved of the same module
//           inside another (scripts/formal.py turns it round)
//   ENV     what the other side of a bus or pin guarantees: assumed everywhere
//   REACH   can happen: read with -D COVERS, when it alone counts and "never" is the claim that must fail
`ifdef COVERS
  `define PROVE(name, expr)
  `define GIVEN(name, expr) always @* if (up) given_``name: assume (expr);
  `define REACH(name, expr) always @* if (up) name: assert (!(expr));
`else
  `define PROVE(name, expr) always @* if (up) name: assert (expr);
  `define GIVEN(name, expr) always @* if (up) given_``name: assume (expr);
  `define REACH(name, expr)
`endif
`define ENV(name, expr) always @* if (up) name: assume (expr);
// Reset is asserted in the first cycle and never again.
`define RESET(clk, rst) \
  logic up = 1'b0; \
  always_ff @(posedge clk) up <= 1'b1; \
  always @* assume (rst == up);
