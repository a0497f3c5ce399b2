// IoSetCompletionRoutineEx: a completion routine that keeps its driver loaded until it has run (R-IRP-24).
#include "sw/ntos/io/verify.h"

#include <map>

#include "sw/ntos/io/completion_ex.h"
#include "sw/ntos/io/irp.h"
#include "sw/ntos/ke/irql.h"
#include "sw/ntos/ob/object.h"

using namespace p2p;

namespace {
constexpr ULONG kTag = 0x78456F49;  // "IoEx"

struct Registration {
  PDEVICE_OBJECT device;
  PDRIVER_OBJECT driver;
  PIO_COMPLETION_ROUTINE routine;
  PVOID context;
};

struct Holds {
  unsigned count = 0;
  PKEVENT none_left = nullptr;
};
std::map<PDRIVER_OBJECT, Holds>& holds() {
  static auto* const all = new std::map<PDRIVER_OBJECT, Holds>;
  return *all;
}

void release(PDRIVER_OBJECT driver) {
  auto found = holds().find(driver);
  if (--found->second.count != 0) return;
  PKEVENT waiter = found->second.none_left;
  holds().erase(found);
  if (waiter != nullptr) KeSetEvent(waiter, 0, FALSE);
}

NTSTATUS NTAPI call_and_release(PDEVICE_OBJECT device, PIRP irp, PVOID context) {
  auto* registration = static_cast<Registration*>(context);
  const Registration copy = *registration;
  const NTSTATUS status = copy.routine(device, irp, copy.context);
  ExFreePoolWithTag(registration, kTag);
  ob::dereference(copy.device);
  release(copy.driver);
  return status;
}
}  // namespace

namespace p2p::io {
void wait_until_unloadable(PDRIVER_OBJECT driver) {
  auto found = holds().find(driver);
  if (found == holds().end()) return;
  KEVENT none_left;
  KeInitializeEvent(&none_left, NotificationEvent, FALSE);
  found->second.none_left = &none_left;
  KeWaitForSingleObject(&none_left, Executive, KernelMode, FALSE, nullptr);
}
}  // namespace p2p::io

extern "C" {

NTSTATUS NTAPI IoSetCompletionRoutineEx(PDEVICE_OBJECT DeviceObject, PIRP Irp, PIO_COMPLETION_ROUTINE CompletionRoutine,
                                        PVOID Context, BOOLEAN InvokeOnSuccess, BOOLEAN InvokeOnError,
                                        BOOLEAN InvokeOnCancel) {
  auto* registration = static_cast<Registration*>(ExAllocatePoolWithTag(NonPagedPool, sizeof(Registration), kTag));
  if (registration == nullptr) {
    if (io::IrpInfo* info = io::irp_info(Irp); info != nullptr) info->ex_failed = true;
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  *registration = {DeviceObject, DeviceObject->DriverObject, CompletionRoutine, Context};
  ob::reference(DeviceObject);
  ++holds()[DeviceObject->DriverObject].count;
  IoSetCompletionRoutine(Irp, call_and_release, registration, InvokeOnSuccess, InvokeOnError, InvokeOnCancel);
  return STATUS_SUCCESS;
}

}  // extern "C"
