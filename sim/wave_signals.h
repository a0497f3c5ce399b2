// Signals that are not the chip's, in the waveform beside the chip's. Plain C++: whoever watches software includes
// this.
#pragma once

#include <cstdint>
#include <string_view>

namespace p2p::sim {

class WaveSignals {
 public:
  using Signal = std::uint32_t;
  virtual ~WaveSignals() = default;

  /// Declares a signal: scopes and name with dots between ("sw.cpu0.irql"), neighbours of one scope together. Words
  /// show as they are, numbers (1 to 64 bits) in the viewer's radix. Only before the first cycle; std::logic_error
  /// otherwise.
  virtual Signal add_words(std::string_view path) = 0;
  virtual Signal add_number(std::string_view path, unsigned bits) = 0;

  /// There is a waveform now. While there is none only the last values matter.
  virtual bool recorded() const = 0;

  /// The signal's value from now on, now being the simulated time of whoever is running.
  virtual void set(Signal signal, std::string_view words) = 0;
  virtual void set(Signal signal, std::uint64_t number) = 0;
};

}  // namespace p2p::sim
