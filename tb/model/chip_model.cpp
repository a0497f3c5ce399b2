#include "tb/model/chip_model.h"

namespace p2p::model {
namespace {

constexpr unsigned kWindowLog2 = 12;
constexpr std::uint16_t kOffsetMask = 0xFFF;
constexpr Answer kNoAnswer{};

}  // namespace

ChipModel::ChipModel(const Parameters& parameters) : parameters_(parameters), writes_(parameters) {
  for (unsigned c = 0; c < parameters.channels; ++c) channels_.emplace_back(parameters, c);
  // INCR of full width, modifiable and bufferable, unprivileged secure data.
  MemoryOutputs& axi = outputs_.axi;
  axi.awsize = axi.arsize = parameters.data_bytes == 16 ? 4 : 3;
  axi.awburst = axi.arburst = 1;
  axi.awcache = axi.arcache = 3;
}

void ChipModel::bus_reset() {
  for (CaptureChannel& channel : channels_) channel.bus_reset();
  port_.reset();
  writes_.reset();
  reads_.reset();
  time_ = 0;
  update_outputs();
}

/// The register access of this cycle as its channel sees it; true if there is one.
bool ChipModel::find_access() {
  const bool writes = port_.writes(), reads = port_.reads();
  if (!writes && !reads) return false;
  const auto offset = [](std::uint16_t address) { return static_cast<std::uint16_t>(address & kOffsetMask); };
  access_ = {false, false, offset(port_.write_address()), offset(port_.read_address()), port_.data(), port_.strobes()};
  if (writes) last_written_ = port_.write_address();
  if (reads) last_read_ = port_.read_address();
  return true;
}

/// What a read returns, and which accesses hit a register.
void ChipModel::answer_registers(bool accessed, const RegisterInputs& in) {
  bool write_known = false, read_known = false;
  std::uint32_t read_data = 0;
  if (accessed) {
    const unsigned written = port_.write_address() >> kWindowLog2, read = port_.read_address() >> kWindowLog2;
    write_known = written < channels_.size() && Registers::known(access_.write_offset);
    read_known = read < channels_.size() && Registers::known(access_.read_offset);
    if (port_.reads() && read_known) read_data = channels_[read].read(access_.read_offset);
  }
  port_.edge(in, write_known, read_known, read_data);
}

const Burst& ChipModel::burst_of(unsigned writer) const {
  const auto count = static_cast<unsigned>(channels_.size());
  return writer < count ? channels_[writer].engine().plane().burst() : channels_[writer - count].messages().burst();
}

Beat ChipModel::beat_of(unsigned writer) const {
  const auto count = static_cast<unsigned>(channels_.size());
  return writer < count ? channels_[writer].engine().beat() : channels_[writer - count].messages().beat();
}

void ChipModel::bus_edge(const BusInputs& in) {
  const MemoryInputs& axi = in.axi;
  const Answer answer = writes_.answer(axi);
  const bool accessed = find_access();

  const auto count = static_cast<unsigned>(channels_.size());
  unsigned asking = 0, beats_there = 0;
  for (unsigned c = 0; c < channels_.size(); ++c) {
    CaptureChannel& channel = channels_[c];
    access_.write = accessed && port_.writes() && port_.write_address() >> kWindowLog2 == c;
    access_.read = accessed && port_.reads() && port_.read_address() >> kWindowLog2 == c;
    channel.decide(access_, answer.given && answer.channel == c ? answer : kNoAnswer,
                   answer.given && answer.channel == count + c ? answer : kNoAnswer, writes_.outstanding(c), time_);
    asking |= unsigned{channel.asks_to_write()} << c | unsigned{channel.messages().offers_burst()} << (count + c);
    beats_there |= unsigned{channel.engine().plane().offers_beat()} << c | unsigned{channel.messages().offers_beat()}
                                                                       << (count + c);
  }
  answer_registers(accessed, in.axil);

  const int issued = writes_.issues(axi, asking), sent = writes_.sends(axi, issued, beats_there);
  Beat beat;
  if (sent >= 0) beat = beat_of(static_cast<unsigned>(sent));
  writes_.edge(axi, answer, issued, issued >= 0 ? &burst_of(static_cast<unsigned>(issued)) : nullptr, sent, &beat);
  Descriptors::Edge reading;
  const unsigned read_channel = reads_.shown(ReadMaster::asking(requests_));
  for (unsigned c = 0; c < channels_.size(); ++c) {
    reading.address_taken = axi.arready && c == read_channel;
    reading.beat = axi.rvalid && reads_.ready() && axi.rid == c;
    if (reading.beat) {
      reading.data = axi.rdata;
      reading.response = axi.rresp;
      reading.last_beat = axi.rlast != 0;
    }
    const int frames = static_cast<int>(c), messages = static_cast<int>(count + c);
    channels_[c].bus_edge({issued == frames, sent == frames, issued == messages, sent == messages}, reading);
  }
  reads_.edge(axi, requests_);
  ++time_;
  update_outputs();
}

void ChipModel::update_outputs() {
  bool intr = false;
  for (const CaptureChannel& channel : channels_) intr |= channel.intr();
  outputs_.intr = intr;
  outputs_.axil = port_.outputs();
  writes_.outputs(outputs_.axi);
  for (unsigned c = 0; c < channels_.size(); ++c) {
    const Descriptors& d = channels_[c].engine().plane().descriptors();
    requests_[c] = {d.arvalid(), d.araddr(), d.arlen()};
  }
  reads_.outputs(requests_, outputs_.axi);
}

std::string ChipModel::why_bus() const {
  std::string text;
  for (const CaptureChannel& channel : channels_) text += (text.empty() ? "" : "; ") + channel.describe();
  return text;
}

std::string ChipModel::why_register() const {
  const auto name = [](std::uint16_t address) {
    return std::string(register_name(address & kOffsetMask)) + " of channel " + std::to_string(address >> kWindowLog2);
  };
  return "the last read was of " + name(last_read_) + ", the last write to " + name(last_written_);
}

std::string ChipModel::why_interrupt() const {
  std::string text;
  for (const CaptureChannel& channel : channels_) text += (text.empty() ? "" : "; ") + channel.describe_interrupt();
  return text;
}

std::string ChipModel::why_video(unsigned channel) const { return channels_[channel].describe(); }

}  // namespace p2p::model
