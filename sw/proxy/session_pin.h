// What every session does with a filter's pins: find those for user mode, create one, ask and close it, tell what
// became of each data range.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "proxy/capture.h"
#include "sw/proxy/filter_connection.h"
#include "sw/proxy/ks_pin.h"

namespace p2p::proxy {

/// A pin that takes requests of user mode.
struct PinOffer {
  ULONG id = 0;
  KSPIN_DATAFLOW dataflow{};
  bool capture = false;  ///< its category says so, which not every pin has
};

/// "pin 3".
std::string pin_name(ULONG id);

/// In the order of their ids. `count`: how many pins the filter has, these or others.
CaptureResult find_pins(FilterConnection& filter, std::vector<PinOffer>* pins, ULONG* count);

/// Creates the kernel pin with the standard interface and medium; the caller owns the one reference. `purpose` follows
/// the pin's name in the error.
CaptureResult create_pin(FilterConnection& filter, const PinOffer& offer, const std::vector<std::uint8_t>& format,
                         const std::string& purpose, KsPin** pin);

/// Closes the kernel pin and gives the reference back. E_UNEXPECTED: others are left.
CaptureResult close_pin(KsPin* pin, ULONG id);

/// KSPROPERTY_DROPPEDFRAMES_CURRENT. `returned`: bytes the driver wrote.
HRESULT query_dropped_frames(KsPin& pin, KSPROPERTY_DROPPEDFRAMES_CURRENT_S* answer, ULONG* returned);

/// A data range that was tried: with `hr` what came of it, in `why` the field that does not fit or the driver's answer.
void trace_try(ULONG pin, std::size_t range, HRESULT hr, const std::string& why);

}  // namespace p2p::proxy
