// Removing devices: orderly, after a failed start, by surprise.
#include "sw/ntos/io/verify.h"

#include "sw/ntos/hal/dma_adapter.h"
#include "sw/ntos/io/device.h"
#include "sw/ntos/io/request.h"
#include "sw/ntos/ke/interrupt.h"
#include "sw/ntos/ob/object.h"
#include "sw/ntos/pnp/children.h"
#include "sw/ntos/pnp/device_node.h"
#include "sw/ntos/pnp/exclusive.h"
#include "sw/ntos/pnp/pci_bus.h"
#include "sw/ntos/pnp/remove_device.h"
#include "sw/ntos/pnp/root_bus.h"

namespace p2p::pnp {

namespace {
using ke::value_of;

std::vector<PDEVICE_OBJECT> stack_above(PDEVICE_OBJECT pdo) {
  std::vector<PDEVICE_OBJECT> devices;
  for (PDEVICE_OBJECT at = pdo->AttachedDevice; at != nullptr; at = at->AttachedDevice) devices.push_back(at);
  return devices;
}

bool gone(PDEVICE_OBJECT device) {
  return !ob::is_object(device, ob::Kind::kDevice) || io::state_of(device).delete_pending;
}

/// Drivers stay attached until REMOVE (R-PNP-8).
void check_surprise(PDEVICE_OBJECT pdo, const std::vector<PDEVICE_OBJECT>& before) {
  for (PDEVICE_OBJECT device : before) {
    io::verify(!gone(device), 0x242, 0, 0, value_of(device), "PnpSurpriseRemove",
               "a driver deleted its device on IRP_MN_SURPRISE_REMOVAL");
  }
  io::verify(stack_above(pdo) == before, 0x241, 0, 0, value_of(pdo), "PnpSurpriseRemove",
             "a driver detached its device on IRP_MN_SURPRISE_REMOVAL");
}

void check_removal(PDEVICE_OBJECT pdo, const std::vector<PDEVICE_OBJECT>& before, NTSTATUS status) {
  io::verify(NT_SUCCESS(status), 0x306, 0, 0, static_cast<ULONG>(status), "PnpRemove",
             "IRP_MN_REMOVE_DEVICE was completed with a failure");
  io::verify(pdo->AttachedDevice == nullptr, 0x21D, 0, 0, value_of(pdo->AttachedDevice), "PnpRemove",
             "a driver did not detach its device on IRP_MN_REMOVE_DEVICE");
  for (PDEVICE_OBJECT device : before) {
    io::verify(gone(device), 0x21E, 0, 0, value_of(device), "PnpRemove",
               "a driver did not delete its device on IRP_MN_REMOVE_DEVICE");
  }
}
}  // namespace

NTSTATUS send_infallible(PDEVICE_OBJECT pdo, UCHAR minor) {
  const NTSTATUS status = send_pnp(pdo, minor);
  io::verify(NT_SUCCESS(status), 0x247, 0, 0, static_cast<ULONG>(status), "PnpIrpCompletion",
             "a driver failed a PnP request that may not fail");
  return status;
}

NTSTATUS finish_removal(DeviceNode& node) {
  PDEVICE_OBJECT pdo = node.pdo;
  NTSTATUS status = STATUS_SUCCESS;
  remove_children(pdo, node.state != NodeState::kSurpriseRemoved);
  if (pdo->AttachedDevice != nullptr) {
    const std::vector<PDEVICE_OBJECT> before = stack_above(pdo);
    status = send_pnp(pdo, IRP_MN_REMOVE_DEVICE);
    check_removal(pdo, before, status);
  }
  ke::forget_device_interrupts(pdo);
  hal::forget_device(pdo);
  node.pdo = nullptr;
  node.state = NodeState::kEmpty;
  // A driver that would not let go keeps the bus's device too, as far as the Verifier lets it.
  if (pdo->AttachedDevice == nullptr) delete_pdo(node.function);
  return status;
}

NTSTATUS query_remove(unsigned function) {
  const Exclusive exclusive;
  DeviceNode& node = node_of(function);
  if (node.state == NodeState::kEmpty) return STATUS_NO_SUCH_DEVICE;
  if (node.state != NodeState::kStarted && node.state != NodeState::kStopped) return STATUS_INVALID_DEVICE_STATE;
  node.before_query = node.state;
  node.state = NodeState::kRemovePending;
  NTSTATUS status = send_pnp(node.pdo, IRP_MN_QUERY_REMOVE_DEVICE);
  if (NT_SUCCESS(status) && io::open_files(node.pdo) != 0) status = STATUS_DEVICE_BUSY;
  if (!NT_SUCCESS(status)) cancel_remove(function);
  return status;
}

NTSTATUS cancel_remove(unsigned function) {
  const Exclusive exclusive;
  DeviceNode& node = node_of(function);
  if (node.state != NodeState::kRemovePending) return STATUS_INVALID_DEVICE_STATE;
  node.state = node.before_query;
  return send_infallible(node.pdo, IRP_MN_CANCEL_REMOVE_DEVICE);
}

NTSTATUS remove(unsigned function) {
  const Exclusive exclusive;
  DeviceNode& node = node_of(function);
  if (node.state != NodeState::kRemovePending) return STATUS_INVALID_DEVICE_STATE;
  return finish_removal(node);
}

NTSTATUS surprise_remove(unsigned function, Departure departure) {
  const Exclusive exclusive;
  DeviceNode& node = node_of(function);
  if (node.state == NodeState::kEmpty) return STATUS_NO_SUCH_DEVICE;
  if (node.state == NodeState::kSurpriseRemoved) return STATUS_INVALID_DEVICE_STATE;
  const std::vector<PDEVICE_OBJECT> before = stack_above(node.pdo);
  node.state = NodeState::kSurpriseRemoved;
  if (departure == Departure::kPulledOut && !is_root_device(function)) disable_function(function);
  const NTSTATUS status = send_infallible(node.pdo, IRP_MN_SURPRISE_REMOVAL);
  check_surprise(node.pdo, before);
  if (io::open_files(node.pdo) == 0) return finish_removal(node);
  io::when_closed(node.pdo, [function] { queue_action([function] { finish_removal(node_of(function)); }); });
  return status;
}

}  // namespace p2p::pnp
