#include "tb/wave/irp_signals.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "tb/events/irp_major.h"

namespace p2p::tb {

namespace {
constexpr unsigned kNumberBits = 32;

struct StateOf {
  std::string_view event, state;
};
constexpr std::array<StateOf, 6> kStates{{{"irp.create", "created"},
                                          {"irp.call", "called"},
                                          {"irp.pend", "pending"},
                                          {"irp.cancel", "cancelled"},
                                          {"irp.complete", "completing"},
                                          {"irp.done", "done"}}};
}  // namespace

IrpSignals::IrpSignals(sim::WaveSignals& signals, unsigned lanes) : signals_(signals) {
  for (unsigned i = 0; i < lanes; ++i) {
    const std::string scope = "sw." + lane_name(i) + ".";
    Lane& lane = lanes_.emplace_back();
    lane.irp = signals.add_number(scope + "irp", kNumberBits);
    lane.major = signals.add_words(scope + "major");
    lane.driver = signals.add_words(scope + "driver");
    lane.state = signals.add_words(scope + "state");
    lane.pending = signals.add_number(scope + "pending", 1);
    lane.summary = signals.add_words(scope + "summary");
  }
  without_lane_ = signals.add_number("sw.irp.without_lane", kNumberBits);
  for (Lane& lane : lanes_) leave(lane);
  signals.set(without_lane_, std::uint64_t{0});
}

std::string IrpSignals::lane_name(unsigned lane) {
  return (lane < 10 ? "irp.lane0" : "irp.lane") + std::to_string(lane);
}

void IrpSignals::on_event(std::string_view event, std::initializer_list<TraceField> fields) {
  const std::uint64_t id = field_value(fields, "irp", 0);
  if (id == 0) return;
  if (event == "irp.create") take_lane(id, field_text(fields, "kind") == "raw");
  const auto lane = std::find_if(lanes_.begin(), lanes_.end(), [id](const Lane& l) { return l.id == id; });
  if (lane == lanes_.end()) return;
  if (event == "irp.free") return leave(*lane);
  const auto state =
      std::find_if(kStates.begin(), kStates.end(), [event](const StateOf& s) { return s.event == event; });
  if (state != kStates.end()) lane->in_state = state->state;
  if (event == "irp.call") {
    lane->with_major = irp_major_name(field_value(fields, "major", 0));
    lane->at_driver = field_text(fields, "driver");
  }
  if (event == "irp.pend") signals_.set(lane->pending, std::uint64_t{1});
  if (event == "irp.done") signals_.set(lane->pending, std::uint64_t{0});
  show(*lane);
}

void IrpSignals::take_lane(std::uint64_t id, bool raw) {
  const auto lane = std::find_if(lanes_.begin(), lanes_.end(), [](const Lane& l) { return l.id == 0; });
  if (lane == lanes_.end() || raw) return signals_.set(without_lane_, ++without_);
  used_ = std::max(used_, static_cast<unsigned>(lane - lanes_.begin()) + 1);
  lane->id = id;
}

void IrpSignals::leave(Lane& lane) {
  lane.id = 0;
  lane.with_major = lane.in_state = {};
  lane.at_driver.clear();
  signals_.set(lane.pending, std::uint64_t{0});
  show(lane);
}

void IrpSignals::show(Lane& lane) {
  signals_.set(lane.irp, lane.id);
  signals_.set(lane.major, lane.with_major);
  signals_.set(lane.driver, lane.at_driver);
  signals_.set(lane.state, lane.in_state);
  std::string summary;
  if (lane.id != 0) {
    summary = std::to_string(lane.id);
    for (const std::string_view part : {lane.in_state, std::string_view(lane.at_driver), lane.with_major})
      if (!part.empty()) summary.append(" ").append(part);
  }
  signals_.set(lane.summary, summary);
}

}  // namespace p2p::tb
