#include "tb/check/axi4_checker.h"

#include <bit>

namespace p2p::tb {

void Axi4Checker::forget() {
  aw_ = w_ = b_ = ar_ = r_ = {};
  waiting_ = 0;
  address_head_ = address_count_ = ended_head_ = ended_count_ = w_beats_ = outstanding_ = 0;
  answerable_ = {};
  reads_ = {};
}

void Axi4Checker::wait_on(Id id, std::uint64_t cycle, Channel& channel, unsigned valid, unsigned waits,
                          const char* name, const Payload& now) {
  if (channel.waiting) {
    ++rules[id].exercised;
    if (!valid) {
      fail(id, cycle, std::string(name) + "VALID fell before " + name + "READY");
    } else if (now != channel.payload) {
      fail(id, cycle, std::string(name) + " payload changed before " + name + "READY");
    }
  }
  channel.waiting = waits;
  channel.payload = now;
}

void Axi4Checker::address(Id legal, Id page, std::uint64_t cycle, std::uint64_t at, unsigned len, unsigned size,
                          unsigned burst) {
  ++rules[legal].exercised;
  ++rules[kShape].exercised;
  if (burst == 3 || size > 3) {
    fail(legal, cycle, "burst type " + std::to_string(burst) + ", size " + std::to_string(size));
  } else if (burst != 1 || size != 3 || at % 8 != 0) {
    fail(kShape, cycle,
         "burst type " + std::to_string(burst) + ", size " + std::to_string(size) + ", address offset " +
             std::to_string(at % 8));
  }
  ++rules[page].exercised;
  const std::uint64_t bytes = std::uint64_t{1} << size;
  const std::uint64_t last = at / bytes * bytes + (std::uint64_t{len} + 1) * bytes - 1;
  if (burst == 1 && at / 4096 != last / 4096) {
    fail(page, cycle, "burst of " + std::to_string(len + 1) + " beats from page offset " + std::to_string(at % 4096));
  }
  ++rules[kMaxBurst].exercised;
  if (len + 1 > limits_.max_burst) fail(kMaxBurst, cycle, "burst of " + std::to_string(len + 1) + " beats");
}

void Axi4Checker::write_address(std::uint64_t cycle, std::uint64_t at, unsigned len, unsigned size, unsigned burst,
                                unsigned id) {
  address(kAwLegal, kAw4k, cycle, at, len, size, burst);
  ++outstanding_;
  ++rules[kMaxOutstanding].exercised;
  if (outstanding_ > limits_.max_outstanding)
    fail(kMaxOutstanding, cycle, std::to_string(outstanding_) + " write bursts outstanding");
  if (address_count_ == kRing) return;
  addresses_[(address_head_ + address_count_++) % kRing] = {static_cast<std::uint16_t>(len + 1),
                                                            static_cast<std::uint8_t>(id)};
  match_write(cycle);
}

void Axi4Checker::write_beat(std::uint64_t cycle, unsigned strobes, bool last) {
  ++rules[kWStrobe].exercised;
  const unsigned run = strobes >> (strobes != 0 ? std::countr_zero(strobes) : 0);
  if (strobes == 0 || (run & (run + 1)) != 0) fail(kWStrobe, cycle, "WSTRB " + std::to_string(strobes));
  ++w_beats_;
  ++rules[kWLast].exercised;
  if (!last && ended_count_ == 0 && address_count_ != 0 && w_beats_ >= addresses_[address_head_].beats) {
    fail(kWLast, cycle,
         "WLAST is missing on beat " + std::to_string(w_beats_) + " of " +
             std::to_string(addresses_[address_head_].beats));
    last = true;
  }
  if (!last) return;
  if (ended_count_ != kRing) ended_[(ended_head_ + ended_count_++) % kRing] = static_cast<std::uint16_t>(w_beats_);
  w_beats_ = 0;
  match_write(cycle);
}

void Axi4Checker::match_write(std::uint64_t cycle) {
  while (address_count_ != 0 && ended_count_ != 0) {
    const Burst burst = addresses_[address_head_];
    const unsigned beats_sent = ended_[ended_head_];
    address_head_ = (address_head_ + 1) % kRing;
    --address_count_;
    ended_head_ = (ended_head_ + 1) % kRing;
    --ended_count_;
    if (beats_sent != burst.beats) {
      fail(kWLast, cycle, "WLAST after " + std::to_string(beats_sent) + " beats of " + std::to_string(burst.beats));
    }
    ++answerable_[burst.id % kIds];
  }
}

void Axi4Checker::write_response(std::uint64_t cycle, unsigned id, unsigned response) {
  ++rules[kBAnswers].exercised;
  if (answerable_[id % kIds] == 0) {
    fail(kBAnswers, cycle, "BID " + std::to_string(id) + " answers no complete burst");
  } else {
    --answerable_[id % kIds];
    --outstanding_;
  }
  ++rules[kResponse].exercised;
  if (response == 1) fail(kResponse, cycle, "BRESP is EXOKAY");
}

void Axi4Checker::read_address(std::uint64_t cycle, std::uint64_t at, unsigned len, unsigned size, unsigned burst,
                               unsigned id) {
  address(kArLegal, kAr4k, cycle, at, len, size, burst);
  ReadQueue& queue = reads_[id % kIds];
  if (queue.count != kRing) queue.beats[(queue.head + queue.count++) % kRing] = static_cast<std::uint16_t>(len + 1);
}

void Axi4Checker::read_beat(std::uint64_t cycle, unsigned id, unsigned response, bool last) {
  ++rules[kResponse].exercised;
  if (response == 1) fail(kResponse, cycle, "RRESP is EXOKAY");
  ++rules[kRAnswers].exercised;
  ReadQueue& queue = reads_[id % kIds];
  if (queue.count == 0) {
    fail(kRAnswers, cycle, "RID " + std::to_string(id) + " answers no read address");
    return;
  }
  ++queue.done;
  ++rules[kRLast].exercised;
  const bool should = queue.done == queue.beats[queue.head];
  if (last != should) {
    fail(kRLast, cycle,
         "beat " + std::to_string(queue.done) + " of " + std::to_string(queue.beats[queue.head]) +
             (last ? " has RLAST" : " lacks RLAST"));
  }
  if (!last && !should) return;
  queue.head = (queue.head + 1) % kRing;
  --queue.count;
  queue.done = 0;
}

}  // namespace p2p::tb
