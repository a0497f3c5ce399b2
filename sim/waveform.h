// The FST waveform: the chip's signals, its clocks, and others beside them (sim/wave_signals.h). Two runs that do the
// same leave the same bytes: the file's date is blanked on closing.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "sim/chip_dump.h"
#include "sim/fst_signals.h"
#include "sim/fst_writer.h"

namespace p2p::sim {

class Waveform {
 public:
  struct Clocks {
    std::uint64_t bus_period_ps, pixel_period_ps;
  };
  /// Begins at any time of the run. `others`: signals beside the chip's; they outlive this. Throws std::runtime_error
  /// with one line if the file cannot be written.
  Waveform(std::unique_ptr<ChipDump> chip, std::string file, const Clocks& clocks, FstSignals& others);
  /// Closes it if nobody has; then, what could not be written is lost without a word.
  ~Waveform();
  Waveform(const Waveform&) = delete;
  Waveform& operator=(const Waveform&) = delete;

  /// The chip's signals as they are now, at `time_ps`, which rises from call to call and at which these clocks rise.
  void dump(std::uint64_t time_ps, bool bus_rises, bool pixel_rises);
  /// What was dumped so far can be read even if the process dies, as soon as the time goes on.
  void flush() {
    if (fst_) fst_->flush();
  }
  /// No edge comes any more for now: the same at once.
  void write_now() {
    if (fst_) fst_->write_now();
  }
  /// Ends it at `time_ps`, with the clocks' falls before that. Throws std::runtime_error with one line.
  void close(std::uint64_t time_ps);

 private:
  static constexpr std::uint64_t kNever = ~std::uint64_t{0};
  struct Clock {
    std::uint32_t handle = 0;
    std::uint64_t half_period_ps = 0;
    std::uint64_t fall_ps = kNever;
  };
  void begin();
  void fall_before(std::uint64_t time_ps);
  void fall_at(std::uint64_t time_ps);
  void rise(Clock& clock, std::uint64_t time_ps);

  std::unique_ptr<ChipDump> chip_;
  std::string file_;
  std::optional<FstWriter> fst_;  // from the first dump on
  Clock bus_, pixel_;
  FstSignals& others_;
  bool dumped_ = false, closed_ = false;
};

}  // namespace p2p::sim
