// Whether bytes lie between the lines of a frame in memory.
#pragma once

#include "sw/driver/vcap_hw.h"
#include "tb/model/chip_model.h"

namespace p2p::coverage {

/// FORMAT_STRIDE is not what a line has: in NV12 a byte a pixel in either plane, else two.
inline bool line_gaps(const model::CaptureChannel& channel) {
  const std::uint32_t pixel = channel.stored(VCAP_FORMAT_PIXEL) == VCAP_FORMAT_PIXEL_NV12 ? 1 : 2;
  return channel.stored(VCAP_FORMAT_STRIDE) != pixel * channel.stored(VCAP_FORMAT_WIDTH);
}

}  // namespace p2p::coverage
