// Pixel clock domain: measures the video as it passes, whatever the programmed format says. A result is handed over at
// each start of frame: it stands still until the other side has acknowledged it; one that comes before is left out.
// Values saturate.
module vcap_measure (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        enable_i,          // without it, everything is forgotten
  input  logic        beat_i,            // a beat is taken
  input  logic        tuser_i,
  input  logic        tlast_i,

  output logic        toggle_o,          // changes with each result
  input  logic        ack_i,             // toggle_o as the other side has seen it
  output logic        regular_o,         // all lines were equally long
  output logic [14:0] beats_o,           // a line
  output logic [15:0] lines_o,           // a frame
  output logic [23:0] line_period_o,     // pixel clocks from the last line but one to the last
  output logic [31:0] frame_period_o     // pixel clocks from start of frame to start of frame
);
  logic        seen_q, line_first_q, regular_q, toggle_q;
  logic [14:0] x_q, beats_q;
  logic [15:0] y_q;
  logic [23:0] line_clock_q, line_period_q;
  logic [31:0] frame_clock_q;

  logic        start, first, irregular;
  logic [14:0] x_here, length;
  logic [15:0] y_here;

  assign start     = beat_i && tuser_i;
  assign first     = beat_i && (tuser_i || line_first_q);
  assign x_here    = first ? '0 : x_q;
  assign y_here    = tuser_i ? '0 : y_q;
  assign length    = &x_here ? x_here : x_here + 15'd1;
  assign irregular = y_here != '0 && length != beats_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      seen_q         <= 1'b0;
      line_first_q   <= 1'b0;
      regular_q      <= 1'b0;
      toggle_q       <= 1'b0;
      x_q            <= '0;
      beats_q        <= '0;
      y_q            <= '0;
      line_clock_q   <= '0;
      line_period_q  <= '0;
      frame_clock_q  <= '0;
      regular_o      <= 1'b0;
      beats_o        <= '0;
      lines_o        <= '0;
      line_period_o  <= '0;
      frame_period_o <= '0;
    end else begin
      if (start) frame_clock_q <= 32'd1;
      else if (!(&frame_clock_q)) frame_clock_q <= frame_clock_q + 32'd1;
      if (first) line_clock_q <= 24'd1;
      else if (!(&line_clock_q)) line_clock_q <= line_clock_q + 24'd1;

      if (beat_i) begin
        line_first_q <= tlast_i;
        x_q          <= length;
        y_q          <= tlast_i && !(&y_here) ? y_here + 16'd1 : y_here;
        if (tlast_i) beats_q <= length;
        if (tuser_i) regular_q <= 1'b1;
        else if (tlast_i && irregular) regular_q <= 1'b0;
        if (tuser_i) line_period_q <= '0;
        else if (first) line_period_q <= line_clock_q;
      end
      if (start) begin
        seen_q <= 1'b1;
        if (seen_q && toggle_q == ack_i) begin
          toggle_q       <= !toggle_q;
          regular_o      <= regular_q && line_first_q;   // the last line has ended
          beats_o        <= beats_q;
          lines_o        <= y_q;
          line_period_o  <= line_period_q;
          frame_period_o <= frame_clock_q;
        end
      end
      if (!enable_i) seen_q <= 1'b0;
    end
  end
  assign toggle_o = toggle_q;
endmodule
