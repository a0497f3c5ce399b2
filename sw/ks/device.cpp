// KsInitializeDriver, AddDevice, PnP and power as AVStream dispatches them.
#include "sw/ks/ddk.h"

#include <map>

#include "ntos/ks_support.h"
#include "sw/ks/dispatch.h"
#include "sw/ks/objects.h"

namespace p2p::ks {

namespace {
constexpr ULONG kFactoryTag = 0x6661734B;
std::map<PDRIVER_OBJECT, const KSDEVICE_DESCRIPTOR*> g_descriptors;

Device* device_of_fdo(PDEVICE_OBJECT fdo) { return *static_cast<Device**>(fdo->DeviceExtension); }

NTSTATUS NTAPI signal_and_stop(PDEVICE_OBJECT device, PIRP irp, PVOID context) {
  UNREFERENCED_PARAMETER(device);
  if (irp->PendingReturned) KeSetEvent(static_cast<PKEVENT>(context), IO_NO_INCREMENT, FALSE);
  return STATUS_MORE_PROCESSING_REQUIRED;
}

/// Adds a factory for `descriptor` (R-KS-3).
NTSTATUS add_factory(Device& device, const KSFILTER_DESCRIPTOR* descriptor) {
  if (descriptor->Version != KSFILTER_DESCRIPTOR_VERSION || descriptor->PinDescriptorSize % 8 != 0 ||
      (descriptor->PinDescriptorsCount != 0 && descriptor->PinDescriptorSize < sizeof(KSPIN_DESCRIPTOR_EX))) {
    return STATUS_INVALID_PARAMETER;  // R-KS-4
  }
  auto factory = std::make_unique<Factory>();
  factory->device = &device;
  factory->pub.FilterDescriptor = descriptor;
  factory->pub.Bag = &factory->bag;
  factory->pub.Context = device.pub.Context;  // R-KS-1
  UNICODE_STRING text;
  NTSTATUS status = RtlStringFromGUID(*descriptor->ReferenceGuid, &text);
  if (!NT_SUCCESS(status)) return status;
  factory->reference.assign(reinterpret_cast<const char16_t*>(text.Buffer), text.Length / sizeof(WCHAR));
  RtlFreeUnicodeString(&text);
  register_object(factory.get(), ObjectKind::kFactory);
  device.factories.push_back(std::move(factory));
  return STATUS_SUCCESS;
}

/// R-PNP-4: interfaces of the factories' categories.
void set_interfaces(Device& device, bool enable) {
  for (auto& factory : device.factories) {
    if (enable && factory->links.empty()) {
      UNICODE_STRING reference{};
      reference.Buffer = reinterpret_cast<PWSTR>(factory->reference.data());
      reference.Length = static_cast<USHORT>(factory->reference.size() * sizeof(WCHAR));
      reference.MaximumLength = reference.Length;
      const KSFILTER_DESCRIPTOR* descriptor = factory->pub.FilterDescriptor;
      for (ULONG i = 0; i < descriptor->CategoriesCount; ++i) {
        UNICODE_STRING link{};
        const NTSTATUS status =
            IoRegisterDeviceInterface(device.pub.PhysicalDeviceObject, &descriptor->Categories[i], &reference, &link);
        if (NT_SUCCESS(status)) factory->links.push_back(link);
      }
    }
    for (UNICODE_STRING& link : factory->links) IoSetDeviceInterfaceState(&link, enable);
  }
}

void check_device_callback(NTSTATUS status, const char* name) {
  if (status == STATUS_PENDING) {
    ntos::bug_check(0xC4, 0x81005, 0, 0, 0, "KsCallbackReturn",
                    std::string(name) + " returned STATUS_PENDING, which it may not");
  }
}

NTSTATUS start(Device& device, PIRP irp) {
  NTSTATUS status = forward_and_wait(device, irp);  // R-PNP-3: lower drivers first
  if (!NT_SUCCESS(status)) return complete(irp, status);
  const PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  const KSDEVICE_DISPATCH* dispatch = device.pub.Descriptor != nullptr ? device.pub.Descriptor->Dispatch : nullptr;
  {
    Hold held(device.mutex);
    if (dispatch != nullptr && dispatch->Start != nullptr) {
      status = dispatch->Start(&device.pub, irp, location->Parameters.StartDevice.AllocatedResourcesTranslated,
                               location->Parameters.StartDevice.AllocatedResources);
      check_device_callback(status, "KSDEVICE_DISPATCH.Start");
    }
    if (NT_SUCCESS(status)) {
      device.pub.Started = TRUE;
      device.pub.DevicePowerState = PowerDeviceD0;
      device.pub.SystemPowerState = PowerSystemWorking;
      // PostStart could run in a worker with creates held meanwhile; within START no create can arrive either.
      if (dispatch != nullptr && dispatch->PostStart != nullptr)
        check_device_callback(dispatch->PostStart(&device.pub), "PostStart");
      set_interfaces(device, true);
    }
  }
  return complete(irp, status);
}

void stop(Device& device, PIRP irp) {
  Hold held(device.mutex);
  const KSDEVICE_DISPATCH* dispatch = device.pub.Descriptor->Dispatch;
  if (device.pub.Started && dispatch != nullptr && dispatch->Stop != nullptr) dispatch->Stop(&device.pub, irp);
  device.pub.Started = FALSE;
}

NTSTATUS remove(Device& device, PIRP irp) {
  const KSDEVICE_DISPATCH* dispatch = device.pub.Descriptor->Dispatch;
  {
    Hold held(device.mutex);
    device.removed = true;
    if (!device.factories.empty()) set_interfaces(device, false);
    if (dispatch != nullptr && dispatch->Remove != nullptr) dispatch->Remove(&device.pub, irp);
    device.pub.Started = FALSE;
    for (auto& factory : device.factories) {
      empty_bag(factory->bag);
      for (UNICODE_STRING& link : factory->links) RtlFreeUnicodeString(&link);
      unregister_object(factory.get());
    }
    device.factories.clear();
    empty_bag(device.bag);
  }
  irp->IoStatus.Status = STATUS_SUCCESS;
  PDEVICE_OBJECT next = device.pub.NextDeviceObject;
  PDEVICE_OBJECT fdo = device.pub.FunctionalDeviceObject;
  IoSkipCurrentIrpStackLocation(irp);
  const NTSTATUS status = IoCallDriver(next, irp);
  IoDetachDevice(next);
  unregister_object(&device);
  delete &device;
  IoDeleteDevice(fdo);
  return status;
}

NTSTATUS NTAPI pnp(PDEVICE_OBJECT fdo, PIRP irp) {
  Device& device = *device_of_fdo(fdo);
  const KSDEVICE_DISPATCH* dispatch = device.pub.Descriptor->Dispatch;
  static const KSDEVICE_DISPATCH none{};
  if (dispatch == nullptr) dispatch = &none;
  NTSTATUS status = STATUS_SUCCESS;
  switch (IoGetCurrentIrpStackLocation(irp)->MinorFunction) {
    case IRP_MN_START_DEVICE:
      return start(device, irp);
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE: {
      Hold held(device.mutex);
      const PFNKSDEVICEIRP query = IoGetCurrentIrpStackLocation(irp)->MinorFunction == IRP_MN_QUERY_STOP_DEVICE
                                       ? dispatch->QueryStop
                                       : dispatch->QueryRemove;
      if (query != nullptr) status = query(&device.pub, irp);
      check_device_callback(status, "a KSDEVICE_DISPATCH query");
      bool busy = false;
      for (auto& factory : device.factories) busy = busy || !factory->filters.empty();
      if (NT_SUCCESS(status) && busy) status = STATUS_DEVICE_BUSY;  // files are open
      break;
    }
    case IRP_MN_CANCEL_STOP_DEVICE:
      if (dispatch->CancelStop != nullptr) dispatch->CancelStop(&device.pub, irp);
      break;
    case IRP_MN_CANCEL_REMOVE_DEVICE:
      if (dispatch->CancelRemove != nullptr) dispatch->CancelRemove(&device.pub, irp);
      break;
    case IRP_MN_STOP_DEVICE:
      stop(device, irp);
      break;
    case IRP_MN_SURPRISE_REMOVAL: {  // R-PNP-8
      Hold held(device.mutex);
      device.removed = true;
      set_interfaces(device, false);
      if (dispatch->SurpriseRemoval != nullptr) dispatch->SurpriseRemoval(&device.pub, irp);
      device.pub.Started = FALSE;
      break;
    }
    case IRP_MN_REMOVE_DEVICE:
      return remove(device, irp);
    default:
      return forward(device, irp);
  }
  if (!NT_SUCCESS(status)) return complete(irp, status);
  irp->IoStatus.Status = STATUS_SUCCESS;
  return forward(device, irp);
}

NTSTATUS NTAPI power(PDEVICE_OBJECT fdo, PIRP irp) {
  PoStartNextPowerIrp(irp);
  IoSkipCurrentIrpStackLocation(irp);
  return PoCallDriver(device_of_fdo(fdo)->pub.NextDeviceObject, irp);
}

NTSTATUS NTAPI system_control(PDEVICE_OBJECT fdo, PIRP irp) { return forward(*device_of_fdo(fdo), irp); }

NTSTATUS NTAPI create(PDEVICE_OBJECT fdo, PIRP irp) {
  Device& device = *device_of_fdo(fdo);
  PFILE_OBJECT file = IoGetCurrentIrpStackLocation(irp)->FileObject;
  if (!device.pub.Started || device.removed) return complete(irp, STATUS_DEVICE_NOT_READY);  // R-PNP-10
  if (file->RelatedFileObject == nullptr) return complete(irp, create_filter(device, irp, file));
  Filter* filter = filter_of_file(file->RelatedFileObject);
  if (filter == nullptr) return complete(irp, STATUS_INVALID_PARAMETER);
  return complete(irp, create_pin(*filter, irp, file));
}

NTSTATUS NTAPI cleanup(PDEVICE_OBJECT fdo, PIRP irp) {
  UNREFERENCED_PARAMETER(fdo);
  if (Pin* pin = pin_of_file(IoGetCurrentIrpStackLocation(irp)->FileObject)) {
    Hold held(pin->filter->control);
    if (pin->pub.ClientState != KSSTATE_STOP) set_state(*pin, KSSTATE_STOP);  // R-IRP-89
  }
  return complete(irp, STATUS_SUCCESS);
}

NTSTATUS NTAPI close(PDEVICE_OBJECT fdo, PIRP irp) {
  UNREFERENCED_PARAMETER(fdo);
  PFILE_OBJECT file = IoGetCurrentIrpStackLocation(irp)->FileObject;
  ObjectKind kind;
  if (file->FsContext != nullptr && object_kind(file->FsContext, &kind)) {
    if (kind == ObjectKind::kPin) {
      close_pin(*static_cast<Pin*>(file->FsContext), irp);
    } else {
      close_filter(*static_cast<Filter*>(file->FsContext), irp);
    }
    file->FsContext = nullptr;
  }
  return complete(irp, STATUS_SUCCESS);
}

NTSTATUS NTAPI device_control(PDEVICE_OBJECT fdo, PIRP irp) {
  Device& device = *device_of_fdo(fdo);
  const PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  Filter* filter = filter_of_file(location->FileObject);
  Pin* pin = pin_of_file(location->FileObject);
  if (filter == nullptr) return complete(irp, STATUS_INVALID_DEVICE_REQUEST);
  const ULONG code = location->Parameters.DeviceIoControl.IoControlCode;
  if (device.removed && code != IOCTL_KS_PROPERTY) return complete(irp, STATUS_DEVICE_REMOVED);
  switch (code) {
    case IOCTL_KS_PROPERTY:
      return property_request(*filter, pin, irp);
    case IOCTL_KS_READ_STREAM:
    case IOCTL_KS_WRITE_STREAM:
      if (pin == nullptr) break;
      return stream_request(*pin, irp, code == IOCTL_KS_WRITE_STREAM);
    case IOCTL_KS_RESET_STATE:
      if (pin == nullptr) break;
      return reset_request(*pin, irp);
    default:
      break;
  }
  return complete(irp, STATUS_INVALID_DEVICE_REQUEST);
}

VOID NTAPI unload(PDRIVER_OBJECT driver) { g_descriptors.erase(driver); }
}  // namespace

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
  g_descriptors[DriverObject] = Descriptor;
  return STATUS_SUCCESS;
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
  KeInitializeMutex(&device->mutex, 0);
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
      status = add_factory(*device, Descriptor->FilterDescriptors[i]);
    }
    if (NT_SUCCESS(status) && Descriptor->Dispatch != nullptr && Descriptor->Dispatch->Add != nullptr) {
      status = Descriptor->Dispatch->Add(&device->pub);  // R-PNP-2
      check_device_callback(status, "KSDEVICE_DISPATCH.Add");
    }
    for (auto& factory : device->factories) factory->pub.Context = device->pub.Context;
  }
  if (!NT_SUCCESS(status)) {
    IoDetachDevice(device->pub.NextDeviceObject);
    for (auto& factory : device->factories) unregister_object(factory.get());
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
