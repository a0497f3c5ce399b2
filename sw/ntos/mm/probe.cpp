// MmProbeAndLockPages for callers that catch its exception.
#include "sw/ntos/ddk.h"

#include "ntos/ks_support.h"
#include "sw/ntos/mm/mdl.h"

namespace p2p::ntos {

NTSTATUS probe_and_lock(PMDL mdl, KPROCESSOR_MODE mode, LOCK_OPERATION operation) {
  if (!mm::lockable(mdl, mode)) return STATUS_ACCESS_VIOLATION;
  MmProbeAndLockPages(mdl, mode, operation);
  return STATUS_SUCCESS;
}

}  // namespace p2p::ntos
