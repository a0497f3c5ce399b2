// What watches every clock edge: all protocol checkers, and the bus counters the summary shows.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "sim/pins.h"
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
    axi4.cycle(cycle, pins);
    axil.cycle(cycle, pins);
    interrupt.cycle(cycle, pins);
    completion.cycle(cycle, pins);
    ++bus_cycles;
    w_beats += pins.axi.wvalid & pins.axi.wready;
    rises += static_cast<unsigned>(pins.intr & ~level_ & 1);
    level_ = pins.intr;
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
  std::uint64_t bus_cycles = 0, pixel_cycles = 0, w_beats = 0, rises = 0;

 private:
  unsigned level_ = 0;
};

}  // namespace p2p::tb
