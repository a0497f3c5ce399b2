// READ/WRITE_REGISTER_*: each call is exactly one bus access of its width (R-RES-2).
#include "sw/ntos/ke/irql.h"

#include <cstring>
#include <map>

#include "sw/ntos/ke/machine.h"
#include "sw/ntos/ke/mmio.h"

namespace p2p::ke {

namespace {
struct Range {
  std::size_t bytes;
  std::uint64_t physical;
};
std::map<std::uintptr_t, Range>& ranges() {
  static auto* const map = new std::map<std::uintptr_t, Range>;  // looked up, never walked
  return *map;
}

bool is_memory(const volatile void* address) { return hardware().is_host_memory(const_cast<const void*>(address)); }

std::uint64_t checked(const volatile void* address, unsigned bytes, bool write) {
  std::uint64_t physical = 0;
  if (!mmio_translate(address, &physical)) {
    ntos::bug_check(0xD1, value_of(address), current_cpu().irql, write ? 1 : 0, 0, "DRIVER_IRQL_NOT_LESS_OR_EQUAL",
                    "a register access outside any MmMapIoSpace mapping");
  }
  if (physical % bytes != 0) {
    ntos::bug_check(0x1E, static_cast<ULONG>(STATUS_DATATYPE_MISALIGNMENT), physical, bytes, 0,
                    "KMODE_EXCEPTION_NOT_HANDLED", "a register access that is not naturally aligned");
  }
  return physical;
}

template <class T>
T read(const volatile T* address) {
  return static_cast<T>(register_read(address, sizeof(T)));
}
template <class T>
void write(volatile T* address, T value) {
  register_write(address, sizeof(T), value);
}
// Both addresses advance, as with x64's `rep movs`; only the PORT routines stay with one register.
template <class T>
void read_buffer(const volatile T* address, T* buffer, ULONG count) {
  for (ULONG i = 0; i < count; ++i) buffer[i] = read(address + i);
}
template <class T>
void write_buffer(volatile T* address, const T* buffer, ULONG count) {
  for (ULONG i = 0; i < count; ++i) write(address + i, buffer[i]);
}
}  // namespace

void mmio_add_range(const void* base, std::size_t bytes, std::uint64_t physical) {
  ranges()[reinterpret_cast<std::uintptr_t>(base)] = {bytes, physical};
}
bool mmio_remove_range(const void* base) { return ranges().erase(reinterpret_cast<std::uintptr_t>(base)) != 0; }
bool mmio_translate(const volatile void* address, std::uint64_t* physical) {
  const auto at = reinterpret_cast<std::uintptr_t>(address);
  auto it = ranges().upper_bound(at);
  if (it == ranges().begin()) return false;
  --it;
  if (at - it->first >= it->second.bytes) return false;
  *physical = it->second.physical + (at - it->first);
  return true;
}

std::uint64_t register_read(const volatile void* address, unsigned bytes) {
  if (is_memory(address)) {  // a common buffer may be read this way, too
    std::uint64_t value = 0;
    std::memcpy(&value, const_cast<const void*>(address), bytes);
    return value;
  }
  const std::uint64_t physical = checked(address, bytes, false);
  charge_ns(cost().mmio_issue);
  const std::uint64_t value = hardware().mmio_read(physical, bytes);
  if (paged_pool_open) fiber_resumed();
  preemption_point();
  return value;
}

void register_write(volatile void* address, unsigned bytes, std::uint64_t value) {
  if (is_memory(address)) {
    std::memcpy(const_cast<void*>(address), &value, bytes);
    return;
  }
  const std::uint64_t physical = checked(address, bytes, true);
  charge_ns(cost().mmio_issue);
  hardware().mmio_write(physical, bytes, value);
  if (paged_pool_open) fiber_resumed();
  preemption_point();
}

}  // namespace p2p::ke

using namespace p2p::ke;

extern "C" {

UCHAR NTAPI READ_REGISTER_UCHAR(volatile UCHAR* Register) { return read(Register); }
USHORT NTAPI READ_REGISTER_USHORT(volatile USHORT* Register) { return read(Register); }
ULONG NTAPI READ_REGISTER_ULONG(volatile ULONG* Register) { return read(Register); }
ULONG64 NTAPI READ_REGISTER_ULONG64(volatile ULONG64* Register) { return read(Register); }
VOID NTAPI WRITE_REGISTER_UCHAR(volatile UCHAR* Register, UCHAR Value) { write(Register, Value); }
VOID NTAPI WRITE_REGISTER_USHORT(volatile USHORT* Register, USHORT Value) { write(Register, Value); }
VOID NTAPI WRITE_REGISTER_ULONG(volatile ULONG* Register, ULONG Value) { write(Register, Value); }
VOID NTAPI WRITE_REGISTER_ULONG64(volatile ULONG64* Register, ULONG64 Value) { write(Register, Value); }

VOID NTAPI READ_REGISTER_BUFFER_UCHAR(PUCHAR Register, PUCHAR Buffer, ULONG Count) {
  read_buffer(Register, Buffer, Count);
}
VOID NTAPI READ_REGISTER_BUFFER_USHORT(PUSHORT Register, PUSHORT Buffer, ULONG Count) {
  read_buffer(Register, Buffer, Count);
}
VOID NTAPI READ_REGISTER_BUFFER_ULONG(PULONG Register, PULONG Buffer, ULONG Count) {
  read_buffer(Register, Buffer, Count);
}
VOID NTAPI READ_REGISTER_BUFFER_ULONG64(PULONG64 Register, PULONG64 Buffer, ULONG Count) {
  read_buffer(Register, Buffer, Count);
}
VOID NTAPI WRITE_REGISTER_BUFFER_UCHAR(PUCHAR Register, PUCHAR Buffer, ULONG Count) {
  write_buffer(Register, Buffer, Count);
}
VOID NTAPI WRITE_REGISTER_BUFFER_USHORT(PUSHORT Register, PUSHORT Buffer, ULONG Count) {
  write_buffer(Register, Buffer, Count);
}
VOID NTAPI WRITE_REGISTER_BUFFER_ULONG(PULONG Register, PULONG Buffer, ULONG Count) {
  write_buffer(Register, Buffer, Count);
}
VOID NTAPI WRITE_REGISTER_BUFFER_ULONG64(PULONG64 Register, PULONG64 Buffer, ULONG Count) {
  write_buffer(Register, Buffer, Count);
}

}  // extern "C"
