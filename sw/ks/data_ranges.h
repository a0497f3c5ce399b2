// Data ranges and formats with what belongs to them: lists of attributes (R-ATT-1..4). Needs sw/ks/ddk.h before it.
#pragma once

#include <cstddef>
#include <vector>

#include "sw/ks/objects.h"

namespace p2p::ks {

using Attributes = std::vector<const KSATTRIBUTE*>;

/// A range of a pin's table. The entry behind one with KSDATARANGE_ATTRIBUTES is its list.
struct PinRange {
  const KSDATARANGE* range;
  const KSATTRIBUTE_LIST* list;  ///< nullptr: none
};
std::vector<PinRange> pin_ranges(const PKSDATARANGE* table, ULONG count);
inline std::vector<PinRange> pin_ranges(const KSPIN_DESCRIPTOR& pin) {
  return pin_ranges(pin.DataRanges, pin.DataRangesCount);
}
Attributes attributes_of(const KSATTRIBUTE_LIST* list);

/// What a client sent: a range or a format, and behind it, on the next 8-byte boundary, its attributes.
struct ClientFormat {
  const KSDATAFORMAT* format = nullptr;
  Attributes attributes;
  std::size_t bytes = 0;  ///< of both, without padding at the end
};
/// Errors: STATUS_INVALID_BUFFER_SIZE (a size that is too small, or lies outside `room`).
NTSTATUS parse_format(const void* at, std::size_t room, ClientFormat* parsed);
/// The same of a list of `count` items, where attributes are items of their own. `parsed`: those before one that is
/// wrong.
NTSTATUS parse_ranges(const void* at, std::size_t room, ULONG count, std::vector<ClientFormat>* parsed);

/// Does each of the two have what the other requires (KSATTRIBUTE_REQUIRED)?
bool attributes_agree(const Attributes& a, const Attributes& b);

/// The first field by which `format` does not fit `range` (R-CRE-3), or nullptr: "MajorFormat", "SubFormat",
/// "Specifier", "Attributes".
const char* format_mismatch(const ClientFormat& format, const PinRange& range);
/// The same for two ranges, either of which may have wildcards (R-INT-SEC-1).
const char* range_mismatch(const ClientFormat& client, const PinRange& range);

/// A copy of the format with its attributes, or nullptr. The copy's attributes: connection_attributes().
PKSDATAFORMAT copy_format(const ClientFormat& format);
void free_format(PKSDATAFORMAT format);
/// The list behind a format that copy_format() made; nullptr: it has none.
PKSMULTIPLE_ITEM connection_attributes(PKSDATAFORMAT format);
/// Bytes of such a copy.
ULONG connection_bytes(PKSDATAFORMAT format);
ClientFormat view(PKSDATAFORMAT copy);

}  // namespace p2p::ks
