// What an application may do to a capture pin, at random: a pure function of a seed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace p2p {

struct Step {
  enum class Kind : std::uint8_t {
    kOpen,       ///< filter and pin, with format `a`
    kState,      ///< KSSTATE `a`
    kRead,       ///< `a` more requests of one frame, 64 outstanding at most
    kCancelOne,  ///< the outstanding request number `a`, modulo how many there are
    kCancelAll,
    kFlush,   ///< KSRESET_BEGIN, KSRESET_END
    kFormat,  ///< KSPROPERTY_CONNECTION_DATAFORMAT: format `a`
    kVideo,   ///< frames of format `a` arrive at the chip's pins from now on
    kCount,   ///< KSPROPERTY_DROPPEDFRAMES_CURRENT
    kSleep,   ///< `a` microseconds
    kWait,    ///< for the oldest request, if one has to be filled
    kClose,
    kUnplug,  ///< surprise removal
  };
  static constexpr unsigned kKinds = 13;
  Kind kind;
  unsigned a = 0;
};

struct PictureSize {
  unsigned width, height;
};
/// What the `a` of formats names.
inline constexpr PictureSize kSizes[] = {{16, 4}, {32, 8}, {46, 5}, {64, 16}, {2, 1}, {128, 12}};
inline constexpr unsigned kSizeCount = sizeof kSizes / sizeof kSizes[0];
inline constexpr unsigned kMostRequests = 64;

/// 8 to 40 steps, of which the first opens. Nothing follows an unplug.
std::vector<Step> random_sequence(std::uint64_t seed);
/// "open 16x4; state 2; read 5; …"
std::string text_of(const std::vector<Step>& steps);

}  // namespace p2p
