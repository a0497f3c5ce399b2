// The bus rules; and the register file sees each access once, as it was sent, and its answer goes back.
`include "check.svh"
module vcap_axil_props (
  input logic        clk_i,
  input logic        rst_ni,
  input logic [11:0] s_axil_awaddr,
  input logic        s_axil_awvalid,
  input logic        s_axil_awready,
  input logic [31:0] s_axil_wdata,
  input logic [3:0]  s_axil_wstrb,
  input logic        s_axil_wvalid,
  input logic        s_axil_wready,
  input logic [1:0]  s_axil_bresp,
  input logic        s_axil_bvalid,
  input logic        s_axil_bready,
  input logic [11:0] s_axil_araddr,
  input logic        s_axil_arvalid,
  input logic        s_axil_arready,
  input logic [31:0] s_axil_rdata,
  input logic [1:0]  s_axil_rresp,
  input logic        s_axil_rvalid,
  input logic        s_axil_rready,
  input logic        write_o,
  input logic [11:0] write_addr_o,
  input logic [31:0] write_data_o,
  input logic [3:0]  write_strb_o,
  input logic        write_known_i,
  input logic        read_o,
  input logic [11:0] read_addr_o,
  input logic        read_known_i,
  input logic [31:0] read_data_i
);
  `RESET(clk_i, rst_ni)
  axil_slave_rules u_rules (
    .clk_i, .up,
    .awaddr(s_axil_awaddr), .awvalid(s_axil_awvalid), .awready(s_axil_awready),
    .wdata(s_axil_wdata), .wstrb(s_axil_wstrb), .wvalid(s_axil_wvalid), .wready(s_axil_wready),
    .bresp(s_axil_bresp), .bvalid(s_axil_bvalid), .bready(s_axil_bready),
    .araddr(s_axil_araddr), .arvalid(s_axil_arvalid), .arready(s_axil_arready),
    .rdata(s_axil_rdata), .rresp(s_axil_rresp), .rvalid(s_axil_rvalid), .rready(s_axil_rready)
  );

  // accepted and not shown to the register file yet
  logic        aw_q, w_q, ar_q, wrote_q, read_q;
  logic [11:0] awaddr_q, araddr_q;
  logic [35:0] wdata_q;
  logic [1:0]  resp_q;
  logic [33:0] answer_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      aw_q    <= 1'b0;
      w_q     <= 1'b0;
      ar_q    <= 1'b0;
      wrote_q <= 1'b0;
      read_q  <= 1'b0;
    end else begin
      aw_q    <= (aw_q && !write_o) || (s_axil_awvalid && s_axil_awready);
      w_q     <= (w_q && !write_o) || (s_axil_wvalid && s_axil_wready);
      ar_q    <= (ar_q && !read_o) || (s_axil_arvalid && s_axil_arready);
      wrote_q <= write_o;
      read_q  <= read_o;
    end
    if (s_axil_awvalid && s_axil_awready) awaddr_q <= s_axil_awaddr;
    if (s_axil_wvalid && s_axil_wready) wdata_q <= {s_axil_wstrb, s_axil_wdata};
    if (s_axil_arvalid && s_axil_arready) araddr_q <= s_axil_araddr;
    resp_q   <= write_known_i ? 2'b00 : 2'b10;
    answer_q <= read_known_i ? {2'b00, read_data_i} : {2'b10, 32'd0};
  end
  `PROVE(axil_write_once, !write_o || (aw_q && w_q && awaddr_q == write_addr_o &&
                                       wdata_q == {write_strb_o, write_data_o}))
  `PROVE(axil_read_once, !read_o || (ar_q && araddr_q == read_addr_o))
  `PROVE(axil_write_answer, !wrote_q || (s_axil_bvalid && s_axil_bresp == resp_q))
  `PROVE(axil_read_answer, !read_q || (s_axil_rvalid && {s_axil_rresp, s_axil_rdata} == answer_q))
  `PROVE(axil_none_overrun, !(aw_q && s_axil_awvalid && s_axil_awready && !write_o) &&
                            !(w_q && s_axil_wvalid && s_axil_wready && !write_o) &&
                            !(ar_q && s_axil_arvalid && s_axil_arready && !read_o))
endmodule
