// MmProbeAndLockPages for callers that catch its exception.
#include "sw/ntos/ddk.h"

#include "ntos/ks_support.h"
#include "sw/ntos/ke/machine.h"

namespace p2p::ntos {

NTSTATUS probe_and_lock(PMDL mdl, KPROCESSOR_MODE mode, LOCK_OPERATION operation) {
  const auto* first = static_cast<const char*>(mdl->StartVa);
  const auto pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(MmGetMdlVirtualAddress(mdl), mdl->ByteCount);
  for (std::size_t i = 0; i < pages; ++i) {
    if (!ke::hardware().is_host_memory(first + i * PAGE_SIZE)) return STATUS_ACCESS_VIOLATION;
  }
  MmProbeAndLockPages(mdl, mode, operation);
  return STATUS_SUCCESS;
}

}  // namespace p2p::ntos
