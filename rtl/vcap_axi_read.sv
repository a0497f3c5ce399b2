// The AXI4 master's read side: the channels' descriptor reads take turns; a channel's number is its reads' ID, and it
// has one in flight at most. Answers of different channels may be interleaved.
module vcap_axi_read #(
  parameter int unsigned NumCh = 1
) (
  input  logic                clk_i,
  input  logic                rst_ni,

  input  logic [NumCh-1:0]    arvalid_i,
  input  logic [NumCh*64-1:0] araddr_i,
  input  logic [NumCh*8-1:0]  arlen_i,
  output logic [NumCh-1:0]    arready_o,
  output logic [NumCh-1:0]    rvalid_o,

  output logic [3:0]          arid_o,
  output logic [63:0]         araddr_o,
  output logic [7:0]          arlen_o,
  output logic                arvalid_o,
  input  logic                arready_i,
  input  logic [3:0]          rid_i,
  input  logic                rvalid_i,
  output logic                rready_o
);
  localparam int unsigned ChW = NumCh > 1 ? $clog2(NumCh) : 1;

  logic           any, held_q, rready_q;
  logic [ChW-1:0] pick, channel_q, channel;

  vcap_round_robin #(.NumReq(NumCh)) u_turn (
    .clk_i, .rst_ni, .request_i(arvalid_i), .take_i(any && !held_q), .valid_o(any), .index_o(pick)
  );
  // An address that was offered stays until it is taken.
  assign channel   = held_q ? channel_q : pick;
  assign arvalid_o = any;
  assign arid_o    = 4'(channel);
  assign araddr_o  = araddr_i[channel*64 +: 64];
  assign arlen_o   = arlen_i[channel*8 +: 8];
  assign rready_o  = rready_q;

  always_comb begin
    arready_o          = '0;
    arready_o[channel] = arready_i;
    for (int unsigned c = 0; c < NumCh; c++) rvalid_o[c] = rvalid_i && rready_q && rid_i == 4'(c);
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      held_q    <= 1'b0;
      channel_q <= '0;
      rready_q  <= 1'b0;
    end else begin
      rready_q  <= 1'b1;
      held_q    <= arvalid_o && !arready_i;
      channel_q <= channel;
    end
  end
`ifdef VCAP_AXI_READ_PROPS
  vcap_axi_read_props #(.NumCh(NumCh)) u_props (.*);
`endif
endmodule
