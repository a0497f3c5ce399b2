#include "tb/wave/software_wave.h"

namespace p2p::tb {

SoftwareWave::SoftwareWave(sim::WaveSignals& signals, const Sizes& sizes, CpuSignals::Namer namer)
    : signals_(signals),
      cpus_(signals, sizes.cpus, std::move(namer)),
      interrupt_(signals),
      pins_(signals, sizes.pins),
      irps_(signals, sizes.irp_lanes),
      frames_(signals, sizes.frame_lanes),
      violations_(signals.add_number("sw.check.violations", 32)),
      rule_(signals.add_words("sw.check.rule")),
      text_(signals.add_words("sw.check.text")) {
  signals.set(violations_, violation_count_);
  signals.set(rule_, std::string_view());
  signals.set(text_, std::string_view());
}

void SoftwareWave::violated(const Violation& violation) {
  signals_.set(violations_, ++violation_count_);
  signals_.set(rule_, violation.rule);
  signals_.set(text_, violation.text);
}

void SoftwareWave::on_event(std::uint64_t, std::string_view, std::string_view event,
                            std::initializer_list<TraceField> fields) {
  interrupt_.on_event(event, fields);
  pins_.on_event(event, fields);
  irps_.on_event(event, fields);
  frames_.on_event(event, fields);
}

}  // namespace p2p::tb
