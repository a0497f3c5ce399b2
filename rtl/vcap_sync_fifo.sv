// Single-clock FIFO; the head is visible without a read. Depth is a power of two. `clear_i` empties it.
module vcap_sync_fifo #(
  parameter int unsigned Width = 8,
  parameter int unsigned Depth = 4,
  parameter int unsigned Aw    = $clog2(Depth)
) (
  input  logic             clk_i,
  input  logic             rst_ni,
  input  logic             clear_i,
  input  logic             push_i,   // must not be set while full
  input  logic [Width-1:0] data_i,
  input  logic             pop_i,    // must not be set while empty
  output logic [Width-1:0] data_o,
  output logic             full_o,
  output logic             empty_o,
  output logic [Aw:0]      level_o
);
  logic [Width-1:0] mem [0:Depth-1];
  logic [Aw:0] wr_q, rd_q;

  assign level_o = wr_q - rd_q;
  assign empty_o = wr_q == rd_q;
  assign full_o  = wr_q == {~rd_q[Aw], rd_q[Aw-1:0]};
  assign data_o  = mem[rd_q[Aw-1:0]];

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      wr_q <= '0;
      rd_q <= '0;
    end else if (clear_i) begin
      wr_q <= '0;
      rd_q <= '0;
    end else begin
      if (push_i) wr_q <= wr_q + (Aw+1)'(1);
      if (pop_i)  rd_q <= rd_q + (Aw+1)'(1);
    end
  end
  always_ff @(posedge clk_i) begin
    if (push_i) mem[wr_q[Aw-1:0]] <= data_i;
  end
`ifdef VCAP_SYNC_FIFO_PROPS
  vcap_sync_fifo_props #(.Width(Width), .Depth(Depth)) u_props (.*);
`endif
endmodule
