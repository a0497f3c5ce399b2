// Plug and Play as AVStream dispatches it (R-PNP-2..11).
#include "sw/ks/ddk.h"

#include "ntos/ks_support.h"
#include "sw/ks/callback.h"
#include "sw/ks/dispatch.h"
#include "sw/ks/objects.h"
#include "sw/ks/queue.h"

namespace p2p::ks {

namespace {
const KSDEVICE_DISPATCH& dispatch_of(const Device& device) {
  static const KSDEVICE_DISPATCH none{};
  const KSDEVICE_DESCRIPTOR* descriptor = device.pub.Descriptor;
  return descriptor != nullptr && descriptor->Dispatch != nullptr ? *descriptor->Dispatch : none;
}

void tell(Device& device, PIRP irp, PFNKSDEVICEIRPVOID callback, const char* name) {
  if (callback != nullptr) call_driver(CallbackOf::kDevice, name, [&] { callback(&device.pub, irp); });
}

/// PostStart in a worker thread; creates that came meanwhile go on afterwards (R-PNP-4).
VOID NTAPI post_start(PVOID context) {
  Device& device = *static_cast<Device*>(context);
  {
    Hold held(device.mutex);
    const NTSTATUS status = call_driver(CallbackOf::kDevice, "KSDEVICE_DISPATCH.PostStart",
                                        [&] { return dispatch_of(device).PostStart(&device.pub); });
    check_device_callback(status, "KSDEVICE_DISPATCH.PostStart");
    device.post_start_failed = !NT_SUCCESS(status);
    if (NT_SUCCESS(status)) set_interfaces(device, true);  // of factories that it has made
    device.post_starting = false;
  }
  std::list<PIRP> creates;
  creates.swap(device.held_creates);
  for (PIRP irp : creates) create_request(device.pub.FunctionalDeviceObject, irp);
  KeSetEvent(&device.post_started, IO_NO_INCREMENT, FALSE);  // from now on the device may go
}

void wait_for_post_start(Device& device) {
  KeWaitForSingleObject(&device.post_started, Executive, KernelMode, FALSE, nullptr);
}

NTSTATUS start(Device& device, PIRP irp) {
  NTSTATUS status = forward_and_wait(device, irp);  // R-PNP-3: lower drivers first
  if (!NT_SUCCESS(status)) return complete(irp, status);
  const PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  const KSDEVICE_DISPATCH& dispatch = dispatch_of(device);
  wait_for_post_start(device);
  Hold held(device.mutex);
  open_bus(device);
  if (dispatch.Start != nullptr) {
    status = call_driver(CallbackOf::kDevice, "KSDEVICE_DISPATCH.Start", [&] {
      return dispatch.Start(&device.pub, irp, location->Parameters.StartDevice.AllocatedResourcesTranslated,
                            location->Parameters.StartDevice.AllocatedResources);
    });
    check_device_callback(status, "KSDEVICE_DISPATCH.Start");
  }
  if (!NT_SUCCESS(status)) return complete(irp, status);
  device.pub.Started = TRUE;
  device.pub.DevicePowerState = PowerDeviceD0;
  device.asleep = false;
  device.pub.SystemPowerState = PowerSystemWorking;
  device.post_start_failed = false;
  if (dispatch.PostStart != nullptr) {
    device.post_starting = true;
    KeClearEvent(&device.post_started);
    ExInitializeWorkItem(&device.post_start_item, post_start, &device);
    ExQueueWorkItem(&device.post_start_item, DelayedWorkQueue);
  }
  set_interfaces(device, true);
  return complete(irp, status);
}

void stop(Device& device, PIRP irp) {
  wait_for_post_start(device);
  Hold held(device.mutex);
  const KSDEVICE_DISPATCH& dispatch = dispatch_of(device);
  if (device.pub.Started) tell(device, irp, dispatch.Stop, "KSDEVICE_DISPATCH.Stop");
  device.pub.Started = FALSE;
  // R-PNP-5: create items that end with the resources they stand for; a factory goes with its last one.
  std::vector<Factory*> ending;
  for (const auto& factory : device.factories) {
    std::erase_if(factory->items, [](const CreateItem& item) { return (item.flags & KSCREATE_ITEM_FREEONSTOP) != 0; });
    if (factory->items.empty()) ending.push_back(factory.get());
  }
  for (Factory* factory : ending) {
    set_interfaces(*factory, false);
    delete_factory(factory);
  }
}

NTSTATUS remove(Device& device, PIRP irp) {
  wait_for_post_start(device);
  {
    Hold held(device.mutex);
    device.removed = true;
    set_interfaces(device, false);
    tell(device, irp, dispatch_of(device).Remove, "KSDEVICE_DISPATCH.Remove");
    device.pub.Started = FALSE;
    while (!device.factories.empty()) delete_factory(device.factories.front().get());
    empty_bag(device.bag);
  }
  close_bus(device);
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

NTSTATUS query(Device& device, PIRP irp, PFNKSDEVICEIRP callback) {
  wait_for_post_start(device);
  Hold held(device.mutex);
  constexpr const char* kName = "a KSDEVICE_DISPATCH query";
  NTSTATUS status = STATUS_SUCCESS;  // R-PNP-6
  if (callback != nullptr) status = call_driver(CallbackOf::kDevice, kName, [&] { return callback(&device.pub, irp); });
  check_device_callback(status, kName);
  bool busy = false;
  for (const auto& factory : device.factories) busy = busy || !factory->filters.empty();
  if (NT_SUCCESS(status) && busy) status = STATUS_DEVICE_BUSY;  // files are open
  return status;
}

void surprise_removal(Device& device, PIRP irp) {  // R-PNP-8
  wait_for_post_start(device);
  Hold held(device.mutex);
  device.removed = true;
  set_interfaces(device, false);
  tell(device, irp, dispatch_of(device).SurpriseRemoval, "KSDEVICE_DISPATCH.SurpriseRemoval");
  device.pub.Started = FALSE;
  // What is queued will not be served any more; Process need not run in every state to say so.
  for_each_filter(device, [](Filter& filter) {
    for (Pin* pin : filter.pins) pin->queue->fail_all();
  });
}

/// R-PNP-1: QueryCapabilities looks at what the bus said.
NTSTATUS query_capabilities(Device& device, PIRP irp) {
  if (dispatch_of(device).QueryCapabilities == nullptr) return forward(device, irp);
  NTSTATUS status = forward_and_wait(device, irp);
  if (NT_SUCCESS(status)) {
    const auto capabilities = IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceCapabilities.Capabilities;
    status = call_driver(CallbackOf::kDevice, "KSDEVICE_DISPATCH.QueryCapabilities",
                         [&] { return dispatch_of(device).QueryCapabilities(&device.pub, irp, capabilities); });
    check_device_callback(status, "KSDEVICE_DISPATCH.QueryCapabilities");
  }
  return complete(irp, status, irp->IoStatus.Information);
}

/// R-PNP-1: the callback exists only in descriptors of a version that knows it. STATUS_NOT_SUPPORTED: not for it.
NTSTATUS query_interface(Device& device, PIRP irp) {
  const KSDEVICE_DESCRIPTOR* descriptor = device.pub.Descriptor;
  const bool known = descriptor->Version >= KSDEVICE_DESCRIPTOR_VERSION;
  if (!known || dispatch_of(device).QueryInterface == nullptr) return forward(device, irp);
  const NTSTATUS status = call_driver(CallbackOf::kDevice, "KSDEVICE_DISPATCH.QueryInterface",
                                      [&] { return dispatch_of(device).QueryInterface(&device.pub, irp); });
  check_device_callback(status, "KSDEVICE_DISPATCH.QueryInterface");
  if (status == STATUS_NOT_SUPPORTED) return forward(device, irp);
  if (!NT_SUCCESS(status)) return complete(irp, status);
  irp->IoStatus.Status = status;
  return forward(device, irp);
}
}  // namespace

void check_device_callback(NTSTATUS status, const char* name) {
  if (status != STATUS_PENDING) return;
  violation(0x81005, 0, 0, 0, "KsCallbackReturn", std::string(name) + " returned STATUS_PENDING, which it may not");
}

NTSTATUS pnp_request(Device& device, PIRP irp) {
  const KSDEVICE_DISPATCH& dispatch = dispatch_of(device);
  NTSTATUS status = STATUS_SUCCESS;
  switch (IoGetCurrentIrpStackLocation(irp)->MinorFunction) {
    case IRP_MN_START_DEVICE:
      return start(device, irp);
    case IRP_MN_QUERY_STOP_DEVICE:
      status = query(device, irp, dispatch.QueryStop);
      break;
    case IRP_MN_QUERY_REMOVE_DEVICE:
      status = query(device, irp, dispatch.QueryRemove);
      break;
    case IRP_MN_CANCEL_STOP_DEVICE:
      tell(device, irp, dispatch.CancelStop, "KSDEVICE_DISPATCH.CancelStop");
      break;
    case IRP_MN_CANCEL_REMOVE_DEVICE:
      tell(device, irp, dispatch.CancelRemove, "KSDEVICE_DISPATCH.CancelRemove");
      break;
    case IRP_MN_STOP_DEVICE:
      stop(device, irp);
      break;
    case IRP_MN_SURPRISE_REMOVAL:
      surprise_removal(device, irp);
      break;
    case IRP_MN_REMOVE_DEVICE:
      return remove(device, irp);
    case IRP_MN_QUERY_CAPABILITIES:
      return query_capabilities(device, irp);
    case IRP_MN_QUERY_INTERFACE:
      return query_interface(device, irp);
    default:
      return forward(device, irp);
  }
  if (!NT_SUCCESS(status)) return complete(irp, status);
  irp->IoStatus.Status = STATUS_SUCCESS;
  return forward(device, irp);
}

}  // namespace p2p::ks
