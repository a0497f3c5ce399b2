// Who writes the chip's own signals to a waveform. The edges of its clocks are not among them, but for the first.
#pragma once

#include <cstdint>
#include <string>

#include "sim/fst_declarations.h"
#include "sim/fst_signals.h"
#include "sim/fst_writer.h"

namespace p2p::sim {

class ChipDump {
 public:
  virtual ~ChipDump() = default;
  ChipDump() = default;
  ChipDump(const ChipDump&) = delete;
  ChipDump& operator=(const ChipDump&) = delete;

  /// Leaves `file` with the declarations of the chip's signals and of `others`, and no value. First of all, once.
  virtual void declare(const std::string& file, FstSignals& others) = 0;
  virtual std::uint32_t bus_clock() const = 0;    ///< its handle
  virtual std::uint32_t pixel_clock() const = 0;  ///< its handle
  /// What the signals are at an instant at which these clocks rise, after inputs have been driven. Of the clocks: that
  /// they are high or low with the first call, nothing after that.
  virtual void dump(FstWriter& fst, bool bus_rises, bool pixel_rises) = 0;
};

/// The handle of one of the chip's ports. Throws std::logic_error if there is none.
std::uint32_t port_handle(const FstDeclarations& declarations, const std::string& port);

}  // namespace p2p::sim
