// Saturating 32-bit event counter.
module vcap_counter #(
  parameter int unsigned AddWidth = 1   // < 32
) (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        clear_i,
  input  logic [AddWidth-1:0] add_i,
  output logic [31:0] count_o
);
  logic [31:0] count_q;
  logic [32:0] sum;
  assign sum = {1'b0, count_q} + 33'(add_i);
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) count_q <= '0;
    else if (clear_i) count_q <= '0;
    else if (add_i != '0) count_q <= sum[32] ? 32'hFFFF_FFFF : sum[31:0];
  end
  assign count_o = count_q;
`ifdef VCAP_COUNTER_PROPS
  vcap_counter_props #(.AddWidth(AddWidth)) u_props (.*);
`endif
endmodule
