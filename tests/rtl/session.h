// A run of frames, good and broken, and what the records say came of each: whatever is delivered must be the frame its
// sequence number names, bit for bit, in its buffer.
#pragma once

#include <cstdint>
#include <vector>

#include "tests/rtl/capture.h"

namespace p2p::rtltest {

class Session {
 public:
  Session(Chip& chip, const CaptureSetup& setup, uint32_t seed = 1, uint32_t channel = 0)
      : capture(chip, setup, seed, channel), chip_(chip) {
    records_ = 1u << setup.completion_log2;
  }

  // Posts `count` buffers and rings the doorbell. Pieces of `shortest` to `longest` bytes; 0: one piece.
  void post(uint32_t count, uint32_t shortest = 0, uint32_t longest = 0);
  // Posts a buffer that the test made itself; no doorbell.
  void post(Buffer buffer);

  // Queues a good frame; the chip must be enabled when it comes.
  void send() {
    const Frame frame = capture.new_frame();
    if (capture.weaves()) {
      send_woven(frame, capture.video_of(frame.field_lines(0)), capture.video_of(frame.field_lines(1)));
    } else {
      send_as(frame, capture.video_of(frame.lines()));
    }
  }
  // Queues lines of which the chip must deliver the frame; nothing if it is empty.
  void send_as(const Frame& frame, const Lines& lines) {
    frames_.push_back(frame);
    capture.video().send(lines, true, frame.field);
  }
  void send_broken(const Lines& lines) { send_as({}, lines); }
  // Likewise, the two fields of a frame.
  void send_woven(const Frame& frame, const Lines& first, const Lines& second) {
    send_as(frame, first);
    capture.video().send(second, true, true);
  }
  uint32_t sent() const { return static_cast<uint32_t>(frames_.size()); }
  uint32_t delivered() const { return done_; }
  const Frame& frame(uint32_t sequence) const { return frames_.at(sequence); }

  // Waits until every frame sent is accounted for, then collects.
  std::vector<uint32_t> finish();
  // Checks the records written since the last call and gives them back to the chip; their sequence numbers.
  std::vector<uint32_t> collect();
  // Waits for DRAINED; memory holds the delivered frames, remains in the next buffer, and nothing else.
  void close();
  // Soft reset: the chip forgets rings, numbers and counters.
  void restart();
  const Buffer& next_buffer() const { return buffers_.at(done_); }
  const Buffer& buffer(uint32_t posted) const { return buffers_.at(posted); }

  Capture capture;

 private:
  Chip& chip_;
  uint32_t records_;
  std::vector<Frame> frames_;    // by sequence number
  std::vector<Buffer> buffers_;  // in the order posted
  uint32_t done_ = 0, next_sequence_ = 0;
};

}  // namespace p2p::rtltest
