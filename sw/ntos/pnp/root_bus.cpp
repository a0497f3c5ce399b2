// What the PnP manager itself answers for a device that was installed by hand: it is there, needs nothing, and is
// always on.
#include "sw/ntos/ddk.h"

#include <initguid.h>
#include <wdmguid.h>

#include "sw/ntos/pnp/bus_answers.h"
#include "sw/ntos/pnp/drivers.h"
#include "sw/ntos/pnp/root_bus.h"

namespace p2p::pnp {

namespace {
struct RootBus {
  PDRIVER_OBJECT driver = nullptr;
  PDEVICE_OBJECT pdo = nullptr;
};
RootBus& bus() {
  static auto* const state = new RootBus;
  return *state;
}

NTSTATUS query_capabilities(PDEVICE_CAPABILITIES capabilities) {
  const NTSTATUS status = answer_power_capabilities(capabilities);
  if (!NT_SUCCESS(status)) return status;
  capabilities->SilentInstall = TRUE;
  capabilities->UniqueID = TRUE;
  return status;
}

NTSTATUS query_bus_information(PIRP irp) {
  const PNP_BUS_INFORMATION information{GUID_BUS_TYPE_INTERNAL, Internal, 0};
  return answer(irp, &information, sizeof information);
}

NTSTATUS answer_pnp(PDEVICE_OBJECT pdo, PIRP irp) {
  PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  const NTSTATUS unchanged = irp->IoStatus.Status;  // of a request this bus does not know
  switch (location->MinorFunction) {
    case IRP_MN_START_DEVICE:
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
    case IRP_MN_REMOVE_DEVICE:
    case IRP_MN_SURPRISE_REMOVAL:
    case IRP_MN_DEVICE_USAGE_NOTIFICATION:
      return STATUS_SUCCESS;
    case IRP_MN_QUERY_CAPABILITIES:
      return query_capabilities(location->Parameters.DeviceCapabilities.Capabilities);
    case IRP_MN_QUERY_DEVICE_RELATIONS:
      return answer_relations(pdo, irp, location->Parameters.QueryDeviceRelations.Type);
    case IRP_MN_QUERY_BUS_INFORMATION:
      return query_bus_information(irp);
    case IRP_MN_QUERY_ID:
      return answer_text(irp, root_id(location->Parameters.QueryId.IdType), unchanged);
    case IRP_MN_QUERY_DEVICE_TEXT:
      return answer_text(irp, root_text(location->Parameters.QueryDeviceText.DeviceTextType), unchanged);
    default:
      return unchanged;
  }
}

NTSTATUS NTAPI pnp(PDEVICE_OBJECT pdo, PIRP irp) { return complete(irp, answer_pnp(pdo, irp)); }

NTSTATUS NTAPI power(PDEVICE_OBJECT pdo, PIRP irp) {
  PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  const auto& parameters = location->Parameters.Power;
  PoStartNextPowerIrp(irp);
  const bool set = location->MinorFunction == IRP_MN_SET_POWER;
  if (set && parameters.Type == DevicePowerState) PoSetPowerState(pdo, DevicePowerState, parameters.State);
  const bool known = set || location->MinorFunction == IRP_MN_QUERY_POWER;
  return complete(irp, known ? STATUS_SUCCESS : irp->IoStatus.Status);
}

void delete_driver() {
  delete_driver_object(bus().driver);
  bus().driver = nullptr;
}
}  // namespace

PDEVICE_OBJECT existing_root_pdo() { return bus().pdo; }

PDEVICE_OBJECT root_pdo() {
  if (bus().pdo != nullptr) return bus().pdo;
  if (bus().driver == nullptr) bus().driver = create_bus_driver("PnpManager", pnp, power);
  if (bus().driver == nullptr) return nullptr;
  PDEVICE_OBJECT pdo = nullptr;
  if (!NT_SUCCESS(IoCreateDevice(bus().driver, 0, nullptr, FILE_DEVICE_UNKNOWN, 0, FALSE, &pdo))) {
    delete_driver();
    return nullptr;
  }
  announce(pdo, PowerDeviceD0);
  bus().pdo = pdo;
  return pdo;
}

void delete_root_pdo() {
  IoDeleteDevice(bus().pdo);
  bus().pdo = nullptr;
  delete_driver();
}

std::u16string root_id(BUS_QUERY_ID_TYPE type) {
  switch (type) {
    case BusQueryDeviceID:
      return u"ROOT\\MEDIA";
    case BusQueryInstanceID:
      return u"0000";
    case BusQueryHardwareIDs:
      return std::u16string(u"ROOT\\MEDIA") + u'\0';
    default:
      return {};
  }
}

std::u16string root_text(DEVICE_TEXT_TYPE type) {
  return type == DeviceTextDescription ? u"Root-enumerated device" : u"";
}

}  // namespace p2p::pnp
