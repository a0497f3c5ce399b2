// The reference model (tb/model) beside the chip of a run: every output pin, in every cycle of both clocks.
#pragma once

#include <array>
#include <cstdint>

#include "tb/check/rule.h"
#include "tb/model/lockstep.h"

namespace p2p::tb {

class ModelChecker {
 public:
  enum Id { kOutput, kCount };

  explicit ModelChecker(const model::Parameters& parameters = {}) : lockstep_(parameters) {}

  /// First of an instant with edges: which clocks rise, and both resets.
  void instant(bool pixel_edge, bool rst_n, bool pix_rst_n) {
    lockstep_.instant(pixel_edge ? 1 : 0, rst_n, pix_rst_n ? 1 : 0);
  }
  template <class Pins>
  void bus_cycle(std::uint64_t cycle, const Pins& pins) {
    if (lockstep_.bus_edge(pins, &outputs<Pins>, inputs(pins))) [[unlikely]]
      fail("bus", cycle);
  }
  template <class Pins>
  void pixel_cycle(std::uint64_t cycle, const Pins& p) {
    if (lockstep_.pixel_edge(0, p.tready != 0, {p.tdata, p.tvalid, p.tuser, p.tlast})) [[unlikely]]
      fail("pixel", cycle);
  }
  /// Brings `exercised` up to date.
  void count() { rules[kOutput].exercised = lockstep_.edges_compared(); }

  std::array<Rule, kCount> rules{{
      {"MODEL_OUTPUT", "docs/vcap.md", "every output is in every cycle what the reference model says"},
  }};
  ViolationLog violations;

 private:
  template <class Pins>
  [[gnu::cold]] static model::BusOutputs outputs(const Pins& pins);
  template <class Pins>
  static model::BusInputs inputs(const Pins& pins);
  [[gnu::cold]] void fail(const char* clock, std::uint64_t cycle) {
    violations.add(rules[kOutput], clock, cycle, lockstep_.difference());
  }

  model::Lockstep lockstep_;
};

template <class Pins>
model::BusOutputs ModelChecker::outputs(const Pins& pins) {
  const auto& l = pins.axil;
  const auto& m = pins.axi;
  return {.intr = pins.intr,
          .axil = {.awready = l.awready,
                   .wready = l.wready,
                   .bvalid = l.bvalid,
                   .arready = l.arready,
                   .rvalid = l.rvalid,
                   .bresp = l.bresp,
                   .rresp = l.rresp,
                   .rdata = l.rdata},
          .axi = {.awvalid = m.awvalid,
                  .wvalid = m.wvalid,
                  .wlast = m.wlast,
                  .bready = m.bready,
                  .arvalid = m.arvalid,
                  .rready = m.rready,
                  .awid = m.awid,
                  .awlen = m.awlen,
                  .arid = m.arid,
                  .arlen = m.arlen,
                  .awaddr = m.awaddr,
                  .araddr = m.araddr,
                  .wstrb = m.wstrb,
                  .wdata = {m.wdata, 0},
                  .awsize = m.awsize,
                  .awburst = m.awburst,
                  .awcache = m.awcache,
                  .awprot = m.awprot,
                  .arsize = m.arsize,
                  .arburst = m.arburst,
                  .arcache = m.arcache,
                  .arprot = m.arprot}};
}

template <class Pins>
model::BusInputs ModelChecker::inputs(const Pins& pins) {
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
                  .rdata = {m.rdata, 0}}};
}

}  // namespace p2p::tb
