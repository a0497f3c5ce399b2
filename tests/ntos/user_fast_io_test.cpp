// Fast I/O of reads and writes, and what a system call must leave as it found it.
#include "tests/ntos/io_file.h"

namespace p2p::test {
namespace {

class UserFastIo : public IoFileTest {
 protected:
  /// A device whose files are cached, as their driver says on create, and whose driver has `fast`.
  Layer& add_cached(PFAST_IO_DISPATCH fast) {
    fast->SizeOfFastIoDispatch = sizeof *fast;
    Layer& layer = add_named([](Layer&, PIRP irp) { return complete(irp, STATUS_SUCCESS, 1); });
    layer.dispatch = [inner = layer.dispatch](Layer& self, PIRP irp) {
      PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
      if (location->MajorFunction == IRP_MJ_CREATE) location->FileObject->PrivateCacheMap = &self;
      return inner(self, irp);
    };
    layer.driver->FastIoDispatch = fast;
    return layer;
  }
  /// A device whose fast control routine is `routine`; an application's thread calls it. The bug check, if any.
  const ntos::BugCheck* call_fast_control(PFAST_IO_DEVICE_CONTROL routine) {
    static FAST_IO_DISPATCH fast;
    fast.FastIoDeviceControl = routine;
    boot();
    spawn("drivers", [&] { add_cached(&fast); });
    kernel->run_in_user_thread("application", [this] {
      sleep_us(100);
      nt::device_io_control_file(open(), 0, nullptr, &iosb, CTL_CODE(0x8000, 1, METHOD_NEITHER, 0), nullptr, 0, nullptr,
                                 0);
      finished = true;
    });
    FakeHardware::run();
    EXPECT_FALSE(finished);
    return kernel->bugcheck();
  }
  static BOOLEAN NTAPI raise(PFILE_OBJECT, BOOLEAN, PVOID, ULONG, PVOID, ULONG, ULONG, PIO_STATUS_BLOCK,
                             PDEVICE_OBJECT) {
    KIRQL old;
    KeRaiseIrql(APC_LEVEL, &old);
    return TRUE;
  }
  static BOOLEAN NTAPI enter_region(PFILE_OBJECT, BOOLEAN, PVOID, ULONG, PVOID, ULONG, ULONG, PIO_STATUS_BLOCK,
                                    PDEVICE_OBJECT) {
    KeEnterCriticalRegion();
    return TRUE;
  }
};

BOOLEAN NTAPI fast_read(PFILE_OBJECT, PLARGE_INTEGER offset, ULONG bytes, BOOLEAN wait, ULONG, PVOID buffer,
                        PIO_STATUS_BLOCK iosb, PDEVICE_OBJECT) {
  EXPECT_TRUE(wait);
  if (offset->QuadPart != 512) return FALSE;  // not in its cache
  std::memset(buffer, 'r', bytes);
  iosb->Status = STATUS_SUCCESS;
  iosb->Information = bytes;
  return TRUE;
}

BOOLEAN NTAPI fast_write(PFILE_OBJECT, PLARGE_INTEGER, ULONG bytes, BOOLEAN, ULONG, PVOID buffer, PIO_STATUS_BLOCK iosb,
                         PDEVICE_OBJECT) {
  EXPECT_EQ(*static_cast<char*>(buffer), 'w');
  iosb->Status = STATUS_SUCCESS;
  iosb->Information = bytes + 100;
  return TRUE;
}

TEST_F(UserFastIo, ReadsAndWritesOfCachedSynchronousFiles) {
  expect_no_bugcheck([&] {
    static FAST_IO_DISPATCH fast;
    fast.FastIoRead = fast_read;
    fast.FastIoWrite = fast_write;
    char* memory = user_memory(64);
    Layer& layer = add_cached(&fast);
    const nt::Handle file = open(true), event = new_event();
    const int calls = layer.calls;
    EXPECT_EQ(nt::read_file(file, event, nullptr, &iosb, memory, 8, 512), STATUS_SUCCESS);
    EXPECT_EQ(layer.calls, calls) << "an IRP was made although the driver did the read";
    EXPECT_EQ(iosb.information, 8u);
    EXPECT_EQ(memory[7], 'r');
    EXPECT_TRUE(is_set(event));
    EXPECT_EQ(nt::read_file(file, 0, nullptr, &iosb, memory, 8, 0), STATUS_SUCCESS);
    EXPECT_EQ(layer.calls, calls + 1) << "the driver declined";
    memory[0] = 'w';
    EXPECT_EQ(nt::write_file(file, 0, nullptr, &iosb, memory, 8, 0), STATUS_SUCCESS);
    EXPECT_EQ(iosb.information, 108u);
    EXPECT_EQ(layer.calls, calls + 1);
    const nt::Handle asynchronous = open(false);
    EXPECT_EQ(nt::read_file(asynchronous, 0, nullptr, &iosb, memory, 8, 512), STATUS_SUCCESS);
    EXPECT_EQ(layer.calls, calls + 3) << "a create and a read: such a file is not asked";
  });
}

TEST_F(UserFastIo, V_C4_C6_AFastRoutineEntersACriticalRegion) {
  const ntos::BugCheck* bugcheck = call_fast_control(enter_region);
  ASSERT_NE(bugcheck, nullptr) << "a critical region left open by fast I/O was not noticed";
  EXPECT_EQ(bugcheck->code, 0xC4u);
  EXPECT_EQ(bugcheck->parameters[0], 0xC6u);
}

TEST_F(UserFastIo, V_4A_BackToTheApplicationAboveApcLevel) {
  config.verifier = false;  // which would have stopped at the routine: 0xC9/0x11
  const ntos::BugCheck* bugcheck = call_fast_control(raise);
  ASSERT_NE(bugcheck, nullptr) << "an application went on at APC_LEVEL";
  EXPECT_EQ(bugcheck->code, 0x4Au);
  EXPECT_NE(bugcheck->parameters[0], 0u);
  EXPECT_EQ(bugcheck->parameters[1], APC_LEVEL);
}

TEST_F(UserFastIo, V_01_BackToTheApplicationInACriticalRegion) {
  config.verifier = false;
  const ntos::BugCheck* bugcheck = call_fast_control(enter_region);
  ASSERT_NE(bugcheck, nullptr) << "an application went on inside a critical region";
  EXPECT_EQ(bugcheck->code, 0x01u);
  EXPECT_EQ(bugcheck->parameters[3], 0u);
}

}  // namespace
}  // namespace p2p::test
