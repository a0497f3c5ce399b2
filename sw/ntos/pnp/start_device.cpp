// Putting drivers on a device, starting it, stopping it for a while.
#include "sw/ntos/io/verify.h"

#include <utility>

#include "sw/ntos/io/device.h"
#include "sw/ntos/ke/interrupt.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/pnp/children.h"
#include "sw/ntos/pnp/device_node.h"
#include "sw/ntos/pnp/drivers.h"
#include "sw/ntos/pnp/exclusive.h"
#include "sw/ntos/pnp/fake_requests.h"
#include "sw/ntos/pnp/pci_bus.h"
#include "sw/ntos/pnp/pci_messages.h"
#include "sw/ntos/pnp/remove_device.h"
#include "sw/ntos/pnp/resources.h"
#include "sw/ntos/pnp/root_bus.h"

namespace p2p::pnp {

namespace {
using ke::value_of;

/// What AddDevice must have copied from the device it has attached to.
void check_inherited(PDEVICE_OBJECT added, PDEVICE_OBJECT below) {
  const auto lacks = [&](ULONG flags) { return (below->Flags & ~added->Flags & flags) != 0; };
  io::verify(!lacks(DO_POWER_PAGABLE), 0x23F, 0, 0, value_of(added), "AddDevice",
             "a driver did not take DO_POWER_PAGABLE over from the device it attached to");
  if (io::state_of(added).role == io::DeviceRole::kFunction) return;  // it decides for itself
  io::verify(!lacks(DO_BUFFERED_IO | DO_DIRECT_IO), 0x244, 0, 0, value_of(added), "AddDevice",
             "a filter did not take DO_BUFFERED_IO or DO_DIRECT_IO over from the device it attached to");
  io::verify(added->DeviceType == below->DeviceType, 0x246, 0, 0, value_of(added), "AddDevice",
             "a filter did not take the DeviceType over from the device it attached to");
}

NTSTATUS add_device(PDEVICE_OBJECT pdo, const std::string& name, io::DeviceRole role) {
  PDRIVER_OBJECT driver = find_driver(name);
  if (driver == nullptr) return STATUS_OBJECT_NAME_NOT_FOUND;
  if (driver->DriverExtension->AddDevice == nullptr) return STATUS_DRIVER_UNABLE_TO_LOAD;
  PDEVICE_OBJECT below = IoGetAttachedDevice(pdo);
  const NTSTATUS status = driver->DriverExtension->AddDevice(driver, pdo);
  if (!NT_SUCCESS(status)) return status;
  for (PDEVICE_OBJECT added = below->AttachedDevice; added != nullptr; added = added->AttachedDevice) {
    io::verify((added->Flags & DO_DEVICE_INITIALIZING) == 0, 0x243, value_of(driver), 0, value_of(added), "AddDevice",
               "AddDevice returned without clearing DO_DEVICE_INITIALIZING");
    io::state_of(added).role = role;
    check_inherited(added, io::state_of(added).attached_to);
  }
  return status;
}

NTSTATUS build_stack(const DeviceNode& node, PDEVICE_OBJECT pdo, const std::string& driver) {
  std::vector<std::pair<std::string, io::DeviceRole>> layers;
  for (const std::string& name : node.lower_filters) layers.emplace_back(name, io::DeviceRole::kLowerFilter);
  layers.emplace_back(driver, io::DeviceRole::kFunction);
  for (const std::string& name : node.upper_filters) layers.emplace_back(name, io::DeviceRole::kUpperFilter);
  for (const auto& [name, role] : layers) {
    const NTSTATUS status = add_device(pdo, name, role);
    if (!NT_SUCCESS(status)) return status;
  }
  return STATUS_SUCCESS;
}

/// The drivers may change what the bus found the device to need; here they can only make it disagree with what there
/// is, and the assignment stands.
void filter_requirements(PDEVICE_OBJECT pdo, unsigned function) {
  if (is_root_device(function)) return;  // it needs nothing
  PIO_RESOURCE_REQUIREMENTS_LIST list = resource_requirements(function);
  if (list == nullptr) return;
  ULONG_PTR filtered = 0;
  const NTSTATUS status = send_pnp(
      pdo, IRP_MN_FILTER_RESOURCE_REQUIREMENTS,
      [list](PIO_STACK_LOCATION location) {
        location->Parameters.FilterResourceRequirements.IoResourceRequirementList = list;
      },
      &filtered);
  auto* answer = reinterpret_cast<PIO_RESOURCE_REQUIREMENTS_LIST>(filtered);
  if (NT_SUCCESS(status) && answer != nullptr && answer != list) ExFreePool(answer);
  ExFreePool(list);
}

/// START with the resources assigned; the lists live as long as the request.
NTSTATUS send_start(PDEVICE_OBJECT pdo, unsigned function) {
  if (is_root_device(function)) return send_pnp(pdo, IRP_MN_START_DEVICE);  // both lists are null
  const MessageVectors messages = messages_of(function);
  PCM_RESOURCE_LIST raw = resource_list(function, false), translated = resource_list(function, true);
  NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;
  if (raw != nullptr && translated != nullptr) {
    ke::set_device_interrupts(pdo,
                              {ke::hardware().pci_function(function).interrupt_line, messages.first, messages.count});
    status = send_pnp(pdo, IRP_MN_START_DEVICE, [&](PIO_STACK_LOCATION location) {
      location->Parameters.StartDevice.AllocatedResources = raw;
      location->Parameters.StartDevice.AllocatedResourcesTranslated = translated;
    });
  }
  if (raw != nullptr) ExFreePool(raw);
  if (translated != nullptr) ExFreePool(translated);
  return status;
}

/// What the PnP manager asks a started device.
void query_started(PDEVICE_OBJECT pdo) {
  query_capabilities(pdo);
  send_pnp(pdo, IRP_MN_QUERY_PNP_DEVICE_STATE);
  enumerate_children(pdo);
}
}  // namespace

NTSTATUS start(unsigned function, const std::string& driver) {
  const Exclusive exclusive;
  DeviceNode& node = node_of(function);
  if (node.state != NodeState::kEmpty) return STATUS_INVALID_DEVICE_STATE;
  if (find_driver(driver) == nullptr) return STATUS_OBJECT_NAME_NOT_FOUND;
  PDEVICE_OBJECT pdo = pdo_of(function);
  if (pdo == nullptr) {
    const bool there = is_root_device(function) || function < ke::hardware().pci_function_count();
    return there ? STATUS_INSUFFICIENT_RESOURCES : STATUS_NO_SUCH_DEVICE;
  }
  node.pdo = pdo;
  NTSTATUS status = build_stack(node, pdo, driver);
  if (NT_SUCCESS(status)) {
    if (!is_root_device(function)) assign_messages(function);
    filter_requirements(pdo, function);
    status = send_start(pdo, function);
  }
  if (!NT_SUCCESS(status)) {
    finish_removal(node);  // R-PNP-7
    return status;
  }
  node.state = NodeState::kStarted;
  query_started(pdo);
  if (ntos::verifier_enabled()) send_fakes(pdo);
  return status;
}

NTSTATUS query_stop(unsigned function) {
  const Exclusive exclusive;
  DeviceNode& node = node_of(function);
  if (node.state != NodeState::kStarted) return STATUS_INVALID_DEVICE_STATE;
  node.state = NodeState::kStopPending;
  const NTSTATUS status = send_pnp(node.pdo, IRP_MN_QUERY_STOP_DEVICE);
  if (!NT_SUCCESS(status)) cancel_stop(function);
  return status;
}

NTSTATUS cancel_stop(unsigned function) {
  const Exclusive exclusive;
  DeviceNode& node = node_of(function);
  if (node.state != NodeState::kStopPending) return STATUS_INVALID_DEVICE_STATE;
  node.state = NodeState::kStarted;
  return send_infallible(node.pdo, IRP_MN_CANCEL_STOP_DEVICE);
}

NTSTATUS stop(unsigned function) {
  const Exclusive exclusive;
  DeviceNode& node = node_of(function);
  if (node.state != NodeState::kStopPending) return STATUS_INVALID_DEVICE_STATE;
  node.state = NodeState::kStopped;
  const NTSTATUS status = send_infallible(node.pdo, IRP_MN_STOP_DEVICE);
  ke::forget_device_interrupts(node.pdo);
  return status;
}

NTSTATUS restart(unsigned function) {
  const Exclusive exclusive;
  DeviceNode& node = node_of(function);
  if (node.state != NodeState::kStopped) return STATUS_INVALID_DEVICE_STATE;
  const NTSTATUS status = send_start(node.pdo, function);
  node.state = NodeState::kStarted;
  if (!NT_SUCCESS(status)) surprise_remove(function, Departure::kFailed);
  return status;
}

}  // namespace p2p::pnp
