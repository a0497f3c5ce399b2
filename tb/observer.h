// What watches every clock edge: all protocol checkers, and the bus counters the summary shows.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "sim/pins.h"
#include "tb/bus_use.h"
#include "tb/check/axi4_checker.h"
#include "tb/check/axil_checker.h"
#include "tb/check/axis_checker.h"
#include "tb/check/completion_checker.h"
#include "tb/check/intr_checker.h"

namespace p2p::tb {

class CheckingObserver {
 public:
  explicit CheckingObserver(const Axi4Limits& limits = {}) : axi4(limits) {}

  void bus_cycle(std::uint64_t cycle, const sim::BusPins<sim::Reference>& pins) {
    ++bus_cycles;
    const auto& m = pins.axi;
    const auto& r = pins.axil;
    const unsigned reset = pins.rst_n ? 0 : 1;
    const unsigned memory = m.awvalid | m.wvalid | m.bvalid | m.arvalid | m.rvalid | reset;
    const unsigned registers = r.awvalid | r.wvalid | r.bvalid | r.arvalid | r.rvalid | reset;
    // No checker has anything to say about a cycle that these conditions leave out.
    if (memory | axi4.waiting()) {
      axi4.cycle(cycle, pins);
      const unsigned written = m.wvalid & m.wready;
      w_beats += written;
      bus_use.cycle(cycle, written, m.rvalid & m.rready);
    }
    if (registers | axil.waiting()) axil.cycle(cycle, pins);
    if (registers | pins.intr | level_ | interrupt.waiting()) {
      interrupt.cycle(cycle, pins);
      rises += static_cast<unsigned>(pins.intr & ~level_ & 1);
      level_ = pins.intr;
    }
    if (memory | registers) completion.cycle(cycle, pins);
  }
  void pixel_cycle(std::uint64_t cycle, const sim::VideoPins<sim::Reference>& pins) {
    video.cycle(cycle, pins);
    ++pixel_cycles;
  }

  template <class Visit>
  void each_checker(Visit visit) {
    visit(axi4.rules, axi4.violations);
    visit(axil.rules, axil.violations);
    visit(video.rules, video.violations);
    visit(interrupt.rules, interrupt.violations);
    visit(completion.rules, completion.violations);
  }

  Axi4Checker axi4;
  AxiLiteChecker axil;
  VideoChecker video;
  InterruptChecker interrupt;
  CompletionChecker completion;
  BusUse bus_use;
  std::uint64_t bus_cycles = 0, pixel_cycles = 0, w_beats = 0, rises = 0;

 private:
  unsigned level_ = 0;
};

}  // namespace p2p::tb
