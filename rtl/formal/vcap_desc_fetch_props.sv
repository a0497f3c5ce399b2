// What is read is what the ring holds between the last index asked for and the tail, in order, never across its end; what
// enters the FIFO is what memory answered, descriptor by descriptor, none lost, none twice, none after an error, and it
// finds room. That the FIFO hands it on in order is proved of vcap_sync_fifo.
`include "check.svh"
module vcap_desc_fetch_props #(
  parameter int unsigned Depth      = 16,
  parameter int unsigned BurstDescs = 8
) (
  input logic        clk_i,
  input logic        rst_ni,
  input logic        enable_i,
  input logic        restart_i,
  input logic [15:0] restart_index_i,
  input logic        restarting_o,
  input logic        busy_o,
  input logic [63:0] base_i,
  input logic [3:0]  size_log2_i,
  input logic [15:0] tail_i,
  input logic        desc_valid_o,
  input logic [63:0] desc_address_o,
  input logic [23:0] desc_length_o,
  input logic        desc_first_o,
  input logic        desc_last_o,
  input logic [15:0] desc_cookie_o,
  input logic [15:0] desc_index_o,
  input logic        desc_pop_i,
  input logic        error_o,
  input logic [1:0]  error_resp_o,
  input logic [63:0] error_address_o,
  input logic [15:0] error_index_o,
  input logic [63:0] araddr_o,
  input logic [7:0]  arlen_o,
  input logic        arvalid_o,
  input logic        arready_i,
  input logic [63:0] rdata_i,
  input logic [1:0]  rresp_i,
  input logic        rlast_i,
  input logic        rvalid_i,
  // inside: a read is decided upon
  input logic        issue,
  input logic        clear,
  input logic [15:0] count,
  input logic [63:0] address,
  input logic        push,
  input logic        full,
  input logic        half_q,
  input logic        failed_q,
  input logic        reading_q,
  input logic        restart_q,
  input logic [15:0] next_q,
  input logic [15:0] index_q,
  input logic [15:0] restart_index_q,
  input logic [63:0] address_q,
  input logic [$clog2(Depth):0] level
);
  `RESET(clk_i, rst_ni)
  logic       rule_open;
  logic [7:0] rule_left;
  axi_read_rules u_rules (
    .clk_i, .up, .araddr(araddr_o), .arlen(arlen_o), .arvalid(arvalid_o), .arready(arready_i), .rlast(rlast_i),
    .rvalid(rvalid_i), .open_o(rule_open), .left_o(rule_left)
  );
  // Ring registers hold still while the engine is not idle; the ring holds what the registers can say.
  (* anyconst *) logic [63:6] base;
  (* anyconst *) logic [3:0]  size;
  logic [15:0] asked_q, room, ring, slot, mask;      // next index to ask for
  `GIVEN(fetch_base, base_i == {base, 6'd0} && size_log2_i == size && size >= 4'd2)
  assign ring = 16'd1 << size;
  assign mask = ring - 16'd1;
  assign slot = asked_q & mask;
  assign room = tail_i - asked_q;
  `GIVEN(fetch_tail, room <= ring)
  `GIVEN(fetch_pop, !desc_pop_i || desc_valid_o)

  // the address of the read that is out, and what it should be
  logic [63:0] due_q, first_half_q;
  logic [7:0]  due_len_q, beats_q;                   // beats still to come
  logic        enabled_q, was_held_q, bad_q, odd_q, error_due_q, out_q;
  logic [15:0] arrives_q, leaves_q, again_q, error_index_due_q;
  logic [1:0]  error_resp_due_q;
  always_ff @(posedge clk_i) begin
    enabled_q         <= enable_i;
    error_resp_due_q  <= rresp_i;
    error_index_due_q <= arrives_q;
    if (!rst_ni) begin
      asked_q     <= '0;
      was_held_q  <= 1'b0;
      bad_q       <= 1'b0;
      odd_q       <= 1'b0;
      out_q       <= 1'b0;
      beats_q     <= '0;
      error_due_q <= 1'b0;
      arrives_q   <= '0;
      leaves_q    <= '0;
      again_q     <= '0;
    end else begin
      was_held_q  <= arvalid_o;
      error_due_q <= rvalid_i && rresp_i != '0 && !bad_q;
      if (issue) begin
        due_q     <= base_i + {44'd0, slot, 4'd0};
        due_len_q <= 8'(2 * count - 16'd1);
        beats_q   <= 8'(2 * count);
        asked_q   <= asked_q + count;
        out_q     <= 1'b1;
      end
      if (rvalid_i) begin
        odd_q        <= !odd_q;
        beats_q      <= beats_q - 8'd1;
        first_half_q <= rdata_i;
        if (rlast_i) out_q <= 1'b0;
        if (rresp_i != '0) bad_q <= 1'b1;
        if (odd_q && rresp_i == '0 && !bad_q) arrives_q <= arrives_q + 16'd1;
      end
      if (desc_pop_i) leaves_q <= leaves_q + 16'd1;
      if (restart_i) again_q <= restart_index_i;
      if (clear) leaves_q <= again_q;
      if (clear && !restart_i) begin
        asked_q   <= again_q;
        arrives_q <= again_q;
        bad_q     <= 1'b0;
      end
      if (clear && restart_i) leaves_q <= arrives_q;
    end
  end
  logic [15:0] to_come;                              // descriptors of the read that is out
  assign to_come = {9'd0, beats_q[7:1]} + {15'd0, beats_q[0]};

  `PROVE(fetch_below_tail, !issue || (count != '0 && count <= room && enable_i))
  `PROVE(fetch_in_ring, !issue || slot + count <= ring)
  `PROVE(fetch_address, !issue || address == base_i + {44'd0, slot, 4'd0})
  `PROVE(fetch_request, !arvalid_o || (araddr_o == due_q && arlen_o == due_len_q))
  `PROVE(fetch_no_read_while_off, !(arvalid_o && !was_held_q) || enabled_q)
  `PROVE(fetch_taken, push == (rvalid_i && odd_q && !bad_q && rresp_i == '0))
  `PROVE(fetch_content, !push || (index_q == arrives_q && address_q == first_half_q))
  `PROVE(fetch_has_room, !push || !full)
  `PROVE(fetch_error, error_o == error_due_q && (!error_o || (error_resp_o == error_resp_due_q &&
                      error_index_o == error_index_due_q && error_address_o == due_q)))
  `PROVE(fetch_restart_ends, !(restarting_o && !out_q) || clear)
  `PROVE(fetch_nothing_while_restarting, !restarting_o || !(desc_valid_o || issue))
  `PROVE(fetch_busy, busy_o == (out_q || restarting_o))

  // what the proof by induction rests on
  `PROVE(fetch_lemma_same, next_q == asked_q && index_q == arrives_q && failed_q == bad_q && half_q == odd_q &&
         reading_q == out_q && restart_index_q == again_q && (!out_q || araddr_o == due_q) &&
         (!half_q || !out_q || address_q == first_half_q))
  `PROVE(fetch_lemma_level, 16'(level) == arrives_q - leaves_q && 16'(level) + to_come <= 16'(Depth))
  `PROVE(fetch_lemma_order, bad_q || arrives_q + to_come == asked_q)
  `PROVE(fetch_lemma_beats, beats_q <= 8'(2 * BurstDescs) && out_q == (beats_q != '0) && odd_q == beats_q[0] &&
         rule_open == (out_q && !arvalid_o) && (!arvalid_o || (out_q && beats_q == arlen_o + 8'd1)) &&
         (!rule_open || rule_left + 8'd1 == beats_q))

  `REACH(fetch_reach_full, leaves_q + 16'(Depth) == arrives_q)
  `REACH(fetch_reach_wrap, issue && slot + count == ring && room > count)
  `REACH(fetch_reach_restart_while_reading, restarting_o && out_q && odd_q)
  `REACH(fetch_reach_after_error, desc_valid_o && leaves_q == 16'd7)
endmodule
