#include "sw/ntos/ddk.h"

#include "sw/ntos/pnp/bus_answers.h"

#include <cstring>

#include "sw/ntos/pnp/drivers.h"

namespace p2p::pnp {

namespace {
constexpr ULONG kTag = 0x73754250;  // "PBus"

/// WMI requests are for drivers above: they end here as they came.
NTSTATUS NTAPI system_control(PDEVICE_OBJECT, PIRP irp) { return complete(irp, irp->IoStatus.Status); }
}  // namespace

PDRIVER_OBJECT create_bus_driver(const std::string& name, PDRIVER_DISPATCH pnp, PDRIVER_DISPATCH power) {
  PDRIVER_OBJECT driver = create_driver_object(name);
  if (driver == nullptr) return nullptr;
  driver->MajorFunction[IRP_MJ_PNP] = pnp;
  driver->MajorFunction[IRP_MJ_POWER] = power;
  driver->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = system_control;
  return driver;
}

void announce(PDEVICE_OBJECT pdo, DEVICE_POWER_STATE state) {
  POWER_STATE now;
  now.DeviceState = state;
  PoSetPowerState(pdo, DevicePowerState, now);
  pdo->Flags &= ~static_cast<ULONG>(DO_DEVICE_INITIALIZING);
  pdo->Flags |= DO_POWER_PAGABLE;
}

NTSTATUS complete(PIRP irp, NTSTATUS status) {
  irp->IoStatus.Status = status;
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  return status;
}

NTSTATUS answer(PIRP irp, const void* data, std::size_t bytes) {
  void* copy = ExAllocatePool2(POOL_FLAG_PAGED, bytes, kTag);
  if (copy == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  std::memcpy(copy, data, bytes);
  irp->IoStatus.Information = reinterpret_cast<ULONG_PTR>(copy);
  return STATUS_SUCCESS;
}

NTSTATUS answer_text(PIRP irp, const std::u16string& text, NTSTATUS unchanged) {
  if (text.empty()) return unchanged;
  return answer(irp, text.c_str(), (text.size() + 1) * sizeof(char16_t));  // one zero more ends a list
}

NTSTATUS answer_relations(PDEVICE_OBJECT pdo, PIRP irp, DEVICE_RELATION_TYPE type) {
  if (type != TargetDeviceRelation) return irp->IoStatus.Status;
  DEVICE_RELATIONS relations{1, {pdo}};
  const NTSTATUS status = answer(irp, &relations, sizeof relations);
  if (NT_SUCCESS(status)) ObReferenceObject(pdo);
  return status;
}

NTSTATUS answer_power_capabilities(PDEVICE_CAPABILITIES capabilities) {
  if (capabilities->Version != 1 || capabilities->Size < sizeof(DEVICE_CAPABILITIES)) return STATUS_NOT_SUPPORTED;
  for (unsigned i = PowerSystemWorking; i < PowerSystemMaximum; ++i) {
    capabilities->DeviceState[i] = i == PowerSystemWorking ? PowerDeviceD0 : PowerDeviceD3;
  }
  capabilities->SystemWake = PowerSystemUnspecified;
  capabilities->DeviceWake = PowerDeviceUnspecified;
  return STATUS_SUCCESS;
}

}  // namespace p2p::pnp
