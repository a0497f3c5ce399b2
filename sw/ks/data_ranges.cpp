#include "sw/ks/ddk.h"

#include "sw/ks/data_ranges.h"

#include <algorithm>
#include <cstring>

#include "sw/ks/automation.h"

namespace p2p::ks {

namespace {
constexpr ULONG kFormatTag = 0x6D46734B;
// Windows gives the flag the same value in ranges and formats.
static_assert(KSDATARANGE_ATTRIBUTES == KSDATAFORMAT_ATTRIBUTES);

std::size_t padded(std::size_t bytes) { return (bytes + 7) & ~std::size_t{7}; }

/// KSMULTIPLE_ITEM and the attributes behind it, each on an 8-byte boundary. `bytes`: of all.
NTSTATUS parse_attributes(const UCHAR* at, std::size_t room, Attributes* attributes, std::size_t* bytes) {
  KSMULTIPLE_ITEM head;
  if (room < sizeof head) return STATUS_INVALID_BUFFER_SIZE;
  std::memcpy(&head, at, sizeof head);
  if (head.Size < sizeof head || head.Size > room) return STATUS_INVALID_BUFFER_SIZE;
  std::size_t offset = sizeof head;
  for (ULONG i = 0; i < head.Count; ++i) {
    if (offset > head.Size || head.Size - offset < sizeof(KSATTRIBUTE)) return STATUS_INVALID_BUFFER_SIZE;
    const auto* attribute = reinterpret_cast<const KSATTRIBUTE*>(at + offset);
    if (attribute->Size < sizeof *attribute || attribute->Size > head.Size - offset) return STATUS_INVALID_BUFFER_SIZE;
    attributes->push_back(attribute);
    offset += padded(attribute->Size);
  }
  *bytes = head.Size;
  return STATUS_SUCCESS;
}

bool has(const Attributes& attributes, const GUID& id) {
  return std::any_of(attributes.begin(), attributes.end(),
                     [&id](const KSATTRIBUTE* attribute) { return same(attribute->Attribute, id); });
}
bool has_required(const Attributes& attributes, const Attributes& required) {
  return std::all_of(required.begin(), required.end(), [&attributes](const KSATTRIBUTE* attribute) {
    return (attribute->Flags & KSATTRIBUTE_REQUIRED) == 0 || has(attributes, attribute->Attribute);
  });
}

bool match(const GUID& a, const GUID& b, const GUID& wildcard) {
  return same(a, b) || same(a, wildcard) || same(b, wildcard);
}
}  // namespace

std::vector<PinRange> pin_ranges(const PKSDATARANGE* table, ULONG count) {
  std::vector<PinRange> ranges;
  for (ULONG i = 0; i < count; ++i) {
    ranges.push_back({table[i], nullptr});
    const bool listed = (table[i]->Flags & KSDATARANGE_ATTRIBUTES) != 0 && i + 1 < count;
    if (listed) ranges.back().list = reinterpret_cast<const KSATTRIBUTE_LIST*>(table[++i]);
  }
  return ranges;
}

Attributes attributes_of(const KSATTRIBUTE_LIST* list) {
  Attributes attributes;
  for (ULONG i = 0; list != nullptr && i < list->Count; ++i) attributes.push_back(list->Attributes[i]);
  return attributes;
}

NTSTATUS parse_format(const void* at, std::size_t room, ClientFormat* parsed) {
  const auto* format = static_cast<const KSDATAFORMAT*>(at);
  if (room < sizeof *format || format->FormatSize < sizeof *format || format->FormatSize > room) {
    return STATUS_INVALID_BUFFER_SIZE;
  }
  *parsed = {format, {}, format->FormatSize};
  if ((format->Flags & KSDATAFORMAT_ATTRIBUTES) == 0) return STATUS_SUCCESS;
  const std::size_t offset = padded(format->FormatSize);
  if (offset > room) return STATUS_INVALID_BUFFER_SIZE;
  std::size_t bytes = 0;
  const NTSTATUS status =
      parse_attributes(static_cast<const UCHAR*>(at) + offset, room - offset, &parsed->attributes, &bytes);
  parsed->bytes = offset + bytes;
  return status;
}

NTSTATUS parse_ranges(const void* at, std::size_t room, ULONG count, std::vector<ClientFormat>* parsed) {
  std::size_t offset = 0;
  for (ULONG item = 0; item < count; ++item) {
    if (offset > room) return STATUS_INVALID_BUFFER_SIZE;  // the last item need not be padded
    ClientFormat range;
    const NTSTATUS status = parse_format(static_cast<const UCHAR*>(at) + offset, room - offset, &range);
    if (!NT_SUCCESS(status)) return status;
    if ((range.format->Flags & KSDATARANGE_ATTRIBUTES) != 0 && ++item == count) return STATUS_INVALID_BUFFER_SIZE;
    offset += padded(range.bytes);
    parsed->push_back(std::move(range));
  }
  return STATUS_SUCCESS;
}

bool attributes_agree(const Attributes& a, const Attributes& b) { return has_required(a, b) && has_required(b, a); }

const char* format_mismatch(const ClientFormat& format, const PinRange& range) {
  if (!attributes_agree(format.attributes, attributes_of(range.list))) return "Attributes";
  if (same(range.range->MajorFormat, KSDATAFORMAT_TYPE_WILDCARD)) return nullptr;
  if (!same(format.format->MajorFormat, range.range->MajorFormat)) return "MajorFormat";
  if (same(range.range->SubFormat, KSDATAFORMAT_SUBTYPE_WILDCARD)) return nullptr;
  if (!same(format.format->SubFormat, range.range->SubFormat)) return "SubFormat";
  return same(format.format->Specifier, range.range->Specifier) ? nullptr : "Specifier";
}

const char* range_mismatch(const ClientFormat& client, const PinRange& range) {
  const KSDATARANGE& a = *client.format;
  const KSDATARANGE& b = *range.range;
  if (!match(a.MajorFormat, b.MajorFormat, KSDATAFORMAT_TYPE_WILDCARD)) return "MajorFormat";
  if (!match(a.SubFormat, b.SubFormat, KSDATAFORMAT_SUBTYPE_WILDCARD)) return "SubFormat";
  if (!match(a.Specifier, b.Specifier, KSDATAFORMAT_SPECIFIER_WILDCARD)) return "Specifier";
  return attributes_agree(client.attributes, attributes_of(range.list)) ? nullptr : "Attributes";
}

PKSDATAFORMAT copy_format(const ClientFormat& format) {
  auto* copy = static_cast<PKSDATAFORMAT>(ExAllocatePool2(POOL_FLAG_NON_PAGED, format.bytes, kFormatTag));
  if (copy != nullptr) std::memcpy(copy, format.format, format.bytes);
  return copy;
}

void free_format(PKSDATAFORMAT format) { ExFreePoolWithTag(format, kFormatTag); }

PKSMULTIPLE_ITEM connection_attributes(PKSDATAFORMAT format) {
  if ((format->Flags & KSDATAFORMAT_ATTRIBUTES) == 0) return nullptr;
  return reinterpret_cast<PKSMULTIPLE_ITEM>(reinterpret_cast<UCHAR*>(format) + padded(format->FormatSize));
}

ULONG connection_bytes(PKSDATAFORMAT format) {
  const KSMULTIPLE_ITEM* attributes = connection_attributes(format);
  if (attributes == nullptr) return format->FormatSize;
  return static_cast<ULONG>(padded(format->FormatSize)) + attributes->Size;
}

ClientFormat view(PKSDATAFORMAT copy) {
  ClientFormat seen;
  parse_format(copy, connection_bytes(copy), &seen);
  return seen;
}

}  // namespace p2p::ks
