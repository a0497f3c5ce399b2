// Cancellation: the cancel spin lock, IoCancelIrp.
#include "sw/ntos/io/verify.h"

#include "ntos/ks_support.h"
#include "sw/ntos/io/irp.h"
#include "sw/ntos/io/limits.h"
#include "sw/ntos/ke/cpu.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/ke/spinlock.h"

using namespace p2p;
using ke::value_of;

namespace {
KSPIN_LOCK g_cancel_lock = 0;
}  // namespace

namespace p2p::io {

bool cancel_with_lock(PIRP irp, KIRQL irql, unsigned locks) {
  IrpInfo* info = irp_info(irp);
  ke::trace("irp.cancel", {{"irp", info->id}});
  irp->Cancel = TRUE;
  limit_cancelled(irp, info);
  PDRIVER_CANCEL routine = IoSetCancelRoutine(irp, nullptr);
  if (routine == nullptr) {
    IoReleaseCancelSpinLock(irql);
    return false;
  }
  irp->CancelIrql = irql;
  PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  routine(location->DeviceObject, irp);
  if (ke::current_cpu().irql != irql) {
    ntos::bug_check(0xC9, 0x05, 0, irql, ke::current_cpu().irql, "CancelSpinLockRelease",
                    "a cancel routine did not release the cancel spin lock to Irp->CancelIrql");  // R-IRP-84
  }
  ke::verify(ke::spin_locks_held() <= locks, 0x40009, value_of(routine), 0, 0, "CancelSpinLock",
             "a cancel routine returned with a spin lock held");  // R-SPIN-4
  return true;
}

}  // namespace p2p::io

extern "C" {

VOID NTAPI IoAcquireCancelSpinLock(PKIRQL Irql) { *Irql = KeAcquireSpinLockRaiseToDpc(&g_cancel_lock); }
VOID NTAPI IoReleaseCancelSpinLock(KIRQL Irql) { KeReleaseSpinLock(&g_cancel_lock, Irql); }

// R-IRP-80.
BOOLEAN NTAPI IoCancelIrp(PIRP Irp) {
  const io::IrpInfo* info = io::irp_info(Irp);
  if (info == nullptr) {
    ntos::bug_check(0xC9, 0x03, value_of(Irp), 0, 0, "IoCancelIrp", "IoCancelIrp of something that is no IRP");
  }
  const std::uint64_t id = info->id;
  const unsigned locks = ke::spin_locks_held();
  KIRQL irql;
  IoAcquireCancelSpinLock(&irql);
  info = io::irp_info(Irp);
  if (info == nullptr || info->id != id) {
    ntos::bug_check(0xC9, 0x03, value_of(Irp), 0, 0, "IoCancelIrp",
                    "an IRP was freed while IoCancelIrp waited for the cancel spin lock");
  }
  return io::cancel_with_lock(Irp, irql, locks);
}

}  // extern "C"
