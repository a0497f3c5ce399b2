// Frames are numbered in the order they started, lost ones too; each keeps the time at which its header arrived; every lost
// frame is accounted for once.
`include "check.svh"
module vcap_header_in_props #(
  parameter int unsigned LostWidth = 16,
  parameter int unsigned Depth     = 16
) (
  input logic                 clk_i,
  input logic                 rst_ni,
  input logic                 clear_i,
  input logic [63:0]          timestamp_i,
  input logic                 header_empty_i,
  input logic [2*LostWidth+1:0] header_i,
  input logic                 header_pop_o,
  input logic                 frame_valid_o,
  input logic [31:0]          frame_sequence_o,
  input logic [63:0]          frame_timestamp_o,
  input logic                 frame_field_o,
  input logic                 frame_pop_i,
  input logic [LostWidth+1:0] started_o,
  input logic [LostWidth-1:0] lost_overflow_o,
  input logic [LostWidth-1:0] lost_format_o,
  input logic [31:0]          next_q
);
  `RESET(clk_i, rst_ni)
  `GIVEN(header_frame_pop, !frame_pop_i || frame_valid_o)
  localparam int unsigned Lw = $clog2(Depth);

  (* anyseq *) logic pick;
  logic        watch_q;
  logic [31:0] started_q, number_q, in_header;
  logic [63:0] time_q;
  logic        field_q;
  logic [Lw:0] level_q, ahead_q;
  assign in_header = 32'(header_i[2*LostWidth-1:LostWidth]) + 32'(header_i[LostWidth-1:0]);
  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      watch_q   <= 1'b0;
      started_q <= '0;
      level_q   <= '0;
    end else begin
      if (header_pop_o) started_q <= started_q + 32'(started_o);
      level_q <= level_q + (Lw+1)'(header_pop_o && header_i[2*LostWidth]) - (Lw+1)'(frame_pop_i);
      if (!watch_q && pick && header_pop_o && header_i[2*LostWidth]) begin
        watch_q  <= 1'b1;
        ahead_q  <= level_q - (Lw+1)'(frame_pop_i);
        number_q <= started_q + in_header;
        time_q   <= timestamp_i;
        field_q  <= header_i[2*LostWidth+1];
      end else if (watch_q && frame_pop_i) begin
        ahead_q <= ahead_q - (Lw+1)'(1);
        if (ahead_q == '0) watch_q <= 1'b0;
      end
    end
  end
  `PROVE(header_pop_has_header, !header_pop_o || !header_empty_i)
  `PROVE(header_taken_if_room, header_empty_i || header_pop_o || level_q == (Lw+1)'(Depth))
  `PROVE(header_started, 32'(started_o) == (header_pop_o ? in_header + 32'(header_i[2*LostWidth]) : 32'd0))
  `PROVE(header_lost, {lost_overflow_o, lost_format_o} == (header_pop_o ? header_i[2*LostWidth-1:0] : '0))
  `PROVE(header_next, next_q == started_q)
  `PROVE(header_valid, frame_valid_o == (level_q != '0))
  `PROVE(header_number, !(watch_q && ahead_q == '0) || frame_sequence_o == number_q)
  `PROVE(header_time, !(watch_q && ahead_q == '0) || frame_timestamp_o == time_q)
  `PROVE(header_field, !(watch_q && ahead_q == '0) || frame_field_o == field_q)

  `REACH(header_reach_full, !header_empty_i && !header_pop_o)
  `REACH(header_reach_watched_out, watch_q && ahead_q == '0 && frame_pop_i && number_q == 32'd5 && level_q == (Lw+1)'(2))
endmodule
