// Device objects, stacks with filters above and below, names, links and interfaces; forwarding and waiting.
#include "tests/ntos/io_file.h"

#include "sw/ntos/ob/object.h"
#include "sw/ntos/verifier/imports.h"

namespace p2p::test {
namespace {

const GUID kClass = {0x11223344, 0x5566, 0x7788, {1, 2, 3, 4, 5, 6, 7, 8}};
const GUID kOtherClass = {0x99223344, 0x5566, 0x7788, {1, 2, 3, 4, 5, 6, 7, 8}};

class IoDevice : public IoFileTest {
 protected:
  Layer& add_answering() {
    return add_named([](Layer&, PIRP irp) { return complete(irp, STATUS_SUCCESS); });
  }
  std::u16string registered(PDEVICE_OBJECT pdo, const GUID& guid, const char16_t* reference, NTSTATUS expected) {
    UNICODE_STRING string, reference_string = unicode(reference != nullptr ? reference : u"");
    EXPECT_EQ(IoRegisterDeviceInterface(pdo, &guid, reference != nullptr ? &reference_string : nullptr, &string),
              expected);
    std::u16string name(reinterpret_cast<char16_t*>(string.Buffer), string.Length / sizeof(WCHAR));
    EXPECT_EQ(string.Buffer[name.size()], 0);
    RtlFreeUnicodeString(&string);
    return name;
  }
  NTSTATUS enable(const std::u16string& name, bool on) {
    UNICODE_STRING string = unicode(name);
    return IoSetDeviceInterfaceState(&string, on);
  }
};

TEST_F(IoDevice, CreatedAsAsked) {
  expect_no_bugcheck([&] {
    PDRIVER_OBJECT driver = pnp::create_driver_object("made");
    PDEVICE_OBJECT first = nullptr, second = nullptr;
    ASSERT_EQ(IoCreateDevice(driver, 24, nullptr, FILE_DEVICE_KS, FILE_DEVICE_SECURE_OPEN, TRUE, &first),
              STATUS_SUCCESS);
    ASSERT_EQ(IoCreateDevice(driver, 0, nullptr, FILE_DEVICE_UNKNOWN, 0, FALSE, &second), STATUS_SUCCESS);
    EXPECT_EQ(first->DeviceType, static_cast<DEVICE_TYPE>(FILE_DEVICE_KS));
    EXPECT_EQ(first->Characteristics, static_cast<ULONG>(FILE_DEVICE_SECURE_OPEN));
    EXPECT_EQ(first->Flags, static_cast<ULONG>(DO_DEVICE_INITIALIZING | DO_EXCLUSIVE));
    EXPECT_EQ(first->StackSize, 1);
    EXPECT_EQ(first->DriverObject, driver);
    for (int i = 0; i < 24; ++i) EXPECT_EQ(static_cast<char*>(first->DeviceExtension)[i], 0);
    EXPECT_EQ(second->DeviceExtension, nullptr);
    EXPECT_EQ(driver->DeviceObject, second);
    EXPECT_EQ(second->NextDevice, first);
    IoDeleteDevice(first);
    EXPECT_EQ(second->NextDevice, nullptr);
    IoDeleteDevice(second);
    EXPECT_EQ(driver->DeviceObject, nullptr);
  });
}

TEST_F(IoDevice, WithoutMemoryNothingIsLeft) {
  expect_no_bugcheck([&] {
    PDRIVER_OBJECT driver = pnp::create_driver_object("made");
    PDEVICE_OBJECT device = reinterpret_cast<PDEVICE_OBJECT>(1);
    hardware.page_limit = hardware.pages_allocated();
    EXPECT_EQ(IoCreateDevice(driver, 1 << 16, nullptr, FILE_DEVICE_UNKNOWN, 0, FALSE, &device),
              STATUS_INSUFFICIENT_RESOURCES);
    EXPECT_EQ(device, nullptr);
    EXPECT_EQ(driver->DeviceObject, nullptr);
  });
}

TEST_F(IoDevice, V_C4_2000A_CreatedAbovePassiveLevel) {
  expect_bugcheck(0xC4, 0x2000A, [&] {
    KIRQL old;
    KeRaiseIrql(APC_LEVEL, &old);
    PDEVICE_OBJECT device;
    P2P_IMPORT(IoCreateDevice)(pnp::create_driver_object("made"), 0, nullptr, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
  });
}

TEST_F(IoDevice, ANameIsTakenOnce) {
  expect_no_bugcheck([&] {
    add_answering();
    UNICODE_STRING name = unicode(u"\\device\\BENCH");
    PDEVICE_OBJECT device;
    EXPECT_EQ(IoCreateDevice(layers[0].driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device),
              STATUS_OBJECT_NAME_COLLISION);
    IoDeleteDevice(layers[0].device);
    EXPECT_EQ(IoCreateDevice(layers[0].driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device), STATUS_SUCCESS);
  });
}

TEST_F(IoDevice, ADeletedDeviceStaysForItsOpenFile) {
  expect_no_bugcheck([&] {
    add_answering();
    const nt::Handle file = open();
    IoDeleteDevice(layers[0].device);
    nt::Handle none = 0;
    EXPECT_EQ(nt::create_file(&none, 0, 0, kLink, false), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(nt::close(file), STATUS_SUCCESS);
    EXPECT_EQ(majors.back(), IRP_MJ_CLOSE);
  });
}

TEST_F(IoDevice, V_C9_240_DeletedTwice) {
  expect_bugcheck(0xC9, 0x240, [&] {
    add_completing();
    IoDeleteDevice(top());
    IoDeleteDevice(layers[0].device);
  });
}

TEST_F(IoDevice, V_C9_240_DeletedTwiceWhileAFileIsOpen) {
  expect_bugcheck(0xC9, 0x240, [&] {
    add_answering();
    open();
    IoDeleteDevice(top());
    IoDeleteDevice(top());
  });
}

TEST_F(IoDevice, V_C9_201_DeletedWhileAttached) {
  expect_bugcheck(0xC9, 0x201, [&] {
    add_completing();
    add_skipping();
    IoDeleteDevice(layers[1].device);
  });
}

TEST_F(IoDevice, DeletedFromTheBottomUpItStaysUntilTheUpperDetaches) {
  expect_no_bugcheck([&] {
    Layer& bus = add_completing();
    Layer& lower = add_skipping();
    Layer& upper = add_skipping();
    IoDetachDevice(bus.device);
    IoDeleteDevice(lower.device);
    EXPECT_EQ(lower.device->Type, 3);  // the upper driver has yet to name it
    IoDetachDevice(lower.device);
    EXPECT_FALSE(ob::is_object(lower.device, ob::Kind::kDevice));
    IoDeleteDevice(upper.device);
  });
}

TEST_F(IoDevice, V_C9_202_DetachedFromNothing) {
  expect_bugcheck(0xC9, 0x202, [&] {
    add_completing();
    IoDetachDevice(top());
  });
}

TEST_F(IoDevice, AttachingGoesOnTopAndAddsALocation) {
  expect_no_bugcheck([&] {
    Layer& bus = add_completing();
    Layer& lower_filter = add_skipping();
    Layer& function = add_skipping();
    // A filter given the bottom of the stack attaches to its top.
    Layer& upper_filter = layers.emplace_back();
    upper_filter.driver = pnp::create_driver_object("upper");
    for (auto& routine : upper_filter.driver->MajorFunction) routine = Layer::enter;
    upper_filter.dispatch = [](Layer& self, PIRP irp) { return self.pass_down(irp); };
    IoCreateDevice(upper_filter.driver, sizeof(Layer*), nullptr, FILE_DEVICE_UNKNOWN, 0, FALSE, &upper_filter.device);
    *static_cast<Layer**>(upper_filter.device->DeviceExtension) = &upper_filter;
    EXPECT_EQ(IoAttachDeviceToDeviceStackSafe(upper_filter.device, bus.device, &upper_filter.lower), STATUS_SUCCESS);
    EXPECT_EQ(upper_filter.lower, function.device);
    EXPECT_EQ(upper_filter.device->StackSize, 4);
    EXPECT_EQ(IoGetAttachedDevice(bus.device), upper_filter.device);
    PDEVICE_OBJECT referenced = IoGetAttachedDeviceReference(lower_filter.device);
    EXPECT_EQ(referenced, upper_filter.device);
    ObDereferenceObject(referenced);
    PDEVICE_OBJECT lower = IoGetLowerDeviceObject(function.device);
    EXPECT_EQ(lower, lower_filter.device);
    ObDereferenceObject(lower);
    EXPECT_EQ(IoGetLowerDeviceObject(bus.device), nullptr);
    EXPECT_EQ(ask_top(), STATUS_SUCCESS);
    for (Layer& layer : layers) EXPECT_EQ(layer.calls, 1);
  });
}

TEST_F(IoDevice, DetachedFiltersSeeNothing) {
  expect_no_bugcheck([&] {
    Layer& bus = add_completing();
    Layer& function = add_skipping();
    Layer& filter = add_skipping();
    IoDetachDevice(filter.lower);
    IoDeleteDevice(filter.device);
    EXPECT_EQ(IoGetAttachedDevice(bus.device), function.device);
    layers.pop_back();
    EXPECT_EQ(ask_top(), STATUS_SUCCESS);
    EXPECT_EQ(function.calls, 1);
    EXPECT_EQ(bus.calls, 1);
  });
}

TEST_F(IoDevice, NobodyAttachesToADeviceThatIsGoing) {
  expect_no_bugcheck([&] {
    add_answering();
    open();
    PDEVICE_OBJECT going = layers[0].device, filter = nullptr, lower = reinterpret_cast<PDEVICE_OBJECT>(1);
    PDRIVER_OBJECT driver = pnp::create_driver_object("late");
    IoCreateDevice(driver, 0, nullptr, FILE_DEVICE_UNKNOWN, 0, FALSE, &filter);
    IoDeleteDevice(going);
    EXPECT_EQ(IoAttachDeviceToDeviceStack(filter, going), nullptr);
    EXPECT_EQ(IoAttachDeviceToDeviceStackSafe(filter, going, &lower), STATUS_NO_SUCH_DEVICE);
    EXPECT_EQ(lower, nullptr);
    EXPECT_EQ(filter->StackSize, 1);
  });
}

TEST_F(IoDevice, RequestsOfAFileEnterAtTheTopOfTheStack) {
  expect_no_bugcheck([&] {
    Layer& named = add_answering();
    Layer& filter = add_skipping();
    const nt::Handle file = open();
    EXPECT_EQ(filter.calls, 1);
    nt::device_io_control_file(file, 0, nullptr, &iosb, CTL_CODE(0x8000, 1, METHOD_NEITHER, 0), nullptr, 0, nullptr, 0);
    EXPECT_EQ(filter.calls, 2);
    nt::close(file);
    EXPECT_EQ(filter.calls, 4);
    EXPECT_EQ(named.calls, 4);
  });
}

TEST_F(IoDevice, LinksLeadToDevicesAndTheRestIsTheFilesName) {
  expect_no_bugcheck([&] {
    add_answering();
    std::u16string seen;
    auto inner = layers[0].dispatch;
    layers[0].dispatch = [&, inner](Layer& self, PIRP irp) {
      PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
      if (location->MajorFunction == IRP_MJ_CREATE) {
        const UNICODE_STRING& name = location->FileObject->FileName;
        seen.assign(reinterpret_cast<char16_t*>(name.Buffer), name.Length / sizeof(WCHAR));
      }
      return inner(self, irp);
    };
    UNICODE_STRING link = unicode(u"\\DosDevices\\Second"), target = unicode(u"\\??\\Bench");
    EXPECT_EQ(IoCreateSymbolicLink(&link, &target), STATUS_SUCCESS);
    EXPECT_EQ(IoCreateSymbolicLink(&link, &target), STATUS_OBJECT_NAME_COLLISION);
    nt::Handle file = 0;
    for (auto [path, rest] : {std::pair(u"\\Device\\Bench", u""), std::pair(u"\\??\\second", u""),
                              std::pair(u"\\DosDevices\\Second\\Pin\\0", u"\\Pin\\0"),
                              std::pair(u"\\device\\bench\\Mixed Case", u"\\Mixed Case")}) {
      EXPECT_EQ(nt::create_file(&file, 0, 0, path, false), STATUS_SUCCESS);
      EXPECT_EQ(seen, rest);
    }
    EXPECT_EQ(nt::create_file(&file, 0, 0, u"\\Device\\Benches", false), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(IoDeleteSymbolicLink(&link), STATUS_SUCCESS);
    EXPECT_EQ(IoDeleteSymbolicLink(&link), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(nt::create_file(&file, 0, 0, u"\\??\\second", false), STATUS_OBJECT_NAME_NOT_FOUND);
  });
}

TEST_F(IoDevice, ALinkToItselfNamesNothing) {
  expect_no_bugcheck([&] {
    UNICODE_STRING link = unicode(u"\\??\\Loop");
    EXPECT_EQ(IoCreateSymbolicLink(&link, &link), STATUS_SUCCESS);
    nt::Handle file = 0;
    EXPECT_EQ(nt::create_file(&file, 0, 0, u"\\??\\Loop", false), STATUS_OBJECT_NAME_NOT_FOUND);
  });
}

TEST_F(IoDevice, InterfacesAreRegisteredEnabledListedAndOpened) {
  expect_no_bugcheck([&] {
    PDEVICE_OBJECT pdo = add_answering().device;
    const std::u16string plain = registered(pdo, kClass, nullptr, STATUS_SUCCESS);
    const std::u16string referenced = registered(pdo, kClass, u"filter", STATUS_SUCCESS);
    EXPECT_EQ(registered(pdo, kClass, u"filter", STATUS_OBJECT_NAME_EXISTS), referenced);
    EXPECT_EQ(referenced, plain + u"\\filter");
    nt::Handle file = 0;
    EXPECT_EQ(nt::create_file(&file, 0, 0, referenced, false), STATUS_OBJECT_NAME_NOT_FOUND);  // not enabled
    EXPECT_TRUE(nt::enumerate_device_interfaces(&kClass).empty());
    EXPECT_EQ(enable(referenced, true), STATUS_SUCCESS);
    EXPECT_EQ(enable(referenced, true), STATUS_OBJECT_NAME_EXISTS);
    EXPECT_EQ(nt::enumerate_device_interfaces(&kClass), std::vector<std::u16string>{referenced});
    EXPECT_TRUE(nt::enumerate_device_interfaces(&kOtherClass).empty());
    EXPECT_EQ(nt::create_file(&file, 0, 0, referenced, false), STATUS_SUCCESS);
    EXPECT_EQ(enable(referenced, false), STATUS_SUCCESS);
    EXPECT_EQ(enable(referenced, false), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(enable(u"\\??\\nothing", true), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(nt::create_file(&file, 0, 0, referenced, false), STATUS_OBJECT_NAME_NOT_FOUND);
  });
}

TEST_F(IoDevice, GetDeviceInterfacesListsNamesWithZeros) {
  expect_no_bugcheck([&] {
    PDEVICE_OBJECT pdo = add_answering().device;
    const std::u16string a = registered(pdo, kClass, nullptr, STATUS_SUCCESS);
    const std::u16string b = registered(pdo, kClass, u"b", STATUS_SUCCESS);
    enable(b, true);
    auto list = [&](PDEVICE_OBJECT device, ULONG flags) {
      PWSTR names = nullptr;
      EXPECT_EQ(IoGetDeviceInterfaces(&kClass, device, flags, &names), STATUS_SUCCESS);
      std::vector<std::u16string> found;
      for (auto* at = reinterpret_cast<char16_t*>(names); *at != 0; at += found.back().size() + 1)
        found.emplace_back(at);
      ExFreePool(names);
      return found;
    };
    EXPECT_EQ(list(nullptr, 0), std::vector<std::u16string>{b});
    EXPECT_EQ(list(pdo, DEVICE_INTERFACE_INCLUDE_NONACTIVE), (std::vector<std::u16string>{a, b}));
    Layer& other = add_skipping();
    EXPECT_TRUE(list(other.device, 0).empty());
  });
}

TEST_F(IoDevice, GetDeviceObjectPointerReferencesTheFile) {
  expect_no_bugcheck([&] {
    add_answering();
    Layer& filter = add_skipping();
    UNICODE_STRING name = unicode(kDevice), unknown = unicode(u"\\Device\\None");
    PFILE_OBJECT file = nullptr;
    PDEVICE_OBJECT device = nullptr;
    EXPECT_EQ(IoGetDeviceObjectPointer(&unknown, FILE_READ_DATA, &file, &device), STATUS_OBJECT_NAME_NOT_FOUND);
    ASSERT_EQ(IoGetDeviceObjectPointer(&name, FILE_READ_DATA, &file, &device), STATUS_SUCCESS);
    EXPECT_EQ(device, filter.device);
    EXPECT_EQ(majors, (std::vector<UCHAR>{IRP_MJ_CREATE, IRP_MJ_CLEANUP}));
    ObDereferenceObject(file);
    EXPECT_EQ(majors.back(), IRP_MJ_CLOSE);
  });
}

TEST_F(IoDevice, CleanupAndCloseComeWithoutMemoryToo) {
  expect_no_bugcheck([&] {
    add_answering();
    const nt::Handle file = open();
    hardware.page_limit = hardware.pages_allocated();
    std::vector<PVOID> rest;
    for (PVOID block = ExAllocatePool2(POOL_FLAG_NON_PAGED, 512, 'tseT'); block != nullptr;
         block = ExAllocatePool2(POOL_FLAG_NON_PAGED, 512, 'tseT')) {
      rest.push_back(block);
    }
    EXPECT_EQ(nt::close(file), STATUS_SUCCESS);
    EXPECT_EQ(majors, (std::vector<UCHAR>{IRP_MJ_CREATE, IRP_MJ_CLEANUP, IRP_MJ_CLOSE}));
    for (PVOID block : rest) ExFreePoolWithTag(block, 'tseT');
  });
}

TEST_F(IoDevice, R_IRP_75_ForwardIrpSynchronously) {
  expect_no_bugcheck([&] {
    add_pending();
    Dpc finish([&](Dpc&) { complete(kept, STATUS_SUCCESS, 8); });
    add_layer([&](Layer& self, PIRP irp) {
      KTIMER timer;
      KeInitializeTimer(&timer);
      KeSetTimer(&timer, relative_us(100), &finish.dpc);
      EXPECT_TRUE(IoForwardIrpSynchronously(self.lower, irp));
      EXPECT_EQ(irp->IoStatus.Information, 8u);
      return complete(irp, irp->IoStatus.Status, 9);
    });
    EXPECT_EQ(ask_top(), STATUS_SUCCESS);
  });
}

TEST_F(IoDevice, ForwardIrpSynchronouslyNeedsALocation) {
  expect_no_bugcheck([&] {
    Layer& bus = add_completing();
    add_layer([&](Layer&, PIRP irp) {
      EXPECT_FALSE(IoForwardIrpSynchronously(bus.device, irp));
      return complete(irp, STATUS_INVALID_DEVICE_REQUEST);
    });
    PIRP irp = IoAllocateIrp(1, FALSE);
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_READ;
    Routine back([](PDEVICE_OBJECT, PIRP) { return STATUS_MORE_PROCESSING_REQUIRED; });
    back.set(irp);
    EXPECT_EQ(IoCallDriver(top(), irp), STATUS_INVALID_DEVICE_REQUEST);
    EXPECT_EQ(bus.calls, 0);
    IoFreeIrp(irp);
  });
}

}  // namespace
}  // namespace p2p::test
