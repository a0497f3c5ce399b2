#include "tests/rtl/limits.h"

#include <algorithm>
#include <stdexcept>
#include <vector>

namespace p2p::rtltest {
namespace {
constexpr uint64_t kNone = ~uint64_t{0};

// Beats the bytes [address, address + length) touch.
uint64_t beats_of(uint64_t address, uint64_t length) {
  return (address + length + kBeatBytes - 1) / kBeatBytes - address / kBeatBytes;
}

void demand(bool met, const char* what) {
  if (!met) throw std::runtime_error(what);
}

// First cycle of each event since it was armed.
struct Events {
  uint64_t doorbell = kNone, read = kNone, record = kNone, interrupt = kNone, clear = kNone, low = kNone;
  uint64_t data_response = kNone, record_response = kNone, data = kNone;  // the last of each
  uint64_t pixel = kNone;                                                 // last bus edge before the last beat
};

// Sees a register write accepted: address and data, in either order.
class WriteWatch {
 public:
  bool operator()(const Vvcap& pins) {
    address_ |= pins.s_axil_awvalid && pins.s_axil_awready;
    data_ |= pins.s_axil_wvalid && pins.s_axil_wready;
    const bool both = address_ && data_;
    if (both) address_ = data_ = false;
    return both;
  }

 private:
  bool address_ = false, data_ = false;
};

void note(uint64_t& event, bool happens, uint64_t cycle) {
  if (happens && event == kNone) event = cycle;
}
}  // namespace

Utilisation measure_utilisation(const Work& work, uint32_t latency) {
  constexpr uint64_t kFastPixels = 26672 / kBeatBytes;  // 1.2 words in a bus cycle
  Chip chip({.pixel_period_ps = kFastPixels});
  chip.memory.timing.min_latency = chip.memory.timing.max_latency = latency;
  const CaptureSetup setup{.width = work.width,
                           .height = work.height,
                           .stride = work.piece_a_line ? 0 : work.stride,
                           .ring_log2 = 11,
                           .completion_log2 = 2};
  Capture capture(chip, setup);
  capture.start(true);
  Utilisation result;
  const uint32_t line = 2 * work.width, stride = work.stride != 0 ? work.stride : line;
  for (uint32_t frame = 0; frame < 2; ++frame) {
    const Piece place = capture.allocate(stride * work.height, work.lane);
    Buffer buffer;
    result = {};
    for (uint32_t y = 0; y < work.height; ++y) {
      const uint64_t address = place.address + uint64_t{y} * stride;
      if (work.piece_a_line) buffer.pieces.push_back({address, line});
      if (work.piece_a_line || stride != line) result.least_beats += beats_of(address, line);
    }
    if (!work.piece_a_line) buffer.pieces.push_back({place.address, capture.frame_bytes()});
    if (result.least_beats == 0) result.least_beats = beats_of(place.address, capture.frame_bytes());
    capture.post(buffer);
    capture.doorbell();
    const size_t first_burst = chip.memory.bursts.size(), first_beat = chip.memory.write_beat_cycles.size();
    chip.video.send(capture.new_frame());
    demand(capture.wait_head(frame + 1), "a frame was not delivered");
    // The record's burst is the last.
    for (size_t i = first_burst; i + 1 < chip.memory.bursts.size(); ++i) result.beats += chip.memory.bursts[i].beats;
    const auto& cycles = chip.memory.write_beat_cycles;
    result.cycles = cycles[first_beat + result.beats - 1] - cycles[first_beat] + 1;
    capture.release_completions(frame + 1);
  }
  return result;
}

Distances measure_distances(const FrameShape& shape) {
  Chip chip({.pixel_period_ps = shape.pixel_period_ps});
  const CaptureSetup setup{.width = shape.width, .height = shape.height, .completion_log2 = 2};
  Capture capture(chip, setup);
  Buffer buffer = capture.whole();
  capture.post(buffer);
  chip.write(VCAP_INTR_ENABLE, VCAP_INTR_FRAME_DONE);
  Events at;
  uint64_t writes = 0, responses = 0;
  const uint64_t record = capture.record_address(0);
  WriteWatch is_written;
  bool enabled = false;
  chip.watch = [&](const Vvcap& pins) {
    const uint64_t now = chip.cycle();
    const bool written = is_written(pins);
    note(at.doorbell, written && enabled, now);
    note(at.read, pins.m_axi_arvalid, now);
    const bool is_record = pins.m_axi_awaddr == record;
    note(at.record, pins.m_axi_awvalid && is_record, now);
    if (pins.m_axi_awvalid && pins.m_axi_awready) ++writes;
    if (pins.m_axi_wvalid && pins.m_axi_wready && at.record == kNone) at.data = now;
    note(at.pixel, chip.video.taken() == uint64_t{shape.width} / 2 * shape.height, now - 1);
    if (pins.m_axi_bvalid && pins.m_axi_bready) {
      ++responses;
      (at.record == kNone ? at.data_response : at.record_response) = now;
    }
    note(at.interrupt, pins.intr_o, now);
    note(at.clear, written && at.interrupt != kNone, now);
    note(at.low, !pins.intr_o && at.clear != kNone, now);
  };
  capture.enable(true);
  enabled = true;
  capture.doorbell();
  demand(chip.run_until([&] { return (chip.read(VCAP_STATUS) & VCAP_STATUS_RUNNING) != 0; }, 1000), "not running");
  chip.video.send(capture.new_frame());
  demand(chip.run_until([&] { return chip.interrupt(); }), "no interrupt");
  chip.write(VCAP_INTR_STATE, VCAP_INTR_FRAME_DONE);
  chip.run(10);
  demand(writes == responses, "writes without answers");
  const auto& bursts = chip.memory.bursts;
  return {.doorbell_to_read = at.read - at.doorbell,
          .response_to_record = at.record - at.data_response,
          .response_to_interrupt = at.interrupt - at.data_response,
          .record_to_interrupt = at.interrupt - at.record_response,
          .clear_to_low = at.low - at.clear,
          .pixel_to_data = at.data - at.pixel,
          .last_burst_beats = bursts[bursts.size() - 2].beats};
}

ResetDistances measure_reset(const ResetMoment& moment) {
  Chip chip({.pixel_period_ps = moment.pixel_period_ps, .memory_size = size_t{64} << 10});
  chip.memory.timing.min_latency = chip.memory.timing.max_latency = moment.memory_latency;
  Capture capture(chip, {.width = kResetPixels / 4, .height = 4});
  for (uint32_t i = 0; i < 4; ++i) {
    Buffer buffer = capture.whole();
    capture.post(buffer);
    chip.video.send(capture.new_frame());
  }
  capture.doorbell();
  chip.write(VCAP_INTR_ENABLE, VCAP_INTR_DRAINED);
  capture.enable(false);
  chip.run(moment.cycles_after_enable);
  if (moment.again) {
    chip.write(VCAP_CTRL, VCAP_CTRL_SOFT_RESET);
    demand(chip.run_until([&] { return chip.interrupt(); }, 4000), "the first SOFT_RESET did not drain");
    chip.write(VCAP_INTR_STATE, VCAP_INTR_DRAINED);
  }
  uint64_t accepted = kNone;
  WriteWatch is_written;
  chip.watch = [&](const Vvcap& pins) { note(accepted, is_written(pins), chip.cycle()); };
  chip.start_write(VCAP_CTRL, VCAP_CTRL_SOFT_RESET);
  demand(chip.run_until([&] { return chip.interrupt(); }, 4000), "SOFT_RESET did not drain");
  demand((chip.status() & VCAP_STATUS_IDLE) != 0, "DRAINED without IDLE");
  demand(chip.memory.quiet(), "DRAINED with an access unanswered");
  const uint64_t last_address = chip.memory.bursts.empty() ? 0 : chip.memory.bursts.back().cycle;
  return {chip.cycle() - std::max(accepted, chip.memory.last_answer_cycle),
          std::max(last_address, accepted) - accepted};
}

}  // namespace p2p::rtltest
