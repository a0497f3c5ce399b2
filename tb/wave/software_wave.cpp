#include "tb/wave/software_wave.h"

#include "tb/numbers.h"

namespace p2p::tb {

SoftwareWave::SoftwareWave(sim::WaveSignals& signals, const Sizes& sizes, CpuSignals::Namer namer,
                           BusSignals::RegisterNamer register_namer)
    : signals_(signals),
      cpus_(signals, sizes.cpus, std::move(namer)),
      interrupt_(signals),
      pins_(signals, sizes.pins),
      irps_(signals, sizes.irp_lanes),
      dma_(signals, sizes.dma_lanes),
      frames_(signals, sizes.frame_lanes),
      violations_(signals.add_number("sw.check.violations", 32)),
      rule_(signals.add_words("sw.check.rule")),
      text_(signals.add_words("sw.check.text")),
      bugcheck_(signals.add_words("sw.check.bugcheck")),
      bus_(signals, std::move(register_namer)) {
  signals.set(violations_, violation_count_);
  signals.set(rule_, std::string_view());
  signals.set(text_, std::string_view());
  signals.set(bugcheck_, std::string_view());
}

WaveUse SoftwareWave::use() const {
  WaveUse use;
  use.cpus = cpus_.count();
  use.irp_lanes = irps_.used();
  use.dma_lanes = dma_.used();
  use.frame_lanes = frames_.used();
  use.write_lanes = bus_.writes_used();
  use.read_lanes = bus_.reads_used();
  use.pins = pins_.used();
  return use;
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
  dma_.on_event(event, fields);
  frames_.on_event(event, fields);
  if (event == "bugcheck")
    signals_.set(bugcheck_, hex(field_value(fields, "code", 0)) + " " + std::string(field_text(fields, "rule")));
}

}  // namespace p2p::tb
