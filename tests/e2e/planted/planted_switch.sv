// Whether one planted mistake is in force: from the cycle of its clock on that the run was asked for (planted_switch.cpp).
// The waveform shows it as on_q.
module planted_switch #(
  parameter string Name = ""
) (
  input  logic clk_i,
  output logic on_o
);
  import "DPI-C" function longint unsigned p2p_planted(input string name);

  longint unsigned first;        // all ones: not in this run
  longint unsigned cycle_q = 0;
  logic            on_q    = 1'b0;

  initial first = p2p_planted(Name);
  always_ff @(posedge clk_i) begin
    cycle_q <= cycle_q + 64'd1;
    on_q    <= cycle_q + 64'd1 >= first;
  end
  assign on_o = on_q;
endmodule
