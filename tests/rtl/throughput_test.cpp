// The write channel is the bottleneck, never the chip: bursts are as long as they may be, and no cycle is lost between
// them.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>

#include "tests/rtl/capture.h"

namespace p2p::rtltest {
namespace {

constexpr uint64_t kPage = 4096;
constexpr uint32_t kBeat = kBeatBytes;
// What the bursts in flight can bridge.
constexpr uint32_t kLongLatency = std::min(64u, kMaxBurst* kMaxOutstanding / 2);

// The bursts of a frame: each contiguous run of bytes in whole beats, cut at 4 KiB and at the longest burst.
std::vector<WriteBurst> expected_bursts(const Buffer& buffer, const CaptureSetup& setup) {
  std::vector<WriteBurst> bursts;
  const uint32_t line_bytes = 2 * setup.width, stride = setup.stride != 0 ? setup.stride : line_bytes;
  const uint32_t frame_bytes = stride * (setup.height - 1) + line_bytes;
  uint32_t offset = 0;
  for (const Piece& piece : buffer.pieces) {
    const uint32_t piece_end = std::min(offset + piece.length, frame_bytes);
    for (uint32_t at = offset; at < piece_end;) {
      const uint32_t in_line = at % stride;
      uint32_t end = piece_end;
      if (stride != line_bytes) {
        if (in_line >= line_bytes) {
          at += stride - in_line;
          continue;
        }
        end = std::min(piece_end, at - in_line + line_bytes);
      }
      uint64_t address = (piece.address + at - offset) / kBeat * kBeat;
      for (const uint64_t last = piece.address + end - offset; address < last;) {
        const uint64_t page = (address / kPage + 1) * kPage;
        const uint64_t stop = std::min({(last + kBeat - 1) / kBeat * kBeat, page, address + kMaxBurst * kBeat});
        bursts.push_back({address, static_cast<uint32_t>((stop - address) / kBeat), 0});
        address = stop;
      }
      at = end;
    }
    offset += piece.length;
  }
  return bursts;
}

struct Result {
  uint64_t beats = 0, cycles = 0;
};

// One frame of a stalled source; its bursts must be the expected ones.
Result run_frame(Chip& chip, Capture& capture, const CaptureSetup& setup, Buffer buffer, uint32_t index) {
  capture.post(buffer);
  capture.doorbell();
  const size_t first_burst = chip.memory.bursts.size(), first_beat = chip.memory.write_beat_cycles.size();
  const Frame frame = capture.new_frame();
  chip.video.send(frame);
  EXPECT_TRUE(capture.wait_head(index + 1));
  capture.expect_frame(index, buffer, frame, index, false);
  const std::vector<WriteBurst> expected = expected_bursts(buffer, setup);
  // One more: the record.
  EXPECT_EQ(chip.memory.bursts.size() - first_burst, expected.size() + 1);
  Result result;
  for (size_t i = 0; i < expected.size() && first_burst + i < chip.memory.bursts.size(); ++i) {
    const WriteBurst& got = chip.memory.bursts[first_burst + i];
    if (got.address != expected[i].address || got.beats != expected[i].beats) {
      ADD_FAILURE() << "m_axi_awaddr, m_axi_awlen of burst " << i << " in bus cycle " << got.cycle << ": " << got.beats
                    << " beats at " << got.address << " instead of " << expected[i].beats << " at "
                    << expected[i].address;
      break;
    }
    result.beats += got.beats;
  }
  const auto& cycles = chip.memory.write_beat_cycles;
  EXPECT_EQ(cycles.size() - first_beat, result.beats + sizeof(VCAP_COMPLETION) / kBeatBytes) << "m_axi_wvalid beats";
  result.cycles = cycles[first_beat + result.beats - 1] - cycles[first_beat] + 1;
  return result;
}

struct Layout {
  const char* name;
  uint32_t width, height, stride, lane, piece;  // piece 0: one
};

const Layout kLayouts[] = {
    {"one piece", 640, 120, 0, 0, 0},
    {"one piece, unaligned", 640, 120, 0, 3, 0},
    {"lines of no whole number of beats", 642, 120, 0, 5, 0},
    {"gaps between lines", 640, 120, 2048, 0, 0},
    {"pieces of a page", 640, 120, 0, 0, 4096},
    {"pieces of 1000 bytes", 640, 120, 0, 0, 1000},
    {"pieces of 256 bytes", 640, 60, 0, 0, 256},
};

TEST(Throughput, WriteChannelIsBusyFromTheFirstBeatToTheLast) {
  for (const Layout& layout : kLayouts) {
    for (const uint32_t latency : {1u, kLongLatency}) {
      SCOPED_TRACE(testing::Message() << layout.name << ", response after " << latency << " cycles");
      const CaptureSetup setup{.width = layout.width,
                               .height = layout.height,
                               .stride = layout.stride,
                               .ring_log2 = 10,
                               .completion_log2 = 2};
      // 1.2 words of video in a bus cycle.
      Chip chip({.pixel_period_ps = 26672 / kBeatBytes});
      chip.memory.timing.min_latency = chip.memory.timing.max_latency = latency;
      Capture capture(chip, setup);
      capture.start(true);
      for (uint32_t i = 0; i < 2; ++i) {
        Buffer buffer;
        const uint32_t bytes = capture.frame_bytes(), piece = layout.piece != 0 ? layout.piece : bytes;
        for (uint32_t at = 0; at < bytes; at += piece) {
          buffer.pieces.push_back(capture.allocate(std::min(piece, bytes - at), layout.lane));
        }
        const Result result = run_frame(chip, capture, setup, buffer, i);
        const double utilisation = static_cast<double>(result.beats) / static_cast<double>(result.cycles);
        std::cout << "  " << layout.name << ", response after " << latency << ": W utilisation " << utilisation << " ("
                  << result.beats << " beats in " << result.cycles << " cycles)\n";
        EXPECT_GE(utilisation, 0.95) << "m_axi_wvalid";
        // A short first burst may leave the channel before the second is whole.
        EXPECT_LE(result.cycles - result.beats, kMaxBurst) << "m_axi_wvalid";
      }
      capture.stop();
      capture.check_memory();
      expect_clean_bus(chip);
    }
  }
}

// Every alignment around a page boundary and every short length.
TEST(Throughput, BurstsAreAsLongAsTheyMayBe) {
  Random random(1);
  for (uint32_t round = 0; round < 60; ++round) {
    SCOPED_TRACE(round);
    const uint32_t width = 2 * random.between(1, 90), height = random.between(1, 30);
    const CaptureSetup setup{.width = width,
                             .height = height,
                             .stride = 2 * width + (round % 2 == 0 ? 0 : random.between(1, 40)),
                             .ring_log2 = 10,
                             .completion_log2 = 3};
    Chip chip({.pixel_period_ps = 29088 / kBeatBytes, .seed = round, .memory_size = size_t{512} << 10});
    chip.memory.timing = {random.between(0, 40), random.between(0, 40), 0, 0, 1, random.between(1, 40)};
    Capture capture(chip, setup, round);
    capture.start(true);
    for (uint32_t i = 0; i < 5; ++i) {
      run_frame(chip, capture, setup,
                i % 2 == 0 ? capture.whole(random.between(0, 7)) : capture.scattered(60, 3000, random.between(0, 50)),
                i);
    }
    capture.stop();
    capture.check_memory();
    expect_clean_bus(chip);
  }
}

}  // namespace
}  // namespace p2p::rtltest
