#include "tb/model/plane_path.h"

#include <bit>

namespace p2p::model {
namespace {

Lanes lanes_of(const FrameWord& word) {
  return {word.beats[0] | std::uint64_t{word.beats[1]} << 32, word.beats[2] | std::uint64_t{word.beats[3]} << 32};
}

}  // namespace

PlanePath::PlanePath(const Parameters& p)
    : bus_(p.data_bytes),
      cut_through_(p.cut_through),
      descriptors_(p.data_bytes, p.prefetch_depth),
      packer_(p.data_bytes, p.max_burst, p.cut_through),
      beats_(std::bit_ceil(p.max_burst < 16 ? 32u : 2 * p.max_burst)),
      bursts_(kBurstRoom) {}

void PlanePath::reset() {
  descriptors_.reset();
  packer_.reset();
  beats_.clear();
  bursts_.clear();
  gone_ = record_left_ = record_waits_ = false;
  head_ = 0;
  missing_ = 0;
}

void PlanePath::decide(const Inputs& in, const Orders& orders, const RecordPiece& record, bool released) {
  takes_word_ = orders.pop || (orders.drop && in.word_offered && !gone_);
  released_ = released;
  whole_ = cut_through_ && orders.whole;
  packs_ = orders.start || packer_.active();
  if (packs_) pack(in, orders);
  enter(orders, record);
}

void PlanePath::pack(const Inputs& in, const Orders& orders) {
  packing_.clear = orders.forget;
  packing_.start = orders.start;
  packing_.stop = orders.stop;
  packing_.geometry = orders.geometry;
  packing_.word_offered = in.word_offered && !in.word.broken && !gone_ && orders.take;
  packing_.word = lanes_of(in.word);
  packing_.descriptor_offered = descriptors_.available();
  packing_.descriptor = descriptors_.front();
  packing_.no_room = !has_room();
  packer_.decide(packing_, moves_);
  takes_word_ |= moves_.takes_word;
}

/// What enters the queues with this edge: a beat of the frame, of its record, or one without strobes that makes a void
/// burst whole; and a burst with its last beat, with its first (cut-through), with its last but one (a record).
void PlanePath::enter(const Orders& orders, const RecordPiece& record) {
  burst_enters_ = beat_enters_ = false;
  if (record.comes) {
    beat_enters_ = true;
    new_beat_ = record.beat;
    burst_enters_ = record.names_burst;
    new_burst_ = record.burst;
  } else if (packs_ && moves_.makes_beat) {
    beat_enters_ = true;
    new_beat_ = moves_.beat;
    burst_enters_ = moves_.names_burst;
    new_burst_ = moves_.burst;
  } else {
    new_burst_.record = false;
    if (orders.pad && missing_ != 0 && !beats_.full()) {
      beat_enters_ = true;
      new_beat_ = {{}, 0, missing_ == 1};
    }
  }
}

Beat PlanePath::beat(std::uint64_t end_time) const {
  Beat beat = beats_.empty() ? new_beat_ : beats_.front();
  if (record_left_ && beat.last) (bus_ == 8 ? beat.data.low : beat.data.high) = end_time;
  return beat;
}

void PlanePath::queue_edge(bool burst_taken, bool beat_taken, bool clear) {
  const bool record_taken = burst_taken && burst().record;
  const bool last_taken = beat_taken && (beats_.empty() ? new_beat_ : beats_.front()).last;
  const bool beat_through = beat_taken && beats_.empty(), burst_through = burst_taken && bursts_.empty();
  if (burst_taken && !burst_through) bursts_.pop();
  if (beat_taken && !beat_through) beats_.pop();
  if (clear) {
    beats_.clear();
    bursts_.clear();
    record_left_ = record_waits_ = false;
    missing_ = 0;
    return;
  }
  if (record_taken) {
    record_waits_ = false;
  } else if (burst_enters_ && new_burst_.record) {
    record_waits_ = true;
  }
  if (beat_enters_ && !beat_through) beats_.push(new_beat_);
  if (burst_enters_ && !burst_through) bursts_.push(new_burst_);
  if (burst_taken) {
    record_left_ = record_taken;
  } else if (last_taken) {
    record_left_ = false;
  }
  if (!cut_through_) return;
  if (burst_enters_ && !new_burst_.record) {
    missing_ = new_burst_.length;
  } else if (beat_enters_ && missing_ != 0) {
    --missing_;
  }
}

void PlanePath::edge(const Inputs& in, const Orders& orders, bool reset_ends, bool burst_taken, bool beat_taken,
                     Descriptors::Edge& reading) {
  const std::uint16_t last_index = packer_.last_index();
  queue_edge(burst_taken, beat_taken, orders.flush || reset_ends);
  reading.may_read = orders.reads;
  reading.restart = orders.restart || reset_ends;
  reading.restart_index = reset_ends ? std::uint16_t{0} : head_;
  reading.ring = in.ring;
  reading.pop = packs_ && moves_.takes_descriptor;
  packing_.clear |= reset_ends;
  if (packs_) packer_.edge(packing_, moves_);
  descriptors_.edge(reading);

  if (reset_ends) {
    gone_ = false;
    head_ = 0;
    return;
  }
  if (orders.begin) {
    gone_ = false;
  } else if (takes_word_ && (in.word.last || in.word.broken)) {
    gone_ = true;
  }
  if (orders.consume) head_ = static_cast<std::uint16_t>(last_index + 1);
}

}  // namespace p2p::model
