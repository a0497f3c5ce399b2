// Views of the Verilated model's ports as sim/pins.h structures: references, nothing is copied.
#pragma once

#include <type_traits>

#include "sim/pins.h"

namespace p2p::sim {

template <class Model>
using BusPinsOf = BusPins<Reference, std::remove_cvref_t<decltype(Model::m_axi_wdata)>,
                          std::remove_cvref_t<decltype(Model::m_axi_wstrb)>>;

template <class Model>
BusPinsOf<Model> bus_pins(const Model& m) {
  return {
      .rst_n = m.rst_ni,
      .intr = m.intr_o,
      .axi = {.awid = m.m_axi_awid,
              .awlen = m.m_axi_awlen,
              .awsize = m.m_axi_awsize,
              .awburst = m.m_axi_awburst,
              .awcache = m.m_axi_awcache,
              .awprot = m.m_axi_awprot,
              .awvalid = m.m_axi_awvalid,
              .awready = m.m_axi_awready,
              .awaddr = m.m_axi_awaddr,
              .wdata = m.m_axi_wdata,
              .wstrb = m.m_axi_wstrb,
              .wlast = m.m_axi_wlast,
              .wvalid = m.m_axi_wvalid,
              .wready = m.m_axi_wready,
              .bid = m.m_axi_bid,
              .bresp = m.m_axi_bresp,
              .bvalid = m.m_axi_bvalid,
              .bready = m.m_axi_bready,
              .arid = m.m_axi_arid,
              .arlen = m.m_axi_arlen,
              .arsize = m.m_axi_arsize,
              .arburst = m.m_axi_arburst,
              .arcache = m.m_axi_arcache,
              .arprot = m.m_axi_arprot,
              .arvalid = m.m_axi_arvalid,
              .arready = m.m_axi_arready,
              .araddr = m.m_axi_araddr,
              .rid = m.m_axi_rid,
              .rresp = m.m_axi_rresp,
              .rlast = m.m_axi_rlast,
              .rvalid = m.m_axi_rvalid,
              .rready = m.m_axi_rready,
              .rdata = m.m_axi_rdata},
      .axil = {.awaddr = m.s_axil_awaddr,
               .awprot = m.s_axil_awprot,
               .awvalid = m.s_axil_awvalid,
               .awready = m.s_axil_awready,
               .wdata = m.s_axil_wdata,
               .wstrb = m.s_axil_wstrb,
               .wvalid = m.s_axil_wvalid,
               .wready = m.s_axil_wready,
               .bresp = m.s_axil_bresp,
               .bvalid = m.s_axil_bvalid,
               .bready = m.s_axil_bready,
               .araddr = m.s_axil_araddr,
               .arprot = m.s_axil_arprot,
               .arvalid = m.s_axil_arvalid,
               .arready = m.s_axil_arready,
               .rdata = m.s_axil_rdata,
               .rresp = m.s_axil_rresp,
               .rvalid = m.s_axil_rvalid,
               .rready = m.s_axil_rready},
  };
}

template <class Model>
VideoPins<Reference> video_pins(const Model& m) {
  return {.rst_n = m.pix_rst_ni,
          .tdata = m.s_axis_video_tdata,
          .tvalid = m.s_axis_video_tvalid,
          .tready = m.s_axis_video_tready,
          .tuser = m.s_axis_video_tuser,
          .tlast = m.s_axis_video_tlast};
}

}  // namespace p2p::sim
