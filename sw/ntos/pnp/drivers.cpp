#include "sw/ntos/ddk.h"

#include <map>

#include "ntos/ks_support.h"
#include "sw/ntos/ob/object.h"
#include "sw/ntos/pnp/drivers.h"

namespace p2p::pnp {

namespace {
constexpr ULONG kDriverTag = 0x76697244;  // "Driv"
struct Driver {
  PDRIVER_OBJECT object;
  const void* code;
};
std::map<std::string, Driver>& drivers() {
  static auto* const all = new std::map<std::string, Driver>;
  return *all;
}

NTSTATUS NTAPI invalid_request(PDEVICE_OBJECT device, PIRP irp) {
  UNREFERENCED_PARAMETER(device);
  irp->IoStatus.Status = STATUS_INVALID_DEVICE_REQUEST;
  irp->IoStatus.Information = 0;
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  return STATUS_INVALID_DEVICE_REQUEST;
}
}  // namespace

PDRIVER_OBJECT create_driver_object(const std::string& name, const void* code) {
  const std::size_t bytes = sizeof(DRIVER_OBJECT) + sizeof(DRIVER_EXTENSION);
  auto* driver = static_cast<PDRIVER_OBJECT>(ExAllocatePool2(POOL_FLAG_NON_PAGED, bytes, kDriverTag));
  if (driver == nullptr) return nullptr;
  driver->Type = 4;  // IO_TYPE_DRIVER
  driver->Size = sizeof(DRIVER_OBJECT);
  driver->DriverExtension = reinterpret_cast<PDRIVER_EXTENSION>(driver + 1);
  driver->DriverExtension->DriverObject = driver;
  driver->DriverInit = reinterpret_cast<PDRIVER_INITIALIZE>(const_cast<void*>(code));
  for (auto& routine : driver->MajorFunction) routine = invalid_request;
  drivers()[name] = {driver, code};
  ob::create(driver, ob::Kind::kDriver, [driver] { ExFreePoolWithTag(driver, kDriverTag); });
  return driver;
}

void delete_driver_object(PDRIVER_OBJECT driver) {
  std::erase_if(drivers(), [driver](const auto& entry) { return entry.second.object == driver; });
  ob::dereference(driver);
}

PDRIVER_OBJECT find_driver(const std::string& name) {
  auto found = drivers().find(name);
  return found == drivers().end() ? nullptr : found->second.object;
}

const void* code_of(PDRIVER_OBJECT driver) {
  for (const auto& [name, entry] : drivers()) {
    if (entry.object == driver) return entry.code;
  }
  return nullptr;
}

std::string driver_name(PDRIVER_OBJECT driver) {
  for (const auto& [name, entry] : drivers()) {
    if (entry.object == driver) return name;
  }
  return "?";
}

}  // namespace p2p::pnp
