#include "sw/ntos/io/verify.h"

#include "sw/ntos/pnp/children.h"

#include <algorithm>
#include <map>
#include <utility>

#include "sw/ntos/io/device.h"
#include "sw/ntos/ob/object.h"
#include "sw/ntos/pnp/device_node.h"

namespace p2p::pnp {

namespace {
using ke::value_of;

struct Child {
  PDEVICE_OBJECT pdo;
  PDEVICE_OBJECT bus_filter;  // attached before anybody has enumerated it; nullptr without
  std::u16string id;          // device and instance
};
using Children = std::vector<Child>;
std::map<PDEVICE_OBJECT, Children>& families() {
  static auto* const all = new std::map<PDEVICE_OBJECT, Children>;
  return *all;
}

bool alive(PDEVICE_OBJECT device) {
  return ob::is_object(device, ob::Kind::kDevice) && !io::state_of(device).delete_pending;
}

/// `status` is that of a request that the driver of a PDO must answer.
NTSTATUS must_answer(NTSTATUS status, UCHAR minor) {
  io::verify(status != STATUS_NOT_SUPPORTED, 0x22A, 0, 0, minor, "PnpIrpCompletion",
             "the driver of a child device did not answer a request that it must answer");
  return status;
}

std::u16string query_id(PDEVICE_OBJECT child, BUS_QUERY_ID_TYPE type, bool required) {
  const auto fill = [type](PIO_STACK_LOCATION location) { location->Parameters.QueryId.IdType = type; };
  ULONG_PTR answer = 0;
  const NTSTATUS status = send_pnp(child, IRP_MN_QUERY_ID, fill, &answer);
  if (required) must_answer(status, IRP_MN_QUERY_ID);
  if (!NT_SUCCESS(status) || answer == 0) return {};
  auto* text = reinterpret_cast<char16_t*>(answer);
  std::u16string id(text);
  ExFreePool(text);
  return id;
}

void query_target_relation(PDEVICE_OBJECT child) {
  const std::uint64_t before = ob::references_of(child);
  ULONG_PTR answer = 0;
  const auto fill = [](PIO_STACK_LOCATION location) {
    location->Parameters.QueryDeviceRelations.Type = TargetDeviceRelation;
  };
  const NTSTATUS status =
      must_answer(send_pnp(child, IRP_MN_QUERY_DEVICE_RELATIONS, fill, &answer), IRP_MN_QUERY_DEVICE_RELATIONS);
  if (!NT_SUCCESS(status)) return;
  auto* relations = reinterpret_cast<PDEVICE_RELATIONS>(answer);
  const bool names_it = relations != nullptr && relations->Count == 1 && relations->Objects[0] == child;
  io::verify(names_it, 0x22B, 0, 0, value_of(child), "PnpIrpCompletion",
             "the driver of a child device did not put it into its TargetDeviceRelation");
  if (!names_it) return;
  const bool referenced = ob::references_of(child) > before;
  io::verify(referenced, 0x22C, 0, 0, value_of(child), "PnpIrpCompletion",
             "the driver of a child device did not reference it for its TargetDeviceRelation");
  if (referenced) ObDereferenceObject(child);
  ExFreePool(relations);
}

Child get_to_know(PDEVICE_OBJECT pdo) {
  Child child{pdo, pdo->AttachedDevice, {}};
  child.id = query_id(pdo, BusQueryDeviceID, true) + u'\\' + query_id(pdo, BusQueryInstanceID, false);
  must_answer(query_capabilities(pdo), IRP_MN_QUERY_CAPABILITIES);
  query_target_relation(pdo);
  return child;
}

/// Names what there is; nothing else of it is ours.
std::vector<PDEVICE_OBJECT> query_bus_relations(PDEVICE_OBJECT pdo) {
  ULONG_PTR answer = 0;
  const NTSTATUS status = send_pnp(
      pdo, IRP_MN_QUERY_DEVICE_RELATIONS,
      [](PIO_STACK_LOCATION location) { location->Parameters.QueryDeviceRelations.Type = BusRelations; }, &answer);
  auto* relations = reinterpret_cast<PDEVICE_RELATIONS>(answer);
  if (!NT_SUCCESS(status) || relations == nullptr) return {};
  std::vector<PDEVICE_OBJECT> devices(relations->Objects, relations->Objects + relations->Count);
  ExFreePool(relations);
  for (PDEVICE_OBJECT device : devices) {
    const bool physical = alive(device) && io::state_of(device).attached_to == nullptr;
    io::verify(physical, 0x248, 0, 0, value_of(device), "PnpIrpCompletion",
               "a driver reported a device that is no physical device object as its child");
  }
  // The driver has referenced them for us.
  for (PDEVICE_OBJECT device : devices) {
    if (alive(device)) ObDereferenceObject(device);
  }
  std::erase_if(devices, [](PDEVICE_OBJECT device) { return !alive(device); });
  return devices;
}

void check_still_there(const Child& child) {
  if (!ntos::verifier_enabled()) return;
  io::verify(alive(child.pdo), 0x221, 0, 0, value_of(child.pdo), "PnpRemove",
             "the driver of a child device deleted it on IRP_MN_REMOVE_DEVICE although the bus still reports it");
  if (child.bus_filter == nullptr) return;
  io::verify(alive(child.bus_filter), 0x223, 0, 0, value_of(child.bus_filter), "PnpRemove",
             "a bus filter deleted its device on IRP_MN_REMOVE_DEVICE although the device below is still there");
  io::verify(child.pdo->AttachedDevice == child.bus_filter, 0x222, 0, 0, value_of(child.bus_filter), "PnpRemove",
             "a bus filter detached on IRP_MN_REMOVE_DEVICE although the device below is still there");
}
}  // namespace

void enumerate_children(PDEVICE_OBJECT pdo) {
  const std::vector<PDEVICE_OBJECT> present = query_bus_relations(pdo);
  Children& known = families()[pdo];
  for (const Child& child : Children(known)) {
    if (std::find(present.begin(), present.end(), child.pdo) != present.end()) continue;
    std::erase_if(known, [&](const Child& entry) { return entry.pdo == child.pdo; });
    if (alive(child.pdo)) send_pnp(child.pdo, IRP_MN_REMOVE_DEVICE);
  }
  for (PDEVICE_OBJECT device : present) {
    if (std::any_of(known.begin(), known.end(), [&](const Child& entry) { return entry.pdo == device; })) continue;
    Child child = get_to_know(device);
    for (const Child& other : known) {
      io::verify(other.id != child.id, 0x249, 0, value_of(other.pdo), value_of(device), "PnpIrpCompletion",
                 "a driver reported two children with the same device and instance ids");
    }
    known.push_back(std::move(child));
  }
  if (known.empty()) families().erase(pdo);
}

bool is_child(PDEVICE_OBJECT pdo) {
  return std::any_of(families().begin(), families().end(), [pdo](const auto& family) {
    return std::any_of(family.second.begin(), family.second.end(), [pdo](const Child& c) { return c.pdo == pdo; });
  });
}

void remove_children(PDEVICE_OBJECT pdo, bool bus_still_there) {
  auto found = families().find(pdo);
  if (found == families().end()) return;
  const Children children = std::move(found->second);
  families().erase(found);
  for (const Child& child : children) {
    if (!alive(child.pdo)) continue;
    send_pnp(child.pdo, IRP_MN_REMOVE_DEVICE);
    if (bus_still_there) check_still_there(child);
  }
}

}  // namespace p2p::pnp
