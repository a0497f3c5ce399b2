#include "tb/model/bus_master.h"

namespace p2p::model {

unsigned WriteMaster::free_id() const {
  unsigned id = 0;
  while (id < ids_ && slots_[id].taken) ++id;
  return id;
}

Answer WriteMaster::answer(const MemoryInputs& in) const {
  if (!in.bvalid || !up_ || in.bid >= ids_ || !slots_[in.bid].taken) return {};
  const Slot& slot = slots_[in.bid];
  return {true, in.bresp != 0, slot.channel, in.bresp, slot.address, slot.index};
}

int WriteMaster::issues(const MemoryInputs& in, unsigned asking) const {
  if (asking == 0 || (awvalid_ && !in.awready) || free_id() == ids_) return -1;
  return static_cast<int>(turn_.next(asking));
}

int WriteMaster::sends(const MemoryInputs& in, int issued, unsigned beats_there) const {
  if (wvalid_ && !in.wready) return -1;
  if (sending_.empty()) return issued;
  const unsigned channel = sending_.front();
  return (beats_there >> channel) & 1 ? static_cast<int>(channel) : -1;
}

void WriteMaster::edge(const MemoryInputs& in, const Answer& answer, int issued, const Burst* burst, int sent,
                       const Beat* beat) {
  const unsigned id = issued >= 0 ? free_id() : 0;
  if (answer.given) {
    slots_[in.bid].taken = false;
    --outstanding_[answer.channel];
  }
  if (in.awready) awvalid_ = false;
  if (in.wready) wvalid_ = false;
  bool sent_whole = false;
  if (sent >= 0) {
    wvalid_ = true;
    beat_ = *beat;
    sent_whole = beat->last && sending_.empty();
    if (beat->last && !sent_whole) sending_.pop();
  }
  if (issued >= 0) {
    const auto channel = static_cast<unsigned>(issued);
    awvalid_ = true;
    awid_ = static_cast<std::uint8_t>(id);
    shown_ = *burst;
    slots_[id] = {true, channel, burst->address, burst->index};
    ++outstanding_[channel];
    if (!sent_whole) sending_.push(channel);
    turn_.served(channel);
  }
  up_ = true;
}

void WriteMaster::outputs(MemoryOutputs& out) const {
  out.awvalid = awvalid_;
  out.awid = awid_;
  out.awaddr = shown_.address;
  out.awlen = shown_.length;
  out.wvalid = wvalid_;
  out.wdata = beat_.data;
  out.wstrb = beat_.strobes;
  out.wlast = beat_.last;
  out.bready = up_;
}

void WriteMaster::reset() {
  slots_ = {};
  sending_.clear();
  turn_.reset();
  outstanding_ = {};
  awvalid_ = wvalid_ = up_ = false;
  awid_ = 0;
  shown_ = {};
  beat_ = {};
}

void ReadMaster::edge(const MemoryInputs& in, unsigned asking) {
  const unsigned channel = shown(asking);
  if (asking != 0 && !held_) turn_.served(channel);
  held_ = asking != 0 && !in.arready;
  channel_ = channel;
  up_ = true;
}

void ReadMaster::outputs(const Requests& requests, unsigned asking, MemoryOutputs& out) const {
  const unsigned channel = shown(asking);
  out.arvalid = asking != 0;
  out.arid = static_cast<std::uint8_t>(channel);
  out.araddr = requests[channel].address;
  out.arlen = requests[channel].length;
  out.rready = up_;
}

}  // namespace p2p::model
