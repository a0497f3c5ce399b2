// Exports of ntoskrnl and hal that vcapdrv imports. Each checks the IRQL it may be called at (rules R-IRQL, R-SPIN,
// R-RES).
#include <cstdlib>
#include <cstring>
#include <utility>

#include <gtest/gtest.h>

#include "tests/driver/fake_kernel.h"

namespace {

constexpr UCHAR MutantObject = 2;
constexpr KIRQL kDirql = 9;
char register_window[0x1000];  // addresses only: never dereferenced

ULONG offset_of(volatile ULONG* address) {
  const auto offset = reinterpret_cast<volatile char*>(address) - register_window;
  fake->require(offset >= 0 && offset < 0x1000 && offset % 4 == 0, "register access outside the BAR");
  fake->require(fake->held["register window"] == 1, "register access after MmUnmapIoSpace");
  return static_cast<ULONG>(offset);
}

VOID NTAPI put_adapter(PDMA_ADAPTER) {
  fake->require(fake->held["common buffer"] == 0, "PutDmaAdapter with common buffers (0xE6/07)");
  --fake->held["adapter"];
}
PVOID NTAPI allocate_common(PDMA_ADAPTER, ULONG length, PPHYSICAL_ADDRESS logical, BOOLEAN) {
  fake->require(fake->irql == PASSIVE_LEVEL, "AllocateCommonBuffer above PASSIVE_LEVEL");
  ++fake->held["common buffer"];
  const ULONG pages = (length + 4095) / 4096 * 4096;
  PVOID memory = std::memset(std::aligned_alloc(4096, pages), 0xFF, pages);
  fake->common_buffers[memory] = length;
  logical->QuadPart = reinterpret_cast<LONGLONG>(memory);
  return memory;
}
VOID NTAPI free_common(PDMA_ADAPTER, ULONG length, PHYSICAL_ADDRESS logical, PVOID memory, BOOLEAN) {
  fake->require(fake->common_buffers[memory] == length, "FreeCommonBuffer of the length that was allocated");
  fake->require(logical.QuadPart == reinterpret_cast<LONGLONG>(memory), "FreeCommonBuffer of another address");
  --fake->held["common buffer"];
  std::free(memory);
}

}  // namespace

extern "C" {

ULONG __cdecl DbgPrint(PCSTR, ...) { return 0; }
VOID NTAPI KeBugCheckEx(ULONG code, ULONG_PTR, ULONG_PTR, ULONG_PTR, ULONG_PTR) {
  ADD_FAILURE() << "bug check " << code;
  std::abort();
}

LOGICAL NTAPI MmIsDriverVerifyingByAddress(PVOID) { return TRUE; }
KIRQL NTAPI KeGetCurrentIrql(VOID) { return PASSIVE_LEVEL; }
VOID NTAPI RtlAssert(PVOID assertion, PVOID file, ULONG line, PCHAR) {
  ADD_FAILURE() << static_cast<const char*>(assertion) << " in " << static_cast<const char*>(file) << ':' << line;
  std::abort();
}

PVOID NTAPI ExAllocatePool2(POOL_FLAGS flags, SIZE_T bytes, ULONG) {
  fake->require((flags & POOL_FLAG_NON_PAGED) != 0, "only nonpaged pool is expected");
  ++fake->held["pool"];
  return std::calloc(1, bytes);
}
VOID NTAPI ExFreePoolWithTag(PVOID block, ULONG) {
  --fake->held["pool"];
  std::free(block);
}

PVOID NTAPI MmMapIoSpace(PHYSICAL_ADDRESS address, SIZE_T bytes, MEMORY_CACHING_TYPE type) {
  fake->require(type == MmNonCached && bytes == 0x1000 && address.QuadPart == 0xF0000000, "MmMapIoSpace of the BAR");
  ++fake->held["register window"];
  return register_window;
}
VOID NTAPI MmUnmapIoSpace(PVOID address, SIZE_T bytes) {
  fake->require(address == register_window && bytes == 0x1000, "MmUnmapIoSpace as mapped");
  --fake->held["register window"];
}
ULONG NTAPI READ_REGISTER_ULONG(volatile ULONG* address) { return fake->chip.read(offset_of(address)); }
VOID NTAPI WRITE_REGISTER_ULONG(volatile ULONG* address, ULONG value) { fake->chip.write(offset_of(address), value); }
VOID NTAPI KeStallExecutionProcessor(ULONG microseconds) {
  fake->require(microseconds <= 50, "KeStallExecutionProcessor for more than 50 us");
}

PDMA_ADAPTER NTAPI IoGetDmaAdapter(PDEVICE_OBJECT, PDEVICE_DESCRIPTION description, PULONG registers) {
  static DMA_OPERATIONS operations{};
  static DMA_ADAPTER adapter{};
  operations.Size = sizeof operations;
  operations.PutDmaAdapter = put_adapter;
  operations.AllocateCommonBuffer = allocate_common;
  operations.FreeCommonBuffer = free_common;
  adapter.DmaOperations = &operations;
  fake->require(description->Master && description->ScatterGather && description->Dma64BitAddresses,
                "a 64-bit scatter/gather bus master");
  *registers = fake->map_registers;
  ++fake->held["adapter"];
  return &adapter;
}

NTSTATUS NTAPI IoConnectInterrupt(PKINTERRUPT* object, PKSERVICE_ROUTINE routine, PVOID context, PKSPIN_LOCK,
                                  ULONG vector, KIRQL irql, KIRQL synchronize, KINTERRUPT_MODE mode, BOOLEAN share,
                                  KAFFINITY, BOOLEAN) {
  fake->require(fake->irql == PASSIVE_LEVEL, "IoConnectInterrupt above PASSIVE_LEVEL");
  fake->require(vector == 0x51 && irql == kDirql && synchronize == kDirql &&
                    mode == (fake->messages ? Latched : LevelSensitive) && share == !fake->messages,
                "the translated interrupt resource (R-INT-1)");
  fake->require(fake->chip.reg(VCAP_INTR_ENABLE) == 0, "interrupts enabled before the ISR is connected (R-INT-2)");
  if (fake->refused_interrupts > 0) {
    --fake->refused_interrupts;
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  ++fake->held["interrupt"];
  fake->isr = routine;
  fake->isr_context = context;
  *object = reinterpret_cast<PKINTERRUPT>(fake);
  return STATUS_SUCCESS;
}
VOID NTAPI IoDisconnectInterrupt(PKINTERRUPT) {
  fake->require(fake->irql == PASSIVE_LEVEL, "IoDisconnectInterrupt above PASSIVE_LEVEL");
  fake->require(fake->dpcs.empty(), "a DPC may still use the interrupt object");
  // Another device on the line interrupts, while a cause that is no longer enabled is there.
  fake->chip.reg(VCAP_INTR_STATE) |= VCAP_INTR_DRAINED;
  fake->require(!fake->isr(nullptr, fake->isr_context) && fake->dpcs.empty(),
                "the ISR disowns what comes after its interrupts are off");
  --fake->held["interrupt"];
  fake->isr = nullptr;
}
BOOLEAN NTAPI KeSynchronizeExecution(PKINTERRUPT object, PKSYNCHRONIZE_ROUTINE routine, PVOID context) {
  fake->require(object == reinterpret_cast<PKINTERRUPT>(fake) && fake->held["interrupt"] == 1,
                "KeSynchronizeExecution with a connected interrupt");
  const KIRQL before = fake->irql;
  fake->irql = kDirql;
  const BOOLEAN result = routine(context);
  fake->irql = before;
  return result;
}

VOID NTAPI KeInitializeDpc(PRKDPC dpc, PKDEFERRED_ROUTINE routine, PVOID context) {
  dpc->DeferredRoutine = routine;
  fake->dpc_routine = routine;
  dpc->DeferredContext = context;
}
BOOLEAN NTAPI KeInsertQueueDpc(PRKDPC dpc, PVOID, PVOID) {
  for (PKDPC queued : fake->dpcs) {
    if (queued == dpc) return FALSE;
  }
  fake->dpcs.push_back(dpc);
  return TRUE;
}
VOID NTAPI KeFlushQueuedDpcs() {
  fake->require(fake->irql == PASSIVE_LEVEL, "KeFlushQueuedDpcs above PASSIVE_LEVEL");
  fake->run_interrupts();
}

VOID NTAPI KeInitializeEvent(PRKEVENT event, EVENT_TYPE type, BOOLEAN state) {
  event->Header.Type = static_cast<UCHAR>(type);
  event->Header.SignalState = state;
}
LONG NTAPI KeSetEvent(PRKEVENT event, KPRIORITY, BOOLEAN) {
  fake->require(fake->irql <= DISPATCH_LEVEL, "KeSetEvent above DISPATCH_LEVEL");
  return std::exchange(event->Header.SignalState, 1);
}
VOID NTAPI KeClearEvent(PRKEVENT event) { event->Header.SignalState = 0; }
LONG NTAPI KeResetEvent(PRKEVENT event) { return std::exchange(event->Header.SignalState, 0); }
VOID NTAPI KeInitializeMutex(PRKMUTEX mutex, ULONG) {
  mutex->Header.Type = MutantObject;
  mutex->Header.SignalState = 1;
}
LONG NTAPI KeReleaseMutex(PRKMUTEX mutex, BOOLEAN) {
  fake->require(mutex->Header.SignalState == 0, "KeReleaseMutex by the holder");
  --fake->held["mutex"];
  return mutex->Header.SignalState++;
}
NTSTATUS NTAPI KeWaitForSingleObject(PVOID object, KWAIT_REASON, KPROCESSOR_MODE, BOOLEAN, PLARGE_INTEGER timeout) {
  fake->require(fake->irql == PASSIVE_LEVEL, "a wait above APC_LEVEL (R-WAIT-1)");
  auto* header = static_cast<DISPATCHER_HEADER*>(object);
  if (header->SignalState <= 0 && !fake->blocked_until(*header)) {
    fake->require(timeout != nullptr, "a wait for something that nobody will signal");
    ++fake->timeouts;
    return STATUS_TIMEOUT;
  }
  if (header->Type == MutantObject) {
    header->SignalState = 0;
    ++fake->held["mutex"];
  }
  return STATUS_SUCCESS;
}

KIRQL NTAPI KeAcquireSpinLockRaiseToDpc(PKSPIN_LOCK lock) {
  const KIRQL before = fake->irql;
  fake->require(before <= DISPATCH_LEVEL, "KeAcquireSpinLock above DISPATCH_LEVEL");
  fake->irql = DISPATCH_LEVEL;
  KeAcquireSpinLockAtDpcLevel(lock);
  return before;
}
VOID NTAPI KeReleaseSpinLock(PKSPIN_LOCK lock, KIRQL irql) {
  KeReleaseSpinLockFromDpcLevel(lock);
  fake->irql = irql;
}
VOID NTAPI KeAcquireSpinLockAtDpcLevel(PKSPIN_LOCK lock) {
  fake->require(fake->irql == DISPATCH_LEVEL, "KeAcquireSpinLockAtDpcLevel below DISPATCH_LEVEL (R-SPIN-3)");
  for (KSPIN_LOCK* owned : fake->locks) fake->require(owned != lock, "a spin lock taken twice (R-SPIN-2)");
  fake->locks.push_back(lock);
}
VOID NTAPI KeReleaseSpinLockFromDpcLevel(PKSPIN_LOCK lock) {
  fake->require(!fake->locks.empty() && fake->locks.back() == lock, "spin locks released in reverse order");
  fake->locks.pop_back();
}

PIO_WORKITEM NTAPI IoAllocateWorkItem(PDEVICE_OBJECT) {
  ++fake->held["work item"];
  return reinterpret_cast<PIO_WORKITEM>(&fake->work);
}
VOID NTAPI IoFreeWorkItem(PIO_WORKITEM) {
  fake->require(fake->work.empty(), "a work item freed while queued (0xE4)");
  --fake->held["work item"];
}
VOID NTAPI IoQueueWorkItem(PIO_WORKITEM, PIO_WORKITEM_ROUTINE routine, WORK_QUEUE_TYPE, PVOID context) {
  fake->require(fake->work.empty(), "a work item queued twice (0xE4)");
  fake->work.push_back([=] { routine(fake->device.FunctionalDeviceObject, context); });
}
}
