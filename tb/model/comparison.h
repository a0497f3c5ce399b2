// The chip's outputs beside the model's.
#pragma once

#include <string>

#include "tb/model/pins.h"

namespace p2p::model {

/// One output that is not what the model says.
struct Difference {
  std::string signal;           ///< as rtl/vcap.sv names it
  std::string expected, found;  ///< in hexadecimal
};

/// The first of the outputs, in the order of BusOutputs, that differs; of those that differ there must be one.
Difference first_difference(const BusOutputs& expected, const BusOutputs& found);

inline std::uint64_t differ(const Lanes& a, const Lanes& b) { return (a.low ^ b.low) | (a.high ^ b.high); }
inline std::uint64_t differ(const Lanes& a, std::uint64_t b) { return (a.low ^ b) | a.high; }
template <class A, class B>
std::uint64_t differ(A a, B b) {
  return static_cast<std::uint64_t>(a ^ b);
}

/// `Pins`: BusOutputs, or pins of the same names (sim/pins.h).
template <class Pins>
bool same(const BusOutputs& e, const Pins& f) {
  const RegisterOutputs& el = e.axil;
  const MemoryOutputs& em = e.axi;
  const auto& fl = f.axil;
  const auto& fm = f.axi;
  const std::uint64_t bits =
      differ(e.intr, f.intr) | differ(el.awready, fl.awready) | differ(el.wready, fl.wready) |
      differ(el.bvalid, fl.bvalid) | differ(el.arready, fl.arready) | differ(el.rvalid, fl.rvalid) |
      differ(el.bresp, fl.bresp) | differ(el.rresp, fl.rresp) | differ(el.rdata, fl.rdata) |
      differ(em.awvalid, fm.awvalid) | differ(em.wvalid, fm.wvalid) | differ(em.wlast, fm.wlast) |
      differ(em.bready, fm.bready) | differ(em.arvalid, fm.arvalid) | differ(em.rready, fm.rready) |
      differ(em.awid, fm.awid) | differ(em.awlen, fm.awlen) | differ(em.arid, fm.arid) | differ(em.arlen, fm.arlen) |
      differ(em.awaddr, fm.awaddr) | differ(em.araddr, fm.araddr) | differ(em.wstrb, fm.wstrb) |
      differ(em.wdata, fm.wdata) | differ(em.awsize, fm.awsize) | differ(em.awburst, fm.awburst) |
      differ(em.awcache, fm.awcache) | differ(em.awprot, fm.awprot) | differ(em.arsize, fm.arsize) |
      differ(em.arburst, fm.arburst) | differ(em.arcache, fm.arcache) | differ(em.arprot, fm.arprot);
  return bits == 0;
}

}  // namespace p2p::model
