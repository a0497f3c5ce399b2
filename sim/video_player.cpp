#include "sim/video_player.h"

#include <cmath>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "sim/trace_sink.h"

namespace p2p::sim {
namespace {

constexpr unsigned kBeatBytes = 4;
constexpr double kPicosecondsPerSecond = 1e12;

}  // namespace

VideoPlayer::VideoPlayer(const VideoTiming& timing, std::uint64_t pixel_period_ps, Attention& attention)
    : timing_(timing), pixel_period_ps_(pixel_period_ps), attention_(attention) {}

void VideoPlayer::set_source(VideoSource* source) {
  if (running_) throw std::logic_error("video player: the source cannot change while it plays");
  source_ = source;
  if (source == nullptr) return;
  size_ = source->size();
  check_frame_size("video source", size_.width, size_.height);
  const std::uint64_t line_clocks = size_.line_bytes() / kBeatBytes + timing_.hblank_clocks;
  const std::uint64_t active_clocks = line_clocks * size_.height;
  vblank_clocks_ = line_clocks * timing_.vblank_lines;
  if (timing_.fps != 0) {
    const double period = kPicosecondsPerSecond / (timing_.fps * static_cast<double>(pixel_period_ps_));
    if (!(timing_.fps > 0) || !(period >= static_cast<double>(active_clocks)) || period > 1e15) {
      const double fastest =
          kPicosecondsPerSecond / (static_cast<double>(active_clocks) * static_cast<double>(pixel_period_ps_));
      throw SourceError("--fps: " + std::to_string(timing_.fps) + " cannot be sent; more than 0 and at most " +
                        std::to_string(fastest) + " frames a second expected at " + std::to_string(size_.width) + "x" +
                        std::to_string(size_.height));
    }
    vblank_clocks_ = static_cast<std::uint64_t>(period) - active_clocks;
  }
  frame_.resize(size_.bytes() / kBeatBytes);
}

std::uint64_t VideoPlayer::clocks_per_frame() const {
  if (source_ == nullptr) return 0;
  return (size_.line_bytes() / kBeatBytes + timing_.hblank_clocks) * size_.height + vblank_clocks_;
}

void VideoPlayer::add_fault(const StreamFault& fault) { faults_.push_back(fault); }

const StreamFault* VideoPlayer::fault_of(std::uint64_t frame) const {
  for (const StreamFault& fault : faults_) {
    if (fault.frame == frame) return &fault;
  }
  return nullptr;
}

void VideoPlayer::start(std::uint64_t frames) {
  if (source_ == nullptr) throw std::logic_error("video player: started without a source");
  if (running_) throw std::logic_error("video player: started while it plays");
  frames_to_send_ = frames == 0 ? ~std::uint64_t{0} : frames_sent_ + frames;
  running_ = true;
  stopping_ = false;
  finished_ = false;
  if (!pull_frame()) {
    finish();
    return;
  }
  active_ = true;
  gap_ = 1;
}

void VideoPlayer::stop() { stopping_ = running_; }

bool VideoPlayer::pull_frame() {
  if (stopping_ || frames_sent_ >= frames_to_send_) return false;
  try {
    if (!source_->next({reinterpret_cast<std::uint8_t*>(frame_.data()), size_.bytes()})) return false;
  } catch (const SourceError& error) {
    error_ = error.what();
    return false;
  }
  fault_ = fault_of(frames_sent_);
  row_ = 0;
  rows_ = size_.height;
  if (fault_ != nullptr && fault_->kind == StreamFault::Kind::kExtraLines) rows_ += fault_->beats;
  if (fault_ != nullptr && fault_->kind == StreamFault::Kind::kMissingLines) {
    rows_ = fault_->beats < rows_ ? rows_ - fault_->beats : 1;
  }
  return true;
}

void VideoPlayer::finish() {
  active_ = false;
  finish_pending_ = true;
  attention_.raised = true;
}

void VideoPlayer::deliver_finished() {
  if (!finish_pending_) return;
  finish_pending_ = false;
  running_ = false;
  finished_ = true;
  if (finished_callback_) finished_callback_();
}

void VideoPlayer::begin_line() {
  const std::size_t words = size_.line_bytes() / kBeatBytes;
  const unsigned source_row = row_ < size_.height ? row_ : size_.height - 1;
  line_ = std::span(frame_).subspan(source_row * words, words);
  beats_left_ = words;
  ends_with_last_ = true;
  last_row_ = row_ + 1 == rows_;
  if (fault_ != nullptr && fault_->line == row_) {
    switch (fault_->kind) {
      case StreamFault::Kind::kLongLine:
        beats_left_ += fault_->beats;
        break;
      case StreamFault::Kind::kShortLine:
        beats_left_ = fault_->beats < words ? words - fault_->beats : 1;
        break;
      case StreamFault::Kind::kCutFrame:
        last_row_ = true;
        if (fault_->beats < words) {
          beats_left_ = fault_->beats != 0 ? fault_->beats : 1;
          ends_with_last_ = false;
        }
        break;
      case StreamFault::Kind::kExtraLines:
      case StreamFault::Kind::kMissingLines:
        break;
    }
  }
  beat_ = 0;
  changed_ = true;
  tvalid_ = 1;
  tdata_ = line_[0];
  tuser_ = row_ == 0;
  tlast_ = beats_left_ == 1 && ends_with_last_;
}

void VideoPlayer::frame_started(std::uint64_t cycle) {
  const std::uint64_t frame = frames_started_++;
  trace_sink().event("sim", "frame.sof", {{"frame", frame}, {"pix_cycle", cycle}});
  if (listener_ == nullptr) return;
  listener_->frame_started(frame, {reinterpret_cast<const std::uint8_t*>(frame_.data()), size_.bytes()}, cycle);
}

void VideoPlayer::end_line(std::uint64_t cycle) {
  tvalid_ = tuser_ = tlast_ = 0;
  if (last_row_) {
    end_frame(cycle);
  } else {
    ++row_;
    idle_for(timing_.hblank_clocks);
  }
}

void VideoPlayer::end_frame(std::uint64_t cycle) {
  const std::uint64_t frame = frames_sent_;
  const bool intact = fault_ == nullptr;
  trace_sink().event("sim", "frame.eof", {{"frame", frame}, {"pix_cycle", cycle}});
  if (listener_ != nullptr) listener_->frame_ended(frame, intact, cycle);
  ++frames_sent_;
  if (!pull_frame()) {
    finish();
    return;
  }
  idle_for(timing_.hblank_clocks + vblank_clocks_);
}

void VideoPlayer::idle_for(std::uint64_t clocks) {
  if (clocks == 0) {
    begin_line();
  } else {
    gap_ = clocks;
  }
}

}  // namespace p2p::sim
