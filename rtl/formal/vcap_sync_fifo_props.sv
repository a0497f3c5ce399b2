// Two words that follow each other into the FIFO come out one after the other and unchanged; the flags tell the level.
`include "check.svh"
module vcap_sync_fifo_props #(
  parameter int unsigned Width = 8,
  parameter int unsigned Depth = 4,
  parameter int unsigned Aw    = $clog2(Depth)
) (
  input logic             clk_i,
  input logic             rst_ni,
  input logic             clear_i,
  input logic             push_i,
  input logic [Width-1:0] data_i,
  input logic             pop_i,
  input logic [Width-1:0] data_o,
  input logic             full_o,
  input logic             empty_o,
  input logic [Aw:0]      level_o
);
  `RESET(clk_i, rst_ni)
  `GIVEN(fifo_push_has_room, !(push_i && full_o))
  `GIVEN(fifo_pop_has_word, !(pop_i && empty_o))

  // One word anywhere in the stream is watched: how many leave before it.
  (* anyseq *) logic pick;
  logic             watch_q;
  logic [Width-1:0] word_q;
  logic [Aw:0]      ahead_q, level_q;
  initial watch_q = 1'b0;
  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      watch_q <= 1'b0;
      level_q <= '0;
    end else begin
      level_q <= level_q + (Aw+1)'(push_i) - (Aw+1)'(pop_i);
      if (!watch_q && push_i && pick) begin
        watch_q <= 1'b1;
        word_q  <= data_i;
        ahead_q <= level_q - (Aw+1)'(pop_i);
      end else if (watch_q && pop_i) begin
        if (ahead_q == '0) watch_q <= 1'b0;
        ahead_q <= ahead_q - (Aw+1)'(1);
      end
    end
  end

  `PROVE(fifo_level, level_o == level_q)
  `PROVE(fifo_bound, level_o <= (Aw+1)'(Depth))
  `PROVE(fifo_full, full_o == (level_q == (Aw+1)'(Depth)))
  `PROVE(fifo_empty, empty_o == (level_q == '0))
  `PROVE(fifo_none_lost, !watch_q || ahead_q < level_q)
  `PROVE(fifo_order, !(watch_q && ahead_q == '0) || data_o == word_q)

  `REACH(fifo_reach_full, full_o)
  `REACH(fifo_reach_watched_out, watch_q && ahead_q == '0 && pop_i && level_q == (Aw+1)'(2))
endmodule
