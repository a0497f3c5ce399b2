// What the PnP manager knows of a device, and what drivers tell it.
#include "sw/ntos/io/verify.h"

#include <initguid.h>
#include <wdmguid.h>

#include <cstring>

#include "sw/ntos/ke/irql.h"
#include "sw/ntos/pnp/children.h"
#include "sw/ntos/pnp/device_node.h"
#include "sw/ntos/pnp/exclusive.h"
#include "sw/ntos/pnp/pci_bus.h"
#include "sw/ntos/pnp/root_bus.h"

using namespace p2p;

namespace {
/// Copies an answer out: STATUS_BUFFER_TOO_SMALL with the length that is needed.
NTSTATUS give(const void* data, std::size_t bytes, ULONG room, PVOID buffer, PULONG result) {
  *result = static_cast<ULONG>(bytes);
  if (room < bytes) return STATUS_BUFFER_TOO_SMALL;
  std::memcpy(buffer, data, bytes);
  return STATUS_SUCCESS;
}
NTSTATUS give_text(const std::u16string& text, ULONG room, PVOID buffer, PULONG result) {
  return give(text.c_str(), (text.size() + 1) * sizeof(char16_t), room, buffer, result);
}
NTSTATUS give_number(ULONG number, ULONG room, PVOID buffer, PULONG result) {
  return give(&number, sizeof number, room, buffer, result);
}

/// A device that says it has failed goes as if it had been pulled out.
void query_state(unsigned function) {
  const pnp::DeviceNode& node = pnp::node_of(function);
  if (node.state != pnp::NodeState::kStarted) return;
  ULONG_PTR state = 0;
  const NTSTATUS status = pnp::send_pnp(node.pdo, IRP_MN_QUERY_PNP_DEVICE_STATE, {}, &state);
  if (NT_SUCCESS(status) && (state & (PNP_DEVICE_FAILED | PNP_DEVICE_REMOVED)) != 0) {
    pnp::surprise_remove(function, pnp::Departure::kFailed);
  }
}
}  // namespace

extern "C" {

// Of a PDO only: any other device is bug check 0xCA/2. STATUS_OBJECT_NAME_NOT_FOUND for what this device does not have.
NTSTATUS NTAPI IoGetDeviceProperty(PDEVICE_OBJECT DeviceObject, DEVICE_REGISTRY_PROPERTY DeviceProperty,
                                   ULONG BufferLength, PVOID PropertyBuffer, PULONG ResultLength) {
  *ResultLength = 0;
  if (pnp::is_child(DeviceObject)) return STATUS_OBJECT_NAME_NOT_FOUND;  // its bus driver's own: nothing is installed
  const int pdo_function = pnp::pdo_function(DeviceObject);
  if (pdo_function < 0) {
    ntos::bug_check(0xCA, 2, ke::value_of(DeviceObject), 0, 0, "PNP_DETECTED_FATAL_ERROR",
                    "IoGetDeviceProperty of a device that is no PDO");
  }
  const auto function = static_cast<unsigned>(pdo_function);
  const bool root = pnp::is_root_device(function);
  switch (DeviceProperty) {
    case DevicePropertyHardwareID:
      return give_text(pnp::bus_id(function, BusQueryHardwareIDs), BufferLength, PropertyBuffer, ResultLength);
    case DevicePropertyCompatibleIDs:
      return give_text(pnp::bus_id(function, BusQueryCompatibleIDs), BufferLength, PropertyBuffer, ResultLength);
    case DevicePropertyDeviceDescription:
      return give_text(pnp::device_text(function, DeviceTextDescription), BufferLength, PropertyBuffer, ResultLength);
    case DevicePropertyLocationInformation:
      return give_text(pnp::device_text(function, DeviceTextLocationInformation), BufferLength, PropertyBuffer,
                       ResultLength);
    case DevicePropertyEnumeratorName:
      return give_text(root ? u"ROOT" : u"PCI", BufferLength, PropertyBuffer, ResultLength);
    case DevicePropertyBusTypeGuid:
      return give(root ? &GUID_BUS_TYPE_INTERNAL : &GUID_BUS_TYPE_PCI, sizeof(GUID), BufferLength, PropertyBuffer,
                  ResultLength);
    case DevicePropertyLegacyBusType:
      return give_number(root ? ULONG{Internal} : ULONG{PCIBus}, BufferLength, PropertyBuffer, ResultLength);
    case DevicePropertyBusNumber:
      return give_number(0, BufferLength, PropertyBuffer, ResultLength);
    case DevicePropertyAddress:
      if (root) return STATUS_OBJECT_NAME_NOT_FOUND;  // a place on a bus is what it has not
      return give_number(function << 16, BufferLength, PropertyBuffer, ResultLength);
    default:
      return STATUS_OBJECT_NAME_NOT_FOUND;
  }
}

// The PnP manager asks the stack for its state afterwards, in a thread of its own.
VOID NTAPI IoInvalidateDeviceState(PDEVICE_OBJECT PhysicalDeviceObject) {
  if (pnp::is_child(PhysicalDeviceObject)) return;  // no driver stands on it
  const int function = pnp::pdo_function(PhysicalDeviceObject);
  if (function < 0) {
    ntos::bug_check(0xCA, 2, ke::value_of(PhysicalDeviceObject), 0, 0, "PNP_DETECTED_FATAL_ERROR",
                    "IoInvalidateDeviceState of a device that is no PDO");
  }
  pnp::queue_action([function] { query_state(static_cast<unsigned>(function)); });
}

// Only a change of what is on the device's bus is of interest. The PnP manager asks in a thread of its own.
VOID NTAPI IoInvalidateDeviceRelations(PDEVICE_OBJECT DeviceObject, DEVICE_RELATION_TYPE Type) {
  if (pnp::is_child(DeviceObject)) return;
  const int function = pnp::pdo_function(DeviceObject);
  if (function < 0) {
    ntos::bug_check(0xCA, 2, ke::value_of(DeviceObject), 0, 0, "PNP_DETECTED_FATAL_ERROR",
                    "IoInvalidateDeviceRelations of a device that is no PDO");
  }
  if (Type != BusRelations) return;
  pnp::queue_action([function] {
    const pnp::DeviceNode& node = pnp::node_of(static_cast<unsigned>(function));
    if (node.state == pnp::NodeState::kStarted) pnp::enumerate_children(node.pdo);
  });
}

}  // extern "C"
