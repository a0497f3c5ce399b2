// What a machine, its kernel and its pins hold at this moment, as text for people. A line each, aligned, with a
// heading.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sim/machine.h"

namespace p2p::tb {

std::string cpus_text();
std::string threads_text();
std::string dpcs_text();
/// IRPs that somebody waits for; with `all` those, too, that are back or were never sent.
std::string irps_text(bool all);
/// One IRP; a sentence if there is none of that id.
std::string irp_text(std::uint64_t id);
std::string pins_text();
/// Time, interrupt line, and the chip's registers whose path holds `filter`.
std::string chip_text(const sim::Machine& machine, std::string_view filter);

}  // namespace p2p::tb
