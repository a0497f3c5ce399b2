// Kernel: loading and unloading drivers, and its routines on devices.
#include "sw/ntos/io/verify.h"

#include <string>

#include "ntos/kernel.h"
#include "sw/ntos/cm/registry.h"
#include "sw/ntos/ex/module.h"
#include "sw/ntos/ex/pool.h"
#include "sw/ntos/ex/unload.h"
#include "sw/ntos/io/device.h"
#include "sw/ntos/io/driver_hold.h"
#include "sw/ntos/io/irp.h"
#include "sw/ntos/pnp/device_node.h"
#include "sw/ntos/pnp/drivers.h"
#include "sw/ntos/pnp/exclusive.h"
#include "sw/ntos/pnp/system_power.h"
#include "sw/ntos/verifier/imports.h"

namespace p2p::ntos {

namespace {
/// The driver's image goes: what it leaves behind is lost, and code that will still be called is not there.
void discard(PDRIVER_OBJECT driver, std::string_view name) {
  const void* code = pnp::code_of(driver);
  if (verifier_enabled() && io::irps_held_by(driver) != 0) {
    bug_check(0xCE, ke::value_of(driver), 0, 0, 0, "DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS",
              std::string(name) + " was unloaded with an IRP it has not completed");
  }
  pnp::delete_driver_object(driver);
  ex::check_unloaded(code, name);
}
}  // namespace

std::int32_t Kernel::load_driver(std::string_view name, DriverEntryPoint entry) {
  const pnp::Exclusive exclusive;
  if (pnp::find_driver(std::string(name)) != nullptr) return STATUS_IMAGE_ALREADY_LOADED;
  if (verifier_enabled()) verifier::bind_imports(reinterpret_cast<const void*>(entry));
  ex::add_driver_image(entry);
  PDRIVER_OBJECT driver = pnp::create_driver_object(std::string(name), entry);
  if (driver == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
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

std::int32_t Kernel::unload_driver(std::string_view name) {
  const pnp::Exclusive exclusive;
  PDRIVER_OBJECT driver = pnp::find_driver(std::string(name));
  if (driver == nullptr) return STATUS_OBJECT_NAME_NOT_FOUND;
  // A driver without an unload routine stays, and so does one with a device in use.
  if (driver->DriverUnload == nullptr) return STATUS_INVALID_DEVICE_REQUEST;
  for (PDEVICE_OBJECT device = driver->DeviceObject; device != nullptr; device = device->NextDevice) {
    if (io::state_of(device).attached_to != nullptr) return STATUS_DEVICE_BUSY;
  }
  io::wait_until_unloadable(driver);
  const ex::Unloading unloading(pnp::code_of(driver));
  driver->DriverUnload(driver);
  KeFlushQueuedDpcs();  // as Windows does before the image goes
  discard(driver, name);
  return STATUS_SUCCESS;
}

std::int32_t Kernel::add_filter(std::string_view driver, unsigned function, bool upper) {
  const pnp::Exclusive exclusive;
  if (pnp::find_driver(std::string(driver)) == nullptr) return STATUS_OBJECT_NAME_NOT_FOUND;
  pnp::DeviceNode& node = pnp::node_of(function);
  if (node.state != pnp::NodeState::kEmpty) return STATUS_INVALID_DEVICE_STATE;
  (upper ? node.upper_filters : node.lower_filters).emplace_back(driver);
  return STATUS_SUCCESS;
}

std::int32_t Kernel::start_device(std::string_view driver, unsigned function) {
  return pnp::start(function, std::string(driver));
}

std::int32_t Kernel::stop_device(unsigned function) {
  const pnp::Exclusive exclusive;
  const NTSTATUS status = pnp::query_stop(function);
  return NT_SUCCESS(status) ? pnp::stop(function) : status;
}

std::int32_t Kernel::restart_device(unsigned function) { return pnp::restart(function); }

std::int32_t Kernel::query_remove_and_remove_device(unsigned function) {
  const pnp::Exclusive exclusive;
  const NTSTATUS status = pnp::query_remove(function);
  return NT_SUCCESS(status) ? pnp::remove(function) : status;
}

std::int32_t Kernel::surprise_remove_device(unsigned function) {
  return pnp::surprise_remove(function, pnp::Departure::kPulledOut);
}

std::int32_t Kernel::set_system_power(unsigned s_state) { return pnp::set_system_power(s_state); }

}  // namespace p2p::ntos
