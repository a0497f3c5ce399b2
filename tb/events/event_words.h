// Events in the words of those who read them.
#pragma once

#include <cstdint>
#include <string>

#include "tb/events/recorded_event.h"

namespace p2p::tb {

/// "STATUS_IO_DEVICE_ERROR" of 0xC0000185, "0" of success, "0xC0DE0001" of one that has no name here.
std::string status_words(std::uint32_t status);

/// The event with NTSTATUSes, major functions and pin states by name, and addresses in hex.
RecordedEvent in_words(const RecordedEvent& event);

/// "irp=24 status=STATUS_CANCELLED": RecordedEvent::text of that.
std::string event_words(const RecordedEvent& event, const char* left_out = "");

}  // namespace p2p::tb
