// The reference model (tb/model) beside the chip on the bench, of whatever width and channels.
#pragma once

#include <cstdint>
#include <cstring>

#include "Vvcap.h"
#include "tb/model/lockstep.h"

namespace p2p::rtltest {

// As the model was built (CMakeLists.txt).
inline model::Parameters chip_parameters() {
  return {.channels = P2P_CHANNELS,
          .data_bytes = P2P_DATA_WIDTH / 8,
          .max_burst = P2P_MAX_BURST,
          .max_outstanding = P2P_MAX_OUTSTANDING,
#ifdef P2P_CUT_THROUGH
          .cut_through = true,
#endif
          .fifo_depth = P2P_FIFO_DEPTH,
          .prefetch_depth = P2P_PREFETCH_DEPTH,
          .clk_khz = 125000};
}

template <class Port>
model::Lanes lanes(const Port& port) {
  std::uint64_t halves[2]{};
  std::memcpy(halves, &port, P2P_DATA_WIDTH / 8);
  return {halves[0], halves[1]};
}

inline model::BusOutputs outputs(const Vvcap& p) {
  return {.intr = p.intr_o,
          .axil = {.awready = p.s_axil_awready,
                   .wready = p.s_axil_wready,
                   .bvalid = p.s_axil_bvalid,
                   .arready = p.s_axil_arready,
                   .rvalid = p.s_axil_rvalid,
                   .bresp = p.s_axil_bresp,
                   .rresp = p.s_axil_rresp,
                   .rdata = p.s_axil_rdata},
          .axi = {.awvalid = p.m_axi_awvalid,
                  .wvalid = p.m_axi_wvalid,
                  .wlast = p.m_axi_wlast,
                  .bready = p.m_axi_bready,
                  .arvalid = p.m_axi_arvalid,
                  .rready = p.m_axi_rready,
                  .awid = p.m_axi_awid,
                  .awlen = p.m_axi_awlen,
                  .arid = p.m_axi_arid,
                  .arlen = p.m_axi_arlen,
                  .awaddr = p.m_axi_awaddr,
                  .araddr = p.m_axi_araddr,
                  .wstrb = p.m_axi_wstrb,
                  .wdata = lanes(p.m_axi_wdata),
                  .awsize = p.m_axi_awsize,
                  .awburst = p.m_axi_awburst,
                  .awcache = p.m_axi_awcache,
                  .awprot = p.m_axi_awprot,
                  .arsize = p.m_axi_arsize,
                  .arburst = p.m_axi_arburst,
                  .arcache = p.m_axi_arcache,
                  .arprot = p.m_axi_arprot}};
}

inline model::BusInputs inputs(const Vvcap& p) {
  return {.axil = {.awaddr = p.s_axil_awaddr,
                   .araddr = p.s_axil_araddr,
                   .wdata = p.s_axil_wdata,
                   .wstrb = p.s_axil_wstrb,
                   .awvalid = p.s_axil_awvalid,
                   .wvalid = p.s_axil_wvalid,
                   .bready = p.s_axil_bready,
                   .arvalid = p.s_axil_arvalid,
                   .rready = p.s_axil_rready},
          .axi = {.awready = p.m_axi_awready,
                  .wready = p.m_axi_wready,
                  .bvalid = p.m_axi_bvalid,
                  .arready = p.m_axi_arready,
                  .rvalid = p.m_axi_rvalid,
                  .rlast = p.m_axi_rlast,
                  .bid = p.m_axi_bid,
                  .bresp = p.m_axi_bresp,
                  .rid = p.m_axi_rid,
                  .rresp = p.m_axi_rresp,
                  .rdata = lanes(p.m_axi_rdata)}};
}

inline model::VideoInputs video_inputs(const Vvcap& p, unsigned channel) {
  model::VideoInputs in;
  std::memcpy(&in.tdata, reinterpret_cast<const std::uint8_t*>(&p.s_axis_video_tdata) + 4 * channel, 4);
  in.tvalid = ((p.s_axis_video_tvalid >> channel) & 1) != 0;
  in.tuser = ((p.s_axis_video_tuser >> channel) & 1) != 0;
  in.tlast = ((p.s_axis_video_tlast >> channel) & 1) != 0;
  in.tfid = ((p.s_axis_video_tfid >> channel) & 1) != 0;
  return in;
}

}  // namespace p2p::rtltest
