// The Verilated chip alone on a bench: its clocks, memory, register master, video, and the reference model beside it,
// which holds every output of every cycle to what it should be. No SystemC. Pins are sampled before a rising edge and
// driven after it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "Vvcap.h"
#include "tests/rtl/axi_memory.h"
#include "tests/rtl/axil_master.h"
#include "tests/rtl/functional_coverage.h"
#include "tests/rtl/model_beside.h"
#include "tests/rtl/video_source.h"

namespace p2p::rtltest {

// As the model was built (CMakeLists.txt).
constexpr uint32_t kMaxBurst = P2P_MAX_BURST, kMaxOutstanding = P2P_MAX_OUTSTANDING, kChannels = P2P_CHANNELS;
#ifdef P2P_PLANES
constexpr uint32_t kPlanes = P2P_PLANES;
#else
constexpr uint32_t kPlanes = 1;
#endif
// What suites that do not care capture.
#ifdef P2P_NV12
constexpr bool kNv12 = true;
#else
constexpr bool kNv12 = false;
#endif

struct ChipOptions {
  uint64_t bus_period_ps = 8000;
  uint64_t pixel_period_ps = 13468;  // of channel 0; the others' clocks are slower, each in its own way
  uint32_t seed = 1;
  size_t memory_size = size_t{4} << 20;
};

class Chip {
 public:
  static constexpr uint64_t kMemoryBase = 0xA5'4000'0000;
  static constexpr uint32_t kWindow = 0x1000;  // of a channel's registers

  // Leaves reset behind it. While it lives, every failed expectation also prints where().
  explicit Chip(ChipOptions options = {});
  ~Chip();
  Chip(const Chip&) = delete;
  Chip& operator=(const Chip&) = delete;

  // Pulls both resets low, in the middle of whatever goes on, and leaves reset behind it again. Bus, register master
  // and video forget what was under way.
  void reset_pins();

  // Runs to just after `cycles` rising edges of the bus clock.
  void run(uint64_t cycles);
  // Runs until `done` holds after a bus edge; false if it did not within `limit` cycles.
  bool run_until(const std::function<bool()>& done, uint64_t limit = 200000);

  // Begins a write and returns; its strobe reaches the registers two cycles later.
  void start_write(uint32_t offset, uint32_t data) { axil.start_write(offset, data, 0xF, {}); }
  // Register access; throws if the chip does not answer within 1000 cycles.
  Answer read_answer(uint32_t offset, AxilMaster::Delays delays = {});
  uint32_t read(uint32_t offset) { return read_answer(offset).data; }
  uint8_t write(uint32_t offset, uint32_t data, uint8_t strobes = 0xF, AxilMaster::Delays delays = {});

  // A register of two halves; `offset` of the low one, which is read first.
  uint64_t read_both(uint32_t offset);
  // Where a channel's messages go, and what they write.
  void set_message(uint64_t address, uint32_t data, uint32_t channel = 0);
  // TIMESTAMP: reading the low half keeps the high one.
  uint64_t time();

  // What a read of STATUS would return in this cycle.
  uint32_t status() const;
  // Whether INTR_STATE & INTR_ENABLE holds a one in this cycle.
  bool interrupt_due() const;
  bool interrupt() const { return dut_->intr_o != 0; }
  uint64_t cycle() const { return cycle_; }
  // The cycle and what the pins and STATUS show.
  std::string where() const;
  // Edges at which something between the clocks of channel 0 was taken an edge late, as silicon may.
  uint64_t times_late() { return model_.model().times_late(0); }
  // Puts a value into the free-running time counter: 2^32 cycles would take too long to wait for.
  void preset_timestamp(uint64_t value);
  void preset_counters(uint32_t value);
  // Pixel clocks since the last line and frame began; bus cycles since the last measurement.
  void preset_video_clocks(uint32_t line, uint32_t frame);
  void preset_silence(uint32_t cycles);
  // CPL_HEAD; CPL_TAIL must follow.
  void preset_completion_index(uint16_t value);
  // The number of the next frame.
  void preset_frame_number(uint32_t value);
  // Cycles since the first completion that was not reported.
  void preset_coalescing(uint32_t cycles);
  // RING_HEAD and RING_TAIL, of all planes, while the channel stands still and its rings are empty.
  void preset_rings(uint32_t channel, uint16_t index);

  AxiMemory memory;
  std::vector<VideoSource> videos;  // one a channel
  VideoSource& video;               // channel 0
  AxilMaster axil;
  // TIMESTAMP at the pixel clock's edge that took each start of frame of channel 0.
  std::vector<uint64_t> starts_taken;
  // Called before every bus edge with the pins as the edge will see them.
  std::function<void(const Vvcap&)> watch;
  // Changes what the model is compared with, as a wrong chip would; with what then differs. Without `on_difference` the
  // test fails.
  std::function<void(model::BusOutputs&)> tamper;
  std::function<bool(bool)> tamper_tready;
  std::function<void(const std::string&)> on_difference;

 private:
  void step();
  // Some edges of every clock; cycle 0 is the first behind it.
  void hold_reset();
  void leave_reset();
  void compare(bool bus_rises, uint32_t pixel_rises);
  // For every value that a test puts into the chip.
  model::ChipModel& model_to_preset();

  ChipOptions options_;
  std::unique_ptr<VerilatedContext> context_;
  std::unique_ptr<Vvcap> dut_;
  model::Lockstep model_{chip_parameters()};
  std::unique_ptr<coverage::ChipWatch> coverage_;  // null: nobody asked
  struct PixelClock {
    uint64_t period_ps, next_ps;  // of the next rise
  };
  std::vector<PixelClock> pixel_clocks_;
  uint64_t now_ps_ = 0, next_bus_ps_, cycle_ = 0;
#ifdef P2P_MUTANTS
  uint32_t trace_number_ = 0;
#endif
};

}  // namespace p2p::rtltest
