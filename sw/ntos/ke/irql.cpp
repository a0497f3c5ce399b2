#include "sw/ntos/ke/irql.h"

#include "ntos/ks_support.h"
#include "sw/ntos/ke/cpu.h"

using namespace p2p;
using namespace p2p::ke;

extern "C" {

KIRQL NTAPI KeGetCurrentIrql(VOID) { return current_thread() != nullptr ? current_cpu().irql : PASSIVE_LEVEL; }

KIRQL NTAPI KfRaiseIrql(KIRQL NewIrql) {
  const KIRQL old = current_cpu().irql;
  if (NewIrql < old || NewIrql > HIGH_LEVEL) {
    ntos::bug_check(0xC4, 0x30, old, NewIrql, 0, "IrqlKeRaise", "KeRaiseIrql to a lower IRQL");  // R-IRQL-3
  }
  current_cpu().irql = NewIrql;
  return old;
}

VOID NTAPI KeLowerIrql(KIRQL NewIrql) {
  const KIRQL old = current_cpu().irql;
  if (NewIrql > old) {
    ntos::bug_check(0xC4, 0x31, old, NewIrql, 0, "IrqlKeLower", "KeLowerIrql to a higher IRQL");  // R-IRQL-3
  }
  set_irql(NewIrql);
}

KIRQL NTAPI KeRaiseIrqlToDpcLevel(VOID) { return KfRaiseIrql(DISPATCH_LEVEL); }

PKTHREAD NTAPI KeGetCurrentThread(VOID) { return current_thread()->kthread(); }

KPROCESSOR_MODE NTAPI ExGetPreviousMode(VOID) { return current_thread()->previous_mode; }

VOID NTAPI KeEnterCriticalRegion(VOID) { ++current_thread()->kernel_apc_disable; }

VOID NTAPI KeLeaveCriticalRegion(VOID) {
  if (current_thread()->kernel_apc_disable == 0) {
    ntos::bug_check(0xC4, 0x3E, 0, 0, 0, "CriticalRegions", "KeLeaveCriticalRegion without KeEnterCriticalRegion");
  }
  --current_thread()->kernel_apc_disable;
}

VOID NTAPI KeEnterGuardedRegion(VOID) { ++current_thread()->special_apc_disable; }

VOID NTAPI KeLeaveGuardedRegion(VOID) {
  if (current_thread()->special_apc_disable == 0) {
    ntos::bug_check(0xC4, 0x4000E, 0, 0, 0, "GuardedRegions", "KeLeaveGuardedRegion without KeEnterGuardedRegion");
  }
  --current_thread()->special_apc_disable;
  preemption_point();
}

BOOLEAN NTAPI KeAreApcsDisabled(VOID) {
  return current_thread()->kernel_apc_disable != 0 || current_thread()->special_apc_disable != 0;
}

}  // extern "C"
