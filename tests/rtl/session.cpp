#include "tests/rtl/session.h"

#include <gtest/gtest.h>

namespace p2p::rtltest {

void Session::post(Buffer buffer) {
  capture.post(buffer);
  buffers_.push_back(std::move(buffer));
}

void Session::post(uint32_t count, uint32_t shortest, uint32_t longest) {
  for (uint32_t i = 0; i < count; ++i) {
    post(longest == 0 ? capture.whole(static_cast<uint32_t>(buffers_.size()) % 8)
                      : capture.scattered(shortest, longest));
  }
  capture.doorbell();
}

std::vector<uint32_t> Session::collect() {
  std::vector<uint32_t> sequences;
  const uint32_t head = capture.read(VCAP_CPL_HEAD);
  if (((head - done_) & 0xFFFF) > records_) {
    ADD_FAILURE() << "CPL_HEAD is " << head << " after " << done_ << " records were read";
    return sequences;
  }
  for (; (done_ & 0xFFFF) != head; ++done_) {
    const uint32_t sequence = capture.record(done_).Sequence;
    SCOPED_TRACE(testing::Message() << "record " << done_ << ", frame " << sequence);
    if (sequence >= frames_.size() || sequence < next_sequence_ || done_ >= buffers_.size()) {
      ADD_FAILURE() << "record of a frame that was not sent or came already, or of no buffer";
      return sequences;
    }
    if (frames_[sequence].pixels.empty()) {
      ADD_FAILURE() << "a broken frame was delivered";
      capture.expect_remains(buffers_[done_]);
    } else {
      capture.expect_frame(done_, buffers_[done_], frames_[sequence], sequence, sequence != next_sequence_);
    }
    next_sequence_ = sequence + 1;
    sequences.push_back(sequence);
  }
  if (!sequences.empty()) capture.release_completions(done_);
  return sequences;
}

std::vector<uint32_t> Session::finish() {
  EXPECT_TRUE(capture.wait_started(sent())) << "of " << sent() << " frames: " << capture.counters();
  std::vector<uint32_t> sequences = collect();
  EXPECT_EQ(capture.read(VCAP_CNT_FRAMES), done_);
  const uint32_t head = done_ == 0 ? 0 : buffers_[done_ - 1].last_index + 1u;
  EXPECT_EQ(capture.read(VCAP_RING_HEAD), head & 0xFFFF);
  if (capture.planes() == 2) {
    const uint32_t chroma_head = done_ == 0 ? 0 : buffers_[done_ - 1].chroma_last_index + 1u;
    EXPECT_EQ(capture.read(VCAP_PLANE1_RING_HEAD), chroma_head & 0xFFFF);
  }
  return sequences;
}

void Session::close() {
  capture.stop();
  if (done_ < buffers_.size()) capture.expect_remains(buffers_[done_]);
  capture.check_memory();
  expect_clean_bus(chip_);
}

void Session::restart() {
  capture.soft_reset();
  frames_.clear();
  buffers_.clear();
  done_ = next_sequence_ = 0;
}

}  // namespace p2p::rtltest
