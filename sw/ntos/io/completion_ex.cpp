// IoSetCompletionRoutineEx: a completion routine that keeps its driver loaded until it has run (R-IRP-24).
#include "sw/ntos/io/verify.h"

#include "sw/ntos/io/driver_hold.h"
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

NTSTATUS NTAPI call_and_release(PDEVICE_OBJECT device, PIRP irp, PVOID context) {
  auto* registration = static_cast<Registration*>(context);
  const Registration copy = *registration;
  const NTSTATUS status = copy.routine(device, irp, copy.context);
  ExFreePoolWithTag(registration, kTag);
  ob::dereference(copy.device);
  io::release_driver(copy.driver);
  return status;
}
}  // namespace

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
  io::hold_driver(DeviceObject->DriverObject);
  IoSetCompletionRoutine(Irp, call_and_release, registration, InvokeOnSuccess, InvokeOnError, InvokeOnCancel);
  return STATUS_SUCCESS;
}

}  // extern "C"
