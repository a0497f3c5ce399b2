// One capture channel: its pixel clock's side, its registers, interrupts and counters, its engine.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "tb/model/crossing.h"
#include "tb/model/engine.h"
#include "tb/model/frame_starts.h"
#include "tb/model/interrupts.h"
#include "tb/model/messages.h"
#include "tb/model/registers.h"
#include "tb/model/video_input.h"
#include "tb/model/video_meter.h"

namespace p2p::model {

class CaptureChannel {
 public:
  CaptureChannel(const Parameters& parameters, unsigned number);

  // -- pixel clock
  /// Before an instant with an edge of this channel's pixel clock: what the bus clock's side holds until then.
  void latch();
  void pixel_edge(const VideoInputs& in);
  /// For the next edges of both clocks, until it is said again.
  void set_lateness(const Lateness& late) { late_ = late; }
  /// Edges at which something between the clocks was late.
  std::uint64_t times_late() const {
    return to_pixel_.times_late() + from_pixel_.times_late() + words_[0].times_late() + words_[1].times_late() +
           headers_.times_late();
  }
  void pixel_reset();
  bool tready() const { return input_.ready((to_pixel_.seen() & kStall) != 0, control_.nv12, words_, headers_); }

  // -- bus clock
  /// Decides what the edge does; `access` is within this channel's window.
  /// `answer`: of a burst of `plane`; `message_answer`: of the channel's message.
  using Outstanding = Engine::Outstanding;
  void decide(const Access& access, const Answer& answer, unsigned plane, const Answer& message_answer,
              const Outstanding& outstanding, std::uint64_t time);
  bool asks_to_write(unsigned plane) const { return engine_.plane(plane).offers_burst() && !events_->holds_back; }
  std::uint32_t read(std::uint16_t offset) const { return registers_.read(offset, live(outstanding_)); }
  /// `outstanding`: write bursts of this channel in the cycle that is looked at.
  LiveValues live(const Outstanding& outstanding) const;
  /// A register that software writes, as it stands.
  std::uint32_t stored(std::uint16_t offset) const { return registers_.value(offset); }
  /// What the edge before carried out.
  const Access& access() const { return access_; }
  /// What the bus master takes with an edge.
  struct Taken {
    Engine::Taken data;
    bool message_burst = false, message_beat = false;
  };
  void bus_edge(const Taken& taken, std::array<Descriptors::Edge, kMaxPlanes>& reading);
  bool knows(std::uint16_t offset) const { return registers_.known(offset); }
  void bus_reset();
  const Engine& engine() const { return engine_; }
  const Messages& messages() const { return messages_; }
  bool intr() const { return interrupts_.line() && !sends_messages(); }

  /// What the channel is doing, for a message.
  std::string describe() const;
  std::string describe_interrupt() const;

  // -- tests that cannot wait so long
  void preset_counters(std::uint32_t value) { counters_.fill(value); }
  void preset_video_clocks(std::uint32_t line, std::uint32_t frame) { meter_.preset_clocks(line, frame); }
  void preset_silence(std::uint32_t value) { detector_.preset_silence(value); }
  void preset_record_head(std::uint16_t value) { engine_.preset_record_head(value); }
  void preset_frame_number(std::uint32_t value) { starts_.preset_number(value); }
  void preset_coalescing(std::uint32_t waited) { interrupts_.preset_waited(waited); }
  void preset_rings(std::uint16_t index) {
    registers_.preset(reg::kRingTail, index);
    registers_.preset(reg::kPlane1RingTail, index);
    engine_.preset_rings(index);
  }

 private:
  enum Counter : unsigned { kFrames, kDropped, kOverflows, kFormats, kNoBufs, kBusErrors, kStarted, kCounters };
  static constexpr unsigned kSettleCycles = 7;  // that quiet must last to be believed

  /// The flags that cross, and their bits.
  enum ToPixel : std::uint32_t { kDetectAcknowledged = 1, kDetect = 2, kStall = 4, kFlush = 8, kEnable = 16 };
  enum FromPixel : std::uint32_t { kDetectTurn = 1, kFlushed = 2, kEnabled = 4, kActive = 8 };
  bool pixel_says(FromPixel flag) const { return (from_pixel_.seen() & flag) != 0; }
  void latch_format();
  std::uint16_t ring_tail(unsigned plane) const;
  bool nv12() const { return registers_.value(reg::kFormatPixel) == 1; }
  bool words_empty() const { return words_[0].empty() && words_[1].empty(); }
  unsigned all_outstanding() const { return outstanding_[0] + outstanding_[1]; }
  bool sends_messages() const { return (registers_.value(reg::kMsiCtrl) & 1) != 0; }
  void gather();
  void gather_setup();
  void gather_plane(unsigned plane);
  bool quiet(const Outstanding& outstanding) const;
  bool drained() const;
  bool idle(const Outstanding& outstanding) const { return quiet(outstanding) && !resetting_; }
  std::uint32_t status(const Outstanding& outstanding) const;
  void count();
  std::uint32_t interrupt_events() const;
  void interrupt_edge();
  void drain_edge(bool enable);
  void keep_first_error();

  unsigned number_;
  // Pixel clock.
  VideoInput input_;
  VideoMeter meter_;
  Crossing to_pixel_;
  std::uint32_t latched_ = 0;
  VideoInput::Control control_;  // its format as latched
  bool format_stale_ = true;     // a register was written since
  // Between the clocks.
  VideoInput::Words words_;
  CrossingFifo<FrameHeader> headers_;
  Crossing from_pixel_;
  Lateness late_;
  // Bus clock.
  Registers registers_;
  Interrupts interrupts_;
  Messages messages_;
  FormatDetector detector_;
  FrameStarts starts_;
  Engine engine_;
  std::array<std::uint32_t, kCounters> counters_{};
  bool enable_ = false, flush_ = false, was_enabled_ = false, drain_ = false, resetting_ = false, reset_ends_ = false,
       reset_ended_ = false;
  bool header_fault_ = false;
  std::array<bool, kMaxPlanes> word_fault_{};  // FAULT_TEST that waits for its entry
  unsigned settled_ = 0;
  std::uint32_t err_cause_ = 0;
  std::uint64_t err_address_ = 0;
  // Decided for this edge.
  Access access_;
  Answer answer_, message_answer_;
  Messages::Edge message_edge_;
  std::uint64_t time_ = 0;
  Outstanding outstanding_{};
  unsigned answered_plane_ = 0;
  FrameHeader header_;
  bool takes_header_ = false;
  Engine::Inputs inputs_;
  bool setup_stale_ = true;  // a register was written since inputs_ was set up
  const Engine::Events* events_ = nullptr;
};

}  // namespace p2p::model
