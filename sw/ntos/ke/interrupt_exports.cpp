// IoConnectInterrupt(Ex), KeSynchronizeExecution and interrupt spin locks.
#include "sw/ntos/ke/irql.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <utility>

#include "sw/ntos/ex/low_resources.h"
#include "sw/ntos/ke/interrupt.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/ke/spinlock.h"

namespace p2p::ke {

namespace {
std::map<PDEVICE_OBJECT, DeviceInterrupts>& assignments() {
  static auto* const all = new std::map<PDEVICE_OBJECT, DeviceInterrupts>;  // looked up, never walked
  return *all;
}
}  // namespace

void set_device_interrupts(PDEVICE_OBJECT pdo, DeviceInterrupts assigned) { assignments()[pdo] = assigned; }
void forget_device_interrupts(PDEVICE_OBJECT pdo) { assignments().erase(pdo); }
const DeviceInterrupts* device_interrupts(PDEVICE_OBJECT pdo) {
  auto found = assignments().find(pdo);
  return found != assignments().end() ? &found->second : nullptr;
}

}  // namespace p2p::ke

using namespace p2p;
using namespace p2p::ke;

namespace {
KAFFINITY all_cpus() { return (KAFFINITY{1} << scheduler().cpu_count()) - 1; }

/// R-INT-2, R-INT-3.
NTSTATUS connect(PKINTERRUPT* object, Interrupt description, KINTERRUPT_MODE mode) {
  if (object == nullptr || (description.routine == nullptr && description.message_routine == nullptr)) {
    return STATUS_INVALID_PARAMETER;
  }
  // This machine's lines are level-sensitive; messages have no level.
  if (mode != (description.line < kFirstMessageVector ? LevelSensitive : Latched)) return STATUS_INVALID_PARAMETER;
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

/// The system knows the line of the device, or its only message; `synchronize_irql` 0 lets it choose (R-INT-3).
NTSTATUS connect_to_line(PDEVICE_OBJECT pdo, PKINTERRUPT* object, Interrupt description, KIRQL synchronize_irql) {
  if (pdo == nullptr) return STATUS_INVALID_PARAMETER;
  const DeviceInterrupts* assigned = device_interrupts(pdo);
  if (assigned == nullptr) return STATUS_NOT_FOUND;
  if (assigned->count > 1) return STATUS_INVALID_DEVICE_REQUEST;
  description.line = assigned->count == 1 ? assigned->first : assigned->line;
  description.synchronize_irql = std::max(synchronize_irql, description.irql);
  description.affinity = all_cpus();
  return connect(object, description, assigned->count == 1 ? Latched : LevelSensitive);
}

/// What drivers are given for their messages, by the pointer they hold. Looked up, never walked.
using Table = std::unique_ptr<std::byte[]>;
std::map<const void*, Table>& tables() {
  static auto* const all = new std::map<const void*, Table>;
  return *all;
}

void disconnect_messages(PIO_INTERRUPT_MESSAGE_INFO table) {
  for (ULONG i = 0; i < table->MessageCount; ++i)
    disconnect_interrupt(interrupt_of(table->MessageInfo[i].InterruptObject));
  tables().erase(table);
}

/// A message each, with its id; all or none (R-INT-3).
NTSTATUS connect_messages(const DeviceInterrupts& assigned, Interrupt description, KIRQL synchronize_irql,
                          PIO_INTERRUPT_MESSAGE_INFO* connection) {
  if (connection == nullptr || description.message_routine == nullptr) return STATUS_INVALID_PARAMETER;
  const std::size_t bytes =
      sizeof(IO_INTERRUPT_MESSAGE_INFO) + assigned.count * sizeof(IO_INTERRUPT_MESSAGE_INFO_ENTRY);
  Table memory = std::make_unique<std::byte[]>(bytes);
  auto* table = reinterpret_cast<PIO_INTERRUPT_MESSAGE_INFO>(memory.get());
  tables()[table] = std::move(memory);
  description.synchronize_irql = std::max(synchronize_irql, description.irql);
  description.affinity = all_cpus();
  table->UnifiedIrql = description.synchronize_irql;
  *connection = table;  // the routine may be called before this returns (R-INT-2)
  for (; table->MessageCount < assigned.count; ++table->MessageCount) {
    IO_INTERRUPT_MESSAGE_INFO_ENTRY& entry = table->MessageInfo[table->MessageCount];
    description.message = table->MessageCount;
    description.line = assigned.first + table->MessageCount;
    entry.MessageAddress.QuadPart = kMessageWindow;
    entry.MessageData = entry.Vector = description.line;
    entry.TargetProcessorSet = description.affinity;
    entry.Irql = description.irql;
    entry.Mode = Latched;
    entry.Polarity = InterruptActiveHigh;
    const NTSTATUS status = connect(&entry.InterruptObject, description, Latched);
    if (NT_SUCCESS(status)) continue;
    disconnect_messages(table);
    *connection = nullptr;
    return status;
  }
  return STATUS_SUCCESS;
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
  if (Parameters->Version != CONNECT_MESSAGE_BASED) return STATUS_INVALID_PARAMETER_1;
  const auto& based = Parameters->MessageBased;
  if (based.PhysicalDeviceObject == nullptr) return STATUS_INVALID_PARAMETER;
  description.context = based.ServiceContext;
  description.lock = based.SpinLock;
  const DeviceInterrupts* assigned = device_interrupts(based.PhysicalDeviceObject);
  if (assigned != nullptr && assigned->count != 0) {
    description.message_routine = based.MessageServiceRoutine;
    return connect_messages(*assigned, description, based.SynchronizeIrql,
                            based.ConnectionContext.InterruptMessageTable);
  }
  // A device without messages: the fall-back routine gets the line, and Version says so.
  if (based.FallBackServiceRoutine == nullptr) return STATUS_NOT_FOUND;
  description.connection = CONNECT_LINE_BASED;
  description.routine = based.FallBackServiceRoutine;
  const NTSTATUS status = connect_to_line(based.PhysicalDeviceObject, based.ConnectionContext.InterruptObject,
                                          description, based.SynchronizeIrql);
  if (NT_SUCCESS(status)) Parameters->Version = CONNECT_LINE_BASED;
  return status;
}

VOID NTAPI IoDisconnectInterrupt(PKINTERRUPT InterruptObject) {
  // Ex connections that are fully specified may be disconnected the old way.
  const Interrupt* interrupt = interrupt_of(InterruptObject);
  disconnect(InterruptObject,
             interrupt != nullptr && interrupt->connection == CONNECT_FULLY_SPECIFIED ? CONNECT_FULLY_SPECIFIED : 0);
}

VOID NTAPI IoDisconnectInterruptEx(PIO_DISCONNECT_INTERRUPT_PARAMETERS Parameters) {
  if (Parameters->Version == CONNECT_MESSAGE_BASED && tables().contains(Parameters->ConnectionContext.Generic)) {
    disconnect_messages(Parameters->ConnectionContext.InterruptMessageTable);
    return;
  }
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
