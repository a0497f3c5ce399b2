// Asynchronous FIFO with Gray-coded pointers. Depth is a power of two. `almost_full_o` rises while AlmostFull entries or
// fewer are free. Flags depend on registers only. Each entry carries a parity bit that is checked when it is read.
module vcap_async_fifo #(
  parameter int unsigned Width      = 8,
  parameter int unsigned Depth      = 16,
  parameter int unsigned AlmostFull = 4
) (
  input  logic             wr_clk_i,
  input  logic             wr_rst_ni,
  input  logic             wr_en_i,        // ignored while full
  input  logic [Width-1:0] wr_data_i,
  output logic             full_o,
  output logic             almost_full_o,

  input  logic             rd_clk_i,
  input  logic             rd_rst_ni,
  input  logic             rd_en_i,        // ignored while empty
  output logic [Width-1:0] rd_data_o,
  output logic             empty_o,
  input  logic             fault_i,        // bit 0 of the entry is read inverted, as from a cell that failed
  output logic             parity_error_o  // the entry to be read is not what was written
);
  localparam int unsigned Aw = $clog2(Depth);

  logic [Width:0] mem [0:Depth-1];       // {parity, data}
  logic [Width:0] head;
  logic [Aw:0] wr_bin_q, wr_bin_d, wr_gray_q, rd_bin_q, rd_bin_d, rd_gray_q;
  logic [Aw:0] rd_gray_wr, wr_gray_rd, rd_bin_wr, used_wr;

  // ---- write side
  assign full_o   = wr_gray_q == {~rd_gray_wr[Aw:Aw-1], rd_gray_wr[Aw-2:0]};
  assign wr_bin_d = wr_bin_q + ((wr_en_i && !full_o) ? (Aw+1)'(1) : (Aw+1)'(0));
  always_ff @(posedge wr_clk_i or negedge wr_rst_ni) begin
    if (!wr_rst_ni) begin
      wr_bin_q  <= '0;
      wr_gray_q <= '0;
    end else begin
      wr_bin_q  <= wr_bin_d;
      wr_gray_q <= wr_bin_d ^ (wr_bin_d >> 1);
    end
  end
  always_ff @(posedge wr_clk_i) begin
    if (wr_en_i && !full_o) mem[wr_bin_q[Aw-1:0]] <= {^wr_data_i, wr_data_i};
  end
  vcap_sync #(.Width(Aw+1), .Gray(1'b1)) u_sync_rd (
    .clk_i(wr_clk_i), .rst_ni(wr_rst_ni), .d_i(rd_gray_q), .q_o(rd_gray_wr)
  );

  always_comb begin
    rd_bin_wr = rd_gray_wr;
    for (int i = 1; i <= Aw; i++) rd_bin_wr = rd_bin_wr ^ (rd_gray_wr >> i);
  end
  assign used_wr       = wr_bin_q - rd_bin_wr;
  assign almost_full_o = used_wr >= (Aw+1)'(Depth - AlmostFull);

  // ---- read side
  assign empty_o   = rd_gray_q == wr_gray_rd;
  assign rd_bin_d  = rd_bin_q + ((rd_en_i && !empty_o) ? (Aw+1)'(1) : (Aw+1)'(0));
  assign head      = mem[rd_bin_q[Aw-1:0]] ^ (Width+1)'(fault_i);
  assign rd_data_o = head[Width-1:0];
  assign parity_error_o = !empty_o && ^head;
  always_ff @(posedge rd_clk_i or negedge rd_rst_ni) begin
    if (!rd_rst_ni) begin
      rd_bin_q  <= '0;
      rd_gray_q <= '0;
    end else begin
      rd_bin_q  <= rd_bin_d;
      rd_gray_q <= rd_bin_d ^ (rd_bin_d >> 1);
    end
  end
  vcap_sync #(.Width(Aw+1), .Gray(1'b1)) u_sync_wr (
    .clk_i(rd_clk_i), .rst_ni(rd_rst_ni), .d_i(wr_gray_q), .q_o(wr_gray_rd)
  );
`ifdef VCAP_ASYNC_FIFO_PROPS
  vcap_async_fifo_props #(.Width(Width), .Depth(Depth), .AlmostFull(AlmostFull)) u_props (.*);
`endif
endmodule
