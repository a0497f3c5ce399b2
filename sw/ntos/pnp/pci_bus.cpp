// The PCI bus driver: a PDO a function, and what it answers.
#include "sw/ntos/ddk.h"

#include <initguid.h>
#include <wdmguid.h>

#include <cstring>
#include <map>

#include "ntos/ks_support.h"
#include "sw/ntos/hal/dma_adapter.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/pnp/bus_answers.h"
#include "sw/ntos/pnp/drivers.h"
#include "sw/ntos/pnp/pci_bus.h"
#include "sw/ntos/pnp/pci_messages.h"
#include "sw/ntos/pnp/resources.h"
#include "sw/ntos/pnp/root_bus.h"

namespace p2p::pnp {

namespace {
struct Extension {
  unsigned function;
  DEVICE_POWER_STATE power;
};
struct Bus {
  PDRIVER_OBJECT driver = nullptr;
  std::map<unsigned, PDEVICE_OBJECT> pdos;
};
Bus& bus() {
  static auto* const state = new Bus;
  return *state;
}
Extension& extension_of(PDEVICE_OBJECT pdo) { return *static_cast<Extension*>(pdo->DeviceExtension); }

VOID NTAPI interface_reference(PVOID context) { ObReferenceObject(context); }
VOID NTAPI interface_dereference(PVOID context) { ObDereferenceObject(context); }
BOOLEAN NTAPI translate(PVOID context, PHYSICAL_ADDRESS address, ULONG length, PULONG space,
                        PPHYSICAL_ADDRESS translated) {
  UNREFERENCED_PARAMETER(context);
  UNREFERENCED_PARAMETER(length);
  UNREFERENCED_PARAMETER(space);
  *translated = address;
  return TRUE;
}
PDMA_ADAPTER NTAPI get_adapter(PVOID context, PDEVICE_DESCRIPTION description, PULONG registers) {
  return IoGetDmaAdapter(static_cast<PDEVICE_OBJECT>(context), description, registers);
}
ULONG bus_data(PVOID context, ULONG type, PVOID buffer, ULONG offset, ULONG length, bool write) {
  const unsigned function = extension_of(static_cast<PDEVICE_OBJECT>(context)).function;
  return type == PCI_WHICHSPACE_CONFIG ? config_access(function, buffer, offset, length, write) : 0;
}
ULONG NTAPI get_bus_data(PVOID context, ULONG type, PVOID buffer, ULONG offset, ULONG length) {
  return bus_data(context, type, buffer, offset, length, false);
}
ULONG NTAPI set_bus_data(PVOID context, ULONG type, PVOID buffer, ULONG offset, ULONG length) {
  return bus_data(context, type, buffer, offset, length, true);
}

// R-RES-4.
NTSTATUS query_interface(PDEVICE_OBJECT pdo, PIO_STACK_LOCATION location, NTSTATUS unchanged) {
  const auto& query = location->Parameters.QueryInterface;
  if (std::memcmp(query.InterfaceType, &GUID_BUS_INTERFACE_STANDARD, sizeof(GUID)) != 0) return unchanged;
  if (query.Size < sizeof(BUS_INTERFACE_STANDARD)) return STATUS_INVALID_PARAMETER;
  auto* standard = reinterpret_cast<PBUS_INTERFACE_STANDARD>(query.Interface);
  *standard = {};
  standard->Size = sizeof(BUS_INTERFACE_STANDARD);
  standard->Version = 1;
  standard->Context = pdo;
  standard->InterfaceReference = interface_reference;
  standard->InterfaceDereference = interface_dereference;
  standard->TranslateBusAddress = translate;
  standard->GetDmaAdapter = get_adapter;
  standard->SetBusData = set_bus_data;
  standard->GetBusData = get_bus_data;
  interface_reference(pdo);
  return STATUS_SUCCESS;
}

NTSTATUS query_capabilities(PDEVICE_OBJECT pdo, PDEVICE_CAPABILITIES capabilities) {
  const NTSTATUS status = answer_power_capabilities(capabilities);
  if (!NT_SUCCESS(status)) return status;
  capabilities->SurpriseRemovalOK = FALSE;
  capabilities->UniqueID = FALSE;
  capabilities->Address = extension_of(pdo).function << 16;  // device number, function 0
  return status;
}

NTSTATUS answer_list(PIRP irp, void* list) {
  irp->IoStatus.Information = reinterpret_cast<ULONG_PTR>(list);
  return list != nullptr ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

NTSTATUS query_bus_information(PIRP irp) {
  const PNP_BUS_INFORMATION information{GUID_BUS_TYPE_PCI, PCIBus, 0};
  return answer(irp, &information, sizeof information);
}

void set_power(PDEVICE_OBJECT pdo, DEVICE_POWER_STATE state) {
  Extension& extension = extension_of(pdo);
  if (state == extension.power) return;
  extension.power = state;
  set_function_power(extension.function, state);
  POWER_STATE power;
  power.DeviceState = state;
  PoSetPowerState(pdo, DevicePowerState, power);
}

/// The bus driver powers a device up before its function driver sees it, and decodes what it was assigned.
NTSTATUS start_function(PDEVICE_OBJECT pdo) {
  set_power(pdo, PowerDeviceD0);
  program_messages(extension_of(pdo).function);
  enable_function(extension_of(pdo).function);
  return STATUS_SUCCESS;
}

NTSTATUS remove_function(PDEVICE_OBJECT pdo) {
  set_power(pdo, PowerDeviceD3);
  return STATUS_SUCCESS;
}

NTSTATUS answer_pnp(PDEVICE_OBJECT pdo, PIRP irp) {
  PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  const unsigned function = extension_of(pdo).function;
  const NTSTATUS unchanged = irp->IoStatus.Status;  // of a request this driver does not know
  switch (location->MinorFunction) {
    case IRP_MN_START_DEVICE:
      return start_function(pdo);
    case IRP_MN_REMOVE_DEVICE:
      return remove_function(pdo);
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
    case IRP_MN_SURPRISE_REMOVAL:
    case IRP_MN_DEVICE_USAGE_NOTIFICATION:
      return STATUS_SUCCESS;
    case IRP_MN_QUERY_INTERFACE:
      return query_interface(pdo, location, unchanged);
    case IRP_MN_QUERY_CAPABILITIES:
      return query_capabilities(pdo, location->Parameters.DeviceCapabilities.Capabilities);
    case IRP_MN_QUERY_DEVICE_RELATIONS:
      return answer_relations(pdo, irp, location->Parameters.QueryDeviceRelations.Type);
    case IRP_MN_QUERY_BUS_INFORMATION:
      return query_bus_information(irp);
    case IRP_MN_QUERY_ID:
      return answer_text(irp, bus_id(function, location->Parameters.QueryId.IdType), unchanged);
    case IRP_MN_QUERY_DEVICE_TEXT:
      return answer_text(irp, device_text(function, location->Parameters.QueryDeviceText.DeviceTextType), unchanged);
    case IRP_MN_QUERY_RESOURCES:
      return answer_list(irp, resource_list(function, false));
    case IRP_MN_QUERY_RESOURCE_REQUIREMENTS:
      return answer_list(irp, resource_requirements(function));
    case IRP_MN_READ_CONFIG:
    case IRP_MN_WRITE_CONFIG: {
      const auto& config = location->Parameters.ReadWriteConfig;
      if (config.WhichSpace != PCI_WHICHSPACE_CONFIG) return STATUS_INVALID_PARAMETER;
      irp->IoStatus.Information = config_access(function, config.Buffer, config.Offset, config.Length,
                                                location->MinorFunction == IRP_MN_WRITE_CONFIG);
      return STATUS_SUCCESS;
    }
    default:
      return unchanged;
  }
}

NTSTATUS NTAPI pnp(PDEVICE_OBJECT pdo, PIRP irp) { return complete(irp, answer_pnp(pdo, irp)); }

NTSTATUS NTAPI power(PDEVICE_OBJECT pdo, PIRP irp) {
  PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  const auto& parameters = location->Parameters.Power;
  PoStartNextPowerIrp(irp);
  switch (location->MinorFunction) {
    case IRP_MN_SET_POWER:
      if (parameters.Type == DevicePowerState) set_power(pdo, parameters.State.DeviceState);
      return complete(irp, STATUS_SUCCESS);
    case IRP_MN_QUERY_POWER:
      return complete(irp, STATUS_SUCCESS);
    default:
      return complete(irp, irp->IoStatus.Status);  // nothing wakes this machine
  }
}
}  // namespace

ULONG config_access(unsigned function, void* buffer, ULONG offset, ULONG length, bool write) {
  auto* bytes = static_cast<std::uint8_t*>(buffer);
  constexpr ULONG kSpace = 256;
  if (offset >= kSpace) return 0;
  if (length > kSpace - offset) length = kSpace - offset;
  for (ULONG i = 0; i < length;) {
    const ULONG at = offset + i;
    const unsigned width = at % 4 == 0 && length - i >= 4 ? 4u : at % 2 == 0 && length - i >= 2 ? 2u : 1u;
    std::uint32_t value = 0;
    if (write) {
      std::memcpy(&value, bytes + i, width);
      ke::hardware().config_write(function, at, width, value);
    } else {
      value = ke::hardware().config_read(function, at, width);
      std::memcpy(bytes + i, &value, width);
    }
    i += width;
  }
  return length;
}

PDEVICE_OBJECT existing_pdo_of(unsigned function) {
  if (is_root_device(function)) return existing_root_pdo();
  auto found = bus().pdos.find(function);
  return found == bus().pdos.end() ? nullptr : found->second;
}

namespace {
/// The bus driver lives as long as there is a device on the bus.
void release_unused_driver() {
  if (!bus().pdos.empty()) return;
  delete_driver_object(bus().driver);
  bus().driver = nullptr;
}
}  // namespace

PDEVICE_OBJECT pdo_of(unsigned function) {
  if (is_root_device(function)) return root_pdo();
  if (function >= ke::hardware().pci_function_count()) return nullptr;
  if (PDEVICE_OBJECT known = existing_pdo_of(function); known != nullptr) return known;
  if (bus().driver == nullptr) bus().driver = create_bus_driver("pci", pnp, power);
  if (bus().driver == nullptr) return nullptr;
  PDEVICE_OBJECT pdo = nullptr;
  const NTSTATUS status = IoCreateDevice(bus().driver, sizeof(Extension), nullptr, FILE_DEVICE_UNKNOWN, 0, FALSE, &pdo);
  if (!NT_SUCCESS(status)) {
    release_unused_driver();
    return nullptr;
  }
  extension_of(pdo).function = function;
  extension_of(pdo).power = function_power(function);
  announce(pdo, extension_of(pdo).power);
  hal::set_function_of(pdo, function);
  bus().pdos[function] = pdo;
  return pdo;
}

int pdo_function(PDEVICE_OBJECT device) {
  if (device != nullptr && device == existing_root_pdo()) return static_cast<int>(ntos::kRootDevice);
  for (const auto& [function, pdo] : bus().pdos) {
    if (pdo == device) return static_cast<int>(function);
  }
  return -1;
}

void delete_pdo(unsigned function) {
  if (is_root_device(function)) return delete_root_pdo();
  IoDeleteDevice(bus().pdos.at(function));
  bus().pdos.erase(function);
  release_unused_driver();
}

}  // namespace p2p::pnp
