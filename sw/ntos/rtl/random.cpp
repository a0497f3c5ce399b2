// BCryptGenRandom: bytes that look random and are the same in every run with the same seed.
#include "sw/ntos/ddk.h"

#include <algorithm>
#include <cstring>

#include "sim/random.h"
#include "sw/ntos/ke/machine.h"

using namespace p2p;

namespace {
constexpr std::uint64_t kStream = 0xBC297;  // apart from the bus, the allocator and the schedule
constexpr ULONG kUseSystemPreferred = 2;    // BCRYPT_USE_SYSTEM_PREFERRED_RNG

sim::Random& generator() {
  static sim::Random random(ke::state().config.seed, kStream);
  return random;
}
}  // namespace

extern "C" NTSTATUS NTAPI BCryptGenRandom(PVOID hAlgorithm, PUCHAR pbBuffer, ULONG cbBuffer, ULONG dwFlags);

// IRQL <= DISPATCH_LEVEL. STATUS_INVALID_HANDLE: there are no providers to open, only the system's own generator,
// which takes no handle; STATUS_INVALID_PARAMETER: no buffer, or a handle beside the flag for none.
extern "C" NTSTATUS NTAPI BCryptGenRandom(PVOID hAlgorithm, PUCHAR pbBuffer, ULONG cbBuffer, ULONG dwFlags) {
  const bool system = (dwFlags & kUseSystemPreferred) != 0;
  if (!system) return STATUS_INVALID_HANDLE;
  if (hAlgorithm != nullptr || pbBuffer == nullptr) return STATUS_INVALID_PARAMETER;
  for (ULONG at = 0; at < cbBuffer;) {
    const std::uint64_t bits = generator().next();
    const ULONG count = std::min<ULONG>(sizeof bits, cbBuffer - at);
    std::memcpy(pbBuffer + at, &bits, count);
    at += count;
  }
  return STATUS_SUCCESS;
}
