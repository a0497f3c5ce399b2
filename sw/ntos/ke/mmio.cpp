// READ/WRITE_REGISTER_*: each call is exactly one bus access of its width (R-RES-2).
#include "sw/ntos/ke/irql.h"

#include <map>
#include <string>

#include "ntos/ks_support.h"
#include "sw/ntos/ke/cpu.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/ke/mmio.h"

namespace p2p::ke {

namespace {
struct Range {
  std::size_t bytes;
  std::uint64_t physical;
};
std::map<std::uintptr_t, Range>& ranges() {
  static std::map<std::uintptr_t, Range> map;
  return map;
}

std::uint64_t checked(const volatile void* address, unsigned bytes) {
  std::uint64_t physical = 0;
  if (!mmio_translate(address, &physical)) {
    ntos::bug_check(0xD1, 0, current_cpu().irql, 0, 0, "DRIVER_IRQL_NOT_LESS_OR_EQUAL",
                    "a register access outside any MmMapIoSpace mapping");
  }
  if (physical % bytes != 0) {
    ntos::bug_check(0xC4, 0xE5, physical, bytes, 0, "RegisterAlignment",
                    "a register access that is not naturally aligned");
  }
  return physical;
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
  const std::uint64_t physical = checked(address, bytes);
  charge_ns(cost().mmio_issue);
  Thread* self = current_thread();
  const std::uint64_t value = hardware().mmio_read(physical, bytes);
  resume(self);
  preemption_point();
  return value;
}
void register_write(volatile void* address, unsigned bytes, std::uint64_t value) {
  const std::uint64_t physical = checked(address, bytes);
  charge_ns(cost().mmio_issue);
  Thread* self = current_thread();
  hardware().mmio_write(physical, bytes, value);
  resume(self);
  preemption_point();
}

}  // namespace p2p::ke

using p2p::ke::register_read;
using p2p::ke::register_write;

extern "C" {

UCHAR NTAPI READ_REGISTER_UCHAR(volatile UCHAR* Register) { return static_cast<UCHAR>(register_read(Register, 1)); }
USHORT NTAPI READ_REGISTER_USHORT(volatile USHORT* Register) { return static_cast<USHORT>(register_read(Register, 2)); }
ULONG NTAPI READ_REGISTER_ULONG(volatile ULONG* Register) { return static_cast<ULONG>(register_read(Register, 4)); }
ULONG64 NTAPI READ_REGISTER_ULONG64(volatile ULONG64* Register) { return register_read(Register, 8); }
VOID NTAPI WRITE_REGISTER_UCHAR(volatile UCHAR* Register, UCHAR Value) { register_write(Register, 1, Value); }
VOID NTAPI WRITE_REGISTER_USHORT(volatile USHORT* Register, USHORT Value) { register_write(Register, 2, Value); }
VOID NTAPI WRITE_REGISTER_ULONG(volatile ULONG* Register, ULONG Value) { register_write(Register, 4, Value); }
VOID NTAPI WRITE_REGISTER_ULONG64(volatile ULONG64* Register, ULONG64 Value) { register_write(Register, 8, Value); }

}  // extern "C"
