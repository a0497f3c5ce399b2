// WaveSignals in the FST file that the Verilated model writes to. Software acts between the chip's edges, and the chip
// writes an edge only when it gets there: changes wait here until the file's time has come to theirs. While there is no
// file only the values are kept, for one that is begun later.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/wave_signals.h"

namespace p2p::sim {

class FstSignals final : public WaveSignals {
 public:
  /// `now_ps`: the simulated time of whoever is running.
  explicit FstSignals(std::function<std::uint64_t()> now_ps) : now_ps_(std::move(now_ps)) {}

  Signal add_words(std::string_view path) override;
  Signal add_number(std::string_view path, unsigned bits) override;
  bool recorded() const override { return fst_ != nullptr; }
  void set(Signal signal, std::string_view words) override;
  void set(Signal signal, std::uint64_t number) override;

  /// The file is `fst`, a writer context of fstapi before its first time; what the signals are now is written first.
  /// nullptr: no file any more.
  void attach(void* fst);
  /// Writes what changed before `time_ps`. The chip's own changes of that time may follow.
  void write_before(std::uint64_t time_ps);
  /// Writes what changed at `time_ps`, which the file has come to.
  void write_at(std::uint64_t time_ps);
  /// Writes all that is left; before the file is closed.
  void write_rest() { write_before(~std::uint64_t{0}); }

 private:
  struct Declared {
    std::string path;
    unsigned bits;  ///< 0: words
    std::uint32_t handle = 0;
    std::optional<std::string> value;    ///< as last set
    std::optional<std::string> written;  ///< as it stands in the file
  };
  struct Change {
    std::uint64_t time_ps;
    Signal signal;
    std::string value;
  };
  Signal declare(std::string_view path, unsigned bits);
  void begin();
  void add(Signal signal, std::string value);
  void write(const Change& change);

  void* fst_ = nullptr;
  std::function<std::uint64_t()> now_ps_;
  std::vector<Declared> signals_;
  std::deque<Change> changes_;  // in order of time
  std::uint64_t file_ps_ = 0;   // the file's time
  bool begun_ = false;          // the signals are declared in it
  bool timed_ = false;          // it has a time
};

}  // namespace p2p::sim
