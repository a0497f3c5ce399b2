// Cancellation: the cancel spin lock, IoCancelIrp.
#include "sw/ntos/io/verify.h"

#include "ntos/ks_support.h"
#include "sw/ntos/io/irp.h"
#include "sw/ntos/ke/cpu.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/ke/spinlock.h"

using namespace p2p;
using ke::value_of;

namespace {
KSPIN_LOCK g_cancel_lock = 0;

/// R-IRP-88: from now on the IRP has so long to complete.
void limit_completion(PIRP irp, io::IrpInfo* info) {
  const std::uint32_t limit_ms = ke::state().config.cancel_limit_ms;
  if (!ntos::verifier_enabled() || info->cancel_limit != nullptr) return;
  info->cancel_limit = std::make_unique<ke::Alarm>();
  info->cancel_limit->due = ke::now_100ns() + std::int64_t{limit_ms} * 10000;
  info->cancel_limit->expired = [irp, limit_ms, id = info->id] {
    ke::verify(false, 0x135, value_of(irp), limit_ms, 0, "IrpCancelField",
               "IRP " + std::to_string(id) + " was cancelled and not completed in time");
  };
  ke::set_alarm(info->cancel_limit.get());
}
}  // namespace

extern "C" {

VOID NTAPI IoAcquireCancelSpinLock(PKIRQL Irql) { *Irql = KeAcquireSpinLockRaiseToDpc(&g_cancel_lock); }
VOID NTAPI IoReleaseCancelSpinLock(KIRQL Irql) { KeReleaseSpinLock(&g_cancel_lock, Irql); }

// R-IRP-80.
BOOLEAN NTAPI IoCancelIrp(PIRP Irp) {
  io::IrpInfo* info = io::irp_info(Irp);
  if (info == nullptr) {
    ntos::bug_check(0xC9, 0x03, value_of(Irp), 0, 0, "IoCancelIrp", "IoCancelIrp of something that is no IRP");
  }
  const unsigned locks = ke::spin_locks_held();
  KIRQL irql;
  IoAcquireCancelSpinLock(&irql);
  ke::trace("irp.cancel", {{"irp", info->id}});
  Irp->Cancel = TRUE;
  if (Irp->CurrentLocation <= Irp->StackCount + 1) limit_completion(Irp, info);
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
  ke::verify(ke::spin_locks_held() <= locks, 0x40009, value_of(routine), 0, 0, "CancelSpinLock",
             "a cancel routine returned with a spin lock held");  // R-SPIN-4
  return TRUE;
}

}  // extern "C"
