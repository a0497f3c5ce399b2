// Sending a driver's own IRP on (R-IRP-18), and what AVStream says for lower drivers of it (R-SIO-3).
#include "sw/ks/ddk.h"

#include "ntos/ks_support.h"
#include "sw/ks/automation.h"
#include "sw/ks/objects.h"

using namespace p2p;
using namespace p2p::ks;

namespace {
NTSTATUS NTAPI catch_irp(PDEVICE_OBJECT device, PIRP irp, PVOID context) {
  UNREFERENCED_PARAMETER(device);
  if (irp->PendingReturned) KeSetEvent(static_cast<PKEVENT>(context), IO_NO_INCREMENT, FALSE);
  return STATUS_MORE_PROCESSING_REQUIRED;
}
}  // namespace

extern "C" {

/// Returns with the IRP in the caller's hands again, and the status it was completed with. PASSIVE_LEVEL. Errors:
/// STATUS_INVALID_DEVICE_REQUEST (no location is left; the IRP is as it was), those of the lower driver.
NTSTATUS NTAPI KsForwardAndCatchIrp(PDEVICE_OBJECT DeviceObject, PIRP Irp, PFILE_OBJECT FileObject,
                                    KSSTACK_USE StackUse) {
  require_passive("KsForwardAndCatchIrp");
  const bool reuse = StackUse == KsStackReuseCurrentLocation;
  if (!reuse && Irp->CurrentLocation <= 1) return STATUS_INVALID_DEVICE_REQUEST;
  IO_STACK_LOCATION own{};
  if (StackUse == KsStackCopyToNewLocation) IoCopyCurrentIrpStackLocationToNext(Irp);
  if (reuse) {
    own = *IoGetCurrentIrpStackLocation(Irp);
    IoSkipCurrentIrpStackLocation(Irp);
    IoGetNextIrpStackLocation(Irp)->Control = 0;
  }
  IoGetNextIrpStackLocation(Irp)->FileObject = FileObject;
  KEVENT done;
  KeInitializeEvent(&done, NotificationEvent, FALSE);
  IoSetCompletionRoutine(Irp, catch_irp, &done, TRUE, TRUE, TRUE);
  NTSTATUS status = IoCallDriver(DeviceObject, Irp);
  if (status == STATUS_PENDING) {
    KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, nullptr);
    status = Irp->IoStatus.Status;
  }
  if (reuse) {  // the location, whose routine was ours for the time, is the caller's again
    IoSetNextIrpStackLocation(Irp);
    *IoGetCurrentIrpStackLocation(Irp) = own;
  }
  return status;
}

/// For FAST_IO_DISPATCH.FastIoDeviceControl: always takes the way of an IRP.
BOOLEAN NTAPI KsDispatchFastIoDeviceControlFailure(PFILE_OBJECT, BOOLEAN, PVOID, ULONG, PVOID, ULONG, ULONG,
                                                   PIO_STATUS_BLOCK, PDEVICE_OBJECT) {
  return FALSE;
}
/// For FAST_IO_DISPATCH.FastIoRead and FastIoWrite.
BOOLEAN NTAPI KsDispatchFastReadFailure(PFILE_OBJECT, PLARGE_INTEGER, ULONG, BOOLEAN, ULONG, PVOID, PIO_STATUS_BLOCK,
                                        PDEVICE_OBJECT) {
  return FALSE;
}

/// The node that a property, method or event request names; KSFILTER_NODE if none.
ULONG NTAPI KsGetNodeIdFromIrp(PIRP Irp) {
  const PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(Irp);
  const Control control = copied_buffers(Irp);
  const bool has_node = location->MajorFunction == IRP_MJ_DEVICE_CONTROL && control.in_bytes >= sizeof(KSP_NODE) &&
                        (control.request->Flags & KSPROPERTY_TYPE_TOPOLOGY) != 0;
  return has_node ? reinterpret_cast<const KSP_NODE*>(control.request)->NodeId : static_cast<ULONG>(KSFILTER_NODE);
}

}  // extern "C"
