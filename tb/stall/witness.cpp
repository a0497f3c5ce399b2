#include "tb/stall/witness.h"

#include "ntos/inspect.h"
#include "sw/ks/inspect.h"
#include "tb/debug/state_text.h"

namespace p2p::tb {

namespace {

/// The chip's registers by the end of their paths; 0 for one that is not there.
class Registers {
 public:
  explicit Registers(const std::vector<sim::ChipSignal>& signals) : signals_(signals) {}
  std::uint64_t operator[](std::string_view end) const { return find(end).value; }
  /// How far one free-running index is before another of its width.
  std::uint64_t distance(std::string_view newer, std::string_view older) const {
    const sim::ChipSignal ahead = find(newer);
    return (ahead.value - find(older).value) & ((std::uint64_t{1} << ahead.bits) - 1);
  }

 private:
  sim::ChipSignal find(std::string_view end) const {
    for (const sim::ChipSignal& signal : signals_)
      if (signal.path.rfind(kChannel, 0) == 0 && signal.path.substr(kChannel.size()) == end) return signal;
    return {};
  }
  static constexpr std::string_view kChannel = "gen_channel[0].u_channel.";
  const std::vector<sim::ChipSignal>& signals_;
};

ChannelEvidence channel_of(const sim::Machine& machine) {
  const std::vector<sim::ChipSignal> signals = machine.chip_signals();
  const Registers chip(signals);
  return {chip["u_regs.enable_q"] != 0,
          chip.distance("u_regs.ring_tail_q", "u_dma.gen_plane[0].u_plane.head_q"),
          chip.distance("u_dma.cpl_head_q", "u_regs.cpl_tail_q"),
          chip["u_intr.state_q"],
          chip["u_intr.enable_q"],
          chip.distance("u_entries.wr_bin_q", "u_entries.rd_bin_q"),
          chip["u_frames.count_q"]};
}

/// The pin that is furthest on; the first of those.
std::optional<PinEvidence> capture_pin() {
  std::optional<PinEvidence> found;
  for (const ks::PinState& pin : ks::pin_states()) {
    if (found && (found->state == "RUN" || pin.state != "RUN")) continue;
    found = {pin.id, pin.state, pin.irps.size(), pin.waiting, pin.clones.size(), 0};
  }
  return found;
}

}  // namespace

void StallWitness::on_event(std::uint64_t, std::string_view, std::string_view event,
                            std::initializer_list<TraceField> fields) {
  if (event == "isr.enter") last_isr_ = machine_.bus_cycle();
  if (event == "dpc.enter") last_dpc_ = machine_.bus_cycle();
  if (event == "frame.sof" && !last_source_frame_) first_frame_ = machine_.bus_cycle();
  if (event == "frame.eof") {
    frame_cycles_ = machine_.bus_cycle() - last_source_frame_.value_or(first_frame_);
    last_source_frame_ = machine_.bus_cycle();
  }
  if (event == "frame.sof" || event == "frame.eof") frame_under_way_ = event == "frame.sof";
  if (event == "frame.complete" && field_value(fields, "bytes", 0) != 0) {
    ++completed_[field_value(fields, "pin", 0)];
    last_complete_ = machine_.bus_cycle();
  }
}

StallEvidence StallWitness::take() const {
  StallEvidence evidence;
  evidence.cycle = machine_.bus_cycle();
  evidence.pin = capture_pin();
  if (const auto done = completed_.find(evidence.pin ? evidence.pin->id : 0); done != completed_.end())
    evidence.pin->completed = done->second;
  evidence.channel = channel_of(machine_);
  evidence.line = machine_.interrupt_line(sim::kInterruptLine);
  for (const ntos::CpuState& cpu : ntos::cpu_states()) evidence.queued_dpcs += cpu.dpcs.size();
  evidence.last_isr = last_isr_;
  evidence.last_dpc = last_dpc_;
  evidence.last_source_frame = last_source_frame_;
  evidence.frame_under_way = frame_under_way_;
  evidence.frame_cycles = frame_cycles_;
  evidence.last_complete = last_complete_;
  evidence.tables = {{"pins", pins_text()},       {"IRPs", irps_text(false)},
                     {"processors", cpus_text()}, {"DPCs", dpcs_text()},
                     {"threads", threads_text()}, {"chip", chip_text(machine_, "gen_channel[0].u_channel.")}};
  return evidence;
}

}  // namespace p2p::tb
