// The reference model (tb/model) beside the chip on the bench, of whatever width and channels.
#pragma once

#include <cstdint>
#include <cstring>

#include "Vvcap.h"
#include "tb/model/lockstep.h"

namespace p2p::rtltest {

// As the model was built (CMakeLists.txt).
inline model::Parameters chip_parameters() {
  return {.channels = P2P_CHANNELS,
#ifdef P2P_PLANES
          .planes = P2P_PLANES,
#endif
          .data_bytes = P2P_DATA_WIDTH / 8,
          .max_burst = P2P_MAX_BURST,
          .max_outstanding = P2P_MAX_OUTSTANDING,
#ifdef P2P_CUT_THROUGH
          .cut_through = true,
#endif
          .fifo_depth = P2P_FIFO_DEPTH,
          .prefetch_depth = P2P_PREFETCH_DEPTH,
          .clk_khz = 125000};
}

inline model::VideoInputs video_inputs(const Vvcap& p, unsigned channel) {
  model::VideoInputs in;
  std::memcpy(&in.tdata, reinterpret_cast<const std::uint8_t*>(&p.s_axis_video_tdata) + 4 * channel, 4);
  in.tvalid = ((p.s_axis_video_tvalid >> channel) & 1) != 0;
  in.tuser = ((p.s_axis_video_tuser >> channel) & 1) != 0;
  in.tlast = ((p.s_axis_video_tlast >> channel) & 1) != 0;
  in.tfid = ((p.s_axis_video_tfid >> channel) & 1) != 0;
  return in;
}

}  // namespace p2p::rtltest
