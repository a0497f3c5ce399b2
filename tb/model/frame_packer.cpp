#include "tb/model/frame_packer.h"

#include <algorithm>
#include <cstring>

namespace p2p::model {

Lanes FramePacker::Bytes::lanes(unsigned from, unsigned bus) const {
  // Bytes of the stream fill the lanes from `from` on, whether this beat's strobes select them or not.
  std::array<std::uint8_t, 16> lane{};
  std::memcpy(lane.data() + from, bytes_.data(), bus - from);
  Lanes lanes;
  std::memcpy(&lanes.low, lane.data(), 8);
  std::memcpy(&lanes.high, lane.data() + 8, 8);
  return lanes;
}

void FramePacker::Bytes::drop(unsigned bytes) {
  std::memmove(bytes_.data(), bytes_.data() + bytes, 32);
  count_ -= bytes;
}

void FramePacker::Bytes::append(const Lanes& word, unsigned bus) {
  std::memcpy(bytes_.data() + count_, &word.low, 8);
  if (bus == 16) std::memcpy(bytes_.data() + count_ + 8, &word.high, 8);
  count_ += bus;
}

void FramePacker::decide(const Edge& e, Moves& m) const {
  const bool runs = active_ && !e.stop;
  const auto lane = static_cast<unsigned>(address_ & (bus_ - 1));
  const auto bytes = static_cast<unsigned>(std::min({std::uint64_t{bus_ - lane}, line_, std::uint64_t{room_}}));
  m.bytes = bytes;
  const bool places = runs && loaded_ && !bad_;
  m.ends_burst = m.names_burst = false;
  m.makes_beat = places && gap_ == 0 && !done_ && bytes_.count() >= bytes && !e.no_room;
  m.skips = places && gap_ != 0;
  m.skipped = std::min(room_, gap_);
  m.line_ends = line_ == bytes;
  m.piece_ends = room_ == (m.skips ? m.skipped : bytes);
  if (m.makes_beat) {
    const bool page_ends = (address_ & 0xFFF) + bytes == 0x1000;
    m.ends_burst = page_ends || beats_ == max_burst_ - 1 || room_ == bytes || m.line_ends;
    m.beat = {bytes_.lanes(lane, bus_), static_cast<std::uint16_t>(((1u << bytes) - 1) << lane), m.ends_burst};
    m.names_burst = cut_through_ ? beats_ == 0 : m.ends_burst;
    m.burst = {beats_ == 0 ? address_ & ~std::uint64_t{bus_ - 1} : burst_address_,
               cut_through_ ? length_ahead() : static_cast<std::uint8_t>(beats_), index_, false};
  }
  const bool wants_piece = !loaded_ || ((m.makes_beat || m.skips) && m.piece_ends) || done_;
  const bool load = runs && e.descriptor_offered && !last_piece_ && !bad_ && wants_piece;
  m.refuses = load && (e.descriptor.length == 0 || e.descriptor.first);
  m.loads = load && !m.refuses;
  m.takes_descriptor = m.loads || (e.start && e.descriptor_offered);
  const unsigned left = bytes_.count() - (m.makes_beat ? bytes : 0);
  m.takes_word = e.word_offered && runs && !done_ && left <= bus_;
}

std::uint8_t FramePacker::length_ahead() const {
  const std::uint64_t to_page = 0x1000 - (address_ & 0xFFF);
  const std::uint64_t bytes = std::min({to_page, line_, std::uint64_t{room_}});
  const std::uint64_t beats = ((address_ & (bus_ - 1)) + bytes + bus_ - 1) / bus_;
  return static_cast<std::uint8_t>(std::min<std::uint64_t>(beats, max_burst_) - 1);
}

void FramePacker::edge(const Edge& e, const Moves& m) {
  if (e.clear) {
    bytes_.clear();
    active_ = loaded_ = last_piece_ = too_short_ = bad_ = done_ = false;
    gap_ = 0;
    beats_ = 0;
  } else if (e.start) {
    begin(e);
  } else if (active_) {
    advance(e, m);
  }
}

void FramePacker::load(const Descriptor& d) {
  address_ = d.address;
  room_ = d.length;
  index_ = last_index_ = d.index;
  last_piece_ = d.last;
}

void FramePacker::begin(const Edge& e) {
  active_ = true;
  done_ = too_short_ = false;
  // A frame without gaps is one long line.
  lines_ = e.geometry.gap_bytes == 0 ? std::uint16_t{1} : e.geometry.lines;
  line_ = e.geometry.gap_bytes == 0 ? e.geometry.frame_bytes : e.geometry.line_bytes;
  gap_ = e.geometry.first_gap;
  beats_ = 0;
  loaded_ = e.descriptor.length != 0 && e.descriptor.first;
  bad_ = !loaded_;
  bad_index_ = e.descriptor.index;
  load(e.descriptor);
}

void FramePacker::advance(const Edge& e, const Moves& m) {
  if (m.makes_beat) {
    bytes_.drop(m.bytes);
    if (beats_ == 0) burst_address_ = m.burst.address;
    beats_ = m.ends_burst ? 0 : beats_ + 1;
    const bool frame_ends = m.line_ends && lines_ == 1;
    std::uint32_t step = m.bytes;
    line_ -= m.bytes;
    if (m.line_ends) {
      --lines_;
      line_ = e.geometry.line_bytes;
      // A gap that the piece holds whole, with something left behind it, takes no cycle of its own.
      const std::uint32_t over = m.bytes + e.geometry.gap_bytes;
      const bool at_once = room_ > over;
      gap_ = frame_ends || at_once ? 0 : e.geometry.gap_bytes;
      if (at_once && !frame_ends) step = over;
      done_ = frame_ends;
    }
    address_ += step;
    room_ -= step;
    if (m.piece_ends) loaded_ = false;
    if (m.piece_ends && last_piece_ && !frame_ends) too_short_ = true;
  } else if (m.skips) {
    address_ += m.skipped;
    room_ -= m.skipped;
    gap_ -= m.skipped;
    if (m.piece_ends) loaded_ = false;
    if (m.piece_ends && last_piece_) too_short_ = true;
  }
  if (m.takes_word) bytes_.append(e.word, bus_);
  if (m.refuses) {
    bad_ = true;
    bad_index_ = e.descriptor.index;
  } else if (m.loads) {
    loaded_ = true;
    load(e.descriptor);
  }
}

}  // namespace p2p::model
