// WDM drivers as the PnP manager loads them: filters and a function driver that note what passes through them.
#pragma once

#include "tests/ntos/kernel_fixture.h"

#include <map>
#include <set>

#include "ntos/syscalls.h"
#include "sw/ntos/pnp/device_node.h"
#include "sw/ntos/pnp/pci_bus.h"

namespace p2p::test {

struct PnpDriver {
  explicit PnpDriver(std::string its_name) : name(std::move(its_name)) {}
  std::string name;
  std::vector<std::string>* log = nullptr;
  std::map<UCHAR, NTSTATUS> fails;        // PnP minor functions it fails, without passing them down
  std::map<UCHAR, NTSTATUS> power_fails;  // the same for power
  NTSTATUS add_fails = STATUS_SUCCESS;
  bool detaches = true, deletes = true;  // on REMOVE
  bool detaches_on_surprise = false, deletes_on_surprise = false;
  bool swallows_start = false;  // completes it without passing it down
  bool keeps_initializing = false;
  std::function<void(PIO_STACK_LOCATION)> on_start;
  std::function<void(UCHAR)> on_pnp;                   // before anything else
  std::function<NTSTATUS(PnpDriver&, PIRP)> on_power;  // instead of passing it down

  PDRIVER_OBJECT driver = nullptr;
  PDEVICE_OBJECT pdo = nullptr, device = nullptr, lower = nullptr;
  NTSTATUS pass_down(PIRP irp) const {
    IoSkipCurrentIrpStackLocation(irp);
    return IoCallDriver(lower, irp);
  }
};

/// Drivers by the name they are loaded under.
inline std::map<std::u16string, PnpDriver*>& pnp_drivers() {
  static std::map<std::u16string, PnpDriver*> all;
  return all;
}

inline const char* pnp_name(UCHAR minor) {
  static const std::map<UCHAR, const char*> names = {{IRP_MN_START_DEVICE, "start"},
                                                     {IRP_MN_QUERY_REMOVE_DEVICE, "query_remove"},
                                                     {IRP_MN_REMOVE_DEVICE, "remove"},
                                                     {IRP_MN_CANCEL_REMOVE_DEVICE, "cancel_remove"},
                                                     {IRP_MN_STOP_DEVICE, "stop"},
                                                     {IRP_MN_QUERY_STOP_DEVICE, "query_stop"},
                                                     {IRP_MN_CANCEL_STOP_DEVICE, "cancel_stop"},
                                                     {IRP_MN_SURPRISE_REMOVAL, "surprise"}};
  auto found = names.find(minor);
  return found == names.end() ? nullptr : found->second;
}

class PnpTest : public KernelTest {
 protected:
  static PnpDriver& of(PDEVICE_OBJECT device) { return **static_cast<PnpDriver**>(device->DeviceExtension); }
  static NTSTATUS complete(PIRP irp, NTSTATUS status) {
    irp->IoStatus.Status = status;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
  }
  static NTSTATUS NTAPI other(PDEVICE_OBJECT device, PIRP irp) {
    const UCHAR major = IoGetCurrentIrpStackLocation(irp)->MajorFunction;
    const bool of_file = major == IRP_MJ_CREATE || major == IRP_MJ_CLEANUP || major == IRP_MJ_CLOSE;
    return of_file ? complete(irp, STATUS_SUCCESS) : of(device).pass_down(irp);
  }
  static NTSTATUS NTAPI pnp(PDEVICE_OBJECT device, PIRP irp) {
    PnpDriver& self = of(device);
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
    const UCHAR minor = location->MinorFunction;
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    const char* name = pnp_name(minor);
    if (name == nullptr) return self.pass_down(irp);
    self.log->push_back(self.name + "." + name);
    if (self.on_pnp) self.on_pnp(minor);
    if (auto fails = self.fails.find(minor); fails != self.fails.end()) return complete(irp, fails->second);
    if (minor == IRP_MN_START_DEVICE) {
      if (self.swallows_start) return complete(irp, STATUS_SUCCESS);
      IoForwardIrpSynchronously(self.lower, irp);
      self.log->push_back(self.name + ".started");
      if (self.on_start) self.on_start(location);
      return complete(irp, irp->IoStatus.Status);
    }
    irp->IoStatus.Status = STATUS_SUCCESS;
    const bool removing = minor == IRP_MN_REMOVE_DEVICE, surprise = minor == IRP_MN_SURPRISE_REMOVAL;
    const NTSTATUS status = self.pass_down(irp);
    if ((removing && self.detaches) || (surprise && self.detaches_on_surprise)) IoDetachDevice(self.lower);
    if ((removing && self.deletes) || (surprise && self.deletes_on_surprise)) IoDeleteDevice(device);
    return status;
  }
  static NTSTATUS NTAPI power_up(PDEVICE_OBJECT device, PIRP irp, PVOID) {
    of(device).log->push_back(of(device).name + ".up");
    if (irp->PendingReturned) IoMarkIrpPending(irp);
    return STATUS_SUCCESS;
  }
  /// Down before the lower drivers, up after them.
  static NTSTATUS NTAPI power(PDEVICE_OBJECT device, PIRP irp) {
    PnpDriver& self = of(device);
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
    const auto& parameters = location->Parameters.Power;
    if (location->MinorFunction > IRP_MN_QUERY_POWER) return self.pass_down(irp);
    const bool query = location->MinorFunction == IRP_MN_QUERY_POWER;
    const bool system = parameters.Type == SystemPowerState;
    self.log->push_back(text(
        self.name, query ? ".query_" : ".set_", system ? "S" : "D",
        system ? parameters.State.SystemState - PowerSystemWorking : parameters.State.DeviceState - PowerDeviceD0));
    if (auto fails = self.power_fails.find(location->MinorFunction); fails != self.power_fails.end()) {
      return complete(irp, fails->second);
    }
    if (self.on_power) return self.on_power(self, irp);
    const bool up = !system && !query && parameters.State.DeviceState == PowerDeviceD0;
    PoStartNextPowerIrp(irp);
    if (!up) {
      IoSkipCurrentIrpStackLocation(irp);
      return PoCallDriver(self.lower, irp);
    }
    IoCopyCurrentIrpStackLocationToNext(irp);
    IoSetCompletionRoutine(irp, power_up, nullptr, TRUE, TRUE, TRUE);
    return PoCallDriver(self.lower, irp);
  }
  static NTSTATUS NTAPI add_device(PDRIVER_OBJECT driver, PDEVICE_OBJECT pdo) {
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    PnpDriver* self = nullptr;
    for (auto& [name, entry] : pnp_drivers()) {
      if (entry->driver == driver) self = entry;
    }
    self->log->push_back(self->name + ".add");
    if (!NT_SUCCESS(self->add_fails)) return self->add_fails;
    const NTSTATUS status =
        IoCreateDevice(driver, sizeof(PnpDriver*), nullptr, FILE_DEVICE_UNKNOWN, 0, FALSE, &self->device);
    if (!NT_SUCCESS(status)) return status;
    *static_cast<PnpDriver**>(self->device->DeviceExtension) = self;
    self->pdo = pdo;
    self->lower = IoAttachDeviceToDeviceStack(self->device, pdo);
    self->device->Flags |= self->lower->Flags & DO_POWER_PAGABLE;
    if (!self->keeps_initializing) self->device->Flags &= ~static_cast<ULONG>(DO_DEVICE_INITIALIZING);
    return STATUS_SUCCESS;
  }
  static VOID NTAPI unload(PDRIVER_OBJECT driver) {
    for (auto& [name, entry] : pnp_drivers()) {
      if (entry->driver == driver) entry->log->push_back(entry->name + ".unload");
    }
  }
  static NTSTATUS NTAPI entry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
    std::u16string name(reinterpret_cast<char16_t*>(path->Buffer), path->Length / sizeof(WCHAR));
    name.erase(0, name.rfind(u'\\') + 1);
    pnp_drivers().at(name)->driver = driver;
    for (auto& routine : driver->MajorFunction) routine = other;
    driver->MajorFunction[IRP_MJ_PNP] = pnp;
    driver->MajorFunction[IRP_MJ_POWER] = power;
    driver->DriverExtension->AddDevice = add_device;
    driver->DriverUnload = unload;
    return STATUS_SUCCESS;
  }
  void load(PnpDriver& driver) {
    driver.log = &log;
    pnp_drivers()[std::u16string(driver.name.begin(), driver.name.end())] = &driver;
    EXPECT_EQ(kernel->load_driver(driver.name, reinterpret_cast<void*>(&entry)), STATUS_SUCCESS);
  }
  /// Loads all three and puts the filters in their places.
  void load_stack() {
    for (PnpDriver* driver : {&lower, &function, &upper}) load(*driver);
    EXPECT_EQ(kernel->add_filter("lower", 0, false), STATUS_SUCCESS);
    EXPECT_EQ(kernel->add_filter("upper", 0, true), STATUS_SUCCESS);
  }
  /// What was noted since the last call.
  std::vector<std::string> noted() { return std::exchange(log, {}); }
  using Log = std::vector<std::string>;

  std::vector<std::string> log;
  PnpDriver lower{"lower"}, function{"function"}, upper{"upper"};
};

/// The whole stack, started.
class PnpStackTest : public PnpTest {
 protected:
  static constexpr GUID kClass = {0x11223344, 0x5566, 0x7788, {1, 2, 3, 4, 5, 6, 7, 8}};
  void start() {
    load_stack();
    EXPECT_EQ(kernel->start_device("function", 0), STATUS_SUCCESS);
    noted();
  }
  /// A handle to the stack through an interface of its PDO.
  nt::Handle open() {
    UNICODE_STRING link;
    EXPECT_TRUE(NT_SUCCESS(IoRegisterDeviceInterface(function.pdo, &kClass, nullptr, &link)));
    IoSetDeviceInterfaceState(&link, TRUE);
    const std::u16string name(reinterpret_cast<char16_t*>(link.Buffer), link.Length / sizeof(WCHAR));
    RtlFreeUnicodeString(&link);
    nt::Handle file = 0;
    EXPECT_EQ(nt::create_file(&file, 0, 0, name, false), STATUS_SUCCESS);
    return file;
  }
};

}  // namespace p2p::test
