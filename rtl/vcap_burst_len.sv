// Length of a burst, known at its first beat: up to a 4 KiB boundary, MaxBurst beats, the end of the descriptor, the end
// of the line, whichever comes first.
module vcap_burst_len #(
  parameter int unsigned DataWidth = 64,
  parameter int unsigned MaxBurst  = 16,
  parameter int unsigned Lb        = $clog2(DataWidth / 8)
) (
  input  logic [11:0] address_i,         // of the first byte
  input  logic [23:0] room_i,            // bytes left in the descriptor, not zero
  input  logic [33:0] line_i,            // bytes left of the line, not zero
  output logic [7:0]  len_o              // beats behind the first
);
  // Nothing beyond a page counts.
  logic [12:0]    room, line, bytes;
  logic [13:0]    last;                  // place of the last byte behind the first beat's begin
  logic [11-Lb:0] beats, to_page;

  assign room    = room_i[23:12] != '0 ? 13'h1000 : {1'b0, room_i[11:0]};
  assign line    = line_i[33:12] != '0 ? 13'h1000 : {1'b0, line_i[11:0]};
  assign bytes   = room < line ? room : line;
  assign last    = {1'b0, bytes} + 14'(address_i[Lb-1:0]) - 14'd1;
  assign to_page = ~address_i[11:Lb];
  always_comb begin
    beats = last[13:12] != '0 || last[11:Lb] > to_page ? to_page : last[11:Lb];
    len_o = 32'(beats) > MaxBurst - 1 ? 8'(MaxBurst - 1) : 8'(beats);
  end

  logic unused;
  assign unused = &{1'b0, last[Lb-1:0]};
endmodule
