// What controls the chip, without the wide data: its ports but for data, and its registers of up to 16 bits, which are
// its state machines, handshakes, pointers and flags. By the names, ranges and words that the whole waveform has.
#pragma once

#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "sim/chip_dump.h"
#include "sim/chip_signals.h"

namespace p2p::sim {

class ControlDump final : public ChipDump {
 public:
  /// `whole`: what else would write the waveform, for its declarations. `signals` stay where they are as long as this
  /// is.
  ControlDump(std::unique_ptr<ChipDump> whole, std::vector<ChipSignalPlace> signals);
  void declare(const std::string& file, FstSignals& others) override;
  std::uint32_t bus_clock() const override { return bus_clock_; }
  std::uint32_t pixel_clock() const override { return pixel_clock_; }
  void dump(FstWriter& fst, bool bus_rises, bool pixel_rises) override;

 private:
  template <class T>
  struct Watched {
    const T* at;
    std::uint32_t handle;
    T last = 0;
  };
  template <class T>
  using List = std::vector<Watched<T>>;
  void watch(const ChipSignalPlace& signal, std::uint32_t handle);

  std::unique_ptr<ChipDump> whole_;
  std::vector<ChipSignalPlace> signals_;
  std::uint32_t bus_clock_ = 0, pixel_clock_ = 0;
  // One list for each width of a place, so that looking for changes is a loop without questions.
  std::tuple<List<std::uint8_t>, List<std::uint16_t>, List<std::uint32_t>, List<std::uint64_t>> watched_;
  bool begun_ = false;
};

}  // namespace p2p::sim
