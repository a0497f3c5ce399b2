#include "sw/proxy/allocator_framing.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "sw/proxy/guids.h"

namespace p2p::proxy {
namespace {

constexpr ULONG kPageBytes = 4096;

KSPROPERTY request_of(ULONG id) {
  KSPROPERTY property{};
  property.Set = kPropsetConnection;
  property.Id = id;
  property.Flags = KSPROPERTY_TYPE_GET;
  return property;
}

}  // namespace

FramingWish wish_of(const KSALLOCATOR_FRAMING_EX& framing) {
  if (framing.CountItems == 0) return {};
  const KS_FRAMING_ITEM& item = framing.FramingItem[0];
  return {item.Frames, item.FramingRange.Range.MinFrameSize, item.FileAlignment + 1, "ex"};
}

FramingWish wish_of(const KSALLOCATOR_FRAMING& framing) {
  return {framing.Frames, framing.FrameSize, framing.FileAlignment + 1, "simple"};
}

FramingWish query_framing(IKsControl& pin) {
  ULONG returned = 0;
  KSPROPERTY extended = request_of(KSPROPERTY_CONNECTION_ALLOCATORFRAMING_EX);
  std::vector<std::uint64_t> room;  // aligned as the structure
  const HRESULT sized = pin.KsProperty(&extended, sizeof extended, nullptr, 0, &returned);
  if (sized == HRESULT_FROM_WIN32(ERROR_MORE_DATA) && returned >= sizeof(KSALLOCATOR_FRAMING_EX)) {
    room.resize((returned + 7) / 8);
    const HRESULT hr = pin.KsProperty(&extended, sizeof extended, room.data(), returned, &returned);
    if (SUCCEEDED(hr) && returned >= sizeof(KSALLOCATOR_FRAMING_EX)) {
      return wish_of(*reinterpret_cast<const KSALLOCATOR_FRAMING_EX*>(room.data()));
    }
  }
  KSPROPERTY simple = request_of(KSPROPERTY_CONNECTION_ALLOCATORFRAMING);
  KSALLOCATOR_FRAMING framing{};
  const HRESULT hr = pin.KsProperty(&simple, sizeof simple, &framing, sizeof framing, &returned);
  return SUCCEEDED(hr) && returned == sizeof framing ? wish_of(framing) : FramingWish{};
}

std::optional<std::string> agree(const FramingWish& wish, ALLOCATOR_PROPERTIES* properties) {
  if (properties->cBuffers == 0) {
    if (wish.frames == 0) return "0 buffers, and the pin does not say how many it wants";
    properties->cBuffers = static_cast<LONG>(std::min<ULONG>(wish.frames, std::numeric_limits<LONG>::max()));
  }
  if (wish.alignment > kPageBytes || (wish.alignment & (wish.alignment - 1)) != 0) {
    return "the pin wants buffers aligned to " + std::to_string(wish.alignment) +
           " bytes, a power of two up to a page can be had";
  }
  if (wish.least_bytes > static_cast<ULONG>(std::numeric_limits<LONG>::max())) {
    return "the pin wants buffers of " + std::to_string(wish.least_bytes) + " bytes";
  }
  properties->cbBuffer = std::max(properties->cbBuffer, static_cast<LONG>(wish.least_bytes));
  properties->cbAlign = std::max(properties->cbAlign, static_cast<LONG>(wish.alignment));
  return std::nullopt;
}

}  // namespace p2p::proxy
