// What may be done with an address that came from an application.
#include "sw/ntos/ke/irql.h"

#include "ntos/ks_support.h"
#include "sw/ntos/ex/module.h"
#include "sw/ntos/ke/exception.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/mm/mdl.h"
#include "sw/ntos/user/addresses.h"

namespace p2p::ntos {

NTSTATUS probe_and_lock(PMDL mdl, KPROCESSOR_MODE mode, LOCK_OPERATION operation) {
  if (!mm::lockable(mdl, mode)) return STATUS_ACCESS_VIOLATION;
  MmProbeAndLockPages(mdl, mode, operation);
  return STATUS_SUCCESS;
}

}  // namespace p2p::ntos

using namespace p2p;

namespace {
/// Windows compares with the end of the application's half of the address space. Here both halves lie mixed: what the
/// kernel has handed out is its own, and all else an application's.
bool is_kernel_address(const char* address) {
  if (ex::module_of(address) != nullptr) return true;
  return ke::hardware().is_host_memory(address) && !nt::is_user_address(address);
}

void probe(const volatile VOID* address, SIZE_T bytes, ULONG alignment, const void* caller, const char* unhandled) {
  if (bytes == 0) return;
  const auto* first = const_cast<const char*>(static_cast<const volatile char*>(address));
  if ((ke::value_of(first) & (alignment - 1)) != 0) ke::raise_status(STATUS_DATATYPE_MISALIGNMENT, caller, unhandled);
  const bool wraps = ke::value_of(first) + bytes < ke::value_of(first);
  if (wraps || is_kernel_address(first) || is_kernel_address(first + bytes - 1))
    ke::raise_status(STATUS_ACCESS_VIOLATION, caller, unhandled);
}
}  // namespace

extern "C" {

VOID NTAPI ProbeForRead(CONST VOID* Address, SIZE_T Length, ULONG Alignment) {
  probe(Address, Length, Alignment, __builtin_return_address(0),
        "ProbeForRead of memory that is not an application's, or not aligned");
}

// A sanitizer would stop at the fault that this is for.
__attribute__((no_sanitize("address", "undefined"))) VOID NTAPI ProbeForWrite(PVOID Address, SIZE_T Length,
                                                                              ULONG Alignment) {
  probe(Address, Length, Alignment, __builtin_return_address(0),
        "ProbeForWrite of memory that is not an application's, or not aligned");
  auto* bytes = static_cast<volatile char*>(Address);
  for (SIZE_T at = 0; at < Length; at += PAGE_SIZE) bytes[at] = bytes[at];  // faults where Windows' does
  if (Length != 0) bytes[Length - 1] = bytes[Length - 1];
}

}  // extern "C"
