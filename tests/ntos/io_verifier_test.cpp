// Driver Verifier's rows about single IRPs: bug check 0xC9, and 0xC4 where an IRP is what it is about.
#include "tests/ntos/io_file.h"

#include "sw/ntos/io/irp.h"
#include "sw/ntos/io/irp_rules.h"
#include "sw/ntos/io/paged_code.h"

namespace p2p::test {
namespace {

class IoVerifier : public IoFileTest {
 protected:
  /// A threaded control request for the top device, sent.
  NTSTATUS send_threaded(PKEVENT event, PIO_STATUS_BLOCK status) {
    return IoCallDriver(top(), threaded_irp(event, status));
  }
};

TEST_F(IoVerifier, V_C9_8_ABufferThatIsNoMemory) {
  expect_bugcheck(0xC9, 0x08, [&] {
    add_completing();
    top()->Flags |= DO_DIRECT_IO;
    LARGE_INTEGER offset = {};
    IoBuildAsynchronousFsdRequest(IRP_MJ_READ, top(), reinterpret_cast<PVOID>(0x10), 512, &offset, nullptr);
  });
}

VOID NTAPI count_seconds(PDEVICE_OBJECT, PVOID context) {
  EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
  ++*static_cast<int*>(context);
}

TEST_F(IoVerifier, ADeviceTimerTicksOnceASecondUntilItIsStopped) {
  expect_no_bugcheck([&] {
    int seconds = 0;
    add_completing();
    EXPECT_EQ(IoInitializeTimer(top(), count_seconds, &seconds), STATUS_SUCCESS);
    sleep_us(1'500'000);
    EXPECT_EQ(seconds, 0);
    IoStartTimer(top());
    sleep_us(2'500'000);
    EXPECT_EQ(seconds, 2);
    IoStopTimer(top());
    sleep_us(1'500'000);
    EXPECT_EQ(seconds, 2);
    IoStartTimer(top());
    IoDeleteDevice(top());  // and the timer with it
    sleep_us(1'500'000);
    EXPECT_EQ(seconds, 2);
  });
}

TEST_F(IoVerifier, V_C9_A_ATimerInitialisedTwice) {
  expect_bugcheck(0xC9, 0x0A, [&] {
    int seconds = 0;
    add_completing();
    IoInitializeTimer(top(), count_seconds, &seconds);
    IoInitializeTimer(top(), count_seconds, &seconds);
  });
}

/// Leaves a request behind whose status block, or event, is a variable of this function.
[[gnu::noinline]] void forget(PDEVICE_OBJECT lower, bool forget_event) {
  static KEVENT event;
  static IO_STATUS_BLOCK iosb;
  KEVENT own_event;
  IO_STATUS_BLOCK own_iosb = {};
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  KeInitializeEvent(&own_event, NotificationEvent, FALSE);
  PIRP irp = IoBuildDeviceIoControlRequest(CTL_CODE(0x8000, 1, METHOD_NEITHER, 0), lower, nullptr, 0, nullptr, 0, FALSE,
                                           forget_event ? &own_event : &event, forget_event ? &iosb : &own_iosb);
  EXPECT_EQ(IoCallDriver(lower, irp), STATUS_PENDING);
}

/// The driver above does not wait for a request of its own.
void forgetful_stack(const std::function<Layer&(Layer::Dispatch)>& add, bool forget_event) {
  add([forget_event](Layer& self, PIRP irp) {
    forget(self.lower, forget_event);
    return complete(irp, STATUS_SUCCESS);
  });
}

TEST_F(IoVerifier, V_C9_C_AStatusBlockOnAFrameThatIsGone) {
  expect_bugcheck(0xC9, 0x0C, [&] {
    add_pending();
    forgetful_stack([&](Layer::Dispatch dispatch) -> Layer& { return add_layer(std::move(dispatch)); }, false);
    ask_top();
  });
}

TEST_F(IoVerifier, V_C9_C_AnEventOnAFrameThatIsGone) {
  expect_bugcheck(0xC9, 0x0D, [&] {
    add_pending();
    forgetful_stack([&](Layer::Dispatch dispatch) -> Layer& { return add_layer(std::move(dispatch)); }, true);
    ask_top();
  });
}

TEST_F(IoVerifier, V_C9_F_ACreateOnAFileThatIsClosed) {
  expect_bugcheck(0xC9, 0x0F, [&] {
    add_named([](Layer&, PIRP irp) { return complete(irp, STATUS_SUCCESS); });
    PFILE_OBJECT file = nullptr;
    PDEVICE_OBJECT device = nullptr;
    UNICODE_STRING name = unicode(kDevice);
    ASSERT_EQ(IoGetDeviceObjectPointer(&name, FILE_READ_DATA, &file, &device), STATUS_SUCCESS);  // its handle is closed
    PIRP irp = IoAllocateIrp(device->StackSize, FALSE);
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_CREATE;
    IoGetNextIrpStackLocation(irp)->FileObject = file;
    IoCallDriver(device, irp);
  });
}

TEST_F(IoVerifier, V_C9_208_ForwardedToAStackThatNeedsMoreLocations) {
  expect_bugcheck(0xC9, 0x208, [&] {
    add_completing();
    add_skipping();
    Layer& tall = add_skipping();
    PDEVICE_OBJECT other = nullptr;
    static PDEVICE_OBJECT target;
    target = tall.device;
    PDRIVER_OBJECT driver = pnp::create_driver_object("elsewhere");
    driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = [](PDEVICE_OBJECT, PIRP irp) NTAPI -> NTSTATUS {
      IoSkipCurrentIrpStackLocation(irp);
      return IoCallDriver(target, irp);
    };
    ASSERT_EQ(IoCreateDevice(driver, 0, nullptr, FILE_DEVICE_UNKNOWN, 0, FALSE, &other), STATUS_SUCCESS);
    PIRP irp = IoAllocateIrp(1, FALSE);
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_DEVICE_CONTROL;
    IoCallDriver(other, irp);
  });
}

TEST_F(IoVerifier, V_C9_20B_FreedByTheDriverItWasSentTo) {
  expect_bugcheck(0xC9, 0x20B, [&] {
    add_layer([](Layer&, PIRP irp) {
      IoFreeIrp(irp);
      return STATUS_SUCCESS;
    });
    IoCallDriver(top(), own_irp());
  });
}

TEST_F(IoVerifier, V_C9_20C_FreedWhileAThreadWaitsForIt) {
  expect_bugcheck(0xC9, 0x20C, [&] {
    add_pending();
    KEVENT event;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    IO_STATUS_BLOCK status;
    send_threaded(&event, &status);
    IoFreeIrp(kept);
  });
}

TEST_F(IoVerifier, V_C9_211_ForwardedPastADevice) {
  expect_bugcheck(0xC9, 0x211, [&] {
    PDEVICE_OBJECT lowest = add_completing().device;
    add_skipping();
    add_layer([lowest](Layer&, PIRP irp) {
      IoSkipCurrentIrpStackLocation(irp);
      return IoCallDriver(lowest, irp);
    });
    ask_top();
  });
}

TEST_F(IoVerifier, V_C9_21B_ADispatchRoutineReturnsNoStatus) {
  expect_bugcheck(0xC9, 0x21B, [&] {
    add_layer([](Layer&, PIRP irp) {
      complete(irp, STATUS_SUCCESS);
      return static_cast<NTSTATUS>(0xCCCCCCCC);
    });
    ask_top();
  });
}

TEST_F(IoVerifier, V_C9_300_CompletedWithNoStatus) {
  expect_bugcheck(0xC9, 0x300, [&] {
    add_completing(static_cast<NTSTATUS>(0xCDCDCDCD));
    ask_top();
  });
}

TEST(IoVerifierStatus, WhatIsAStatus) {
  for (const ULONG status : {0u, 0x103u, 0x40000000u, 0x80000005u, 0xC0000001u, 0xC00000BBu, 0xC0150002u, 0xE0000001u,
                             0x00010001u, 0xC01E0100u, 0x80070005u}) {
    EXPECT_FALSE(io::suspicious(static_cast<NTSTATUS>(status))) << std::hex << status;
  }
  for (const ULONG status : {0xCCCCCCCCu, 0xCDCDCDCDu, 0xDDDDDDDDu, 0xD0000001u, 0xFFFFFA80u}) {
    EXPECT_TRUE(io::suspicious(static_cast<NTSTATUS>(status))) << std::hex << status;
  }
}

[[gnu::section("PAGE")]] [[gnu::noinline]] NTSTATUS NTAPI paged_routine(PDEVICE_OBJECT, PIRP, PVOID) {
  return STATUS_MORE_PROCESSING_REQUIRED;
}
NTSTATUS NTAPI resident_routine(PDEVICE_OBJECT, PIRP, PVOID) { return STATUS_MORE_PROCESSING_REQUIRED; }

TEST_F(IoVerifier, V_C9_227_ACompletionRoutineInPageableCode) {
  EXPECT_FALSE(io::is_paged_code(reinterpret_cast<const void*>(resident_routine)));
  EXPECT_FALSE(io::is_paged_code(&config));
  expect_bugcheck(0xC9, 0x227, [&] {
    add_completing();
    PIRP irp = own_irp();
    IoSetCompletionRoutine(irp, paged_routine, nullptr, TRUE, TRUE, TRUE);
    IoCallDriver(top(), irp);
  });
}

TEST_F(IoVerifier, V_C9_21C_CopiedForNothingIsAWarningOnceForADriver) {
  expect_no_bugcheck([&] {
    add_completing();
    add_layer([](Layer& self, PIRP irp) {
      IoCopyCurrentIrpStackLocationToNext(irp);
      return IoCallDriver(self.lower, irp);
    });
    add_skipping();
    ask_top();
    EXPECT_EQ(events.count("ntos.warning code=201 p1=540 driver=test2"), 1u);
    ask_top();
    EXPECT_EQ(events.count("ntos.warning"), 1u);
  });
}

TEST_F(IoVerifier, V_C9_237_ADriverSendsWhatOnlyThePnpManagerSends) {
  expect_bugcheck(0xC9, 0x237, [&] {
    add_completing();
    PIRP irp = own_irp();
    irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_PNP;
    IoGetNextIrpStackLocation(irp)->MinorFunction = IRP_MN_QUERY_REMOVE_DEVICE;
    IoCallDriver(top(), irp);
  });
}

VOID NTAPI never_cancelled(PDEVICE_OBJECT, PIRP) { ADD_FAILURE() << "nobody cancels anything here"; }

TEST_F(IoVerifier, V_C9_23C_ACompletionRoutineSetsACancelRoutine) {
  expect_bugcheck(0xC9, 0x23C, [&] {
    Routine setting([](PDEVICE_OBJECT, PIRP irp) {
      IoSetCancelRoutine(irp, never_cancelled);
      return STATUS_CONTINUE_COMPLETION;
    });
    add_completing();
    add_watching(setting);
    ask_top();
  });
}

TEST_F(IoVerifier, V_C4_C5_ADispatchRoutineEntersACriticalRegion) {
  expect_bugcheck(0xC4, 0xC5, [&] {
    add_layer([](Layer&, PIRP irp) {
      KeEnterCriticalRegion();
      return complete(irp, STATUS_SUCCESS);
    });
    ask_top();
  });
}

TEST_F(IoVerifier, V_C4_E0_AUserAddressGivenToTheKernel) {
  expect_bugcheck(0xC4, 0xE0, [&] {
    char16_t* text = reinterpret_cast<char16_t*>(user_memory(64));
    text[0] = u'\\';
    UNICODE_STRING link = unicode({text, 1}), name = unicode(kDevice);
    IoCreateSymbolicLink(&link, &name);
  });
}

TEST_F(IoVerifier, V_C4_E3_AUserAddressGivenToZw) {
  expect_bugcheck(0xC4, 0xE3, [&] {
    UNICODE_STRING name = unicode(u"\\Registry\\Machine\\System\\CurrentControlSet\\Services");
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, nullptr, nullptr);
    HANDLE key = nullptr;
    ZwCreateKey(&key, KEY_ALL_ACCESS, &attributes, 0, nullptr, 0, nullptr);
    UNICODE_STRING value = unicode(u"Value");
    ZwSetValueKey(key, &value, 0, REG_BINARY, user_memory(64), 8);
  });
}

TEST_F(IoVerifier, V_C4_E4_AMalformedString) {
  expect_bugcheck(0xC4, 0xE4, [&] {
    UNICODE_STRING name = unicode(u"\\Registry\\Machine");
    name.Length = static_cast<USHORT>(name.MaximumLength + 2);
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, nullptr, nullptr);
    HANDLE key = nullptr;
    ZwOpenKey(&key, KEY_READ, &attributes);
  });
}

TEST_F(IoVerifier, V_C4_105_AnIrpFreedAsPool) {
  expect_bugcheck(0xC4, 0x105, [&] { ExFreePool(IoAllocateIrp(1, FALSE)); });
}

}  // namespace
}  // namespace p2p::test
