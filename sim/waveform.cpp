#include "sim/waveform.h"

#include <gtkwave/fstapi.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include "sim/fst_context.h"

namespace p2p::sim {

void check_writable(const std::string& file) {
  std::ofstream probe(file, std::ios::binary | std::ios::trunc);
  if (!probe) throw std::runtime_error(file + ": cannot write the waveform: " + std::strerror(errno));
}

std::uint32_t port_handle(const FstDeclarations& declarations, const std::string& port) {
  for (const FstDeclarations::Signal& signal : declarations.signals)
    if (signal.path == "vcap." + port) return signal.handle;
  throw std::logic_error("the waveform has no port " + port);
}

Waveform::Waveform(std::unique_ptr<ChipDump> chip, std::string file, const Clocks& clocks, FstSignals& others)
    : chip_(std::move(chip)),
      file_(std::move(file)),
      fst_(chip_->context()),
      bus_{chip_->bus_clock(), clocks.bus_period_ps / 2},
      pixel_{chip_->pixel_clock(), clocks.pixel_period_ps / 2},
      others_(others) {
  others_.attach(fst_);
}

void Waveform::dump(std::uint64_t time_ps, bool bus_rises, bool pixel_rises) {
  fall_before(time_ps);
  others_.write_before(time_ps);
  chip_->dump(time_ps, bus_rises, pixel_rises);
  others_.write_at(time_ps);
  fall_at(time_ps);
  if (bus_rises) rise(bus_, time_ps);
  if (pixel_rises) rise(pixel_, time_ps);
  begun_ = true;
}

void Waveform::fall_before(std::uint64_t time_ps) {
  for (std::uint64_t fall; (fall = std::min(bus_.fall_ps, pixel_.fall_ps)) < time_ps;) {
    others_.write_before(fall);
    fstWriterEmitTimeChange(fst_, fall);
    fall_at(fall);
    others_.write_at(fall);
  }
}

void Waveform::fall_at(std::uint64_t time_ps) {
  for (Clock* clock : {&bus_, &pixel_}) {
    if (clock->fall_ps != time_ps) continue;
    write(*clock, false);
    clock->fall_ps = kNever;
  }
}

void Waveform::rise(Clock& clock, std::uint64_t time_ps) {
  if (begun_) write(clock, true);
  clock.fall_ps = time_ps + clock.half_period_ps;
}

void Waveform::write(const Clock& clock, bool level) {
  fstWriterEmitValueChange(fst_, clock.handle, level ? "1" : "0");
}

void Waveform::close() {
  if (chip_ == nullptr) return;
  others_.write_rest();
  others_.attach(nullptr);
  chip_->close();
  chip_.reset();
  blank_fst_date(file_);
}

}  // namespace p2p::sim
