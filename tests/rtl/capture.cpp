#include "tests/rtl/capture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

namespace p2p::rtltest {
namespace {
// Not on a page boundary: rings of more than one page make the prefetch split its bursts.
constexpr uint64_t kRingOffset = 0x1FC0;
}  // namespace

std::ostream& operator<<(std::ostream& out, const Counters& counters) {
  return out << "{frames " << counters.frames << ", dropped " << counters.dropped << ", overflow " << counters.overflow
             << ", format " << counters.format << ", nobuf " << counters.nobuf << ", buserr " << counters.buserr
             << ", started " << counters.started << "}";
}

Capture::Capture(Chip& chip, const CaptureSetup& setup, uint32_t seed, uint32_t channel)
    : chip_(chip),
      setup_(setup),
      channel_(channel),
      stride_(setup.stride != 0 ? setup.stride : line_bytes()),
      random_(seed + 77),
      region_(chip.memory.bytes.size() / kChannels * channel),
      ring_(chip.memory.base() + region_ + kRingOffset),
      completions_((ring_ + (uint64_t{16} << setup.ring_log2) + 127) / 64 * 64),
      plane1_ring_((completions_ + (uint64_t{32} << setup.completion_log2) + 127) / 64 * 64),
      cursor_(setup.nv12 ? plane1_ring_ + (uint64_t{16} << setup.ring_log2) + 64
                         : completions_ + (uint64_t{32} << setup.completion_log2) + 64),
      expected_(chip.memory.bytes) {
  write(VCAP_RING_BASE_LO, static_cast<uint32_t>(ring_));
  write(VCAP_RING_BASE_HI, static_cast<uint32_t>(ring_ >> 32));
  write(VCAP_RING_SIZE, setup.ring_log2);
  write(VCAP_CPL_BASE_LO, static_cast<uint32_t>(completions_));
  write(VCAP_CPL_BASE_HI, static_cast<uint32_t>(completions_ >> 32));
  write(VCAP_CPL_SIZE, setup.completion_log2);
  write(VCAP_FORMAT_WIDTH, setup.width);
  write(VCAP_FORMAT_HEIGHT, setup.height);
  write(VCAP_FORMAT_STRIDE, stride_);
  write(VCAP_INPUT_SIZE, setup.input_width | setup.input_height << 16);
  write(VCAP_CROP_POS, setup.left | setup.top << 16);
  write(VCAP_FIELD_MODE, setup.field_mode);
  if (kPlanes == 1) return;
  write(VCAP_FORMAT_PIXEL, setup.nv12 ? VCAP_FORMAT_PIXEL_NV12 : 0);
  write(VCAP_PLANE1_RING_BASE_LO, static_cast<uint32_t>(plane1_ring_));
  write(VCAP_PLANE1_RING_BASE_HI, static_cast<uint32_t>(plane1_ring_ >> 32));
  write(VCAP_PLANE1_RING_SIZE, setup.ring_log2);
}

Lines Capture::video_of(const Lines& lines) {
  const uint32_t width = setup_.input_width != 0 ? setup_.input_width : setup_.width;
  const uint32_t height = setup_.input_height != 0 ? setup_.input_height : setup_.height;
  if (width == setup_.width && height == setup_.height) return lines;
  Lines video = Frame::random(random_, width, height).lines();
  for (size_t y = 0; y < lines.size(); ++y) {
    std::ranges::copy(lines[y], video.at(setup_.top + y).begin() + setup_.left / 2);
  }
  return video;
}

Piece Capture::allocate(uint32_t length, uint32_t lane) {
  cursor_ += 1 + (lane + kBeatBytes - 1 - cursor_ % kBeatBytes) % kBeatBytes;
  const Piece piece{cursor_, length};
  if (cursor_ + length > chip_.memory.base() + region_ + chip_.memory.bytes.size() / kChannels)
    throw std::runtime_error("test memory is full");
  cursor_ += length;
  return piece;
}

Buffer Capture::whole(uint32_t lane) {
  Buffer buffer;
  buffer.pieces.push_back(allocate(frame_bytes(), lane));
  buffer.cookie = static_cast<uint16_t>(random_.between(0, 0xFFFF));
  if (setup_.nv12) buffer.chroma.push_back(allocate(frame_bytes(1), lane));
  return buffer;
}

Buffer Capture::scattered(uint32_t shortest, uint32_t longest, uint32_t surplus) {
  Buffer buffer;
  buffer.cookie = static_cast<uint16_t>(random_.between(0, 0xFFFF));
  buffer.pieces = pieces(frame_bytes() + surplus, shortest, longest);
  if (setup_.nv12) buffer.chroma = pieces(frame_bytes(1) + surplus, shortest, longest);
  return buffer;
}

std::vector<Piece> Capture::pieces(uint32_t bytes, uint32_t shortest, uint32_t longest) {
  std::vector<Piece> pieces;
  for (uint32_t left = bytes; left != 0;) {
    const uint32_t length = std::min(left, random_.between(shortest, longest));
    pieces.push_back(allocate(length, random_.between(0, 7)));
    left -= length;
  }
  // The first and last keep their place so that the surplus stays in the last.
  for (size_t i = pieces.size(); i > 3; --i) {
    const size_t other = random_.between(1, static_cast<uint32_t>(i) - 2);
    std::swap(pieces[i - 2], pieces[other]);
  }
  return pieces;
}

uint64_t Capture::descriptor_address(uint32_t index, uint32_t plane) const {
  return (plane == 0 ? ring_ : plane1_ring_) +
         uint64_t{index & ((1u << setup_.ring_log2) - 1)} * sizeof(VCAP_DESCRIPTOR);
}

uint64_t Capture::record_address(uint32_t index) const {
  return completions_ + uint64_t{index & ((1u << setup_.completion_log2) - 1)} * sizeof(VCAP_COMPLETION);
}

void Capture::poke(uint64_t address, const void* data, size_t size) {
  std::memcpy(chip_.memory.at(address), data, size);
  std::memcpy(&expected_[static_cast<size_t>(address - chip_.memory.base())], data, size);
}

void Capture::post_descriptor(uint64_t address, uint32_t length, uint32_t flags, uint32_t plane) {
  uint16_t& tail = tails_[plane];
  const uint32_t used = (tail - read(plane == 0 ? VCAP_RING_HEAD : VCAP_PLANE1_RING_HEAD)) & 0xFFFFu;
  if (used >= 1u << setup_.ring_log2) throw std::runtime_error("test descriptor ring is full");
  // Bits the chip must ignore: length bits 31:24, flags bits 15:2.
  const uint32_t junk = (tail + 1u) * 0x9E3779B1u;
  const VCAP_DESCRIPTOR descriptor{address, length | (junk & 0xFF000000u), flags | (junk >> 8 & 0xFFFCu)};
  poke(descriptor_address(tail, plane), &descriptor, sizeof descriptor);
  ++tail;
}

void Capture::doorbell() {
  if (setup_.nv12) write(VCAP_PLANE1_RING_TAIL, tails_[1]);
  write(VCAP_RING_TAIL, tails_[0]);
}

void Capture::post(Buffer& buffer) {
  buffer.first_index = tails_[0];
  buffer.last_index = post(buffer.pieces, buffer.cookie, 0);
  // The cookie of plane 1 counts for nothing.
  if (setup_.nv12) buffer.chroma_last_index = post(buffer.chroma, static_cast<uint16_t>(buffer.cookie + 1), 1);
}

// The index of the last descriptor.
uint16_t Capture::post(const std::vector<Piece>& pieces, uint16_t cookie, uint32_t plane) {
  for (size_t i = 0; i < pieces.size(); ++i) {
    // Only the first piece's cookie counts.
    uint32_t flags = (i == 0 ? cookie : static_cast<uint16_t>(~cookie)) * (1u << VCAP_DESC_COOKIE_SHIFT);
    if (i == 0) flags |= VCAP_DESC_FIRST;
    if (i + 1 == pieces.size()) flags |= VCAP_DESC_LAST;
    post_descriptor(pieces[i].address, pieces[i].length, flags, plane);
  }
  return static_cast<uint16_t>(tails_[plane] - 1);
}

VCAP_COMPLETION Capture::record(uint32_t index) const {
  VCAP_COMPLETION record;
  std::memcpy(&record, chip_.memory.at(record_address(index)), sizeof record);
  return record;
}

void Capture::start(bool stall) {
  enable(stall);
  EXPECT_TRUE(chip_.run_until([&] { return (read(VCAP_STATUS) & VCAP_STATUS_RUNNING) != 0; }, 1000));
}

void Capture::stop() {
  write(VCAP_INTR_STATE, VCAP_INTR_DRAINED);
  write(VCAP_CTRL, 0);
  EXPECT_TRUE(chip_.run_until([&] { return (read(VCAP_INTR_STATE) & VCAP_INTR_DRAINED) != 0; }));
  EXPECT_EQ(read(VCAP_STATUS) & (VCAP_STATUS_IDLE | VCAP_STATUS_RUNNING | VCAP_STATUS_IN_FRAME), VCAP_STATUS_IDLE);
}

void Capture::soft_reset() {
  write(VCAP_CTRL, VCAP_CTRL_SOFT_RESET);
  EXPECT_TRUE(chip_.run_until([&] { return (read(VCAP_CTRL) & VCAP_CTRL_SOFT_RESET) == 0; }));
  forget_rings();
}

bool Capture::wait_head(uint32_t completions) {
  return chip_.run_until([&] { return read(VCAP_CPL_HEAD) == (completions & 0xFFFF); }, 300000);
}

bool Capture::wait_started(uint32_t frames) {
  return chip_.run_until(
      [&] {
        const Counters now = counters();
        return now.started == frames && now.frames + now.dropped == frames &&
               (read(VCAP_STATUS) & VCAP_STATUS_IDLE) != 0;
      },
      20000);
}

Counters Capture::counters() {
  return {read(VCAP_CNT_FRAMES), read(VCAP_CNT_DROPPED), read(VCAP_CNT_OVERFLOW), read(VCAP_CNT_FORMAT),
          read(VCAP_CNT_NOBUF),  read(VCAP_CNT_BUSERR),  read(VCAP_CNT_STARTED)};
}

// visit(index into memory, index into the frame's pixels)
template <typename Visit>
void Capture::for_each_pixel_byte(const Buffer& buffer, Visit visit) const {
  for (uint32_t plane = 0; plane < planes(); ++plane) for_each_byte_of(buffer.of(plane), plane, visit);
}

template <typename Visit>
void Capture::for_each_byte_of(const std::vector<Piece>& pieces, uint32_t plane, Visit visit) const {
  uint32_t offset = 0;
  for (const Piece& piece : pieces) {
    for (uint32_t i = 0; i < piece.length && offset < frame_bytes(plane); ++i, ++offset) {
      const uint32_t line = offset / stride_, in_line = offset % stride_;
      if (in_line >= line_bytes()) continue;
      // Luma is every second byte; chroma the others, of every second line.
      const uint32_t pixel =
          !setup_.nv12 ? line * 2 * setup_.width + in_line : (line << plane) * 2 * setup_.width + 2 * in_line + plane;
      visit(static_cast<size_t>(piece.address - chip_.memory.base()) + i, pixel);
    }
  }
}

void Capture::expect_frame(uint32_t index, const Buffer& buffer, const Frame& frame, uint32_t sequence,
                           bool discontinuity) {
  const VCAP_COMPLETION got = record(index);
  const uint32_t phase = ((index >> setup_.completion_log2) & 1) == 0 ? VCAP_CPL_PHASE : 0;
  EXPECT_EQ(got.Index, buffer.last_index);
  EXPECT_EQ(got.Cookie, buffer.cookie);
  EXPECT_EQ(got.Bytes, frame_bytes());
  const bool separate = setup_.field_mode == VCAP_FIELD_MODE_SEPARATE;
  EXPECT_EQ(got.Flags, phase | (discontinuity ? VCAP_CPL_DISCONTINUITY : 0) |
                           (separate || weaves() ? VCAP_CPL_INTERLACED : 0) |
                           (separate && frame.field ? VCAP_CPL_FIELD : 0) |
                           uint32_t{buffer.chroma_last_index} << VCAP_CPL_PLANE1_INDEX_SHIFT);
  EXPECT_EQ(got.Sequence, sequence);
  EXPECT_LT(got.StartTime, got.EndTime);
  EXPECT_LT(got.EndTime, chip_.cycle());
  std::memcpy(&expected_[static_cast<size_t>(record_address(index) - chip_.memory.base())], &got, sizeof got);
  for_each_pixel_byte(buffer, [&](size_t at, size_t pixel) { expected_[at] = frame.pixels[pixel]; });
}

bool Capture::holds(const Buffer& buffer, const Frame& frame) const {
  bool same = true;
  for_each_pixel_byte(buffer, [&](size_t at, size_t pixel) { same &= chip_.memory.bytes[at] == frame.pixels[pixel]; });
  return same;
}

void Capture::expect_remains(const Buffer& buffer) {
  for_each_pixel_byte(buffer, [&](size_t at, size_t) { expected_[at] = chip_.memory.bytes[at]; });
}

void Capture::check_memory() {
  size_t wrong = 0, first = 0;
  for (size_t i = region_; i < region_ + expected_.size() / kChannels; ++i) {
    if (expected_[i] == chip_.memory.bytes[i]) continue;
    if (wrong++ == 0) first = i;
  }
  if (wrong != 0) ADD_FAILURE() << wrong << " bytes of memory differ, the first at offset " << first;
}

uint32_t take_interrupts(Chip& chip) {
  const uint32_t state = chip.read(VCAP_INTR_STATE);
  chip.write(VCAP_INTR_STATE, state);
  return state;
}

void expect_clean_bus(const Chip& chip) {
  for (const std::string& violation : chip.memory.violations) ADD_FAILURE() << violation;
}

}  // namespace p2p::rtltest
