// Bus clock domain end of the header FIFO: numbers frames, stamps their start, accounts for frames that never got in.
module vcap_header_in #(
  parameter int unsigned LostWidth = 16,
  parameter int unsigned Depth     = 16
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,
  input  logic                   clear_i,
  input  logic [63:0]            timestamp_i,

  input  logic                   header_empty_i,
  input  logic [2*LostWidth+1:0] header_i,      // {field, frame, lost_overflow, lost_format}
  output logic                   header_pop_o,

  // frames in order, each with its number and start time
  output logic                   frame_valid_o,
  output logic [31:0]            frame_sequence_o,
  output logic [63:0]            frame_timestamp_o,
  output logic                   frame_field_o,
  input  logic                   frame_pop_i,

  output logic [LostWidth+1:0]   started_o,     // frames to add to CNT_STARTED this cycle
  output logic [LostWidth-1:0]   lost_overflow_o,
  output logic [LostWidth-1:0]   lost_format_o
);
  localparam int unsigned AddWidth = LostWidth + 2;

  logic        take, field, frame, full, empty;
  logic [31:0] next_q, number;
  logic [AddWidth-1:0]  lost;
  logic [LostWidth-1:0] lost_overflow, lost_format;

  assign take         = !header_empty_i && !full;
  assign header_pop_o = take;
  assign {field, frame, lost_overflow, lost_format} = header_i;
  assign lost         = AddWidth'(lost_overflow) + AddWidth'(lost_format);
  assign number       = next_q + 32'(lost);

  assign started_o       = take ? lost + AddWidth'(frame) : '0;
  assign lost_overflow_o = take ? lost_overflow : '0;
  assign lost_format_o   = take ? lost_format : '0;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) next_q <= '0;
    else if (clear_i) next_q <= '0;
    else if (take) next_q <= number + 32'(frame);
  end

  logic [$clog2(Depth):0] unused_level;
  vcap_sync_fifo #(.Width(97), .Depth(Depth)) u_frames (
    .clk_i, .rst_ni, .clear_i,
    .push_i (take && frame),
    .data_i ({field, number, timestamp_i}),
    .pop_i  (frame_pop_i),
    .data_o ({frame_field_o, frame_sequence_o, frame_timestamp_o}),
    .full_o (full),
    .empty_o(empty),
    .level_o(unused_level)
  );
  assign frame_valid_o = !empty;

  logic unused;
  assign unused = &{1'b0, unused_level};
`ifdef VCAP_HEADER_IN_PROPS
  vcap_header_in_props #(.LostWidth(LostWidth), .Depth(Depth)) u_props (.*);
`endif
endmodule
