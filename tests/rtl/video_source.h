// AXI4-Stream video into one channel of the chip: whatever frames a test queues, good or broken, with pauses.
#pragma once

#include <cstdint>
#include <cstring>
#include <deque>
#include <vector>

#include "Vvcap.h"
#include "tests/rtl/random.h"

namespace p2p::rtltest {

// The beats of every line of a frame.
using Lines = std::vector<std::vector<uint32_t>>;

// Active pixels of a frame, two bytes each, line after line.
struct Frame {
  uint32_t width = 0, height = 0;
  std::vector<uint8_t> pixels{};
  bool field = false;

  static Frame random(Random& random, uint32_t width, uint32_t height) {
    Frame frame{width, height, std::vector<uint8_t>(size_t{width} * height * 2)};
    for (uint8_t& byte : frame.pixels) byte = random.byte();
    return frame;
  }
  // A test breaks a frame by changing these.
  Lines lines() const {
    Lines all(height);
    size_t at = 0;
    for (auto& line : all) {
      for (uint32_t x = 0; x < width; x += 2, at += 4) {
        line.push_back(uint32_t{pixels[at]} | uint32_t{pixels[at + 1]} << 8 | uint32_t{pixels[at + 2]} << 16 |
                       uint32_t{pixels[at + 3]} << 24);
      }
    }
    return all;
  }
  // Every second one.
  Lines field_lines(size_t first) const {
    const Lines all = lines();
    Lines some;
    for (size_t y = first; y < all.size(); y += 2) some.push_back(all[y]);
    return some;
  }
};

struct VideoBeat {
  uint32_t data;
  bool start, end_of_line, field;
  uint32_t pause;  // pixel cycles without a beat before it
};

class VideoSource {
 public:
  explicit VideoSource(uint32_t seed, uint32_t channel = 0) : random_(seed), channel_(channel) {}

  void send(const Frame& frame) { send(frame.lines()); }
  // Without `start` the lines belong to the frame before, or to none. `field`: as the field pin says.
  void send(const Lines& lines, bool start = true, bool field = false) {
    for (const auto& line : lines) {
      for (size_t x = 0; x < line.size(); ++x) {
        beats_.push_back({line[x], start, x + 1 == line.size(), start && field, pause_});
        pause_ = start ? pause_within_ : 0;
        start = false;
      }
    }
  }
  // Pixel cycles without a beat before the next frame.
  void pause(uint32_t cycles) { pause_ += cycles; }
  // Pixel cycles without a beat after the first of each frame from now on.
  void pause_within(uint32_t cycles) { pause_within_ = cycles; }
  // Takes the end-of-line mark off the last queued beat: a frame cut off within a line.
  void cut_here() { beats_.back().end_of_line = false; }
  // Drops what is queued, the beat at the pins too, as a reset makes it.
  void reset() {
    beats_.clear();
    offered_ = false;
    pause_ = 0;
  }
  size_t waiting() const { return beats_.size(); }
  uint64_t taken() const { return taken_; }

  uint32_t gap_percent = 0, field_noise_percent = 0;

  void before_edge(const Vvcap& dut) {
    if (offered_ && ready(dut)) {
      beats_.pop_front();
      offered_ = false;
      ++taken_;
    }
  }
  void after_edge(Vvcap& dut) {
    if (!offered_ && !beats_.empty()) {
      if (beats_.front().pause != 0) {
        --beats_.front().pause;
      } else {
        offered_ = !random_.chance(gap_percent);
      }
    }
    drive(dut.s_axis_video_tvalid, offered_);
    if (offered_) {
      // A channel's data is a word of the port, however the model stores it.
      std::memcpy(reinterpret_cast<uint8_t*>(&dut.s_axis_video_tdata) + 4 * channel_, &beats_.front().data, 4);
      drive(dut.s_axis_video_tuser, beats_.front().start);
      drive(dut.s_axis_video_tlast, beats_.front().end_of_line);
      // But with the first beat of a frame the field pin means nothing.
      drive(dut.s_axis_video_tfid, beats_.front().start ? beats_.front().field : random_.chance(field_noise_percent));
    }
  }
  // Whether the next edge takes a first beat of a frame.
  bool start_taken(const Vvcap& dut) const { return offered_ && ready(dut) && beats_.front().start; }

 private:
  bool ready(const Vvcap& dut) const { return ((dut.s_axis_video_tready >> channel_) & 1) != 0; }
  void drive(CData& pins, bool value) const {
    pins = static_cast<CData>((pins & ~(1u << channel_)) | (value ? 1u : 0u) << channel_);
  }

  Random random_;
  uint32_t channel_;
  std::deque<VideoBeat> beats_;
  uint32_t pause_ = 0, pause_within_ = 0;
  uint64_t taken_ = 0;
  bool offered_ = false;
};

}  // namespace p2p::rtltest
