// KsInitializeDriver, AddDevice, PnP and power as AVStream dispatches them.
#include "sw/ks/ddk.h"

#include <map>

#include "ntos/ks_support.h"
#include "sw/ks/callback.h"
#include "sw/ks/clock.h"
#include "sw/ks/dispatch.h"
#include "sw/ks/fast_io.h"
#include "sw/ks/objects.h"

namespace p2p::ks {

namespace {
std::map<PDRIVER_OBJECT, const KSDEVICE_DESCRIPTOR*> g_descriptors;

NTSTATUS NTAPI signal_and_stop(PDEVICE_OBJECT device, PIRP irp, PVOID context) {
  UNREFERENCED_PARAMETER(device);
  if (irp->PendingReturned) KeSetEvent(static_cast<PKEVENT>(context), IO_NO_INCREMENT, FALSE);
  return STATUS_MORE_PROCESSING_REQUIRED;
}

NTSTATUS NTAPI pnp(PDEVICE_OBJECT fdo, PIRP irp) { return pnp_request(*device_of_fdo(fdo), irp); }
NTSTATUS NTAPI power(PDEVICE_OBJECT fdo, PIRP irp) { return power_request(*device_of_fdo(fdo), irp); }

NTSTATUS NTAPI system_control(PDEVICE_OBJECT fdo, PIRP irp) { return forward(*device_of_fdo(fdo), irp); }

/// An open: of a filter by name, of a pin below a filter, of a clock below a pin.
NTSTATUS open(Device& device, PIRP irp) {
  PFILE_OBJECT file = IoGetCurrentIrpStackLocation(irp)->FileObject;
  if (!device.pub.Started || device.removed || device.post_start_failed) return STATUS_DEVICE_NOT_READY;  // R-PNP-10
  if (file->RelatedFileObject == nullptr) return create_filter(device, irp, file);
  if (Pin* pin = pin_of_file(file->RelatedFileObject)) return create_clock(*pin, file);
  if (Filter* filter = filter_of_file(file->RelatedFileObject)) return create_pin(*filter, irp, file);
  return STATUS_INVALID_PARAMETER;
}

NTSTATUS NTAPI create(PDEVICE_OBJECT fdo, PIRP irp) {
  Device& device = *device_of_fdo(fdo);
  if (device.pub.Started && device.post_starting) {  // R-PNP-4
    IoMarkIrpPending(irp);
    device.held_creates.push_back(irp);
    return STATUS_PENDING;
  }
  return create_request(fdo, irp);
}

NTSTATUS NTAPI cleanup(PDEVICE_OBJECT fdo, PIRP irp) {
  UNREFERENCED_PARAMETER(fdo);
  if (Pin* pin = pin_of_file(IoGetCurrentIrpStackLocation(irp)->FileObject)) {
    Hold held(pin->filter->control);
    leave_pipe(*pin);
    force_stop(*pin);            // R-IRP-89
    release_master_clock(*pin);  // it may be the pin's own clock, whose file keeps this one open
  }
  return complete(irp, STATUS_SUCCESS);
}

NTSTATUS NTAPI close(PDEVICE_OBJECT fdo, PIRP irp) {
  UNREFERENCED_PARAMETER(fdo);
  PFILE_OBJECT file = IoGetCurrentIrpStackLocation(irp)->FileObject;
  NTSTATUS status = STATUS_SUCCESS;
  ObjectKind kind;
  if (file->FsContext != nullptr && object_kind(file->FsContext, &kind) && kind == ObjectKind::kClock) {
    close_clock(static_cast<Clock*>(file->FsContext));
  } else if (file->FsContext != nullptr && object_kind(file->FsContext, &kind)) {
    status = kind == ObjectKind::kPin ? close_pin(*static_cast<Pin*>(file->FsContext), irp)
                                      : close_filter(*static_cast<Filter*>(file->FsContext), irp);
  }
  return status == STATUS_PENDING ? status : complete(irp, status);
}

NTSTATUS NTAPI device_control(PDEVICE_OBJECT fdo, PIRP irp) {
  Device& device = *device_of_fdo(fdo);
  const PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  Filter* filter = filter_of_file(location->FileObject);
  Pin* pin = pin_of_file(location->FileObject);
  const ULONG code = location->Parameters.DeviceIoControl.IoControlCode;
  ObjectKind kind;
  if (object_kind(location->FileObject->FsContext, &kind) && kind == ObjectKind::kClock) {
    return clock_request(*static_cast<Clock*>(location->FileObject->FsContext), irp, code);
  }
  if (filter == nullptr) return complete(irp, STATUS_INVALID_DEVICE_REQUEST);
  // A client of a device that has gone still stops its pins and gives its events back.
  if (device.removed && code != IOCTL_KS_PROPERTY && code != IOCTL_KS_DISABLE_EVENT)
    return complete(irp, STATUS_DEVICE_REMOVED);
  switch (code) {
    case IOCTL_KS_PROPERTY:
      return property_request(*filter, pin, irp);
    case IOCTL_KS_METHOD:
      return method_request(*filter, pin, irp);
    case IOCTL_KS_ENABLE_EVENT:
      return enable_event_request(*filter, pin, irp);
    case IOCTL_KS_DISABLE_EVENT:
      return disable_event_request(*filter, pin, irp);
    case IOCTL_KS_READ_STREAM:
    case IOCTL_KS_WRITE_STREAM:
      if (pin == nullptr) break;
      return stream_request(*pin, irp, code == IOCTL_KS_WRITE_STREAM);
    case IOCTL_KS_RESET_STATE:
      if (pin == nullptr) break;
      return reset_request(*pin, irp);
    case IOCTL_KS_HANDSHAKE:
      if (pin == nullptr) break;
      return handshake_request(*pin, irp);
    default:
      break;
  }
  return complete(irp, STATUS_INVALID_DEVICE_REQUEST);
}

/// What KsSetMajorFunctionHandler sets: pins and filters have no reads, writes, flushes or security of their own.
PDRIVER_DISPATCH handler_of(ULONG major) {
  switch (major) {
    case IRP_MJ_CREATE:
      return create;
    case IRP_MJ_CLOSE:
      return close;
    case IRP_MJ_DEVICE_CONTROL:
      return device_control;
    case IRP_MJ_READ:
    case IRP_MJ_WRITE:
    case IRP_MJ_FLUSH_BUFFERS:
    case IRP_MJ_QUERY_SECURITY:
    case IRP_MJ_SET_SECURITY:
      return KsDispatchInvalidDeviceRequest;
    default:
      return nullptr;
  }
}

NTSTATUS set_fast_io(PFAST_IO_DISPATCH table, ULONG major) {
  if (table == nullptr) return STATUS_INVALID_PARAMETER;
  if (major == IRP_MJ_READ) {
    table->FastIoRead = KsDispatchFastReadFailure;
  } else if (major == IRP_MJ_WRITE) {
    table->FastIoWrite = KsDispatchFastReadFailure;
  } else if (major == IRP_MJ_DEVICE_CONTROL) {
    table->FastIoDeviceControl = fast_device_control;
  } else {
    return STATUS_INVALID_PARAMETER;
  }
  return STATUS_SUCCESS;
}

VOID NTAPI unload(PDRIVER_OBJECT driver) { g_descriptors.erase(driver); }
}  // namespace

Device* device_of_fdo(PDEVICE_OBJECT fdo) { return *static_cast<Device**>(fdo->DeviceExtension); }

NTSTATUS create_request(PDEVICE_OBJECT fdo, PIRP irp) {
  const NTSTATUS status = open(*device_of_fdo(fdo), irp);
  return status == STATUS_PENDING ? status : complete(irp, status);
}

NTSTATUS forward(Device& device, PIRP irp) {
  IoSkipCurrentIrpStackLocation(irp);
  return IoCallDriver(device.pub.NextDeviceObject, irp);
}

NTSTATUS forward_and_wait(Device& device, PIRP irp) {
  KEVENT done;
  KeInitializeEvent(&done, NotificationEvent, FALSE);
  IoCopyCurrentIrpStackLocationToNext(irp);
  IoSetCompletionRoutine(irp, signal_and_stop, &done, TRUE, TRUE, TRUE);
  NTSTATUS status = IoCallDriver(device.pub.NextDeviceObject, irp);
  if (status == STATUS_PENDING) {
    KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, nullptr);
    status = irp->IoStatus.Status;
  }
  return status;
}

}  // namespace p2p::ks

using namespace p2p;
using namespace p2p::ks;

extern "C" {

// R-KS-2.
NTSTATUS NTAPI KsInitializeDriver(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPathName,
                                  const KSDEVICE_DESCRIPTOR* Descriptor) {
  UNREFERENCED_PARAMETER(RegistryPathName);
  DriverObject->DriverExtension->AddDevice = KsAddDevice;
  DriverObject->DriverUnload = unload;
  DriverObject->MajorFunction[IRP_MJ_CREATE] = create;
  DriverObject->MajorFunction[IRP_MJ_CLEANUP] = cleanup;
  DriverObject->MajorFunction[IRP_MJ_CLOSE] = close;
  DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = device_control;
  DriverObject->MajorFunction[IRP_MJ_PNP] = pnp;
  DriverObject->MajorFunction[IRP_MJ_POWER] = power;
  DriverObject->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = system_control;
  DriverObject->FastIoDispatch = fast_io_dispatch();
  g_descriptors[DriverObject] = Descriptor;
  return STATUS_SUCCESS;
}

/// KSDISPATCH_FASTIO with a major function: the fast I/O entry instead. STATUS_INVALID_PARAMETER for functions that
/// AVStream does not dispatch, and for fast I/O of a driver without a table.
NTSTATUS NTAPI KsSetMajorFunctionHandler(PDRIVER_OBJECT DriverObject, ULONG MajorFunction) {
  if ((MajorFunction & KSDISPATCH_FASTIO) != 0) {
    return set_fast_io(DriverObject->FastIoDispatch, MajorFunction & ~static_cast<ULONG>(KSDISPATCH_FASTIO));
  }
  const PDRIVER_DISPATCH handler = handler_of(MajorFunction);
  if (handler == nullptr) return STATUS_INVALID_PARAMETER;
  DriverObject->MajorFunction[MajorFunction] = handler;
  return STATUS_SUCCESS;
}

/// For what no object of the driver does.
NTSTATUS NTAPI KsDispatchInvalidDeviceRequest(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
  UNREFERENCED_PARAMETER(DeviceObject);
  return complete(Irp, STATUS_INVALID_DEVICE_REQUEST);
}

NTSTATUS NTAPI KsCreateDevice(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT PhysicalDeviceObject,
                              const KSDEVICE_DESCRIPTOR* Descriptor, ULONG ExtensionSize, PKSDEVICE* Device) {
  const ULONG extension = ExtensionSize > sizeof(ks::Device*) ? ExtensionSize : static_cast<ULONG>(sizeof(ks::Device*));
  PDEVICE_OBJECT fdo = nullptr;
  NTSTATUS status =
      IoCreateDevice(DriverObject, extension, nullptr, FILE_DEVICE_KS, FILE_DEVICE_SECURE_OPEN, FALSE, &fdo);
  if (!NT_SUCCESS(status)) return status;
  auto* device = new ks::Device{};
  *static_cast<ks::Device**>(fdo->DeviceExtension) = device;
  device->id = next_id();
  KeInitializeEvent(&device->post_started, NotificationEvent, TRUE);
  device->pub.Descriptor = Descriptor;
  device->pub.Bag = &device->bag;
  device->pub.FunctionalDeviceObject = fdo;
  device->pub.PhysicalDeviceObject = PhysicalDeviceObject;
  device->pub.NextDeviceObject = IoAttachDeviceToDeviceStack(fdo, PhysicalDeviceObject);
  register_object(device, ObjectKind::kDevice);
  fdo->Flags |= DO_POWER_PAGABLE;
  {
    Hold held(device->mutex);
    for (ULONG i = 0; NT_SUCCESS(status) && i < Descriptor->FilterDescriptorsCount; ++i) {
      status = add_factory(*device, Descriptor->FilterDescriptors[i], nullptr, 0, nullptr);
    }
    if (NT_SUCCESS(status) && Descriptor->Dispatch != nullptr && Descriptor->Dispatch->Add != nullptr) {
      status = call_driver(CallbackOf::kDevice, "KSDEVICE_DISPATCH.Add",
                           [&] { return Descriptor->Dispatch->Add(&device->pub); });  // R-PNP-2
      check_device_callback(status, "KSDEVICE_DISPATCH.Add");
    }
    for (auto& factory : device->factories) factory->pub.Context = device->pub.Context;
  }
  if (!NT_SUCCESS(status)) {
    IoDetachDevice(device->pub.NextDeviceObject);
    while (!device->factories.empty()) delete_factory(device->factories.front().get());
    empty_bag(device->bag);
    unregister_object(device);
    delete device;
    IoDeleteDevice(fdo);
    return status;
  }
  fdo->Flags &= ~static_cast<ULONG>(DO_DEVICE_INITIALIZING);
  if (Device != nullptr) *Device = &device->pub;
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI KsAddDevice(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT PhysicalDeviceObject) {
  auto found = g_descriptors.find(DriverObject);
  if (found == g_descriptors.end()) return STATUS_INVALID_DEVICE_REQUEST;
  return KsCreateDevice(DriverObject, PhysicalDeviceObject, found->second, 0, nullptr);
}

}  // extern "C"
