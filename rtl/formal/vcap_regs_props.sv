// docs/registers.md's access column, for every offset at once: one offset, chosen freely, has a shadow that follows the
// writes the contract lets through, and must read back as it.
`include "check.svh"
module vcap_regs_props (
  input logic        clk_i,
  input logic        rst_ni,
  input logic        write_i,
  input logic [11:0] write_addr_i,
  input logic [31:0] write_data_i,
  input logic [3:0]  write_strb_i,
  input logic        write_known_o,
  input logic        read_i,
  input logic [11:0] read_addr_i,
  input logic        read_known_o,
  input logic [31:0] read_data_o,
  input logic        ctrl_clear_i,
  input logic        idle_i,
  input logic        enable_o,
  input logic        stall_o,
  input logic        soft_reset_o,
  input logic        resetting_i,
  input logic [9:0]  intr_clear_o,
  input logic [9:0]  intr_test_o,
  input logic        intr_enable_write_o,
  input logic [9:0]  intr_enable_data_o,
  input logic [9:0]  intr_enable_i,
  input logic [2:0]  fault_test_o,
  input logic        detect_enable_o,
  input logic [31:0] detect_timeout_o,
  input logic [7:0]  coalesce_count_o,
  input logic [23:0] coalesce_timeout_o,
  input logic [63:0] ring_base_o,
  input logic [3:0]  ring_size_o,
  input logic [15:0] ring_tail_o,
  input logic [15:0] ring_tail_q,
  input logic [63:0] cpl_base_o,
  input logic [3:0]  cpl_size_o,
  input logic [15:0] cpl_tail_o,
  input logic [15:0] width_o,
  input logic [15:0] height_o,
  input logic [17:0] stride_o,
  input logic [31:0] input_size_o,
  input logic [31:0] crop_pos_o,
  input logic [1:0]  field_mode_o,
  input logic        nv12_o,
  input logic [63:0] ring1_base_o,
  input logic [3:0]  ring1_size_o,
  input logic [15:0] ring1_tail_o,
  input logic [15:0] ring1_tail_q,
  input logic [63:0] timestamp_i,
  input logic        msi_fail_i,
  input logic        msi_enable_o,
  input logic [63:2] msi_address_o,
  input logic [31:0] msi_data_o
);
  `RESET(clk_i, rst_ni)

  // ---- the contract: writable bits, reset value, gate
  (* anyconst *) logic [11:0] offset;
  logic [31:0] writable, at_reset, shadow_q, select;
  logic        gated, kept, plain;
  always_comb begin
    writable = '0;
    at_reset = '0;
    gated    = 1'b0;
    kept     = 1'b1;     // by SOFT_RESET
    case (offset)
      12'h00C: begin writable = 32'h0000_00FF; at_reset = 32'd1; end
      12'h010: writable = 32'h00FF_FFFF;
      12'h030: begin writable = 32'h0000_0005; kept = 1'b0; end
      12'h050, 12'h070, 12'h100: begin writable = 32'hFFFF_FFC0; gated = 1'b1; end
      12'h054, 12'h074, 12'h104: begin writable = 32'hFFFF_FFFF; gated = 1'b1; end
      12'h058, 12'h078, 12'h108: begin writable = 32'h0000_000F; gated = 1'b1; end
      12'h060, 12'h080, 12'h110: begin writable = 32'h0000_FFFF; kept = 1'b0; end
      12'h090: begin writable = 32'h0000_FFFF; gated = 1'b1; at_reset = 32'd640; end
      12'h094: begin writable = 32'h0000_FFFF; gated = 1'b1; at_reset = 32'd480; end
      12'h0A8: writable = 32'h0000_0001;
      12'h0AC, 12'h0E8, 12'h0EC: writable = 32'hFFFF_FFFF;
      12'h0E0: writable = 32'h0000_0001;
      12'h0E4: writable = 32'hFFFF_FFFC;
      12'h0F0, 12'h0F4: begin writable = 32'hFFFF_FFFE; gated = 1'b1; end
      12'h0FC: begin writable = 32'h0000_0001; gated = 1'b1; end
      12'h0F8: begin writable = 32'h0000_0003; gated = 1'b1; end
      12'h098: begin writable = 32'h0003_FFFF; gated = 1'b1; at_reset = 32'd1280; end
      default: ;
    endcase
  end
  assign plain  = writable != '0;
  assign select = writable & {{8{write_strb_i[3]}}, {8{write_strb_i[2]}}, {8{write_strb_i[1]}}, {8{write_strb_i[0]}}};
  always_ff @(posedge clk_i) begin
    if (!rst_ni || (ctrl_clear_i && !kept)) shadow_q <= rst_ni ? '0 : at_reset;
    else if (write_i && write_addr_i == offset && !(gated && (!idle_i || enable_o)) &&
             !(offset == 12'h030 && resetting_i) && !(offset == 12'h0E0 && msi_fail_i))
      shadow_q <= (shadow_q & ~select) | (write_data_i & select);
    else if (offset == 12'h0E0 && msi_fail_i) shadow_q <= '0;
  end
  `PROVE(regs_read_back, !(plain && read_addr_i == offset) || (read_data_o & writable) == shadow_q)

  // ---- every stored field as the rest of the chip sees it
  logic [374:0] gated_now, gated_q;
  logic [209:0] free_now, free_q;
  logic         failed_q, wrote_q, open_q, cleared_q, was_up_q, stamp_q, write_known_q;
  logic [11:0]  wrote_addr_q;
  logic [31:0]  stamp_hi_q;
  assign gated_now = 375'({nv12_o, ring1_base_o, ring1_size_o, ring_base_o, ring_size_o, cpl_base_o, cpl_size_o,
                           width_o, height_o, stride_o,
                           input_size_o, crop_pos_o, field_mode_o});
  assign free_now  = {ring1_tail_q, msi_enable_o, msi_address_o, msi_data_o, enable_o, stall_o, coalesce_count_o,
                      coalesce_timeout_o, detect_enable_o, detect_timeout_o, ring_tail_q,
                      cpl_tail_o};
  always_ff @(posedge clk_i) begin
    gated_q       <= gated_now;
    free_q        <= free_now;
    failed_q      <= msi_fail_i;
    wrote_q       <= write_i;
    wrote_addr_q  <= write_addr_i;
    write_known_q <= write_known_o;
    open_q        <= idle_i && !enable_o;
    cleared_q     <= ctrl_clear_i;
    was_up_q      <= up;
    if (!rst_ni) stamp_hi_q <= '0;
    else if (read_i && read_addr_i == 12'h0A0) stamp_hi_q <= timestamp_i[63:32];
  end
  `PROVE(regs_gate, !was_up_q || gated_now == gated_q || (wrote_q && open_q))
  `PROVE(regs_read_no_effect, !was_up_q || failed_q || {gated_now, free_now} == {gated_q, free_q} || wrote_q || cleared_q)
  `PROVE(regs_unknown_no_effect, !was_up_q || failed_q || cleared_q || !wrote_q || write_known_q ||
                                 {gated_now, free_now} == {gated_q, free_q})
  `PROVE(regs_aligned, write_addr_i[1:0] == 2'd0 || !write_known_o)
  `PROVE(regs_decode, write_addr_i != read_addr_i || write_known_o == read_known_o)
  `PROVE(regs_unknown_zero, read_known_o || read_data_o == '0)
  `PROVE(regs_clear, !was_up_q || !cleared_q || {enable_o, stall_o, ring_tail_q, ring1_tail_q, cpl_tail_o} == '0)
  `PROVE(regs_stamp, read_addr_i != 12'h0A4 || read_data_o == stamp_hi_q)

  // ---- what a write does at once: exactly what was written to that offset, where a strobe is set
  logic [9:0] ones, strobed;
  assign strobed = {{2{write_strb_i[1]}}, {8{write_strb_i[0]}}};
  assign ones    = write_i ? write_data_i[9:0] & strobed : 10'd0;
  `PROVE(regs_w1c, intr_clear_o == (write_addr_i == 12'h000 ? ones : 10'd0))
  `PROVE(regs_test, intr_test_o == (write_addr_i == 12'h008 ? ones : 10'd0))
  `PROVE(regs_intr_enable, intr_enable_write_o == (write_i && write_addr_i == 12'h004) &&
                           (!intr_enable_write_o || intr_enable_data_o == (ones | (intr_enable_i & ~strobed))))
  `PROVE(regs_fault_test, fault_test_o == (write_addr_i == 12'h048 ? ones[2:0] : 3'd0))
  // The doorbell is heard in the cycle of its write.
  logic [15:0] rung, rung1;
  assign rung = {write_strb_i[1] ? write_data_i[15:8] : ring_tail_q[15:8],
                 write_strb_i[0] ? write_data_i[7:0] : ring_tail_q[7:0]};
  `PROVE(regs_doorbell, ring_tail_o == (write_i && write_addr_i == 12'h060 && !ctrl_clear_i ? rung : ring_tail_q))
  assign rung1 = {write_strb_i[1] ? write_data_i[15:8] : ring1_tail_q[15:8],
                  write_strb_i[0] ? write_data_i[7:0] : ring1_tail_q[7:0]};
  `PROVE(regs_doorbell1, ring1_tail_o == (write_i && write_addr_i == 12'h110 && !ctrl_clear_i ? rung1 : ring1_tail_q))
  `PROVE(regs_soft_reset, soft_reset_o == (write_addr_i == 12'h030 && ones[1]))

  `REACH(regs_reach_gated, gated_now != gated_q && was_up_q)
  `REACH(regs_reach_refused, was_up_q && wrote_q && !open_q && wrote_addr_q == 12'h090 && gated_now == gated_q)
  `REACH(regs_reach_stamp, stamp_hi_q == 32'h1234_5678)
  `REACH(regs_reach_clear, cleared_q && was_up_q && free_q[15:0] != 16'd0)
endmodule
