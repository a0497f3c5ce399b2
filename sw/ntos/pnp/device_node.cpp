#include "sw/ntos/io/verify.h"

#include <map>

#include "sw/ntos/io/request.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/pnp/device_node.h"

namespace p2p::pnp {

namespace {
std::map<unsigned, DeviceNode>& nodes() {
  static auto* const all = new std::map<unsigned, DeviceNode>;
  return *all;
}

const char* name_of(UCHAR minor) {
  switch (minor) {
    case IRP_MN_START_DEVICE:
      return "start";
    case IRP_MN_QUERY_STOP_DEVICE:
      return "query_stop";
    case IRP_MN_CANCEL_STOP_DEVICE:
      return "cancel_stop";
    case IRP_MN_STOP_DEVICE:
      return "stop";
    case IRP_MN_QUERY_REMOVE_DEVICE:
      return "query_remove";
    case IRP_MN_CANCEL_REMOVE_DEVICE:
      return "cancel_remove";
    case IRP_MN_REMOVE_DEVICE:
      return "remove";
    case IRP_MN_SURPRISE_REMOVAL:
      return "surprise_removal";
    default:
      return "query";
  }
}
}  // namespace

DeviceNode& node_of(unsigned function) {
  DeviceNode& node = nodes()[function];
  node.function = function;
  return node;
}

DeviceNode* node_of_pdo(PDEVICE_OBJECT pdo) {
  for (auto& [function, node] : nodes()) {
    if (node.pdo == pdo) return &node;
  }
  return nullptr;
}

std::vector<unsigned> started_functions() {
  std::vector<unsigned> functions;
  for (const auto& [function, node] : nodes()) {
    if (node.state == NodeState::kStarted) functions.push_back(function);
  }
  return functions;
}

NTSTATUS send_pnp(PDEVICE_OBJECT pdo, UCHAR minor, const std::function<void(PIO_STACK_LOCATION)>& fill,
                  ULONG_PTR* information) {
  const NTSTATUS status = io::request(
      pdo, nullptr, io::Sending::kMustSend,
      [&](PIRP irp, PIO_STACK_LOCATION location) {
        irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
        location->MajorFunction = IRP_MJ_PNP;
        location->MinorFunction = minor;
        if (fill) fill(location);
      },
      information);
  ke::trace("pnp.request", {{"minor", name_of(minor)}, {"code", minor}, {"status", static_cast<ULONG>(status)}});
  return status;
}

NTSTATUS query_capabilities(PDEVICE_OBJECT pdo) {
  DEVICE_CAPABILITIES capabilities = {};
  capabilities.Size = sizeof capabilities;
  capabilities.Version = 1;
  capabilities.Address = capabilities.UINumber = ~ULONG{0};
  return send_pnp(pdo, IRP_MN_QUERY_CAPABILITIES, [&](PIO_STACK_LOCATION location) {
    location->Parameters.DeviceCapabilities.Capabilities = &capabilities;
  });
}

}  // namespace p2p::pnp
