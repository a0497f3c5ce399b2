// Two clocks that know nothing of each other: nothing is lost, doubled or overtaken, the flags err to the safe side only,
// and what crosses between the clocks changes one bit at a time.
`include "check.svh"
module vcap_async_fifo_props #(
  parameter int unsigned Width      = 8,
  parameter int unsigned Depth      = 16,
  parameter int unsigned AlmostFull = 4,
  parameter int unsigned Aw         = $clog2(Depth)
) (
  input logic             wr_clk_i,
  input logic             wr_rst_ni,
  input logic             wr_en_i,
  input logic [Width-1:0] wr_data_i,
  input logic             full_o,
  input logic             almost_full_o,
  input logic             rd_clk_i,
  input logic             rd_rst_ni,
  input logic             rd_en_i,
  input logic [Width-1:0] rd_data_o,
  input logic             empty_o,
  input logic             fault_i,
  input logic             parity_error_o,
  input logic [Aw:0]      wr_gray_q,
  input logic [Aw:0]      rd_gray_q
);
  (* gclk *) logic any_edge;
  `RESET(any_edge, wr_rst_ni)
  always @* assume (rd_rst_ni == wr_rst_ni);

  logic [Aw+1:0]    written_q, read_q, index_q;
  logic [Aw:0]      wr_gray_before_q, rd_gray_before_q;
  logic             watch_q, gone_q;
  logic [Width-1:0] word_q;
  (* anyseq *) logic pick;

  always_ff @(posedge wr_clk_i or negedge wr_rst_ni) begin
    if (!wr_rst_ni) begin
      written_q        <= '0;
      watch_q          <= 1'b0;
      wr_gray_before_q <= '0;
      index_q          <= '0;
      word_q           <= '0;
    end else begin
      wr_gray_before_q <= wr_gray_q;
      if (wr_en_i && !full_o) begin
        written_q <= written_q + (Aw+2)'(1);
        if (pick && !watch_q) begin
          watch_q <= 1'b1;
          index_q <= written_q;
          word_q  <= wr_data_i;
        end
      end
    end
  end
  always_ff @(posedge rd_clk_i or negedge rd_rst_ni) begin
    if (!rd_rst_ni) begin
      read_q           <= '0;
      gone_q           <= 1'b0;
      rd_gray_before_q <= '0;
    end else begin
      rd_gray_before_q <= rd_gray_q;
      if (rd_en_i && !empty_o) begin
        read_q <= read_q + (Aw+2)'(1);
        if (watch_q && read_q == index_q) gone_q <= 1'b1;
      end
    end
  end

  logic [Aw+1:0] level;
  logic [Aw:0]   wr_changed, rd_changed;
  assign level      = written_q - read_q;
  assign wr_changed = wr_gray_q ^ wr_gray_before_q;
  assign rd_changed = rd_gray_q ^ rd_gray_before_q;

  `PROVE(async_level, level <= (Aw+2)'(Depth))
  `PROVE(async_full, level != (Aw+2)'(Depth) || full_o)
  `PROVE(async_empty, level != '0 || empty_o)
  `PROVE(async_almost_full, level < (Aw+2)'(Depth - AlmostFull) || almost_full_o)
  `PROVE(async_order, !(watch_q && !gone_q && read_q == index_q && !empty_o) || rd_data_o == (word_q ^ Width'(fault_i)))
  `PROVE(async_parity, parity_error_o == (fault_i && !empty_o) || !(watch_q && !gone_q && read_q == index_q))
  `PROVE(async_wr_gray, (wr_changed & (wr_changed - (Aw+1)'(1))) == '0)
  `PROVE(async_rd_gray, (rd_changed & (rd_changed - (Aw+1)'(1))) == '0)

  `REACH(async_reach_full, full_o)
  `REACH(async_reach_watched_out, gone_q && read_q > (Aw+2)'(1))
  `REACH(async_reach_full_late, full_o && level < (Aw+2)'(Depth - 1))
endmodule
