// The PCI bus driver: a PDO a function, its resources, its configuration space.
#include "sw/ntos/ddk.h"

#include <initguid.h>
#include <wdmguid.h>

#include <cstring>
#include <map>

#include "ntos/ks_support.h"
#include "sw/ntos/hal/dma_adapter.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/pnp/drivers.h"

namespace p2p::pnp {

namespace {
PDRIVER_OBJECT g_bus_driver = nullptr;
std::map<unsigned, PDEVICE_OBJECT> g_pdos;

struct Extension {
  unsigned function;
};
unsigned function_of(PDEVICE_OBJECT pdo) { return static_cast<Extension*>(pdo->DeviceExtension)->function; }

NTSTATUS complete(PIRP irp, NTSTATUS status) {
  irp->IoStatus.Status = status;
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  return status;
}

ULONG config_access(unsigned function, void* buffer, ULONG offset, ULONG length, bool write) {
  auto* bytes = static_cast<std::uint8_t*>(buffer);
  if (offset >= 256) return 0;
  if (length > 256 - offset) length = 256 - offset;
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
ULONG NTAPI get_bus_data(PVOID context, ULONG type, PVOID buffer, ULONG offset, ULONG length) {
  return type == 0 ? config_access(function_of(static_cast<PDEVICE_OBJECT>(context)), buffer, offset, length, false)
                   : 0;
}
ULONG NTAPI set_bus_data(PVOID context, ULONG type, PVOID buffer, ULONG offset, ULONG length) {
  return type == 0 ? config_access(function_of(static_cast<PDEVICE_OBJECT>(context)), buffer, offset, length, true) : 0;
}

NTSTATUS query_interface(PDEVICE_OBJECT pdo, PIO_STACK_LOCATION location, NTSTATUS unchanged) {
  const auto& query = location->Parameters.QueryInterface;
  if (std::memcmp(query.InterfaceType, &GUID_BUS_INTERFACE_STANDARD, sizeof(GUID)) != 0) return unchanged;
  if (query.Size < sizeof(BUS_INTERFACE_STANDARD)) return STATUS_INVALID_PARAMETER;
  auto* interface_ = reinterpret_cast<PBUS_INTERFACE_STANDARD>(query.Interface);
  *interface_ = {};
  interface_->Size = sizeof(BUS_INTERFACE_STANDARD);
  interface_->Version = 1;
  interface_->Context = pdo;
  interface_->InterfaceReference = interface_reference;
  interface_->InterfaceDereference = interface_dereference;
  interface_->TranslateBusAddress = translate;
  interface_->GetDmaAdapter = get_adapter;
  interface_->SetBusData = set_bus_data;
  interface_->GetBusData = get_bus_data;
  ObReferenceObject(pdo);
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI pnp(PDEVICE_OBJECT pdo, PIRP irp) {
  PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  switch (location->MinorFunction) {
    case IRP_MN_START_DEVICE:
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
    case IRP_MN_SURPRISE_REMOVAL:
    case IRP_MN_REMOVE_DEVICE:
      return complete(irp, STATUS_SUCCESS);
    case IRP_MN_QUERY_INTERFACE:
      return complete(irp, query_interface(pdo, location, irp->IoStatus.Status));
    case IRP_MN_QUERY_CAPABILITIES: {
      PDEVICE_CAPABILITIES capabilities = location->Parameters.DeviceCapabilities.Capabilities;
      capabilities->SurpriseRemovalOK = FALSE;
      capabilities->Address = function_of(pdo);
      for (unsigned i = PowerSystemWorking; i < PowerSystemMaximum; ++i) {
        capabilities->DeviceState[i] = i == PowerSystemWorking ? PowerDeviceD0 : PowerDeviceD3;
      }
      return complete(irp, STATUS_SUCCESS);
    }
    case IRP_MN_READ_CONFIG:
    case IRP_MN_WRITE_CONFIG: {
      const auto& config = location->Parameters.ReadWriteConfig;
      irp->IoStatus.Information = config_access(function_of(pdo), config.Buffer, config.Offset, config.Length,
                                                location->MinorFunction == IRP_MN_WRITE_CONFIG);
      return complete(irp, STATUS_SUCCESS);
    }
    default:
      return complete(irp, irp->IoStatus.Status);  // a request this driver does not know keeps its status
  }
}

NTSTATUS NTAPI power(PDEVICE_OBJECT pdo, PIRP irp) {
  UNREFERENCED_PARAMETER(pdo);
  return complete(irp, STATUS_SUCCESS);
}
}  // namespace

PDEVICE_OBJECT pdo_of(unsigned function) {
  if (function >= ke::hardware().pci_function_count()) return nullptr;
  if (auto found = g_pdos.find(function); found != g_pdos.end()) return found->second;
  if (g_bus_driver == nullptr) {
    g_bus_driver = create_driver_object("pci");
    g_bus_driver->MajorFunction[IRP_MJ_PNP] = pnp;
    g_bus_driver->MajorFunction[IRP_MJ_POWER] = power;
  }
  PDEVICE_OBJECT pdo = nullptr;
  if (!NT_SUCCESS(IoCreateDevice(g_bus_driver, sizeof(Extension), nullptr, FILE_DEVICE_UNKNOWN, 0, FALSE, &pdo)))
    return nullptr;
  static_cast<Extension*>(pdo->DeviceExtension)->function = function;
  pdo->Flags &= ~static_cast<ULONG>(DO_DEVICE_INITIALIZING);
  hal::set_function_of(pdo, function);
  g_pdos[function] = pdo;
  return pdo;
}

int pdo_function(PDEVICE_OBJECT device) {
  for (const auto& [function, pdo] : g_pdos) {
    if (pdo == device) return static_cast<int>(function);
  }
  return -1;
}

void delete_pdo(unsigned function) {
  IoDeleteDevice(g_pdos.at(function));
  g_pdos.erase(function);
  if (g_pdos.empty()) {
    delete_driver_object(g_bus_driver);
    g_bus_driver = nullptr;
  }
}

void reset() {
  g_pdos.clear();
  g_bus_driver = nullptr;
}

}  // namespace p2p::pnp
