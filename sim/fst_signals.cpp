#include "sim/fst_signals.h"

#include <gtkwave/fstapi.h>

#include <stdexcept>

#include "sim/fst_scopes.h"

namespace p2p::sim {

namespace {
std::string binary(std::uint64_t number, unsigned bits) {
  std::string digits(bits, '0');
  for (unsigned i = 0; i < bits; ++i)
    if ((number >> i & 1) != 0) digits[bits - 1 - i] = '1';
  return digits;
}
}  // namespace

WaveSignals::Signal FstSignals::add_words(std::string_view path) { return declare(path, 0); }

WaveSignals::Signal FstSignals::add_number(std::string_view path, unsigned bits) {
  if (bits < 1 || bits > 64) throw std::logic_error("add_number: 1 to 64 bits expected");
  return declare(path, bits);
}

WaveSignals::Signal FstSignals::declare(std::string_view path, unsigned bits) {
  if (begun_) throw std::logic_error("a signal was added after the waveform's first change");
  signals_.push_back({std::string(path), bits, 0, {}, {}});
  return static_cast<Signal>(signals_.size() - 1);
}

void FstSignals::attach(void* fst) {
  fst_ = fst;
  begun_ = timed_ = false;
  changes_.clear();
  for (Signal i = 0; i < signals_.size(); ++i) {
    signals_[i].written.reset();
    if (fst_ != nullptr && signals_[i].value) changes_.push_back({now_ps_(), i, *signals_[i].value});
  }
}

/// Declares every signal in the file.
void FstSignals::begin() {
  begun_ = true;
  FstScopes scopes(fst_);
  for (Declared& signal : signals_) {
    std::string name(scopes.enter(signal.path));
    if (signal.bits > 1) name += " [" + std::to_string(signal.bits - 1) + ":0]";  // as Verilator names its vectors
    signal.handle = fstWriterCreateVar(fst_, signal.bits == 0 ? FST_VT_GEN_STRING : FST_VT_VCD_REG, FST_VD_IMPLICIT,
                                       signal.bits, name.c_str(), 0);
  }
  scopes.leave();
}

void FstSignals::set(Signal signal, std::string_view words) { add(signal, std::string(words)); }

void FstSignals::set(Signal signal, std::uint64_t number) { add(signal, binary(number, signals_.at(signal).bits)); }

void FstSignals::add(Signal signal, std::string value) {
  if (signals_.at(signal).value == value) return;
  signals_[signal].value = value;
  if (fst_ == nullptr) return;
  const std::uint64_t now = now_ps_();
  // One value an instant: the last.
  for (auto change = changes_.rbegin(); change != changes_.rend() && change->time_ps == now; ++change) {
    if (change->signal != signal) continue;
    change->value = std::move(value);
    return;
  }
  changes_.push_back({now, signal, std::move(value)});
}

void FstSignals::write_before(std::uint64_t time_ps) {
  if (!begun_) begin();
  for (; !changes_.empty() && changes_.front().time_ps < time_ps; changes_.pop_front()) {
    const Change& change = changes_.front();
    if (!timed_ || change.time_ps > file_ps_) {
      file_ps_ = change.time_ps;
      fstWriterEmitTimeChange(fst_, file_ps_);
    }
    timed_ = true;
    write(change);
  }
}

void FstSignals::write_at(std::uint64_t time_ps) {
  file_ps_ = time_ps;
  timed_ = true;
  for (; !changes_.empty() && changes_.front().time_ps == time_ps; changes_.pop_front()) write(changes_.front());
}

void FstSignals::write(const Change& change) {
  Declared& signal = signals_.at(change.signal);
  if (signal.written == change.value) return;  // there and back within an instant
  signal.written = change.value;
  if (signal.bits != 0) {
    fstWriterEmitValueChange(fst_, signal.handle, change.value.c_str());
  } else {
    fstWriterEmitVariableLengthValueChange(fst_, signal.handle, change.value.data(),
                                           static_cast<std::uint32_t>(change.value.size()));
  }
}

}  // namespace p2p::sim
