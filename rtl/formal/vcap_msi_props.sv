// No interrupt is lost: what is newly pending, or pending after software touched state or enables, is announced by a
// message that leaves as soon as none is in flight; each is one beat of four bytes, at the address and with the data of its
// cycle; none leaves without cause.
`include "check.svh"
module vcap_msi_props #(
  parameter int unsigned Causes    = 2,
  parameter int unsigned DataWidth = 64,
  parameter int unsigned BeatWidth = DataWidth + DataWidth / 8 + 1,
  parameter int unsigned CmdWidth  = 64 + 8 + 16
) (
  input logic                 clk_i,
  input logic                 rst_ni,
  input logic                 enable_i,
  input logic                 stop_i,
  input logic [63:2]          address_i,
  input logic [31:0]          data_i,
  input logic [Causes-1:0]    pending_i,
  input logic                 touched_i,
  input logic                 cmd_valid_o,
  input logic [CmdWidth-1:0]  cmd_o,
  input logic                 cmd_pop_i,
  input logic                 beat_valid_o,
  input logic [BeatWidth-1:0] beat_o,
  input logic                 beat_pop_i,
  input logic                 response_i,
  input logic                 busy_o,
  input logic [63:0]          address_o
);
  localparam int unsigned Bytes = DataWidth / 8;
  localparam int unsigned Lb    = $clog2(Bytes);
  `RESET(clk_i, rst_ni)

  // What the bus master has of this writer: an address without its beat, and one without an answer.
  logic        owed_q, flying_q;
  logic [63:2] place_q;
  logic [31:0] word_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      owed_q   <= 1'b0;
      flying_q <= 1'b0;
    end else begin
      owed_q   <= (owed_q || cmd_pop_i) && !beat_pop_i;
      flying_q <= (flying_q && !response_i) || cmd_pop_i;
    end
    if (cmd_pop_i) begin
      place_q <= address_i;
      word_q  <= data_i;
    end
  end
  `GIVEN(msi_take_address, !cmd_pop_i || cmd_valid_o)
  `GIVEN(msi_take_beat, !beat_pop_i || owed_q || cmd_pop_i)
  `GIVEN(msi_answer, !response_i || (flying_q && !owed_q))

  // One cause, any: it became pending, or software touched the registers, and no message left since.
  (* anyconst *) logic [$clog2(Causes)-1:0] cause;
  logic told_q, was_q, touch_q, news;
  always @* assume (32'(cause) < Causes);
  assign news = enable_i && pending_i[cause] && (!was_q || touch_q || !told_q);
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      told_q  <= 1'b0;
      was_q   <= 1'b0;
      touch_q <= 1'b0;
    end else begin
      told_q  <= !news || cmd_pop_i;
      was_q   <= enable_i && pending_i[cause];
      touch_q <= touched_i;
    end
  end

  logic [63:2] place;
  logic [31:0] word;
  logic [Bytes-1:0] strobes;
  assign place   = owed_q ? place_q : address_i;
  assign word    = owed_q ? word_q : data_i;
  assign strobes = beat_o[DataWidth +: Bytes];

  `PROVE(msi_not_lost, !news || flying_q || stop_i || cmd_valid_o)
  `PROVE(msi_one_in_flight, !(cmd_valid_o && flying_q))
  `PROVE(msi_not_without_cause, !cmd_valid_o || (enable_i && pending_i != '0))
  `PROVE(msi_held_back, !(cmd_valid_o && stop_i))
  `PROVE(msi_beat_comes, !(owed_q || cmd_valid_o) || beat_valid_o)
  `PROVE(msi_address, !cmd_valid_o || cmd_o == {address_i[63:Lb], Lb'(0), 8'd0, 16'd0})
  (* anyconst *) logic [Lb-1:0] lane;
  `PROVE(msi_strobes, !beat_valid_o || (strobes[lane] == (lane[Lb-1:2] == place[Lb-1:2]) && beat_o[BeatWidth-1]))
  `PROVE(msi_bytes, !beat_valid_o || !strobes[lane] || beat_o[lane*8 +: 8] == word[lane[1:0]*8 +: 8])
  `PROVE(msi_error_place, !flying_q || address_o == {place_q, 2'd0})
  `PROVE(msi_busy, busy_o == flying_q)

  `REACH(msi_reach_second, cmd_pop_i && touch_q)
  `REACH(msi_reach_late_beat, beat_pop_i && owed_q)
  `REACH(msi_reach_waits, news && flying_q)
endmodule
