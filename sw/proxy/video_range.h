// Video formats for a capture pin: the range to ask for, and why a range does not fit (R-INT-SEC-1, R-PXY-20).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "proxy/capture.h"
#include "sw/proxy/windows_headers.h"

namespace p2p::proxy {

/// Bytes of one YUY2 frame.
std::uint64_t yuy2_bytes(const CaptureFormat& format);

/// What is wrong with the request whatever the device: "width 0 is not 1..32767". Nothing if it makes sense.
std::optional<std::string> reject_request(const CaptureFormat& format);

/// `range` as KS_DATARANGE_VIDEO if it is YUY2 video described by a VIDEOINFOHEADER, else nullptr.
const KS_DATARANGE_VIDEO* as_yuy2_range(const KSDATARANGE& range);

/// The first field of `range` that excludes `format`: "width 322 is not 320..1280 in steps of 16". Nothing if it fits.
std::optional<std::string> mismatch(const KS_DATARANGE_VIDEO& range, const CaptureFormat& format);

/// Type and subtype of any range, for people: "vids/YUY2", "vids/NV12 (VIDEOINFOHEADER2)", "auds".
std::string describe(const KSDATARANGE& range);

/// The pin's own `range` narrowed to `format`: capabilities as the driver states them (drivers compare them), the
/// VIDEOINFOHEADER filled for one size and rate.
std::vector<std::uint8_t> narrowed_range(const KS_DATARANGE_VIDEO& range, const CaptureFormat& format);

/// Checks that an intersected data format is what was asked for: nothing, or the field that differs.
std::optional<std::string> check_intersection(const std::vector<std::uint8_t>& data_format,
                                              const CaptureFormat& format);

/// Bytes that a sample buffer needs: the larger of biSizeImage and SampleSize of a checked data format.
std::uint32_t sample_bytes(const std::vector<std::uint8_t>& data_format);

}  // namespace p2p::proxy
