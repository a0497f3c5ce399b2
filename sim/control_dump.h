// What controls the chip, without the wide data: its ports but for data, and its registers of up to 16 bits, which are
// its state machines, handshakes, pointers and flags. By the names, ranges and words that the whole waveform has.
#pragma once

#include <string>
#include <tuple>
#include <vector>

#include "sim/chip_dump.h"
#include "sim/chip_signals.h"

namespace p2p::sim {

class ControlDump final : public ChipDump {
 public:
  /// `all`: what the whole waveform declares. `signals` stay where they are as long as this is.
  ControlDump(const FstDeclarations& all, const std::vector<ChipSignalPlace>& signals, const std::string& file);
  ~ControlDump() override { close(); }
  void* context() override { return fst_; }
  std::uint32_t bus_clock() const override { return bus_clock_; }
  std::uint32_t pixel_clock() const override { return pixel_clock_; }
  void dump(std::uint64_t time_ps, bool bus_rises, bool pixel_rises) override;
  void flush() override;
  void close() override;

 private:
  template <class T>
  struct Watched {
    const T* at;
    std::uint32_t handle;
    unsigned bits;
    T last = 0;
  };
  template <class T>
  using List = std::vector<Watched<T>>;
  void watch(const ChipSignalPlace& signal, std::uint32_t handle);

  void* fst_;
  std::uint32_t bus_clock_ = 0, pixel_clock_ = 0;
  // One list for each width of a place, so that looking for changes is a loop without questions.
  std::tuple<List<std::uint8_t>, List<std::uint16_t>, List<std::uint32_t>, List<std::uint64_t>> watched_;
  bool begun_ = false;
};

}  // namespace p2p::sim
