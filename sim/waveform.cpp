#include "sim/waveform.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include "sim/fst_context.h"

namespace p2p::sim {

namespace {
/// Verilator and fstapi end the process or fall silent if it is not.
void check_writable(const std::string& file) {
  std::ofstream probe(file, std::ios::binary | std::ios::trunc);
  if (!probe) throw std::runtime_error(file + ": cannot write the waveform: " + std::strerror(errno));
}
}  // namespace

std::uint32_t port_handle(const FstDeclarations& declarations, const std::string& port) {
  for (const FstDeclarations::Signal& signal : declarations.signals)
    if (signal.path == "vcap." + port) return signal.handle;
  throw std::logic_error("the waveform has no port " + port);
}

Waveform::Waveform(std::unique_ptr<ChipDump> chip, std::string file, const Clocks& clocks, FstSignals& others)
    : chip_(std::move(chip)), file_(std::move(file)), others_(others) {
  check_writable(file_);
  bus_.half_period_ps = clocks.bus_period_ps / 2;
  pixel_.half_period_ps = clocks.pixel_period_ps / 2;
  others_.record(true);
}

/// All signals are known by now.
void Waveform::begin() {
  chip_->declare(file_, others_);
  bus_.handle = chip_->bus_clock();
  pixel_.handle = chip_->pixel_clock();
  fst_.emplace(file_);
}

void Waveform::dump(std::uint64_t time_ps, bool bus_rises, bool pixel_rises) {
  if (!fst_) begin();
  fall_before(time_ps);
  others_.write_before(*fst_, time_ps);
  fst_->time(time_ps);
  chip_->dump(*fst_, bus_rises, pixel_rises);
  others_.write_at(*fst_, time_ps);
  fall_at(time_ps);
  if (bus_rises) rise(bus_, time_ps);
  if (pixel_rises) rise(pixel_, time_ps);
  dumped_ = true;
}

void Waveform::fall_before(std::uint64_t time_ps) {
  for (std::uint64_t fall; (fall = std::min(bus_.fall_ps, pixel_.fall_ps)) < time_ps;) {
    others_.write_before(*fst_, fall);
    fst_->time(fall);
    fall_at(fall);
    others_.write_at(*fst_, fall);
  }
}

void Waveform::fall_at(std::uint64_t time_ps) {
  for (Clock* clock : {&bus_, &pixel_}) {
    if (clock->fall_ps != time_ps) continue;
    fst_->number(clock->handle, 0);
    clock->fall_ps = kNever;
  }
}

void Waveform::rise(Clock& clock, std::uint64_t time_ps) {
  if (dumped_) fst_->number(clock.handle, 1);
  clock.fall_ps = time_ps + clock.half_period_ps;
}

Waveform::~Waveform() {
  try {
    close(0);
  } catch (const std::exception&) {
    // On the way out of what has failed already.
  }
}

void Waveform::close(std::uint64_t time_ps) {
  if (closed_) return;
  closed_ = true;
  if (!fst_) begin();
  fall_before(time_ps);
  others_.write_rest(*fst_);
  others_.record(false);
  fst_->close();
  fst_.reset();
  blank_fst_date(file_);
}

}  // namespace p2p::sim
