// A device stack that can be opened: its lowest device has a name and a link.
#pragma once

#include "tests/ntos/io_stack.h"

#include "ntos/syscalls.h"

namespace p2p::test {

inline UNICODE_STRING unicode(std::u16string_view name) {
  UNICODE_STRING string;
  string.Buffer = reinterpret_cast<PWSTR>(const_cast<char16_t*>(name.data()));
  string.Length = static_cast<USHORT>(name.size() * sizeof(WCHAR));
  string.MaximumLength = string.Length;
  return string;
}

class IoFileTest : public IoTest {
 protected:
  static constexpr std::u16string_view kLink = u"\\??\\Bench", kDevice = u"\\Device\\Bench";
  /// The first layer, named; `dispatch` sees everything but create, cleanup and close, which succeed and are counted.
  Layer& add_named(Layer::Dispatch dispatch, ULONG flags = 0) {
    Layer& layer = layers.emplace_back();
    layer.dispatch = [this, work = std::move(dispatch)](Layer& self, PIRP irp) {
      const UCHAR major = IoGetCurrentIrpStackLocation(irp)->MajorFunction;
      if (major != IRP_MJ_CREATE && major != IRP_MJ_CLEANUP && major != IRP_MJ_CLOSE) return work(self, irp);
      majors.push_back(major);
      return complete(irp, STATUS_SUCCESS);
    };
    layer.driver = pnp::create_driver_object("named");
    for (auto& routine : layer.driver->MajorFunction) routine = Layer::enter;
    UNICODE_STRING name = unicode(kDevice), link = unicode(kLink);
    EXPECT_EQ(IoCreateDevice(layer.driver, sizeof(Layer*), &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &layer.device),
              STATUS_SUCCESS);
    *static_cast<Layer**>(layer.device->DeviceExtension) = &layer;
    layer.device->Flags |= flags;
    layer.device->Flags &= ~static_cast<ULONG>(DO_DEVICE_INITIALIZING);
    EXPECT_EQ(IoCreateSymbolicLink(&link, &name), STATUS_SUCCESS);
    return layer;
  }
  nt::Handle open(bool synchronous = false, std::uint32_t access = FILE_READ_DATA | FILE_WRITE_DATA) {
    nt::Handle handle = 0;
    EXPECT_EQ(nt::create_file(&handle, access, 0, kLink, synchronous), STATUS_SUCCESS);
    return handle;
  }
  nt::Handle new_event() {
    nt::Handle handle = 0;
    EXPECT_EQ(nt::create_event(&handle, true, false), STATUS_SUCCESS);
    return handle;
  }
  static bool is_set(nt::Handle event) {
    const std::int64_t now = 0;
    return nt::wait_for_single_object(event, false, &now) == STATUS_SUCCESS;
  }
  char* user_memory(std::size_t bytes) { return static_cast<char*>(nt::allocate_virtual_memory(bytes)); }

  std::vector<UCHAR> majors;
  nt::IoStatusBlock iosb = {};
};

}  // namespace p2p::test
