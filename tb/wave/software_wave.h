// What software does, as signals of the waveform beside the chip's, from the events of the run; and what passes over
// the buses between.
#pragma once

#include <string>

#include "sim/wave_signals.h"
#include "tb/check/rule.h"
#include "tb/event_listener.h"
#include "tb/wave/bus_signals.h"
#include "tb/wave/cpu_signals.h"
#include "tb/wave/dma_signals.h"
#include "tb/wave/frame_signals.h"
#include "tb/wave/interrupt_signals.h"
#include "tb/wave/irp_signals.h"
#include "tb/wave/pin_signals.h"
#include "tb/wave/wave_use.h"

namespace p2p::tb {

/// Events come in at the simulated time of what they tell, as everywhere.
class SoftwareWave final : public EventListener {
 public:
  struct Sizes {
    unsigned cpus = 1;
    unsigned irp_lanes = 24, dma_lanes = 24, frame_lanes = 8, pins = 8;
  };
  SoftwareWave(sim::WaveSignals& signals, const Sizes& sizes, CpuSignals::Namer namer,
               BusSignals::RegisterNamer register_namer);

  CpuSignals& cpus() { return cpus_; }
  FrameSignals& frames() { return frames_; }
  BusSignals& bus() { return bus_; }
  /// A waveform has been begun: shows what was not while there was none.
  void begun() {
    cpus_.refresh();
    bus_.refresh();
  }
  /// sw.check.rule, .text: of the last violation; .violations: how many there have been. sw.check.bugcheck: its code
  /// and rule, from the event.
  void violated(const Violation& violation);
  WaveUse use() const;
  void on_event(std::uint64_t ns, std::string_view layer, std::string_view event,
                std::initializer_list<TraceField> fields) override;

 private:
  sim::WaveSignals& signals_;
  CpuSignals cpus_;
  InterruptSignals interrupt_;
  PinSignals pins_;
  IrpSignals irps_;
  DmaSignals dma_;
  FrameSignals frames_;
  sim::WaveSignals::Signal violations_, rule_, text_, bugcheck_;
  BusSignals bus_;
  std::uint64_t violation_count_ = 0;
};

}  // namespace p2p::tb
