#include "tb/coverage/bus_watch.h"

#include <algorithm>

#include "sw/driver/vcap_hw.h"
#include "tb/coverage/line_gaps.h"

namespace p2p::coverage {
namespace {

constexpr std::uint64_t kPage = 4096, kRecordBytes = 32;
constexpr std::size_t kPiecesInHand = 48;  // behind the prefetch: more than the pieces whose bursts wait
constexpr std::uint32_t kLengthMask = 0xFFFFFF, kOffsetMask = 0xFFF;

std::size_t wait_class(std::uint64_t cycles) { return cycles < 2 ? cycles : cycles < 8 ? 2 : 3; }
std::size_t latency_class(std::uint64_t cycles) { return cycles < 2 ? 0 : cycles < 8 ? 1 : cycles < 32 ? 2 : 3; }

std::size_t length_class(std::uint32_t length, unsigned beat) {
  if (length == 1) return 0;
  if (length < beat) return 1;
  if (length == beat) return 2;
  if (length <= 64) return 3;
  return length < kPage ? 4 : length == kPage ? 5 : 6;
}

std::size_t lane_class(std::uint64_t address, unsigned beat) {
  const std::uint64_t lane = address % beat;
  return lane == 0 ? 0 : lane < beat / 2 ? 1 : lane == beat / 2 ? 2 : 3;
}

bool gaps(const model::CaptureChannel& channel) {
  return line_gaps(channel) || channel.stored(VCAP_FIELD_MODE) == VCAP_FIELD_MODE_WEAVE;
}

std::uint64_t stored_address(const model::CaptureChannel& channel, std::uint16_t low) {
  return channel.stored(low) | std::uint64_t{channel.stored(static_cast<std::uint16_t>(low + 4))} << 32;
}

}  // namespace

BusWatch::BusWatch(ChipBins& bins, const model::Parameters& p)
    : bins_(bins),
      bytes_(p.data_bytes),
      max_burst_(p.max_burst),
      pieces_kept_(p.prefetch_depth + kPiecesInHand),
      planes_of_channel_(p.planes),
      planes_(std::size_t{p.channels} * p.planes) {}

void BusWatch::reset() {
  planes_.assign(planes_.size(), {});
  flights_.clear();
  aw_waits_ = ar_waits_ = w_waits_ = 0;
  first_beat_ = true;
  any_burst_ = address_there_ = data_there_ = write_late_ = read_late_ = false;
}

void BusWatch::edge(const model::BusInputs& in, const model::BusOutputs& out, const model::ChipModel& chip) {
  ++cycle_;
  addresses(in, out, chip);
  data(in, out);
  answers(in, out);
  reads(in, out);
  registers(in, out);
}

void BusWatch::addresses(const model::BusInputs& in, const model::BusOutputs& out, const model::ChipModel& chip) {
  if (!out.axi.awvalid) return;
  if (!in.axi.awready) {
    ++aw_waits_;
    return;
  }
  bins_.address_wait.hit(0, wait_class(aw_waits_));
  aw_waits_ = 0;
  flights_.push_back({out.axi.awid, 0, false});
  bins_.outstanding.hit(flights_.size() - 1);
  const unsigned beats = out.axi.awlen + 1u;
  const std::uint64_t begin = out.axi.awaddr / bytes_ * bytes_;
  issued({begin, begin + std::uint64_t{beats} * bytes_, beats}, chip);
}

void BusWatch::turn(Writer now) {
  if (any_burst_) bins_.turn.hit(before_, now);
  any_burst_ = true;
  before_ = now;
}

std::uint64_t BusWatch::data_bursts(unsigned channel) const {
  std::uint64_t sum = 0;
  for (unsigned p = 0; p < planes_of_channel_; ++p) sum += planes_[channel * planes_of_channel_ + p].data_bursts;
  return sum;
}

/// Whose burst it is: a place in a completion ring, in a buffer that was read of, or that of messages.
void BusWatch::issued(const Burst& burst, const model::ChipModel& chip) {
  for (unsigned c = 0; c < planes_.size() / planes_of_channel_; ++c) {
    const model::CaptureChannel& registers = chip.channel(c);
    const std::uint64_t ring = stored_address(registers, VCAP_CPL_BASE_LO);
    if (burst.address < ring || burst.address - ring >= kRecordBytes << registers.stored(VCAP_CPL_SIZE)) continue;
    issued_record(c);
    return turn(kRecord);
  }
  for (unsigned p = 0; p < planes_.size(); ++p) {
    const auto holds = [&](const Piece& piece) { return piece.begin < burst.end && piece.end > burst.address; };
    const auto& pieces = planes_[p].pieces;
    if (std::none_of(pieces.begin(), pieces.end(), holds)) continue;
    issued_data(planes_[p], burst, gaps(chip.channel(p / planes_of_channel_)));
    return turn(kData);
  }
  turn(kMessage);
}

/// The last data burst of each plane was its frame's last.
void BusWatch::issued_record(unsigned channel) {
  for (unsigned p = 0; p < planes_of_channel_; ++p) {
    Plane& plane = planes_[channel * planes_of_channel_ + p];
    if (plane.any) bins_.burst.hit(plane.last_beats, 4);
    plane.ends_open = plane.any = false;
  }
}

void BusWatch::issued_data(Plane& plane, const Burst& burst, bool gaps) {
  // The one before was no frame's last: what else ended it was a line.
  if (plane.ends_open && gaps) bins_.burst.hit(plane.last_beats, 3);
  ++plane.data_bursts;
  plane.any = true;
  const bool longest = burst.beats == max_burst_;
  plane.last_beats = longest ? 3 : burst.beats == 1 ? 0 : burst.beats < 4 ? 1 : 2;
  const bool page = burst.end % kPage == 0;
  const bool piece_ends = std::any_of(plane.pieces.begin(), plane.pieces.end(), [&](const Piece& piece) {
    return piece.end <= burst.end && piece.end > burst.end - bytes_;
  });
  if (page) bins_.burst.hit(plane.last_beats, 0);
  if (longest) bins_.burst.hit(plane.last_beats, 1);
  if (piece_ends) bins_.burst.hit(plane.last_beats, 2);
  plane.ends_open = !page && !longest && !piece_ends;
}

void BusWatch::data(const model::BusInputs& in, const model::BusOutputs& out) {
  if (!out.axi.wvalid) return;
  if (!in.axi.wready) {
    ++w_waits_;
    return;
  }
  const bool last = out.axi.wlast != 0;
  bins_.data_wait.hit(first_beat_ ? (last ? 0 : 1) : (last ? 3 : 2), wait_class(w_waits_));
  w_waits_ = 0;
  first_beat_ = last;
  if (!last) return;
  const auto burst = std::find_if(flights_.begin(), flights_.end(), [](const Flight& f) { return !f.whole; });
  if (burst == flights_.end()) return;  // its address waits still
  burst->whole = true;
  burst->sent = cycle_;
}

void BusWatch::answers(const model::BusInputs& in, const model::BusOutputs& out) {
  if (!in.axi.bvalid || !out.axi.bready) return;
  const auto found =
      std::find_if(flights_.begin(), flights_.end(), [&](const Flight& f) { return f.id == in.axi.bid; });
  if (found == flights_.end()) return;
  const std::size_t flying = flights_.size();
  const std::size_t many = flying <= 2 ? flying - 1 : flying <= 4 ? 2 : flying <= 8 ? 3 : 4;
  bins_.order.hit(found == flights_.begin() ? 0 : 1, many);
  if (found->whole) bins_.latency.hit(0, latency_class(cycle_ - found->sent));
  flights_.erase(found);
}

void BusWatch::reads(const model::BusInputs& in, const model::BusOutputs& out) {
  if (out.axi.arvalid) {
    if (in.axi.arready) {
      bins_.address_wait.hit(1, wait_class(ar_waits_));
      ar_waits_ = 0;
      planes_.at(out.axi.arid).reading = {cycle_, 0, true, false};
    } else {
      ++ar_waits_;
    }
  }
  if (in.axi.rvalid && out.axi.rready && in.axi.rid < planes_.size()) read_beat(planes_[in.axi.rid], in.axi);
}

void BusWatch::read_beat(Plane& plane, const model::MemoryInputs& in) {
  Reading& reading = plane.reading;
  if (reading.waiting) bins_.latency.hit(1, latency_class(cycle_ - reading.asked));
  reading.waiting = false;
  if (in.rresp != 0) {
    bins_.descriptor_kind.hit(4 + in.rresp);
    reading.second = false;
  } else if (bytes_ == 16) {
    descriptor(plane, in.rdata.low, in.rdata.high);
  } else if (reading.second) {
    reading.second = false;
    descriptor(plane, reading.half, in.rdata.low);
  } else {
    reading.second = true;
    reading.half = in.rdata.low;
  }
}

void BusWatch::descriptor(Plane& plane, std::uint64_t address, std::uint64_t rest) {
  const auto length = static_cast<std::uint32_t>(rest) & kLengthMask;
  const auto flags = static_cast<std::uint32_t>(rest >> 32);
  if (length == 0) return bins_.descriptor_kind.hit(4);
  const bool first = (flags & VCAP_DESC_FIRST) != 0, last = (flags & VCAP_DESC_LAST) != 0;
  bins_.descriptor_kind.hit(first ? (last ? 0 : 1) : (last ? 3 : 2));
  bins_.descriptor.hit(length_class(length, bytes_), lane_class(address, bytes_));
  plane.pieces.push_back({address, address + length});
  if (plane.pieces.size() > pieces_kept_) plane.pieces.pop_front();
}

void BusWatch::registers(const model::BusInputs& in, const model::BusOutputs& out) {
  const auto& i = in.axil;
  const auto& o = out.axil;
  const bool address = i.awvalid && o.awready, word = i.wvalid && o.wready;
  if (address && word) write_order_ = 2;
  if (address != word && !address_there_ && !data_there_) write_order_ = address ? 0 : 1;
  if (address) bins_.registers.hit(register_bin(i.awaddr & kOffsetMask), 1);
  address_there_ |= address;
  data_there_ |= word;
  if (o.bvalid && i.bready) {
    bins_.write_access.hit(write_order_, write_late_ ? 1 : 0);
    address_there_ = data_there_ = write_late_ = false;
  } else if (o.bvalid) {
    write_late_ = true;
  }
  if (i.arvalid && o.arready) bins_.registers.hit(register_bin(i.araddr & kOffsetMask), 0);
  if (o.rvalid && i.rready) {
    bins_.read_access.hit(read_late_ ? 1 : 0);
    read_late_ = false;
  } else if (o.rvalid) {
    read_late_ = true;
  }
}

}  // namespace p2p::coverage
