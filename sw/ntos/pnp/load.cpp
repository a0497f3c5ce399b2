// Kernel: loading drivers, starting and removing devices.
#include "sw/ntos/ddk.h"

#include <cstring>
#include <memory>
#include <string>

#include "ntos/kernel.h"
#include "ntos/ks_support.h"
#include "sw/ntos/cm/registry.h"
#include "sw/ntos/ex/pool.h"
#include "sw/ntos/ex/work_item.h"
#include "sw/ntos/io/completion_ex.h"
#include "sw/ntos/io/request.h"
#include "sw/ntos/ke/cpu.h"
#include "sw/ntos/ke/interrupt.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/pnp/drivers.h"

namespace p2p::ntos {

namespace {
/// One memory range and one line, as R-RES-3 lays them out. Raw and translated are the same on this machine but for the
/// interrupt's level.
struct Resources {
  alignas(CM_RESOURCE_LIST) unsigned char bytes[sizeof(CM_RESOURCE_LIST) + sizeof(CM_PARTIAL_RESOURCE_DESCRIPTOR)];
  PCM_RESOURCE_LIST list() { return reinterpret_cast<PCM_RESOURCE_LIST>(bytes); }
};

void fill(Resources& resources, const PciFunctionInfo& info, bool translated) {
  std::memset(resources.bytes, 0, sizeof resources.bytes);
  PCM_RESOURCE_LIST list = resources.list();
  list->Count = 1;
  list->List[0].InterfaceType = PCIBus;
  CM_PARTIAL_RESOURCE_LIST& partial = list->List[0].PartialResourceList;
  partial.Version = 1;
  partial.Revision = 1;
  partial.Count = 2;
  CM_PARTIAL_RESOURCE_DESCRIPTOR& memory = partial.PartialDescriptors[0];
  memory.Type = CmResourceTypeMemory;
  memory.ShareDisposition = CmResourceShareDeviceExclusive;
  memory.Flags = CM_RESOURCE_MEMORY_READ_WRITE;
  memory.u.Memory.Start.QuadPart = static_cast<LONGLONG>(info.bar0_physical);
  memory.u.Memory.Length = static_cast<ULONG>(info.bar0_bytes);
  CM_PARTIAL_RESOURCE_DESCRIPTOR& interrupt = (&partial.PartialDescriptors[0])[1];
  interrupt.Type = CmResourceTypeInterrupt;
  interrupt.ShareDisposition = CmResourceShareShared;
  interrupt.Flags = CM_RESOURCE_INTERRUPT_LEVEL_SENSITIVE;
  interrupt.u.Interrupt.Level = translated ? ke::kDeviceIrql : info.interrupt_line;
  interrupt.u.Interrupt.Vector = info.interrupt_line;
  interrupt.u.Interrupt.Affinity = KeQueryActiveProcessors();
}

/// The driver's image goes: what it leaves behind in the pool is lost.
void discard(PDRIVER_OBJECT driver, std::string_view name) {
  const void* code = pnp::code_of(driver);
  pnp::delete_driver_object(driver);
  ex::check_pool_at_unload(code, name);
}

NTSTATUS remove(unsigned function, PDEVICE_OBJECT pdo) {
  const NTSTATUS status = pnp::send_pnp(pdo, IRP_MN_REMOVE_DEVICE);
  if (verifier_enabled() && pdo->AttachedDevice != nullptr) {
    bug_check(0xC9, 0x21D, 0, 0, 0, "PnpRemove", "a driver did not detach its device on IRP_MN_REMOVE_DEVICE");
  }
  ke::forget_device_line(pdo);
  pnp::delete_pdo(function);
  return status;
}
}  // namespace

std::int32_t Kernel::load_driver(std::string_view name, DriverEntryPoint entry) {
  if (pnp::find_driver(std::string(name)) != nullptr) return STATUS_IMAGE_ALREADY_LOADED;
  PDRIVER_OBJECT driver = pnp::create_driver_object(std::string(name), entry);
  const std::u16string wide_name(name.begin(), name.end());
  cm::service_key(wide_name);
  std::u16string path = std::u16string(cm::kServices) + u'\\' + wide_name;
  UNICODE_STRING registry_path{};
  registry_path.Buffer = reinterpret_cast<PWSTR>(path.data());
  registry_path.Length = static_cast<USHORT>(path.size() * sizeof(WCHAR));
  registry_path.MaximumLength = registry_path.Length;
  const NTSTATUS status = reinterpret_cast<PDRIVER_INITIALIZE>(entry)(driver, &registry_path);
  if (!NT_SUCCESS(status)) discard(driver, name);
  return status;
}

std::int32_t Kernel::start_device(std::string_view driver_name, unsigned function) {
  PDRIVER_OBJECT driver = pnp::find_driver(std::string(driver_name));
  if (driver == nullptr) return STATUS_OBJECT_NAME_NOT_FOUND;
  PDEVICE_OBJECT pdo = pnp::pdo_of(function);
  if (pdo == nullptr) return STATUS_NO_SUCH_DEVICE;
  if (driver->DriverExtension->AddDevice == nullptr) return STATUS_DRIVER_UNABLE_TO_LOAD;
  NTSTATUS status = driver->DriverExtension->AddDevice(driver, pdo);
  if (!NT_SUCCESS(status)) return status;
  // The bus has decoded and mastered since the firmware; START says so to the function again.
  constexpr unsigned kCommand = 4;
  ke::hardware().config_write(function, kCommand, 2, ke::hardware().config_read(function, kCommand, 2) | 0x6);
  Resources raw, translated;
  fill(raw, ke::hardware().pci_function(function), false);
  fill(translated, ke::hardware().pci_function(function), true);
  ke::set_device_line(pdo, ke::hardware().pci_function(function).interrupt_line);
  status = pnp::send_pnp(pdo, IRP_MN_START_DEVICE, raw.list(), translated.list());
  if (!NT_SUCCESS(status)) remove(function, pdo);  // R-PNP-7
  return status;
}

std::int32_t Kernel::query_remove_and_remove_device(unsigned function) {
  PDEVICE_OBJECT pdo = pnp::pdo_of(function);
  if (pdo == nullptr) return STATUS_NO_SUCH_DEVICE;
  const NTSTATUS status = pnp::send_pnp(pdo, IRP_MN_QUERY_REMOVE_DEVICE);
  if (!NT_SUCCESS(status)) {
    pnp::send_pnp(pdo, IRP_MN_CANCEL_REMOVE_DEVICE);
    return status;
  }
  return remove(function, pdo);
}

std::int32_t Kernel::surprise_remove_device(unsigned function) {
  PDEVICE_OBJECT pdo = pnp::pdo_of(function);
  if (pdo == nullptr) return STATUS_NO_SUCH_DEVICE;
  const NTSTATUS status = pnp::send_pnp(pdo, IRP_MN_SURPRISE_REMOVAL);
  if (io::open_files(pdo) == 0) return remove(function, pdo);
  io::when_closed(pdo, [function, pdo] { ex::queue_work([function, pdo] { remove(function, pdo); }); });  // R-PNP-8
  return status;
}

std::int32_t Kernel::unload_driver(std::string_view name) {
  PDRIVER_OBJECT driver = pnp::find_driver(std::string(name));
  if (driver == nullptr) return STATUS_OBJECT_NAME_NOT_FOUND;
  if (driver->DriverUnload == nullptr) return STATUS_INVALID_DEVICE_REQUEST;  // a driver without one stays
  io::wait_until_unloadable(driver);
  driver->DriverUnload(driver);
  discard(driver, name);
  return STATUS_SUCCESS;
}

}  // namespace p2p::ntos
