// What a driver does with the chip, and what memory must look like afterwards, byte for byte.
#pragma once

#include <array>
#include <cstdint>
#include <ostream>
#include <vector>

#include "sw/driver/vcap_hw.h"
#include "tests/rtl/chip.h"

namespace p2p::rtltest {

struct Piece {
  uint64_t address;
  uint32_t length;
};

struct Buffer {
  std::vector<Piece> pieces;
  uint16_t cookie = 0;
  uint16_t first_index = 0, last_index = 0;  // set when posted
  std::vector<Piece> chroma{};               // of plane 1, in its ring
  uint16_t chroma_last_index = 0;

  const std::vector<Piece>& of(uint32_t plane) const { return plane == 0 ? pieces : chroma; }
};

struct Counters {
  uint32_t frames = 0, dropped = 0, overflow = 0, format = 0, nobuf = 0, buserr = 0, started = 0;
  bool operator==(const Counters&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Counters& counters);

struct CaptureSetup {
  uint32_t width = 64, height = 8;
  uint32_t stride = 0;  // 0: lines without gaps
  uint32_t ring_log2 = 6, completion_log2 = 4;
  uint32_t input_width = 0, input_height = 0;  // of the video; 0: as the frame
  uint32_t left = 0, top = 0;                  // the frame's place in it
  uint32_t field_mode = 0;                     // FIELD_MODE; `height` is of a field
  bool nv12 = kNv12;                           // two planes; of a chip that has them
};

class Capture {
 public:
  // Programs format and rings; does not enable.
  Capture(Chip& chip, const CaptureSetup& setup, uint32_t seed = 1, uint32_t channel = 0);

  // The channel's registers and video.
  uint32_t read(uint32_t offset) { return chip_.read(channel_ * Chip::kWindow + offset); }
  void write(uint32_t offset, uint32_t data) { chip_.write(channel_ * Chip::kWindow + offset, data); }
  uint64_t read_both(uint32_t offset) { return chip_.read_both(channel_ * Chip::kWindow + offset); }
  void set_message(uint64_t address, uint32_t data) { chip_.set_message(address, data, channel_); }
  VideoSource& video() { return chip_.videos[channel_]; }

  // Bytes from the first to the last byte of a frame, or a plane of it, in its buffer, gaps included.
  uint32_t frame_bytes(uint32_t plane = 0) const { return stride_ * (plane_lines(plane) - 1) + line_bytes(); }
  uint32_t line_bytes() const { return setup_.nv12 ? setup_.width : 2 * setup_.width; }
  uint32_t planes() const { return setup_.nv12 ? 2 : 1; }
  Frame new_frame() { return Frame::random(random_, setup_.width, frame_lines()); }
  // The video whose window `lines` are.
  Lines video_of(const Lines& lines);
  bool weaves() const { return setup_.field_mode == VCAP_FIELD_MODE_WEAVE; }

  // Free memory with `address % 8 == lane`, at least one foreign byte away from anything else.
  Piece allocate(uint32_t length, uint32_t lane);
  // A buffer in one piece a plane.
  Buffer whole(uint32_t lane = 0);
  // A buffer in pieces of `shortest` to `longest` bytes at any alignment and in any order, `surplus` bytes too long.
  Buffer scattered(uint32_t shortest, uint32_t longest, uint32_t surplus = 0);

  // `bytes` in such pieces.
  std::vector<Piece> pieces(uint32_t bytes, uint32_t shortest, uint32_t longest);

  // Writes descriptors with FIRST and LAST where they belong; the doorbell is separate.
  void post(Buffer& buffer);
  void post_descriptor(uint64_t address, uint32_t length, uint32_t flags, uint32_t plane = 0);
  void doorbell();
  // Changes memory as a driver does.
  void poke(uint64_t address, const void* data, size_t size);
  uint16_t tail(uint32_t plane = 0) const { return tails_[plane]; }
  uint64_t descriptor_address(uint32_t index, uint32_t plane = 0) const;
  uint64_t record_address(uint32_t index) const;
  VCAP_COMPLETION record(uint32_t index) const;

  void enable(bool stall) { write(VCAP_CTRL, VCAP_CTRL_ENABLE | (stall ? VCAP_CTRL_STALL : 0)); }
  // Enables and waits until the pixel domain has seen it, so that the next frame is captured.
  void start(bool stall);
  // Clears ENABLE and waits for DRAINED.
  void stop();
  void soft_reset();
  bool wait_head(uint32_t completions);
  // Waits until the chip has answered for every frame: nothing moves any more.
  bool wait_started(uint32_t frames);
  Counters counters();
  // Takes back what soft reset takes back: the ring indices.
  void forget_rings() { tails_ = {}; }
  // RING_HEAD and RING_TAIL of all planes as after so many descriptors; before anything is posted.
  void begin_rings_at(uint16_t index) {
    chip_.preset_rings(channel_, index);
    tails_.fill(index);
  }

  // The frame must be in the buffer and record `index` must say so; from then on memory is expected to hold both.
  void expect_frame(uint32_t index, const Buffer& buffer, const Frame& frame, uint32_t sequence, bool discontinuity);
  bool holds(const Buffer& buffer, const Frame& frame) const;
  // A void frame may have left pixels in the buffer: whatever is there now, except in gaps, is expected.
  void expect_remains(const Buffer& buffer);
  // Nothing else was written in the channel's part of memory.
  void check_memory();
  void release_completions(uint32_t index) { write(VCAP_CPL_TAIL, index); }

 private:
  uint32_t plane_lines(uint32_t plane) const { return plane == 0 ? frame_lines() : (frame_lines() + 1) / 2; }
  uint16_t post(const std::vector<Piece>& pieces, uint16_t cookie, uint32_t plane);
  uint32_t frame_lines() const { return weaves() ? 2 * setup_.height : setup_.height; }

  template <typename Visit>
  void for_each_pixel_byte(const Buffer& buffer, Visit visit) const;
  template <typename Visit>
  void for_each_byte_of(const std::vector<Piece>& pieces, uint32_t plane, Visit visit) const;

  Chip& chip_;
  CaptureSetup setup_;
  uint32_t channel_;
  uint32_t stride_;
  Random random_;
  size_t region_;  // the channel's part of memory: where it begins
  uint64_t ring_, completions_, plane1_ring_, cursor_;
  std::array<uint16_t, 2> tails_{};  // of the planes' rings
  std::vector<uint8_t> expected_;
};

// INTR_STATE, which is then cleared.
uint32_t take_interrupts(Chip& chip);
// Fails the test if the chip broke a rule of the bus.
void expect_clean_bus(const Chip& chip);

}  // namespace p2p::rtltest
