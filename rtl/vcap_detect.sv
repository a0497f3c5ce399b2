// Bus clock domain: takes the measurements of vcap_measure, notices that the format changes and that frames stop coming.
module vcap_detect (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        enable_i,
  input  logic [31:0] timeout_i,         // cycles without a measurement after which the signal is lost; 0: never

  input  logic        toggle_i,          // synchronised; the values stand still until the acknowledgement
  output logic        ack_o,
  input  logic        regular_i,
  input  logic [14:0] beats_i,
  input  logic [15:0] lines_i,
  input  logic [23:0] line_period_i,
  input  logic [31:0] frame_period_i,

  output logic        present_o,
  output logic        stable_o,          // the last two measurements had the same size, of lines of one length
  output logic [15:0] width_o,           // pixels
  output logic [15:0] lines_o,
  output logic [23:0] line_period_o,
  output logic [31:0] frame_period_o,
  output logic        changed_o,         // one cycle: a size that is not the one before
  output logic        lost_o             // one cycle
);
  logic        ack_q, present_q, stable_q, take, same;
  logic [31:0] timer_q;
  logic [15:0] width;

  assign take      = toggle_i != ack_q;
  assign width     = {beats_i, 1'b0};
  assign same      = present_q && width == width_o && lines_i == lines_o;
  assign changed_o = take && enable_i && !same;
  assign lost_o    = !take && present_q && timeout_i != '0 && timer_q >= timeout_i;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      ack_q          <= 1'b0;
      present_q      <= 1'b0;
      stable_q       <= 1'b0;
      timer_q        <= '0;
      width_o        <= '0;
      lines_o        <= '0;
      line_period_o  <= '0;
      frame_period_o <= '0;
    end else begin
      ack_q <= toggle_i;
      if (take || !present_q) timer_q <= '0;
      else if (!(&timer_q)) timer_q <= timer_q + 32'd1;
      if (take && enable_i) begin
        present_q      <= 1'b1;
        stable_q       <= same && regular_i;
        width_o        <= width;
        lines_o        <= lines_i;
        line_period_o  <= line_period_i;
        frame_period_o <= frame_period_i;
      end else if (!enable_i || lost_o) begin
        present_q <= 1'b0;
        stable_q  <= 1'b0;
      end
    end
  end
  assign ack_o     = ack_q;
  assign present_o = present_q;
  assign stable_o  = stable_q;
endmodule
