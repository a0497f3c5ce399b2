// Message-signalled interrupts: writes MSI_DATA to MSI_ADDR when an enabled cause is newly pending, and after a write to
// INTR_STATE or INTR_ENABLE that leaves one pending. One message is in flight at most; those that wait are one, and none
// waits once nothing is pending. A requester of vcap_axi_write: one burst of one beat.
module vcap_msi #(
  parameter int unsigned Causes    = 7,
  parameter int unsigned DataWidth = 64,
  parameter int unsigned BeatWidth = DataWidth + DataWidth / 8 + 1,
  parameter int unsigned CmdWidth  = 64 + 8 + 16
) (
  input  logic                 clk_i,
  input  logic                 rst_ni,
  input  logic                 enable_i,       // MSI_CTRL
  input  logic                 stop_i,         // level: issue none
  input  logic [63:2]          address_i,
  input  logic [31:0]          data_i,
  input  logic [Causes-1:0]    pending_i,      // INTR_STATE & INTR_ENABLE
  input  logic                 touched_i,      // one cycle: INTR_STATE or INTR_ENABLE is written; pending_i follows

  output logic                 cmd_valid_o,
  output logic [CmdWidth-1:0]  cmd_o,
  input  logic                 cmd_pop_i,
  output logic                 beat_valid_o,
  output logic [BeatWidth-1:0] beat_o,
  input  logic                 beat_pop_i,
  input  logic                 response_i,
  output logic                 busy_o,         // issued and not answered
  output logic [63:0]          address_o       // of the message in flight
);
  localparam int unsigned Lb    = $clog2(DataWidth / 8);
  localparam int unsigned Words = DataWidth / 32;

  logic [Causes-1:0] before_q;                 // what was pending in the cycle before, while enabled
  logic              touched_q, waiting_q, busy_q, to_send_q, due, waiting;
  logic [63:2]       address_q;                // of the message in flight, whatever software writes meanwhile
  logic [Lb-1:2]     lane;
  logic [DataWidth/8-1:0] strb;
  logic [31:0]       data_q, data;

  assign due     = (pending_i & ~before_q) != '0 || touched_q;
  assign waiting = enable_i && pending_i != '0 && (due || waiting_q);

  assign cmd_valid_o  = waiting && !busy_q && !stop_i;
  assign cmd_o        = {address_i[63:Lb], Lb'(0), 8'd0, 16'd0};
  assign beat_valid_o = cmd_valid_o || to_send_q;
  assign lane         = to_send_q ? address_q[Lb-1:2] : address_i[Lb-1:2];
  assign data         = to_send_q ? data_q : data_i;
  assign beat_o       = {1'b1, strb, {Words{data}}};
  assign strb         = (DataWidth/8)'(4'hF) << {lane, 2'd0};
  assign busy_o       = busy_q;
  assign address_o    = {address_q, 2'd0};

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      before_q  <= '0;
      touched_q <= 1'b0;
      waiting_q <= 1'b0;
      busy_q    <= 1'b0;
      to_send_q <= 1'b0;
      address_q <= '0;
      data_q    <= '0;
    end else begin
      before_q  <= enable_i ? pending_i : '0;
      touched_q <= touched_i;
      waiting_q <= waiting && !cmd_pop_i;
      if (cmd_pop_i) begin
        busy_q    <= 1'b1;
        to_send_q <= !beat_pop_i;
        address_q <= address_i;
        data_q    <= data_i;
      end else begin
        if (response_i) busy_q <= 1'b0;
        if (beat_pop_i) to_send_q <= 1'b0;
      end
    end
  end
`ifdef VCAP_MSI_PROPS
  vcap_msi_props #(.Causes(Causes), .DataWidth(DataWidth)) u_props (.*);
`endif
endmodule
