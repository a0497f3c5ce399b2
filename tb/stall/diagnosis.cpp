#include "tb/stall/diagnosis.h"

#include <array>

#include "tb/numbers.h"

namespace p2p::tb {

namespace {

constexpr std::uint64_t kFrameDone = 0x1;  // of INTR_STATE and INTR_ENABLE, docs/registers.md

std::string since(const std::optional<std::uint64_t>& cycle) {
  return cycle ? "the last was at cycle " + std::to_string(*cycle) : "there was none";
}

using Rule = Diagnosis (*)(const StallEvidence&);

Diagnosis pin_not_running(const StallEvidence& e) {
  if (!e.pin) return {"no pin", "no pin is open: the stream was never set up, or is closed"};
  if (e.pin->state == "RUN") return {};
  return {"pin not running", "pin " + std::to_string(e.pin->id) + " is in " + e.pin->state};
}

Diagnosis sink_blocked(const StallEvidence& e) {
  if (e.pin->irps != 0 || e.held_samples == 0) return {};
  return {"sink blocked", "the application keeps " + count(e.held_samples, "sample") + ", and no buffer is queued"};
}

Diagnosis no_buffers(const StallEvidence& e) {
  if (e.pin->irps != 0) return {};
  return {"no buffers queued", "the pin runs, and its queue is empty"};
}

Diagnosis dma_not_started(const StallEvidence& e) {
  if (e.channel.enabled) return {};
  return {"DMA not started",
          count(e.pin->irps, "IRP") + " waiting at the pin, and CTRL of the chip's channel has no enable"};
}

Diagnosis interrupt_masked(const StallEvidence& e) {
  if (e.channel.records == 0 || (e.channel.causes & kFrameDone) == 0 || (e.channel.enables & kFrameDone) != 0)
    return {};
  return {"interrupt masked", count(e.channel.records, "completion record") + " not taken; INTR_STATE is " +
                                  hex(e.channel.causes) + ", and INTR_ENABLE " + hex(e.channel.enables) +
                                  " does not let FRAME_DONE through"};
}

Diagnosis interrupt_lost(const StallEvidence& e) {
  const std::uint64_t asked = e.channel.causes & e.channel.enables;
  if (asked == 0) return {};
  if (!e.line) {
    return {"interrupt lost",
            "the chip asks for causes " + hex(asked) +
                ", and the line at the CPUs is low: not asserted, or disabled in configuration space"};
  }
  return {"interrupt lost",
          "the line is high for causes " + hex(asked) + ", and no ISR clears them; " + since(e.last_isr)};
}

Diagnosis dpc_not_run(const StallEvidence& e) {
  if (e.queued_dpcs != 0) return {"DPC not run", count(e.queued_dpcs, "DPC") + " queued; " + since(e.last_dpc)};
  if (e.channel.records == 0 || !e.last_isr || (e.last_dpc && *e.last_dpc >= *e.last_isr)) return {};
  return {"DPC not run", "the ISR ran at cycle " + std::to_string(*e.last_isr) + ", " +
                             count(e.channel.records, "completion record") + " not taken, and no DPC since; " +
                             since(e.last_dpc)};
}

Diagnosis records_left(const StallEvidence& e) {
  if (e.channel.records == 0) return {};
  return {"completion records left",
          count(e.channel.records, "completion record") + " not taken though ISR and DPC have run (cycle " +
              (e.last_dpc ? std::to_string(*e.last_dpc) : "-") + ") and no cause is pending"};
}

Diagnosis clone_leaked(const StallEvidence& e) {
  if (e.pin->clones == 0 || e.channel.written <= e.pin->completed) return {};
  return {"clone leaked", "the chip has written " + count(e.channel.written, "frame") + ", and " +
                              std::to_string(e.pin->completed) + " have completed; " + count(e.pin->clones, "clone") +
                              " of the leading edge keep theirs: a frame completes when its last stream pointer goes"};
}

Diagnosis ring_empty(const StallEvidence& e) {
  if (e.channel.descriptors != 0) return {};
  if (e.pin->waiting != 0) {
    return {"descriptor ring empty",
            count(e.pin->waiting, "frame") + " waiting at the leading edge, and the chip has no descriptor"};
  }
  if (e.pin->clones == 0) return {};
  return {"descriptor ring empty", "the driver has taken frames (" + count(e.pin->clones, "clone") +
                                       "), and the chip has no descriptor: was the doorbell rung?"};
}

Diagnosis no_video(const StallEvidence& e) {
  if (e.channel.descriptors == 0) return {};
  return {"no video", "the chip has " + count(e.channel.descriptors, "descriptor") +
                          " and nothing to write into them; of source frames' ends " + since(e.last_source_frame)};
}

/// A run that was cut off while frames come and go stands nowhere: the last one is back, the next may be on its way.
bool is_under_way(const StallEvidence& e) {
  constexpr std::uint64_t kOnTheWay = 12'500;  // bus cycles: 100 us from a frame's end to the application
  if (!e.last_complete) return e.frame_under_way && !e.last_source_frame;
  return e.cycle - *e.last_complete < e.frame_cycles + kOnTheWay;
}

// The first ones are about what lasts, the others about what every frame comes through.
constexpr std::size_t kLasting = 5;
constexpr std::array<Rule, 11> kRules{pin_not_running,  sink_blocked,   no_buffers,  dma_not_started,
                                      interrupt_masked, interrupt_lost, dpc_not_run, records_left,
                                      clone_leaked,     ring_empty,     no_video};

}  // namespace

Diagnosis diagnose(const StallEvidence& evidence) {
  for (const Rule& rule : kRules) {
    if (&rule == &kRules[kLasting] && is_under_way(evidence))
      return {"", evidence.last_complete ? "frames came and went until then" : "the first frame was on its way"};
    Diagnosis found = rule(evidence);
    if (!found.verdict.empty()) return found;
  }
  return {};
}

}  // namespace p2p::tb
