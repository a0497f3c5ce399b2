// Two-flop synchroniser for single bits and Gray-coded buses.
module vcap_sync #(
  parameter int unsigned Width = 1,
  parameter bit          Gray  = 1'b0   // the bits are one number
) (
  input  logic             clk_i,
  input  logic             rst_ni,
  input  logic [Width-1:0] d_i,
  output logic [Width-1:0] q_o
);
  logic [Width-1:0] meta_q, sync_q, d;
`ifdef VCAP_CDC_JITTER
  // For simulation: what changed since the last edge may be seen an edge later, as in silicon, at random.
  logic [Width-1:0] late_q /*verilator public_flat_rd*/;
  logic [Width-1:0] before_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      late_q   <= '0;
      before_q <= '0;
    end else begin
      late_q   <= Gray ? {Width{1'($urandom)}} : Width'($urandom);
      before_q <= d_i;
    end
  end
  assign d = (late_q & before_q) | (~late_q & d_i);
`else
  assign d = d_i;
`endif
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      meta_q <= '0;
      sync_q <= '0;
    end else begin
      meta_q <= d;
      sync_q <= meta_q;
    end
  end
  assign q_o = sync_q;

  logic unused;
  assign unused = &{1'b0, Gray};
`ifdef VCAP_SYNC_PROPS
  vcap_sync_props #(.Width(Width)) u_props (.*);
`endif
endmodule
