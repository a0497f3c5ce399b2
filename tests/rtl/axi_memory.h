// AXI4 memory at the chip's master port, and the rules its bursts must keep. Answers that are due come in any order. A
// write becomes visible in `bytes` only when its response is taken: a chip that reports before the response is caught
// by looking into memory.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "Vvcap.h"
#include "tests/rtl/random.h"

namespace p2p::rtltest {

// As the model was built (CMakeLists.txt).
constexpr uint32_t kBeatBytes = P2P_DATA_WIDTH / 8;

// Percent of cycles a channel is not ready (or not valid); cycles from the last beat or request to the answer.
struct MemoryTiming {
  uint32_t aw_stall = 0, w_stall = 0, ar_stall = 0, r_stall = 0;
  uint32_t min_latency = 1, max_latency = 1;
};

inline MemoryTiming random_timing(Random& random, uint32_t most_stalls = 50, uint32_t longest_latency = 40) {
  const auto stalls = [&] { return random.between(0, most_stalls); };
  return {stalls(), stalls(), stalls(), stalls(), 1, random.between(1, longest_latency)};
}

// Answers accesses that touch [begin, end) with `response` (2 SLVERR, 3 DECERR).
struct Fault {
  uint64_t begin, end;
  bool read;
  uint8_t response;
};

struct WriteBurst {
  uint64_t address;
  uint32_t beats;
  uint64_t cycle;  // of the address handshake
};

class AxiMemory {
 public:
  AxiMemory(uint64_t base, size_t size, uint32_t max_burst, uint32_t max_outstanding, uint32_t seed);

  void before_edge(const Vvcap& dut, uint64_t cycle);
  void after_edge(Vvcap& dut, uint64_t cycle);

  uint64_t base() const { return base_; }
  // Elsewhere in the address space, with the bytes it has; only while quiet().
  void move_to(uint64_t base) { base_ = base; }
  // Forgets what was under way, as the reset of the bus makes it.
  void reset();
  bool contains(uint64_t address, uint64_t length) const;
  uint8_t* at(uint64_t address) { return &bytes[static_cast<size_t>(address - base_)]; }
  bool quiet() const { return addresses_.empty() && beats_.empty() && responses_.empty() && reads_.empty(); }

  std::vector<uint8_t> bytes;
  MemoryTiming timing;
  bool hold_writes = false, hold_responses = false, hold_reads = false;
  std::vector<Fault> faults;

  // What was seen.
  std::vector<WriteBurst> bursts;
  std::vector<uint64_t> write_beat_cycles;
  uint64_t errors_answered = 0;  // bursts
  uint64_t failed_read = 0;      // address of the newest read burst that failed
  uint64_t failed_write = 0;     // address of the first write burst that failed, and its answer
  uint8_t failed_write_response = 0;
  uint64_t last_response_cycle = 0;  // of any write
  uint64_t last_answer_cycle = 0;    // of any write or read
  uint64_t answers_out_of_order = 0;
  uint64_t responses_taken = 0, reads_taken = 0, read_bursts_done = 0;
  std::vector<std::string> violations;

 private:
  struct Beat {
    std::array<uint8_t, kBeatBytes> data;
    uint32_t strobes;
    bool last;
  };
  struct Write {
    uint64_t address;
    uint32_t beats;
    uint8_t id;
    std::vector<Beat> data;
    uint64_t due;
    uint8_t response;
  };
  struct Read {
    uint64_t address;
    uint32_t beats, sent;
    uint8_t id;
    uint64_t due;
    bool failed;
  };
  // A channel's pins of the cycle before: a valid that was not accepted must stay with its payload.
  struct Held {
    bool waiting = false;
    std::vector<uint64_t> payload;
  };

  void violation(const std::string& text, uint64_t cycle);
  void check_held(Held& held, const char* channel, bool valid, bool ready, std::vector<uint64_t> payload,
                  uint64_t cycle);
  void take_address(const Vvcap& dut, uint64_t cycle);
  void match_writes(uint64_t cycle);
  void commit(const Write& write);
  uint8_t response_to(uint64_t address, uint64_t length, bool read) const;
  uint64_t latency() { return random_.between(timing.min_latency, timing.max_latency); }

  uint64_t base_;
  uint32_t max_burst_, max_outstanding_;
  Random random_;
  Held held_aw_, held_w_, held_ar_;
  template <typename Answer>
  size_t any_due(const std::deque<Answer>& answers, uint64_t cycle);

  std::deque<Write> addresses_, responses_;
  std::deque<Beat> beats_;
  std::deque<Read> reads_;
  size_t response_ = 0, read_ = 0;  // which one is being answered
  bool response_driven_ = false, read_driven_ = false;
  uint64_t bursts_offered_ = 0, w_lasts_ = 0;
};

}  // namespace p2p::rtltest
