// How near the chip comes to what its bus allows: use of the write channel, and cycles from one event at the pins to
// another. An event is in the cycle before whose edge VALID and READY are high, or the line is; a distance of 1 is the
// next cycle.
#pragma once

#include <cstdint>

#include "tests/rtl/capture.h"

namespace p2p::rtltest {

struct Work {
  const char* name;
  uint32_t width, height, stride;  // pixels, lines, bytes; stride 0: no gaps
  uint32_t lane;                   // address of the buffer modulo the bus width
  bool piece_a_line;               // a descriptor for each line, else one for the frame
};

struct Utilisation {
  uint64_t beats = 0, cycles = 0;  // of the write channel, from a frame's first beat to its last
  uint64_t least_beats = 0;        // what its bytes need at their addresses
  double value() const { return static_cast<double>(beats) / static_cast<double>(cycles); }
};

// The second of two frames from a source faster than the bus; responses `latency` cycles after a burst's last beat.
Utilisation measure_utilisation(const Work& work, uint32_t latency);

struct FrameShape {
  uint32_t width = 64, height = 4;  // one descriptor, no gaps, aligned
  uint64_t pixel_period_ps = 13468;
};

struct Distances {
  uint64_t doorbell_to_read = 0;       // the register write is accepted -> m_axi_arvalid
  uint64_t response_to_record = 0;     // of the last data burst -> m_axi_awvalid of the record
  uint64_t response_to_interrupt = 0;  // of the last data burst -> intr_o
  uint64_t record_to_interrupt = 0;    // response of the record -> intr_o
  uint64_t clear_to_low = 0;           // the write that clears INTR_STATE is accepted -> intr_o low
  uint64_t pixel_to_data = 0;          // pixel clock's edge that takes the last beat -> last data beat taken, bus edges
  uint32_t last_burst_beats = 0;       // of the last data burst
};

// One frame with memory that answers in the next cycle.
Distances measure_distances(const FrameShape& shape = {});

constexpr uint32_t kResetPixels = 128;  // of each frame that arrives meanwhile

struct ResetMoment {
  uint64_t pixel_period_ps;
  uint32_t memory_latency;
  uint32_t cycles_after_enable;  // SOFT_RESET is written so many cycles after ENABLE, while frames arrive
  bool again;                    // measured is a second SOFT_RESET right behind the first
};

struct ResetDistances {
  uint64_t done;          // the later of SOFT_RESET accepted and the last response in flight -> intr_o for DRAINED
  uint64_t last_address;  // SOFT_RESET accepted -> address of the last write burst, 0 if there is none behind
};

ResetDistances measure_reset(const ResetMoment& moment);

}  // namespace p2p::rtltest
