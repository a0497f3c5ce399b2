// Error injection on the memory side of the chip's AXI4 master.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace p2p::sim {

/// AXI response codes.
enum class AxiResponse : std::uint8_t { kOkay = 0, kExclusiveOkay = 1, kSlaveError = 2, kDecodeError = 3 };

/// Answers matching bursts with an error instead of doing them.
struct BusFault {
  bool on_write = true;
  bool on_read = true;
  std::uint64_t first_address = 0;  ///< logical addresses first..last, compared with the burst's start address
  std::uint64_t last_address = ~std::uint64_t{0};
  std::uint64_t skip = 0;   ///< matching bursts that still pass
  std::uint64_t count = 1;  ///< bursts that fail after those; ~0: all
  AxiResponse response = AxiResponse::kSlaveError;
};

class BusFaults {
 public:
  struct Use {
    std::uint64_t matching = 0;  ///< bursts that it could have been about
    std::uint64_t answered = 0;  ///< with its error, of several rules' the first's
  };
  void add(const BusFault& fault) { faults_.push_back(Armed{fault, {}}); }
  void clear() { faults_.clear(); }
  /// The response to force on this burst, kOkay for none. Counts the access against every matching rule.
  AxiResponse check(std::uint64_t address, bool write);
  /// Of the rule that was added as number `index`, from 0.
  const Use& use(std::size_t index) const { return faults_.at(index).use; }

 private:
  struct Armed {
    BusFault fault;
    Use use;
  };
  std::vector<Armed> faults_;
};

}  // namespace p2p::sim
