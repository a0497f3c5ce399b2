// Cancellation: the cancel spin lock, IoCancelIrp.
#include "sw/ntos/ddk.h"

#include "ntos/ks_support.h"
#include "sw/ntos/io/irp.h"
#include "sw/ntos/ke/cpu.h"
#include "sw/ntos/ke/machine.h"

using namespace p2p;

namespace {
KSPIN_LOCK g_cancel_lock = 0;
}

extern "C" {

VOID NTAPI IoAcquireCancelSpinLock(PKIRQL Irql) { *Irql = KeAcquireSpinLockRaiseToDpc(&g_cancel_lock); }
VOID NTAPI IoReleaseCancelSpinLock(KIRQL Irql) { KeReleaseSpinLock(&g_cancel_lock, Irql); }

// R-IRP-80.
BOOLEAN NTAPI IoCancelIrp(PIRP Irp) {
  io::IrpInfo* info = io::irp_info(Irp);
  if (info == nullptr) {
    ntos::bug_check(0xC9, 0x03, reinterpret_cast<std::uintptr_t>(Irp), 0, 0, "IoCancelIrp",
                    "IoCancelIrp of something that is no IRP");
  }
  KIRQL irql;
  IoAcquireCancelSpinLock(&irql);
  ke::trace("irp.cancel", {{"irp", info->id}});
  Irp->Cancel = TRUE;
  PDRIVER_CANCEL routine = IoSetCancelRoutine(Irp, nullptr);
  if (routine == nullptr) {
    IoReleaseCancelSpinLock(irql);
    return FALSE;
  }
  Irp->CancelIrql = irql;
  PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(Irp);
  routine(location->DeviceObject, Irp);
  if (ke::current_cpu().irql != irql) {
    ntos::bug_check(0xC9, 0x05, 0, irql, ke::current_cpu().irql, "CancelSpinLockRelease",
                    "a cancel routine did not release the cancel spin lock to Irp->CancelIrql");  // R-IRP-84
  }
  return TRUE;
}

}  // extern "C"
