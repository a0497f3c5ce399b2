// Where the values go that a Verilated model dumps. Verilator hands them to its FST library as text; whoever can take
// them as numbers stands here in between. The linker puts this in the place of Verilator's own functions (--wrap, with
// every library of p2p_verilate), which go on to do their work while nobody stands here.
#pragma once

#include <cstdint>

namespace p2p {

class DumpedValues {
 public:
  virtual ~DumpedValues() = default;
  /// A signal of up to 64 bits has this value now. `handle`: as fstapi gave it.
  virtual void number(std::uint32_t handle, std::uint64_t value) = 0;
  /// The same of more bits, 32 in a word, the lowest first.
  virtual void wide(std::uint32_t handle, const std::uint32_t* value) = 0;
};

/// Takes what is dumped from here on; nullptr: nobody.
void take_dumped_values(DumpedValues* taker);
/// How many values were taken so far: none, if this Verilator dumps by other functions.
std::uint64_t dumped_values_taken();

}  // namespace p2p
