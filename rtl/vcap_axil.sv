// AXI4-Lite slave front end: one access at a time in each direction, presented to the register file as a strobe.
// All outputs are registered. Write address and data may come in either order.
module vcap_axil #(
  parameter int unsigned AddrWidth = 12
) (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic [AddrWidth-1:0] s_axil_awaddr,
  input  logic        s_axil_awvalid,
  output logic        s_axil_awready,
  input  logic [31:0] s_axil_wdata,
  input  logic [3:0]  s_axil_wstrb,
  input  logic        s_axil_wvalid,
  output logic        s_axil_wready,
  output logic [1:0]  s_axil_bresp,
  output logic        s_axil_bvalid,
  input  logic        s_axil_bready,
  input  logic [AddrWidth-1:0] s_axil_araddr,
  input  logic        s_axil_arvalid,
  output logic        s_axil_arready,
  output logic [31:0] s_axil_rdata,
  output logic [1:0]  s_axil_rresp,
  output logic        s_axil_rvalid,
  input  logic        s_axil_rready,

  output logic        write_o,         // one cycle
  output logic [AddrWidth-1:0] write_addr_o,
  output logic [31:0] write_data_o,
  output logic [3:0]  write_strb_o,
  input  logic        write_known_i,   // the offset is a register; valid in the cycle of write_o
  output logic        read_o,
  output logic [AddrWidth-1:0] read_addr_o,
  input  logic        read_known_i,
  input  logic [31:0] read_data_i
);
  logic        aw_q, w_q, b_q, ar_q, r_q, up_q;
  logic [AddrWidth-1:0] awaddr_q, araddr_q;
  logic [31:0] wdata_q, rdata_q;
  logic [3:0]  wstrb_q;
  logic [1:0]  bresp_q, rresp_q;

  assign s_axil_awready = up_q && !aw_q;
  assign s_axil_wready  = up_q && !w_q;
  assign s_axil_bvalid  = b_q;
  assign s_axil_bresp   = bresp_q;
  assign s_axil_arready = up_q && !ar_q;
  assign s_axil_rvalid  = r_q;
  assign s_axil_rdata   = rdata_q;
  assign s_axil_rresp   = rresp_q;

  assign write_o      = aw_q && w_q && !b_q;
  assign write_addr_o = awaddr_q;
  assign write_data_o = wdata_q;
  assign write_strb_o = wstrb_q;
  assign read_o       = ar_q && !r_q;
  assign read_addr_o  = araddr_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      up_q     <= 1'b0;
      aw_q     <= 1'b0;
      w_q      <= 1'b0;
      b_q      <= 1'b0;
      ar_q     <= 1'b0;
      r_q      <= 1'b0;
      awaddr_q <= '0;
      araddr_q <= '0;
      wdata_q  <= '0;
      wstrb_q  <= '0;
      bresp_q  <= '0;
      rresp_q  <= '0;
      rdata_q  <= '0;
    end else begin
      up_q <= 1'b1;
      if (s_axil_awvalid && s_axil_awready) begin
        aw_q     <= 1'b1;
        awaddr_q <= s_axil_awaddr;
      end
      if (s_axil_wvalid && s_axil_wready) begin
        w_q     <= 1'b1;
        wdata_q <= s_axil_wdata;
        wstrb_q <= s_axil_wstrb;
      end
      if (b_q && s_axil_bready) b_q <= 1'b0;
      if (write_o) begin
        aw_q    <= 1'b0;
        w_q     <= 1'b0;
        b_q     <= 1'b1;
        bresp_q <= write_known_i ? 2'b00 : 2'b10;
      end
      if (s_axil_arvalid && s_axil_arready) begin
        ar_q     <= 1'b1;
        araddr_q <= s_axil_araddr;
      end
      if (r_q && s_axil_rready) r_q <= 1'b0;
      if (read_o) begin
        ar_q    <= 1'b0;
        r_q     <= 1'b1;
        rdata_q <= read_known_i ? read_data_i : 32'd0;
        rresp_q <= read_known_i ? 2'b00 : 2'b10;
      end
    end
  end
`ifdef VCAP_AXIL_PROPS
  vcap_axil_props u_props (.*);
`endif
endmodule
