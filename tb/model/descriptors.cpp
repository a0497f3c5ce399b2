#include "tb/model/descriptors.h"

#include <algorithm>

namespace p2p::model {

std::uint16_t Descriptors::to_ask_for(const Ring& ring) const {
  const unsigned ready = static_cast<std::uint16_t>(ring.tail - next_);
  const unsigned slots = 1u << ring.size_log2, slot = next_ & (slots - 1);
  const unsigned to_page = 256 - ((ring.base >> 4) + slot) % 256;
  return static_cast<std::uint16_t>(std::min({batch_, ready, slots - slot, to_page}));
}

void Descriptors::ask(const Ring& ring, std::uint16_t count) {
  const std::uint64_t slot = next_ & ((1u << ring.size_log2) - 1);
  arvalid_ = true;
  araddr_ = ring.base + 16 * slot;
  arlen_ = static_cast<std::uint8_t>(count * beats_each_ - 1);
  reading_ = true;
  second_half_ = false;
  next_ = static_cast<std::uint16_t>(next_ + count);
}

void Descriptors::take_beat(const Edge& e) {
  const bool whole = beats_each_ == 1 || second_half_;
  if (e.response != 0 && !failed_) {
    failed_ = true;
    fault_ = {true, e.response, araddr_, arriving_};
  } else if (whole && !failed_) {
    const std::uint64_t low = beats_each_ == 1 ? e.data.low : first_half_;
    const std::uint64_t high = beats_each_ == 1 ? e.data.high : e.data.low;
    held_.push({.address = low,
                .length = static_cast<std::uint32_t>(high & 0xFFFFFF),
                .first = ((high >> 32) & 1) != 0,
                .last = ((high >> 33) & 1) != 0,
                .cookie = static_cast<std::uint16_t>(high >> 48),
                .index = arriving_});
    ++arriving_;
  }
  if (!second_half_) first_half_ = e.data.low;
  second_half_ = !second_half_;
  if (e.last_beat) reading_ = false;
}

void Descriptors::edge(const Edge& e) {
  const std::uint16_t count = to_ask_for(e.ring);
  const bool asks = e.may_read && !reading_ && !restart_due_ && !e.restart && !failed_ && e.ring.tail != next_ &&
                    held_.size() <= depth_ - batch_;
  const bool starts_again = restart_due_ && !reading_;
  fault_.raised = false;
  if (arvalid_ && e.address_taken) arvalid_ = false;
  if (e.pop && !starts_again) held_.pop();
  if (e.beat && reading_) take_beat(e);
  if (asks) ask(e.ring, count);
  if (starts_again) held_.clear();
  if (e.restart) {
    restart_due_ = true;
    restart_index_ = e.restart_index;
  } else if (starts_again) {
    restart_due_ = false;
    next_ = arriving_ = restart_index_;
    failed_ = false;
  }
}

}  // namespace p2p::model
