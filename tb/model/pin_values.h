// The model's pins beside pins of the same names (sim/pins.h): the list of all outputs, and values taken from pins.
#pragma once

#include <cstdint>
#include <cstring>

#include "tb/model/pins.h"

namespace p2p::model {

/// `Port`: 8 or 16 bytes, lowest first.
template <class Port>
Lanes lanes_of(const Port& port) {
  static_assert(sizeof(Port) == 8 || sizeof(Port) == 16);
  std::uint64_t halves[2]{};
  std::memcpy(halves, &port, sizeof port);
  return {halves[0], halves[1]};
}

/// Calls visit(name as in rtl/vcap.sv, a's, b's) for every output of the bus clock. `A`, `B`: BusOutputs, or pins of
/// the same names.
template <class A, class B, class Visit>
[[gnu::always_inline]] inline void each_output(A& a, B& b, Visit visit) {
  visit("intr_o", a.intr, b.intr);
  visit("s_axil_awready", a.axil.awready, b.axil.awready);
  visit("s_axil_wready", a.axil.wready, b.axil.wready);
  visit("s_axil_bvalid", a.axil.bvalid, b.axil.bvalid);
  visit("s_axil_bresp", a.axil.bresp, b.axil.bresp);
  visit("s_axil_arready", a.axil.arready, b.axil.arready);
  visit("s_axil_rvalid", a.axil.rvalid, b.axil.rvalid);
  visit("s_axil_rdata", a.axil.rdata, b.axil.rdata);
  visit("s_axil_rresp", a.axil.rresp, b.axil.rresp);
  visit("m_axi_awvalid", a.axi.awvalid, b.axi.awvalid);
  visit("m_axi_awid", a.axi.awid, b.axi.awid);
  visit("m_axi_awaddr", a.axi.awaddr, b.axi.awaddr);
  visit("m_axi_awlen", a.axi.awlen, b.axi.awlen);
  visit("m_axi_awsize", a.axi.awsize, b.axi.awsize);
  visit("m_axi_awburst", a.axi.awburst, b.axi.awburst);
  visit("m_axi_awcache", a.axi.awcache, b.axi.awcache);
  visit("m_axi_awprot", a.axi.awprot, b.axi.awprot);
  visit("m_axi_wvalid", a.axi.wvalid, b.axi.wvalid);
  visit("m_axi_wlast", a.axi.wlast, b.axi.wlast);
  visit("m_axi_wstrb", a.axi.wstrb, b.axi.wstrb);
  visit("m_axi_wdata", a.axi.wdata, b.axi.wdata);
  visit("m_axi_bready", a.axi.bready, b.axi.bready);
  visit("m_axi_arvalid", a.axi.arvalid, b.axi.arvalid);
  visit("m_axi_arid", a.axi.arid, b.axi.arid);
  visit("m_axi_araddr", a.axi.araddr, b.axi.araddr);
  visit("m_axi_arlen", a.axi.arlen, b.axi.arlen);
  visit("m_axi_arsize", a.axi.arsize, b.axi.arsize);
  visit("m_axi_arburst", a.axi.arburst, b.axi.arburst);
  visit("m_axi_arcache", a.axi.arcache, b.axi.arcache);
  visit("m_axi_arprot", a.axi.arprot, b.axi.arprot);
  visit("m_axi_rready", a.axi.rready, b.axi.rready);
}

struct TakeValue {
  template <class To, class From>
  void operator()(const char*, To& to, const From& from) const {
    to = from;
  }
  template <class From>
  void operator()(const char*, Lanes& to, const From& from) const {
    to = lanes_of(from);
  }
};

/// Outputs as `pins` show them.
template <class Pins>
BusOutputs outputs_of(const Pins& pins) {
  BusOutputs outputs;
  each_output(outputs, pins, TakeValue{});
  return outputs;
}

/// What an edge of the bus clock samples of `pins`.
template <class Pins>
BusInputs inputs_of(const Pins& pins) {
  const auto& l = pins.axil;
  const auto& m = pins.axi;
  return {.axil = {.awaddr = l.awaddr,
                   .araddr = l.araddr,
                   .wdata = l.wdata,
                   .wstrb = l.wstrb,
                   .awvalid = l.awvalid,
                   .wvalid = l.wvalid,
                   .bready = l.bready,
                   .arvalid = l.arvalid,
                   .rready = l.rready},
          .axi = {.awready = m.awready,
                  .wready = m.wready,
                  .bvalid = m.bvalid,
                  .arready = m.arready,
                  .rvalid = m.rvalid,
                  .rlast = m.rlast,
                  .bid = m.bid,
                  .bresp = m.bresp,
                  .rid = m.rid,
                  .rresp = m.rresp,
                  .rdata = lanes_of(m.rdata)}};
}

}  // namespace p2p::model
