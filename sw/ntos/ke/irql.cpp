#include "sw/ntos/ke/irql.h"

#include "sw/ntos/ke/spinlock.h"

using namespace p2p;
using namespace p2p::ke;

extern "C" {

KIRQL NTAPI KeGetCurrentIrql(VOID) {
  return current_thread() != nullptr ? current_cpu().irql : static_cast<KIRQL>(PASSIVE_LEVEL);
}

KIRQL NTAPI KfRaiseIrql(KIRQL NewIrql) {
  Cpu& cpu = current_cpu();
  const KIRQL old = cpu.irql;
  if (NewIrql < old || NewIrql > HIGH_LEVEL) {  // R-IRQL-3
    verify(false, 0x30, old, NewIrql, 0, "IrqlKeRaise", "KeRaiseIrql to a lower IRQL");
    ntos::bug_check(0x09, 0, old, 0, 0, "IRQL_NOT_GREATER_OR_EQUAL", "KeRaiseIrql to a lower IRQL");
  }
  cpu.irql = NewIrql;
  return old;
}

VOID NTAPI KeLowerIrql(KIRQL NewIrql) {
  Cpu& cpu = current_cpu();
  const KIRQL old = cpu.irql;
  if (NewIrql > old) {  // R-IRQL-3
    verify(false, 0x31, old, NewIrql, 0, "IrqlKeLower", "KeLowerIrql to a higher IRQL");
    ntos::bug_check(0x0A, 0, old, 0, 0, "IRQL_NOT_LESS_OR_EQUAL", "KeLowerIrql to a higher IRQL");
  }
  verify(!(cpu.in_dpc && !cpu.in_isr && NewIrql < DISPATCH_LEVEL), 0x31, old, NewIrql, 1, "IrqlKeLower",
         "KeLowerIrql below DISPATCH_LEVEL inside a DPC");
  if (NewIrql < DISPATCH_LEVEL) {
    verify_locks_released(0, old, "KeLowerIrql below DISPATCH_LEVEL while a spin lock is held");
  }
  set_irql(NewIrql);
}

KIRQL NTAPI KeRaiseIrqlToDpcLevel(VOID) { return KfRaiseIrql(DISPATCH_LEVEL); }

}  // extern "C"
