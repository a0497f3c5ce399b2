// Descriptor prefetch: reads descriptors ahead of the engine in bursts of up to BurstDescs, never across 4 KiB or the end
// of the ring, and keeps up to Depth of them. `restart_i` throws them away and begins again at `restart_index_i`, once the
// read in flight has ended.
module vcap_desc_fetch #(
  parameter int unsigned DataWidth  = 64,
  parameter int unsigned Depth      = 16,
  parameter int unsigned BurstDescs = 8
) (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        enable_i,         // may issue new reads
  input  logic        restart_i,
  input  logic [15:0] restart_index_i,
  output logic        restarting_o,
  output logic        busy_o,           // a read is outstanding or restart is under way

  input  logic [63:0] base_i,
  input  logic [3:0]  size_log2_i,
  input  logic [15:0] tail_i,

  output logic        desc_valid_o,
  output logic [63:0] desc_address_o,
  output logic [23:0] desc_length_o,
  output logic        desc_first_o,
  output logic        desc_last_o,
  output logic [15:0] desc_cookie_o,
  output logic [15:0] desc_index_o,
  input  logic        desc_pop_i,

  output logic        error_o,          // one cycle: a read was answered with an error
  output logic [1:0]  error_resp_o,
  output logic [63:0] error_address_o,
  output logic [15:0] error_index_o,

  output logic [63:0] araddr_o,
  output logic [7:0]  arlen_o,
  output logic        arvalid_o,
  input  logic        arready_i,
  input  logic [DataWidth-1:0] rdata_i,
  input  logic [1:0]  rresp_i,
  input  logic        rlast_i,
  input  logic        rvalid_i
);
  localparam int unsigned Aw       = $clog2(Depth);
  localparam bit          WholeBeat = DataWidth == 128;  // a descriptor comes in one beat, else in two

  logic [15:0] next_q, index_q;         // next to ask for; next to arrive
  logic [63:0] araddr_q, address_q;
  logic [7:0]  arlen_q;
  logic        arvalid_q, reading_q, half_q, failed_q, restart_q;
  logic [15:0] restart_index_q;
  logic [15:0] available, mask, slot, to_wrap, to_page, count;
  logic [Aw:0] level;
  logic        full, empty, issue, push, clear;
  logic [63:0] address, low, high;   // of the bus; a descriptor's halves

  assign mask      = (16'd1 << size_log2_i) - 16'd1;
  assign slot      = next_q & mask;
  assign available = tail_i - next_q;
  assign to_wrap   = mask - slot + 16'd1;
  assign address   = base_i + {44'd0, slot, 4'd0};
  assign to_page   = {7'd0, 9'd256 - {1'b0, address[11:4]}};

  always_comb begin
    count = 16'(BurstDescs);
    if (available < count) count = available;
    if (to_wrap < count) count = to_wrap;
    if (to_page < count) count = to_page;
  end

  assign clear = restart_q && !reading_q;
  assign issue = enable_i && !reading_q && !restart_q && !restart_i && !failed_q && available != 16'd0 &&
                 level <= (Aw+1)'(Depth - BurstDescs);
  assign push  = rvalid_i && reading_q && (WholeBeat || half_q) && !failed_q && rresp_i == 2'b00;
  assign low   = WholeBeat ? rdata_i[63:0] : address_q;
  assign high  = rdata_i[DataWidth-1 -: 64];

  assign restarting_o = restart_q;
  assign busy_o       = reading_q || restart_q;
  assign araddr_o     = araddr_q;
  assign arlen_o      = arlen_q;
  assign arvalid_o    = arvalid_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      next_q          <= '0;
      index_q         <= '0;
      araddr_q        <= '0;
      address_q       <= '0;
      arlen_q         <= '0;
      arvalid_q       <= 1'b0;
      reading_q       <= 1'b0;
      half_q          <= 1'b0;
      failed_q        <= 1'b0;
      restart_q       <= 1'b0;
      restart_index_q <= '0;
      error_o         <= 1'b0;
      error_resp_o    <= '0;
      error_address_o <= '0;
      error_index_o   <= '0;
    end else begin
      error_o <= 1'b0;
      if (arvalid_q && arready_i) arvalid_q <= 1'b0;
      if (issue) begin
        arvalid_q <= 1'b1;
        araddr_q  <= address;
        arlen_q   <= WholeBeat ? count[7:0] - 8'd1 : {count[6:0] - 7'd1, 1'b1};
        reading_q <= 1'b1;
        half_q    <= 1'b0;
        next_q    <= next_q + count;
      end
      if (rvalid_i && reading_q) begin
        half_q <= !half_q;
        if (!half_q) address_q <= rdata_i[63:0];
        if (push) index_q <= index_q + 16'd1;
        if (rresp_i != 2'b00 && !failed_q) begin
          failed_q        <= 1'b1;
          error_o         <= 1'b1;
          error_resp_o    <= rresp_i;
          error_address_o <= araddr_q;
          error_index_o   <= index_q;
        end
        if (rlast_i) reading_q <= 1'b0;
      end
      if (restart_i) begin
        restart_q       <= 1'b1;
        restart_index_q <= restart_index_i;
      end else if (clear) begin
        restart_q <= 1'b0;
        next_q    <= restart_index_q;
        index_q   <= restart_index_q;
        failed_q  <= 1'b0;
      end
    end
  end

  vcap_sync_fifo #(.Width(64 + 24 + 2 + 16 + 16), .Depth(Depth)) u_descs (
    .clk_i, .rst_ni,
    .clear_i(clear),
    .push_i (push),
    .data_i ({low, high[23:0], high[32], high[33], high[63:48], index_q}),
    .pop_i  (desc_pop_i),
    .data_o ({desc_address_o, desc_length_o, desc_first_o, desc_last_o, desc_cookie_o, desc_index_o}),
    .full_o (full),
    .empty_o(empty),
    .level_o(level)
  );
  assign desc_valid_o = !empty && !restart_q;

  logic unused;
  assign unused = &{1'b0, full, high[31:24], high[47:34]};
`ifdef VCAP_DESC_FETCH_PROPS
  vcap_desc_fetch_props #(.Depth(Depth), .BurstDescs(BurstDescs)) u_props (.*);
`endif
endmodule
