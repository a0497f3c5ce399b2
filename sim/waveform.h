// The FST waveform: the chip's signals, its clocks, and others beside them (sim/wave_signals.h). Two runs that do the
// same leave the same bytes: the file's date is blanked on closing.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "sim/chip_dump.h"
#include "sim/fst_signals.h"

namespace p2p::sim {

/// Throws std::runtime_error with one line naming the file if it cannot be written.
void check_writable(const std::string& file);

class Waveform {
 public:
  struct Clocks {
    std::uint64_t bus_period_ps, pixel_period_ps;
  };
  /// Begins at any time of the run. `chip` has opened `file`. `others`: signals beside the chip's; they outlive this.
  Waveform(std::unique_ptr<ChipDump> chip, std::string file, const Clocks& clocks, FstSignals& others);
  ~Waveform() { close(); }
  Waveform(const Waveform&) = delete;
  Waveform& operator=(const Waveform&) = delete;

  /// The chip's signals as they are now, at `time_ps`, which rises from call to call and at which these clocks rise.
  void dump(std::uint64_t time_ps, bool bus_rises, bool pixel_rises);
  /// What was dumped so far can be read even if the process dies.
  void flush() { chip_->flush(); }
  void close();

 private:
  static constexpr std::uint64_t kNever = ~std::uint64_t{0};
  struct Clock {
    std::uint32_t handle;
    std::uint64_t half_period_ps;
    std::uint64_t fall_ps = kNever;
  };
  void fall_before(std::uint64_t time_ps);
  void fall_at(std::uint64_t time_ps);
  void rise(Clock& clock, std::uint64_t time_ps);
  void write(const Clock& clock, bool level);

  std::unique_ptr<ChipDump> chip_;  // none once it is closed
  std::string file_;
  void* fst_;
  Clock bus_, pixel_;
  FstSignals& others_;
  bool begun_ = false;
};

}  // namespace p2p::sim
