// What the bus lets a driver read and write of its device: KsDeviceGetBusData, KsDeviceSetBusData (R-RES-5).
#include "sw/ks/ddk.h"

#include "ntos/ks_support.h"
#include "sw/ks/dispatch.h"

namespace p2p::ks {

namespace {
/// GUID_BUS_INTERFACE_STANDARD, which wdmguid.h declares.
constexpr GUID kBusInterface = {0x496b8280, 0x6f25, 0x11d0, {0xbe, 0xaf, 0x08, 0x00, 0x2b, 0xe2, 0x09, 0x2f}};

/// Sends a PnP request of our own down and waits; `location` has the parameters. The status, Information in `*done`.
NTSTATUS ask_bus(Device& device, const IO_STACK_LOCATION& location, ULONG_PTR* done) {
  KEVENT finished;
  KeInitializeEvent(&finished, NotificationEvent, FALSE);
  IO_STATUS_BLOCK iosb{};
  PIRP irp =
      IoBuildSynchronousFsdRequest(IRP_MJ_PNP, device.pub.NextDeviceObject, nullptr, 0, nullptr, &finished, &iosb);
  if (irp == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
  PIO_STACK_LOCATION next = IoGetNextIrpStackLocation(irp);
  next->MinorFunction = location.MinorFunction;
  next->Parameters = location.Parameters;
  NTSTATUS status = IoCallDriver(device.pub.NextDeviceObject, irp);
  if (status == STATUS_PENDING) {
    KeWaitForSingleObject(&finished, Executive, KernelMode, FALSE, nullptr);
    status = iosb.Status;
  }
  if (done != nullptr) *done = iosb.Information;
  return status;
}

ULONG config_by_irp(Device& device, ULONG space, PVOID buffer, ULONG offset, ULONG length, UCHAR minor) {
  require_passive(minor == IRP_MN_READ_CONFIG ? "KsDeviceGetBusData without a bus interface"
                                              : "KsDeviceSetBusData without a bus interface");
  IO_STACK_LOCATION location{};
  location.MinorFunction = minor;
  location.Parameters.ReadWriteConfig.WhichSpace = space;
  location.Parameters.ReadWriteConfig.Buffer = buffer;
  location.Parameters.ReadWriteConfig.Offset = offset;
  location.Parameters.ReadWriteConfig.Length = length;
  return NT_SUCCESS(ask_bus(device, location, nullptr)) ? length : 0;
}
}  // namespace

void open_bus(Device& device) {
  if (device.bus.Size != 0) return;  // of an earlier START
  IO_STACK_LOCATION location{};
  location.MinorFunction = IRP_MN_QUERY_INTERFACE;
  location.Parameters.QueryInterface.InterfaceType = &kBusInterface;
  location.Parameters.QueryInterface.Size = sizeof device.bus;
  location.Parameters.QueryInterface.Version = 1;
  location.Parameters.QueryInterface.Interface = reinterpret_cast<PINTERFACE>(&device.bus);
  if (!NT_SUCCESS(ask_bus(device, location, nullptr))) device.bus = {};
}

void close_bus(Device& device) {
  if (device.bus.Size == 0) return;
  device.bus.InterfaceDereference(device.bus.Context);
  device.bus = {};
}

}  // namespace p2p::ks

using namespace p2p::ks;

extern "C" {

// R-RES-5. IRQL <= DISPATCH_LEVEL, PASSIVE_LEVEL where the bus has no interface. The bytes read; 0 after an error.
ULONG NTAPI KsDeviceGetBusData(PKSDEVICE Device, ULONG DataType, PVOID Buffer, ULONG Offset, ULONG Length) {
  auto& device = *reinterpret_cast<p2p::ks::Device*>(Device);
  if (device.bus.Size == 0) return config_by_irp(device, DataType, Buffer, Offset, Length, IRP_MN_READ_CONFIG);
  return device.bus.GetBusData(device.bus.Context, DataType, Buffer, Offset, Length);
}

// The same; the bytes written.
ULONG NTAPI KsDeviceSetBusData(PKSDEVICE Device, ULONG DataType, PVOID Buffer, ULONG Offset, ULONG Length) {
  auto& device = *reinterpret_cast<p2p::ks::Device*>(Device);
  if (device.bus.Size == 0) return config_by_irp(device, DataType, Buffer, Offset, Length, IRP_MN_WRITE_CONFIG);
  return device.bus.SetBusData(device.bus.Context, DataType, Buffer, Offset, Length);
}

}  // extern "C"
