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
    write_known = written < channels_.size() && channels_[written].knows(access_.write_offset);
    read_known = read < channels_.size() && channels_[read].knows(access_.read_offset);
    if (port_.reads() && read_known) read_data = channels_[read].read(access_.read_offset);
  }
  port_.edge(in, write_known, read_known, read_data);
}

const Burst& ChipModel::burst_of(unsigned writer) const {
  const unsigned planes = parameters_.planes;
  if (writer >= readers()) return channels_[writer - readers()].messages().burst();
  return channels_[writer / planes].engine().plane(writer % planes).burst();
}

Beat ChipModel::beat_of(unsigned writer) const {
  const unsigned planes = parameters_.planes;
  if (writer >= readers()) return channels_[writer - readers()].messages().beat();
  return channels_[writer / planes].engine().beat(writer % planes);
}

CaptureChannel::Outstanding ChipModel::outstanding(unsigned channel) const {
  const unsigned first = channel * parameters_.planes;
  return {writes_.outstanding(first), parameters_.planes == 2 ? writes_.outstanding(first + 1) : 0};
}

void ChipModel::bus_edge(const BusInputs& in) {
  const MemoryInputs& axi = in.axi;
  const Answer answer = writes_.answer(axi);
  const bool accessed = find_access();

  const unsigned planes = parameters_.planes, data_writers = readers();
  const auto bit = [](bool set, unsigned writer) { return unsigned{set} << writer; };
  unsigned asking = 0, beats_there = 0;
  for (unsigned c = 0; c < channels_.size(); ++c) {
    CaptureChannel& channel = channels_[c];
    const unsigned first = c * planes, message = data_writers + c;
    access_.write = accessed && port_.writes() && port_.write_address() >> kWindowLog2 == c;
    access_.read = accessed && port_.reads() && port_.read_address() >> kWindowLog2 == c;
    const bool of_data = answer.given && answer.channel >= first && answer.channel < first + planes;
    channel.decide(access_, of_data ? answer : kNoAnswer, of_data ? answer.channel - first : 0,
                   answer.given && answer.channel == message ? answer : kNoAnswer, outstanding(c), time_);
    for (unsigned p = 0; p < planes; ++p) {
      asking |= bit(channel.asks_to_write(p), first + p);
      beats_there |= bit(channel.engine().plane(p).offers_beat(), first + p);
    }
    asking |= bit(channel.messages().offers_burst(), message);
    beats_there |= bit(channel.messages().offers_beat(), message);
  }
  answer_registers(accessed, in.axil);

  const int issued = writes_.issues(axi, asking), sent = writes_.sends(axi, issued, beats_there);
  Beat beat;
  if (sent >= 0) beat = beat_of(static_cast<unsigned>(sent));
  writes_.edge(axi, answer, issued, issued >= 0 ? &burst_of(static_cast<unsigned>(issued)) : nullptr, sent, &beat);
  const unsigned shown = reads_.shown(requesting_);
  const auto is = [](int writer, unsigned number) { return writer == static_cast<int>(number); };
  for (unsigned c = 0; c < channels_.size(); ++c) {
    CaptureChannel::Taken taken;
    for (unsigned p = 0; p < planes; ++p) {
      const unsigned number = c * planes + p;
      Descriptors::Edge& read = reading_[p];
      read.address_taken = axi.arready && number == shown;
      read.beat = axi.rvalid && reads_.ready() && axi.rid == number;
      if (read.beat) {
        read.data = axi.rdata;
        read.response = axi.rresp;
        read.last_beat = axi.rlast != 0;
      }
      taken.data.burst[p] = is(issued, number);
      taken.data.beat[p] = is(sent, number);
    }
    taken.message_burst = is(issued, data_writers + c);
    taken.message_beat = is(sent, data_writers + c);
    channels_[c].bus_edge(taken, reading_);
  }
  reads_.edge(axi, requesting_);
  ++time_;
  update_outputs();
}

void ChipModel::update_outputs() {
  bool intr = false;
  for (const CaptureChannel& channel : channels_) intr |= channel.intr();
  outputs_.intr = intr;
  outputs_.axil = port_.outputs();
  writes_.outputs(outputs_.axi);
  requesting_ = 0;
  for (unsigned r = 0; r < readers(); ++r) {
    const PlanePath& plane = channels_[r / parameters_.planes].engine().plane(r % parameters_.planes);
    const Descriptors& d = plane.descriptors();
    requests_[r] = {d.araddr(), d.arlen()};
    requesting_ |= unsigned{d.arvalid()} << r;
  }
  reads_.outputs(requests_, requesting_, outputs_.axi);
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
