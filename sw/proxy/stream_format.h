// Formats of any video or audio pin: what to ask a data range for, and what the driver's answer means.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "proxy/stream.h"
#include "sw/proxy/windows_headers.h"

namespace p2p::proxy {

/// A data range to intersect with `range`: video of a known layout narrowed to what is wanted or to the range's own
/// default, audio as it is. Nothing for a range whose samples are not known here.
std::optional<std::vector<std::uint8_t>> range_request(const KSDATARANGE& range, const WantedStreams& wanted);

/// What a data format says; nothing, with the reason in `why`, if it is none that is known here.
std::optional<StreamFormat> read_format(const std::vector<std::uint8_t>& data_format, std::string* why);

}  // namespace p2p::proxy
