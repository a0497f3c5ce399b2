// The reference model of the chip: its outputs from one clock edge to the next, from the inputs that each edge samples.
// Written from docs/registers.md and docs/vcap.md; it shares no code with rtl/.
//
// An instant with rising edges goes: latch() for every channel whose pixel clock rises, bus_edge() if the bus clock
// does, then pixel_edge() for those channels. Between edges the outputs stand still, but for a reset.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "tb/model/bus_master.h"
#include "tb/model/capture_channel.h"
#include "tb/model/parameters.h"
#include "tb/model/pins.h"
#include "tb/model/register_port.h"

namespace p2p::model {

class ChipModel {
 public:
  explicit ChipModel(const Parameters& parameters);

  void bus_edge(const BusInputs& in);
  void latch(unsigned channel) { channels_[channel].latch(); }
  void pixel_edge(unsigned channel, const VideoInputs& in) { channels_[channel].pixel_edge(in); }
  void bus_reset();
  void pixel_reset(unsigned channel) { channels_[channel].pixel_reset(); }

  const BusOutputs& outputs() const { return outputs_; }
  /// What silicon may see an edge later between the clocks, at the channel's next edges.
  void set_lateness(unsigned channel, const Lateness& late) { channels_[channel].set_lateness(late); }
  std::uint64_t times_late(unsigned channel) const { return channels_[channel].times_late(); }
  const CaptureChannel& channel(unsigned number) const { return channels_[number]; }
  /// What a channel's registers would show in this cycle.
  LiveValues live(unsigned channel) const { return channels_[channel].live(outstanding(channel)); }
  bool tready(unsigned channel) const { return channels_[channel].tready(); }

  // What the model is about, for a message on an output that differs.
  std::string why_bus() const;
  std::string why_register() const;
  std::string why_interrupt() const;
  std::string why_video(unsigned channel) const;

  // -- tests that cannot wait so long
  void preset_time(std::uint64_t value) { time_ = value; }
  void preset_counters(std::uint32_t value) { channels_.front().preset_counters(value); }
  void preset_video_clocks(std::uint32_t line, std::uint32_t frame) {
    channels_.front().preset_video_clocks(line, frame);
  }
  void preset_silence(std::uint32_t value) { channels_.front().preset_silence(value); }
  void preset_record_head(std::uint16_t value) { channels_.front().preset_record_head(value); }
  void preset_frame_number(std::uint32_t value) { channels_.front().preset_frame_number(value); }
  void preset_coalescing(std::uint32_t waited) { channels_.front().preset_coalescing(waited); }
  /// Of a channel that stands still, its rings empty.
  void preset_rings(unsigned channel, std::uint16_t index) { channels_[channel].preset_rings(index); }

 private:
  CaptureChannel::Outstanding outstanding(unsigned channel) const;
  bool find_access();
  void answer_registers(bool accessed, const RegisterInputs& in);
  /// Readers and writers of data: the channels' planes.
  unsigned readers() const { return parameters_.planes * static_cast<unsigned>(channels_.size()); }
  const Burst& burst_of(unsigned writer) const;
  Beat beat_of(unsigned writer) const;
  void update_outputs();

  Parameters parameters_;
  std::vector<CaptureChannel> channels_;
  RegisterPort port_;
  WriteMaster writes_;
  ReadMaster reads_;
  ReadMaster::Requests requests_;                      // as the channels' registers make them
  unsigned requesting_ = 0;                            // bits of those that are valid
  std::array<Descriptors::Edge, kMaxPlanes> reading_;  // of the channel in turn
  std::uint64_t time_ = 0;
  Access access_;
  std::uint16_t last_read_ = 0, last_written_ = 0;
  BusOutputs outputs_;
};

}  // namespace p2p::model
