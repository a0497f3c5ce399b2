// The bare Verilated model, put through the cycles of a recorded run: the yardstick of `make bench`. Same model
// library, same order of evaluations as sim/clocked_chip.h, nothing around it. Its waveform is what a plain test bench
// dumps: every signal at every edge, rising or falling.
#pragma once

#include <Vvcap.h>
#include <verilated_fst_c.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>

#include "sim/chip_pins.h"
#include "tb/stimulus.h"

namespace p2p::bench {

class Replay {
 public:
  /// `stimulus` must outlive the replay. `trace_file`: FST of every signal, empty: none.
  Replay(const tb::Stimulus& stimulus, const std::string& trace_file);
  ~Replay();
  Replay(const Replay&) = delete;
  Replay& operator=(const Replay&) = delete;

  enum class Check { kSparse, kFull };
  /// All cycles of the stimulus. Sums every output pin of every edge (kFull), or of every kSparse-th bus cycle.
  std::uint64_t run(Check check);

 private:
  template <bool kTraced, bool kFull>
  std::uint64_t cycles();
  void rise(bool bus_edge, bool pixel_edge);
  void rise_traced(std::uint64_t time, bool bus_edge, bool pixel_edge);
  void fall_before(std::uint64_t time);
  void apply_bus();
  void apply_pixel();
  template <class Group>
  static Group take(const std::uint8_t*& at) {
    Group group;
    std::memcpy(&group, at, sizeof group);
    at += sizeof group;
    return group;
  }

  static constexpr std::uint64_t kNever = ~std::uint64_t{0};
  const tb::Stimulus& stimulus_;
  VerilatedContext context_;
  Vvcap model_;
  std::unique_ptr<VerilatedFstC> waveform_;
  const std::uint8_t* bus_ = nullptr;
  const std::uint8_t* pixel_ = nullptr;
  std::uint64_t bus_fall_ps_ = kNever, pixel_fall_ps_ = kNever;
};

}  // namespace p2p::bench
