#include "sw/ntos/ex/pool_tracking.h"

#include <cstddef>
#include <cstring>

#include "sw/ntos/ddk.h"

#include "sw/ntos/ke/verify.h"

namespace p2p::ex {

namespace {
/// Behind a block. An overrun comes to `pad` first.
struct Behind {
  std::uint32_t pad, hash_entry;
  std::uint16_t header, hash_size;
  std::uint32_t list_index;
};
/// Before a block. An underrun comes to `bytes` first.
struct Front {
  std::uint32_t tag;
  std::uint16_t page, sequence, check, block;
  std::uint32_t bytes;
};
static_assert(sizeof(Behind) == kTrackingBytes && sizeof(Front) == kTrackingBytes);

std::uint64_t value_of(const void* pointer) { return reinterpret_cast<std::uintptr_t>(pointer); }

Behind behind_of(const TrackedBlock& info) {
  return {0xFDFDFDFD, static_cast<std::uint32_t>(info.order * 2654435761u), static_cast<std::uint16_t>(~info.bytes),
          static_cast<std::uint16_t>(info.blocks_alive | 0x8000), static_cast<std::uint32_t>(~info.order)};
}
Front front_of(const TrackedBlock& info) {
  const std::uint64_t address = value_of(info.block);
  return {info.tag,
          static_cast<std::uint16_t>(address >> 12 | 0x8000),
          static_cast<std::uint16_t>(info.order | 0x8000),
          static_cast<std::uint16_t>(~info.tag),
          static_cast<std::uint16_t>(address | 1),
          static_cast<std::uint32_t>(info.bytes)};
}

constexpr const char* kRule = "PoolTracking";

void check_behind(const TrackedBlock& info) {
  Behind is{};
  const Behind was = behind_of(info);
  const std::uint8_t* at = info.block + info.bytes;
  std::memcpy(&is, at, sizeof is);
  const std::uint64_t base = value_of(info.block);
  constexpr const char* kOverrun = "pool memory was written beyond its end";
  ke::verify(is.pad == was.pad, 0x51, base, value_of(at), info.bytes, kRule, kOverrun);
  ke::verify(is.hash_entry == was.hash_entry, 0x52, base, is.hash_entry, info.bytes, kRule, kOverrun);
  ke::verify(is.header == was.header, 0x53, base, is.header, 0, kRule, kOverrun);
  ke::verify(is.hash_size == was.hash_size, 0x54, base, 0, is.hash_size, kRule, kOverrun);
  ke::verify(is.list_index == was.list_index, 0x59, base, is.list_index, 0, kRule, kOverrun);
}

void check_front(const TrackedBlock& info) {
  Front is{};
  const Front was = front_of(info);
  const std::uint8_t* at = info.block - kTrackingBytes;
  std::memcpy(&is, at, sizeof is);
  const std::uint64_t base = value_of(info.block);
  const auto address = [at](std::size_t offset) { return value_of(at + offset); };
  constexpr const char* kUnderrun = "pool memory was written before its beginning";
  ke::verify(is.bytes == was.bytes, 0x13F, base, is.bytes, address(offsetof(Front, bytes)), kRule, kUnderrun);
  ke::verify(is.block == was.block, 0x13E, base, is.block, address(offsetof(Front, block)), kRule, kUnderrun);
  ke::verify(is.check == was.check, 0x13D, base, address(offsetof(Front, check)), was.check, kRule, kUnderrun);
  ke::verify(is.sequence == was.sequence, 0x13C, base, is.sequence, address(offsetof(Front, sequence)), kRule,
             kUnderrun);
  ke::verify(is.page == was.page, 0x13B, base, address(offsetof(Front, page)), base & ~std::uint64_t{0xFFF}, kRule,
             kUnderrun);
  ke::verify(is.tag == was.tag, 0x13A, base, is.tag, address(offsetof(Front, tag)), kRule, kUnderrun);
}
}  // namespace

void write_tracking(const TrackedBlock& info) {
  const Front front = front_of(info);
  const Behind behind = behind_of(info);
  if (info.in_front) std::memcpy(info.block - kTrackingBytes, &front, sizeof front);
  if (info.behind) std::memcpy(info.block + info.bytes, &behind, sizeof behind);
}

void check_tracking(const TrackedBlock& info) {
  if (info.in_front) check_front(info);
  if (info.behind) check_behind(info);
}

}  // namespace p2p::ex
