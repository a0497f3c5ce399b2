// Requests one at a time through a driver's StartIo routine, by the device object's queue.
#include "sw/ntos/io/verify.h"

#include <map>

#include "sw/ntos/io/start_io.h"
#include "sw/ntos/ke/irql.h"
#include "sw/ntos/ke/spinlock.h"

using namespace p2p;

namespace {
/// Which packet IoStartNextPacket(ByKey) asks for.
struct Next {
  bool cancelable;
  bool by_key;
  ULONG key;
};

struct StartIo {
  bool deferred = false;        // IoStartNextPacket inside StartIo takes effect when StartIo returns
  bool non_cancelable = false;  // the cancel routine is taken off before StartIo sees the IRP
  unsigned depth = 0;
  Next asked = {};
};
std::map<PDEVICE_OBJECT, StartIo>& state_of_all() {
  static auto* const all = new std::map<PDEVICE_OBJECT, StartIo>;
  return *all;
}

void call_start_io(PDEVICE_OBJECT device, PIRP irp) {
  if (device->DriverObject->DriverStartIo == nullptr) {
    ntos::bug_check(0xC9, 0x21F, ke::value_of(device->DriverObject), ke::value_of(irp), 0, "IoStartPacket",
                    "a driver without a StartIo routine started a packet");
  }
  device->DriverObject->DriverStartIo(device, irp);
}

void start_one(PDEVICE_OBJECT device, const Next& next) {
  KIRQL irql = PASSIVE_LEVEL;
  if (next.cancelable) IoAcquireCancelSpinLock(&irql);  // R-IRP-82
  device->CurrentIrp = nullptr;
  PKDEVICE_QUEUE_ENTRY entry = next.by_key ? KeRemoveByKeyDeviceQueue(&device->DeviceQueue, next.key)
                                           : KeRemoveDeviceQueue(&device->DeviceQueue);
  if (entry == nullptr) {
    if (next.cancelable) IoReleaseCancelSpinLock(irql);
    return;
  }
  PIRP irp = CONTAINING_RECORD(entry, IRP, Tail.Overlay.DeviceQueueEntry);
  device->CurrentIrp = irp;
  if (next.cancelable) {
    if (state_of_all()[device].non_cancelable) IoSetCancelRoutine(irp, nullptr);
    IoReleaseCancelSpinLock(irql);
  }
  call_start_io(device, irp);
}

/// Calls `start`, and what is asked for meanwhile after it has returned.
template <class Start>
void without_recursion(PDEVICE_OBJECT device, StartIo& state, Start start) {
  if (++state.depth == 1) {
    start();
    while (--state.depth != 0) start_one(device, Next(state.asked));
  }
}

void start_next(PDEVICE_OBJECT device, const Next& next, const char* routine) {
  ke::verify(ke::spin_locks_held() == 0, 0x40009, ke::value_of(device), 0, 0, "SpinLockSafe",
             std::string(routine) + " was called with a spin lock held");
  StartIo& state = state_of_all()[device];
  if (!state.deferred) {
    start_one(device, next);
    return;
  }
  state.asked = next;
  without_recursion(device, state, [&] { start_one(device, next); });
}
}  // namespace

namespace p2p::io {
void forget_start_io(PDEVICE_OBJECT device) { state_of_all().erase(device); }
}  // namespace p2p::io

extern "C" {

VOID NTAPI IoSetStartIoAttributes(PDEVICE_OBJECT DeviceObject, BOOLEAN DeferredStartIo, BOOLEAN NonCancelable) {
  StartIo& state = state_of_all()[DeviceObject];
  state.deferred = DeferredStartIo != FALSE;
  state.non_cancelable = NonCancelable != FALSE;
}

VOID NTAPI IoStartPacket(PDEVICE_OBJECT DeviceObject, PIRP Irp, PULONG Key, PDRIVER_CANCEL CancelFunction) {
  KIRQL irql, cancel_irql = PASSIVE_LEVEL;
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
  if (CancelFunction != nullptr) {
    IoAcquireCancelSpinLock(&cancel_irql);
    IoSetCancelRoutine(Irp, CancelFunction);
  }
  PKDEVICE_QUEUE_ENTRY entry = &Irp->Tail.Overlay.DeviceQueueEntry;
  const BOOLEAN queued = Key != nullptr ? KeInsertByKeyDeviceQueue(&DeviceObject->DeviceQueue, entry, *Key)
                                        : KeInsertDeviceQueue(&DeviceObject->DeviceQueue, entry);
  StartIo& state = state_of_all()[DeviceObject];
  if (!queued) {
    DeviceObject->CurrentIrp = Irp;
    if (CancelFunction != nullptr) {
      if (state.non_cancelable) IoSetCancelRoutine(Irp, nullptr);
      IoReleaseCancelSpinLock(cancel_irql);
    }
    if (state.deferred) {
      without_recursion(DeviceObject, state, [&] { call_start_io(DeviceObject, Irp); });
    } else {
      call_start_io(DeviceObject, Irp);
    }
  } else if (CancelFunction != nullptr) {
    // Cancelled on its way here: nobody else calls the routine.
    PDRIVER_CANCEL routine = Irp->Cancel ? IoSetCancelRoutine(Irp, nullptr) : nullptr;
    if (routine != nullptr) {
      Irp->CancelIrql = cancel_irql;
      routine(DeviceObject, Irp);
    } else {
      IoReleaseCancelSpinLock(cancel_irql);
    }
  }
  KeLowerIrql(irql);
}

VOID NTAPI IoStartNextPacket(PDEVICE_OBJECT DeviceObject, BOOLEAN Cancelable) {
  start_next(DeviceObject, {Cancelable != FALSE, false, 0}, "IoStartNextPacket");
}

VOID NTAPI IoStartNextPacketByKey(PDEVICE_OBJECT DeviceObject, BOOLEAN Cancelable, ULONG Key) {
  start_next(DeviceObject, {Cancelable != FALSE, true, Key}, "IoStartNextPacketByKey");
}

}  // extern "C"
