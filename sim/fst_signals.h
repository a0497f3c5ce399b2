// WaveSignals in the FST file that the chip's signals are in. Software acts between the chip's edges, and the chip
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

#include "sim/fst_writer.h"
#include "sim/wave_signals.h"

namespace p2p::sim {

class FstSignals final : public WaveSignals {
 public:
  /// `now_ps`: the simulated time of whoever is running.
  explicit FstSignals(std::function<std::uint64_t()> now_ps) : now_ps_(std::move(now_ps)) {}

  Signal add_words(std::string_view path) override;
  Signal add_number(std::string_view path, unsigned bits) override;
  bool recorded() const override { return recording_; }
  void set(Signal signal, std::string_view words) override;
  void set(Signal signal, std::uint64_t number) override;

  /// There is a file from now on, or none any more: what the signals are is its first.
  void record(bool on);
  /// Declares them in a file of fstapi's, whose writer context that is. Before anything is written.
  void declare(void* fst);
  /// Writes what changed before `time_ps`. The chip's own changes of that time may follow.
  void write_before(FstWriter& fst, std::uint64_t time_ps);
  /// Writes what changed at `time_ps`, which the file has come to.
  void write_at(FstWriter& fst, std::uint64_t time_ps);
  /// Writes all that is left; before the file is closed.
  void write_rest(FstWriter& fst) { write_before(fst, ~std::uint64_t{0}); }

 private:
  struct Value {
    std::uint64_t number = 0;
    std::string words;
    bool operator==(const Value&) const = default;
  };
  struct Declared {
    std::string path;
    unsigned bits;  ///< 0: words
    std::uint32_t handle = 0;
    std::optional<Value> value;    ///< as last set
    std::optional<Value> written;  ///< as it stands in the file
  };
  struct Change {
    std::uint64_t time_ps;
    Signal signal;
    Value value;
  };
  Signal add_signal(std::string_view path, unsigned bits);
  void add(Signal signal, Value value);
  void write(FstWriter& fst, const Change& change);

  std::function<std::uint64_t()> now_ps_;
  std::vector<Declared> signals_;
  std::deque<Change> changes_;  // in order of time
  bool recording_ = false;
  bool declared_ = false;
};

}  // namespace p2p::sim
