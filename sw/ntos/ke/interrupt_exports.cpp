// IoConnectInterrupt(Ex), KeSynchronizeExecution and interrupt spin locks.
#include "sw/ntos/ke/irql.h"

#include <map>

#include "sw/ntos/ex/low_resources.h"
#include "sw/ntos/ke/interrupt.h"
#include "sw/ntos/ke/spinlock.h"

namespace p2p::ke {

namespace {
std::map<PDEVICE_OBJECT, unsigned>& device_lines() {
  static auto* const lines = new std::map<PDEVICE_OBJECT, unsigned>;  // looked up, never walked
  return *lines;
}
}  // namespace

void set_device_line(PDEVICE_OBJECT pdo, unsigned line) { device_lines()[pdo] = line; }
void forget_device_line(PDEVICE_OBJECT pdo) { device_lines().erase(pdo); }
bool device_line(PDEVICE_OBJECT pdo, unsigned* line) {
  auto found = device_lines().find(pdo);
  if (found == device_lines().end()) return false;
  *line = found->second;
  return true;
}

}  // namespace p2p::ke

using namespace p2p;
using namespace p2p::ke;

namespace {
KAFFINITY all_cpus() { return (KAFFINITY{1} << scheduler().cpu_count()) - 1; }

/// R-INT-2, R-INT-3.
NTSTATUS connect(PKINTERRUPT* object, Interrupt description, KINTERRUPT_MODE mode) {
  if (object == nullptr || description.routine == nullptr) return STATUS_INVALID_PARAMETER;
  if (mode != LevelSensitive) return STATUS_INVALID_PARAMETER;  // this machine's lines are level-sensitive
  if (description.irql <= DISPATCH_LEVEL || description.irql > HIGH_LEVEL ||
      description.synchronize_irql < description.irql || description.synchronize_irql > HIGH_LEVEL) {
    return STATUS_INVALID_PARAMETER;
  }
  description.affinity &= all_cpus();
  if (description.affinity == 0) return STATUS_INVALID_PARAMETER;
  if (ex::refuse_allocation("IoConnectInterrupt")) return STATUS_INSUFFICIENT_RESOURCES;
  connect_interrupt(description, object);
  return STATUS_SUCCESS;
}

/// The system knows the line of the device; `synchronize_irql` 0 lets it choose (R-INT-3).
NTSTATUS connect_to_line(PDEVICE_OBJECT pdo, PKINTERRUPT* object, Interrupt description, KIRQL synchronize_irql) {
  if (pdo == nullptr || !device_line(pdo, &description.line)) return STATUS_INVALID_PARAMETER;
  if (synchronize_irql != 0) description.synchronize_irql = synchronize_irql;
  description.affinity = all_cpus();
  return connect(object, description, LevelSensitive);
}

Interrupt* checked(PKINTERRUPT object, const char* rule) {
  Interrupt* interrupt = interrupt_of(object);
  if (interrupt == nullptr) {
    ntos::bug_check(0xCA, 9, value_of(object), 0, 0, rule, "an interrupt object that is not connected");
  }
  return interrupt;
}

void disconnect(PKINTERRUPT object, ULONG connection) {
  Interrupt* interrupt = checked(object, "IoDisconnectInterrupt");
  if (interrupt->connection != connection) {  // R-INT-7
    ntos::bug_check(0xCA, 9, value_of(object), interrupt->connection, connection, "IoDisconnectInterruptEx",
                    "an interrupt is disconnected as another type of connection than it was connected as");
  }
  disconnect_interrupt(interrupt);
}

KIRQL raise_and_lock(Interrupt* interrupt) {
  Cpu& cpu = current_cpu();
  const KIRQL old = cpu.irql;
  if (old > interrupt->synchronize_irql) {  // R-INT-6
    verify(false, 0x30, old, interrupt->synchronize_irql, 0, "IrqlKeSynchronizeExecution",
           "the interrupt lock is taken above the interrupt's SynchronizeIrql");
    ntos::bug_check(0x09, 0, old, 0, 0, "IRQL_NOT_GREATER_OR_EQUAL",
                    "the interrupt lock is taken above the interrupt's SynchronizeIrql");
  }
  cpu.irql = interrupt->synchronize_irql;
  acquire_spin_lock(interrupt->lock);
  return old;
}
}  // namespace

extern "C" {

NTSTATUS NTAPI IoConnectInterrupt(PKINTERRUPT* InterruptObject, PKSERVICE_ROUTINE ServiceRoutine, PVOID ServiceContext,
                                  PKSPIN_LOCK SpinLock, ULONG Vector, KIRQL Irql, KIRQL SynchronizeIrql,
                                  KINTERRUPT_MODE InterruptMode, BOOLEAN ShareVector, KAFFINITY ProcessorEnableMask,
                                  BOOLEAN FloatingSave) {
  UNREFERENCED_PARAMETER(ShareVector);  // lines of a PCI function are shared
  UNREFERENCED_PARAMETER(FloatingSave);
  Interrupt description;
  description.line = Vector;
  description.routine = ServiceRoutine;
  description.context = ServiceContext;
  description.lock = SpinLock;
  description.irql = Irql;
  description.synchronize_irql = SynchronizeIrql;
  description.affinity = ProcessorEnableMask;
  return connect(InterruptObject, description, InterruptMode);
}

NTSTATUS NTAPI IoConnectInterruptEx(PIO_CONNECT_INTERRUPT_PARAMETERS Parameters) {
  Interrupt description;
  description.connection = Parameters->Version;
  if (Parameters->Version == CONNECT_FULLY_SPECIFIED || Parameters->Version == CONNECT_FULLY_SPECIFIED_GROUP) {
    const auto& full = Parameters->FullySpecified;
    if (Parameters->Version == CONNECT_FULLY_SPECIFIED_GROUP && full.Group != 0) return STATUS_INVALID_PARAMETER;
    if (full.PhysicalDeviceObject == nullptr) return STATUS_INVALID_PARAMETER;
    description.line = full.Vector;
    description.routine = full.ServiceRoutine;
    description.context = full.ServiceContext;
    description.lock = full.SpinLock;
    description.irql = full.Irql;
    description.synchronize_irql = full.SynchronizeIrql;
    description.affinity = full.ProcessorEnableMask;
    return connect(full.InterruptObject, description, full.InterruptMode);
  }
  if (Parameters->Version == CONNECT_LINE_BASED) {
    const auto& based = Parameters->LineBased;
    description.routine = based.ServiceRoutine;
    description.context = based.ServiceContext;
    description.lock = based.SpinLock;
    return connect_to_line(based.PhysicalDeviceObject, based.InterruptObject, description, based.SynchronizeIrql);
  }
  // The machine's functions have no messages: the fall-back routine gets the line, and Version says so.
  if (Parameters->Version == CONNECT_MESSAGE_BASED && Parameters->MessageBased.FallBackServiceRoutine != nullptr) {
    const auto& based = Parameters->MessageBased;
    description.connection = CONNECT_LINE_BASED;
    description.routine = based.FallBackServiceRoutine;
    description.context = based.ServiceContext;
    description.lock = based.SpinLock;
    const NTSTATUS status = connect_to_line(based.PhysicalDeviceObject, based.ConnectionContext.InterruptObject,
                                            description, based.SynchronizeIrql);
    if (NT_SUCCESS(status)) Parameters->Version = CONNECT_LINE_BASED;
    return status;
  }
  // Version says what the system would take instead.
  Parameters->Version = CONNECT_LINE_BASED;
  return STATUS_NOT_SUPPORTED;
}

VOID NTAPI IoDisconnectInterrupt(PKINTERRUPT InterruptObject) {
  // Ex connections that are fully specified may be disconnected the old way.
  const Interrupt* interrupt = interrupt_of(InterruptObject);
  disconnect(InterruptObject,
             interrupt != nullptr && interrupt->connection == CONNECT_FULLY_SPECIFIED ? CONNECT_FULLY_SPECIFIED : 0);
}

VOID NTAPI IoDisconnectInterruptEx(PIO_DISCONNECT_INTERRUPT_PARAMETERS Parameters) {
  disconnect(Parameters->ConnectionContext.InterruptObject, Parameters->Version);
}

BOOLEAN NTAPI KeSynchronizeExecution(PKINTERRUPT InterruptObject, PKSYNCHRONIZE_ROUTINE SynchronizeRoutine,
                                     PVOID SynchronizeContext) {
  Interrupt* interrupt = checked(InterruptObject, "KeSynchronizeExecution");
  const KIRQL old = raise_and_lock(interrupt);
  const BOOLEAN result = SynchronizeRoutine(SynchronizeContext);
  verify(current_cpu().irql == interrupt->synchronize_irql, 0x111, value_of(SynchronizeRoutine),
         interrupt->synchronize_irql, current_cpu().irql, "IrqlReturn",
         "a SynchCritSection routine returned at another IRQL");
  release_spin_lock(interrupt->lock);
  set_irql(old);
  return result;
}

KIRQL NTAPI KeAcquireInterruptSpinLock(PKINTERRUPT Interrupt) {
  return raise_and_lock(checked(Interrupt, "KeAcquireInterruptSpinLock"));
}

VOID NTAPI KeReleaseInterruptSpinLock(PKINTERRUPT Interrupt, KIRQL OldIrql) {
  const ke::Interrupt* interrupt = checked(Interrupt, "KeReleaseInterruptSpinLock");
  const KIRQL now = current_cpu().irql;
  verify(now == interrupt->synchronize_irql, 0x35, now, value_of(interrupt->lock), OldIrql, "SpinlockRelease",
         "an interrupt spin lock was released at another IRQL than its own");
  release_spin_lock(interrupt->lock);
  set_irql(OldIrql);
}

}  // extern "C"
