#include "tb/check/completion_checker.h"

#include <string>

namespace p2p::tb {

namespace {
constexpr std::uint16_t kCtrl = 0x030, kCplBaseLo = 0x070, kCplBaseHi = 0x074, kCplSize = 0x078;
constexpr std::uint32_t kEnable = 1, kSoftReset = 2;
constexpr std::uint32_t kPhaseBit = 1, kDiscontinuityBit = 2;
}  // namespace

void CompletionChecker::write_register(std::uint16_t address, std::uint32_t value) {
  if (address == kCplBaseLo) base_ = (base_ & ~std::uint64_t{0xFFFFFFFF}) | (value & ~std::uint32_t{63});
  if (address == kCplBaseHi) base_ = (base_ & 0xFFFFFFFF) | std::uint64_t{value} << 32;
  if (address == kCplSize) size_log2_ = value & 15;
  if (address == kCtrl && (value & kSoftReset) != 0) {
    index_ = next_sequence_ = 0;
    frame_begun_ = false;
    resetting_ = true;
    for (unsigned i = 0; i < count_; ++i) bursts_[(head_ + i) % kRing].before_reset = true;
  } else if (address == kCtrl && (value & kEnable) != 0) {
    resetting_ = false;
  }
}

void CompletionChecker::forget() {
  have_address_ = have_data_ = address_shown_ = frame_begun_ = first_beat_pending_ = resetting_ = false;
  base_ = index_ = next_sequence_ = first_address_ = 0;
  size_log2_ = count_ = sent_ = data_outstanding_ = record_beat_ = 0;
  frame_ = {};
}

void CompletionChecker::begin_burst(std::uint64_t cycle, std::uint64_t address, unsigned len, std::uint8_t id) {
  if (count_ == kRing) return;
  const std::uint64_t ring_bytes = std::uint64_t{kRecordBytes} << size_log2_;
  const bool record = base_ != 0 && size_log2_ != 0 && address >= base_ && address < base_ + ring_bytes;
  bursts_[(head_ + count_++) % kRing] = {record, id, false, resetting_};
  if (record) {
    ++rules[kShape].exercised;
    if (len + 1 != kRecordBeats) fail(kShape, cycle, "a record of " + std::to_string(len + 1) + " beats");
    if (!resetting_) check_slot(cycle, address);
    ++rules[kAfterData].exercised;
    if (data_outstanding_ != 0) {
      fail(kAfterData, cycle, std::to_string(data_outstanding_) + " data bursts are not answered yet");
    }
    frame_begun_ = false;
    return;
  }
  ++data_outstanding_;
  if (resetting_) return;
  // A frame that failed is written again from the start of the same buffer.
  if (!frame_begun_ || address == first_address_) {
    first_address_ = address;
    frame_begun_ = first_beat_pending_ = true;
  }
}

void CompletionChecker::check_slot(std::uint64_t cycle, std::uint64_t address) {
  ++rules[kSlot].exercised;
  const std::uint64_t slot = index_ % (std::uint64_t{1} << size_log2_);
  if (address != base_ + slot * kRecordBytes) {
    fail(kSlot, cycle, "record " + std::to_string(index_) + " at offset " + std::to_string(address - base_));
  }
}

void CompletionChecker::beat(std::uint64_t cycle, std::uint64_t data, unsigned strobes, bool last) {
  if (sent_ == count_) return;  // the AXI4 checker has a word for that
  const Burst& burst = bursts_[(head_ + sent_) % kRing];
  if (burst.record) {
    if (strobes != 0xFF) fail(kShape, cycle, "a record beat with strobes " + std::to_string(strobes));
    if (record_beat_ < kRecordBeats) record_[record_beat_] = data;
    ++record_beat_;
  } else {
    if (first_beat_pending_) {
      frame_.first_beat = cycle;
      frame_.beats = frame_.bursts = 0;
      first_beat_pending_ = false;
    }
    frame_.last_beat = cycle;
    ++frame_.beats;
    frame_.bursts += last;
  }
  if (!last) return;
  ++sent_;
  if (burst.record) check_record(cycle, burst.before_reset);
}

void CompletionChecker::check_record(std::uint64_t cycle, bool before_reset) {
  const unsigned beats = record_beat_;
  record_beat_ = 0;
  if (beats != kRecordBeats) return;
  const auto flags = static_cast<std::uint32_t>(record_[1]);
  frame_.bytes = static_cast<std::uint32_t>(record_[0] >> 32);
  frame_.sequence = static_cast<std::uint32_t>(record_[1] >> 32);
  frame_.timestamp = record_[2];
  if (before_reset) return;
  ++rules[kPhase].exercised;
  const bool first_pass = (index_ >> size_log2_) % 2 == 0;
  if (((flags & kPhaseBit) != 0) != first_pass) {
    fail(kPhase, cycle, "record " + std::to_string(index_) + " has PHASE " + std::to_string(flags & kPhaseBit));
  }
  ++rules[kSequence].exercised;
  const bool discontinuity = (flags & kDiscontinuityBit) != 0;
  if (std::uint64_t{frame_.sequence} < next_sequence_) {
    fail(kSequence, cycle,
         "sequence " + std::to_string(frame_.sequence) + " after " + std::to_string(next_sequence_ - 1));
  } else if (discontinuity != (frame_.sequence != next_sequence_)) {
    fail(kSequence, cycle,
         "sequence " + std::to_string(frame_.sequence) + ", expected " + std::to_string(next_sequence_) +
             (discontinuity ? ", with" : ", without") + " DISCONTINUITY");
  }
  next_sequence_ = std::uint64_t{frame_.sequence} + 1;
  ++index_;
}

void CompletionChecker::response(std::uint64_t cycle, std::uint8_t id, unsigned value) {
  unsigned place = 0;  // of the oldest with this ID
  while (place < sent_ && (bursts_[(head_ + place) % kRing].answered || bursts_[(head_ + place) % kRing].id != id)) {
    ++place;
  }
  if (place == sent_) return;  // the AXI4 checker has a word for that
  const Burst burst = bursts_[(head_ + place) % kRing];
  bursts_[(head_ + place) % kRing].answered = true;
  while (sent_ != 0 && bursts_[head_].answered) {
    head_ = (head_ + 1) % kRing;
    --count_;
    --sent_;
  }
  if (!burst.record) {
    --data_outstanding_;
    frame_.last_response = cycle;
    return;
  }
  frame_.record_response = cycle;
  if (value == 0 && on_frame) on_frame(frame_);
}

}  // namespace p2p::tb
