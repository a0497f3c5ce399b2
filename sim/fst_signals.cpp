#include "sim/fst_signals.h"

#include <gtkwave/fstapi.h>

#include <stdexcept>
#include <utility>

#include "sim/fst_scopes.h"

namespace p2p::sim {

WaveSignals::Signal FstSignals::add_words(std::string_view path) { return add_signal(path, 0); }

WaveSignals::Signal FstSignals::add_number(std::string_view path, unsigned bits) {
  if (bits < 1 || bits > 64) throw std::logic_error("add_number: 1 to 64 bits expected");
  return add_signal(path, bits);
}

WaveSignals::Signal FstSignals::add_signal(std::string_view path, unsigned bits) {
  if (declared_) throw std::logic_error("a signal was added after the waveform's first change");
  signals_.push_back({std::string(path), bits, 0, {}, {}});
  return static_cast<Signal>(signals_.size() - 1);
}

void FstSignals::record(bool on) {
  recording_ = on;
  declared_ = false;
  changes_.clear();
  for (Signal i = 0; i < signals_.size(); ++i) {
    signals_[i].written.reset();
    if (on && signals_[i].value) changes_.push_back({now_ps_(), i, *signals_[i].value});
  }
}

void FstSignals::declare(void* fst) {
  declared_ = true;
  FstScopes scopes(fst);
  for (Declared& signal : signals_) {
    std::string name(scopes.enter(signal.path));
    if (signal.bits > 1) name += " [" + std::to_string(signal.bits - 1) + ":0]";  // as Verilator names its vectors
    signal.handle = fstWriterCreateVar(fst, signal.bits == 0 ? FST_VT_GEN_STRING : FST_VT_VCD_REG, FST_VD_IMPLICIT,
                                       signal.bits, name.c_str(), 0);
  }
  scopes.leave();
}

void FstSignals::set(Signal signal, std::string_view words) { add(signal, {0, std::string(words)}); }

void FstSignals::set(Signal signal, std::uint64_t number) { add(signal, {number, {}}); }

void FstSignals::add(Signal signal, Value value) {
  if (signals_.at(signal).value == value) return;
  signals_[signal].value = value;
  if (!recording_) return;
  const std::uint64_t now = now_ps_();
  // One value an instant: the last.
  for (auto change = changes_.rbegin(); change != changes_.rend() && change->time_ps == now; ++change) {
    if (change->signal != signal) continue;
    change->value = std::move(value);
    return;
  }
  changes_.push_back({now, signal, std::move(value)});
}

void FstSignals::write_before(FstWriter& fst, std::uint64_t time_ps) {
  for (; !changes_.empty() && changes_.front().time_ps < time_ps; changes_.pop_front()) {
    fst.time(changes_.front().time_ps);
    write(fst, changes_.front());
  }
}

void FstSignals::write_at(FstWriter& fst, std::uint64_t time_ps) {
  for (; !changes_.empty() && changes_.front().time_ps == time_ps; changes_.pop_front()) write(fst, changes_.front());
}

void FstSignals::write(FstWriter& fst, const Change& change) {
  Declared& signal = signals_.at(change.signal);
  if (signal.written == change.value) return;  // there and back within an instant
  signal.written = change.value;
  if (signal.bits != 0) {
    fst.number(signal.handle, change.value.number);
  } else {
    fst.words(signal.handle, change.value.words);
  }
}

}  // namespace p2p::sim
