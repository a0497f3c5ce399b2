// System calls on files: buffers by transfer method, completion as an application sees it, fast I/O. Rules R-IRP-52,
// R-IRP-53, R-IRP-60, R-IRP-65, R-IRP-67, R-IRP-89, R-SIO-7, R-SIO-15.
#include "tests/ntos/io_file.h"

namespace p2p::test {
namespace {

constexpr std::uint32_t code_of(ULONG method, ULONG access = FILE_ANY_ACCESS) {
  return CTL_CODE(0x8000, 0x800, method, access);
}

class UserRequests : public IoFileTest {
 protected:
  nt::Status control(nt::Handle file, std::uint32_t code, void* input, std::uint32_t input_bytes, void* output,
                     std::uint32_t output_bytes, nt::Handle event = 0, void* context = nullptr) {
    return nt::device_io_control_file(file, event, context, &iosb, code, input, input_bytes, output, output_bytes);
  }
};

TEST_F(UserRequests, CreateCleanupCloseInOrder) {
  expect_no_bugcheck([&] {
    add_named([](Layer&, PIRP irp) { return complete(irp, STATUS_SUCCESS); });
    const nt::Handle file = open();
    EXPECT_EQ(majors, std::vector<UCHAR>{IRP_MJ_CREATE});
    EXPECT_EQ(nt::close(file), STATUS_SUCCESS);
    EXPECT_EQ(majors, (std::vector<UCHAR>{IRP_MJ_CREATE, IRP_MJ_CLEANUP, IRP_MJ_CLOSE}));
    EXPECT_EQ(nt::close(file), STATUS_INVALID_HANDLE);
    EXPECT_EQ(kernel->counters().irps_outstanding, 0u);
  });
}

TEST_F(UserRequests, R_IRP_89_CloseComesAfterTheLastRequestOnTheFile) {
  expect_no_bugcheck([&] {
    add_named([&](Layer&, PIRP irp) {
      IoMarkIrpPending(irp);
      kept = irp;
      return STATUS_PENDING;
    });
    KIRQL close_irql = HIGH_LEVEL;
    auto inner = layers[0].dispatch;
    layers[0].dispatch = [&, inner](Layer& self, PIRP irp) {
      if (IoGetCurrentIrpStackLocation(irp)->MajorFunction == IRP_MJ_CLOSE) close_irql = KeGetCurrentIrql();
      return inner(self, irp);
    };
    const nt::Handle file = open();
    EXPECT_EQ(control(file, code_of(METHOD_NEITHER), nullptr, 0, nullptr, 0), STATUS_PENDING);
    nt::close(file);
    EXPECT_EQ(majors, (std::vector<UCHAR>{IRP_MJ_CREATE, IRP_MJ_CLEANUP}));
    complete(kept, STATUS_CANCELLED);  // in its APC the last reference goes: a worker thread closes
    sleep_us(50);
    EXPECT_EQ(majors, (std::vector<UCHAR>{IRP_MJ_CREATE, IRP_MJ_CLEANUP, IRP_MJ_CLOSE}));
    EXPECT_EQ(close_irql, PASSIVE_LEVEL);
  });
}

TEST_F(UserRequests, R_IRP_65_BufferedHasOneSystemBufferForBoth) {
  expect_no_bugcheck([&] {
    char* memory = user_memory(64);
    std::memcpy(memory, "ping", 5);
    add_named([&](Layer&, PIRP irp) {
      auto* system = static_cast<char*>(irp->AssociatedIrp.SystemBuffer);
      const auto& parameters = IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl;
      EXPECT_NE(system, memory);
      EXPECT_STREQ(system, "ping");
      EXPECT_EQ(parameters.InputBufferLength, 5u);
      EXPECT_EQ(parameters.OutputBufferLength, 16u);
      EXPECT_EQ(irp->MdlAddress, nullptr);
      std::memset(system, 'x', 16);  // as large as the larger of the two
      return complete(irp, STATUS_SUCCESS, 3);
    });
    EXPECT_EQ(control(open(), code_of(METHOD_BUFFERED), memory, 5, memory + 32, 16), STATUS_SUCCESS);
    EXPECT_STREQ(memory + 32, "xxx");
    EXPECT_EQ(iosb.information, 3u);
  });
}

TEST_F(UserRequests, R_IRP_65_DirectLocksTheSecondBuffer) {
  expect_no_bugcheck([&] {
    char* memory = user_memory(3 * PAGE_SIZE);
    std::vector<CSHORT> flags;
    add_named([&](Layer&, PIRP irp) {
      EXPECT_STREQ(static_cast<char*>(irp->AssociatedIrp.SystemBuffer), "in");
      EXPECT_EQ(MmGetMdlVirtualAddress(irp->MdlAddress), memory + 100);
      EXPECT_EQ(MmGetMdlByteCount(irp->MdlAddress), 2 * PAGE_SIZE);
      flags.push_back(irp->MdlAddress->MdlFlags);
      *static_cast<char*>(MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority)) = 'd';
      return complete(irp, STATUS_SUCCESS, 1);
    });
    const nt::Handle file = open();
    std::memcpy(memory, "in", 3);
    for (ULONG method : {METHOD_IN_DIRECT, METHOD_OUT_DIRECT}) {
      EXPECT_EQ(control(file, code_of(method), memory, 3, memory + 100, 2 * PAGE_SIZE), STATUS_SUCCESS);
    }
    EXPECT_EQ(memory[100], 'd');
    EXPECT_EQ(flags[0] & MDL_WRITE_OPERATION, 0);  // IN_DIRECT: the device reads it
    EXPECT_NE(flags[1] & MDL_WRITE_OPERATION, 0);
  });
}

TEST_F(UserRequests, R_IRP_65_NeitherPassesRawAddresses) {
  expect_no_bugcheck([&] {
    char* memory = user_memory(64);
    add_named([&](Layer&, PIRP irp) {
      EXPECT_EQ(IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.Type3InputBuffer, memory);
      EXPECT_EQ(irp->UserBuffer, memory + 8);
      EXPECT_EQ(irp->AssociatedIrp.SystemBuffer, nullptr);
      EXPECT_EQ(irp->MdlAddress, nullptr);
      EXPECT_EQ(irp->RequestorMode, UserMode);
      return complete(irp, STATUS_SUCCESS);
    });
    EXPECT_EQ(control(open(), code_of(METHOD_NEITHER), memory, 4, memory + 8, 4), STATUS_SUCCESS);
  });
}

TEST_F(UserRequests, R_IRP_65_AccessBitsOfTheCodeAreChecked) {
  expect_no_bugcheck([&] {
    Layer& layer = add_named([](Layer&, PIRP irp) { return complete(irp, STATUS_SUCCESS); });
    const nt::Handle file = open(false, FILE_READ_DATA);
    EXPECT_EQ(control(file, code_of(METHOD_NEITHER, FILE_WRITE_ACCESS), nullptr, 0, nullptr, 0), STATUS_ACCESS_DENIED);
    EXPECT_EQ(layer.calls, 1);  // the create
    EXPECT_EQ(control(file, code_of(METHOD_NEITHER, FILE_READ_ACCESS), nullptr, 0, nullptr, 0), STATUS_SUCCESS);
    EXPECT_EQ(layer.calls, 2);
  });
}

TEST_F(UserRequests, R_IRP_65_AnOutputBufferThatIsNoMemoryIsAnAccessViolation) {
  expect_no_bugcheck([&] {
    Layer& layer = add_named([](Layer&, PIRP irp) { return complete(irp, STATUS_SUCCESS); });
    const nt::Handle file = open();
    EXPECT_EQ(control(file, code_of(METHOD_OUT_DIRECT), nullptr, 0, reinterpret_cast<void*>(0x1000), 8),
              STATUS_ACCESS_VIOLATION);
    EXPECT_EQ(layer.calls, 1);
    EXPECT_EQ(kernel->counters().irps_outstanding, 0u);
  });
}

TEST_F(UserRequests, R_IRP_67_InformationLargerThanTheOutputIsC9_312) {
  expect_bugcheck(0xC9, 0x312, [&] {
    char* memory = user_memory(64);
    add_named([](Layer&, PIRP irp) { return complete(irp, STATUS_SUCCESS, 17); });
    control(open(), code_of(METHOD_BUFFERED), nullptr, 0, memory, 16);
  });
}

TEST_F(UserRequests, R_IRP_52_EventAndFileEvent) {
  expect_no_bugcheck([&] {
    add_named([&](Layer&, PIRP irp) {
      IoMarkIrpPending(irp);
      kept = irp;
      return STATUS_PENDING;
    });
    const nt::Handle file = open(), event = new_event();
    // With an event of its own the file's stays clear.
    EXPECT_EQ(control(file, code_of(METHOD_NEITHER), nullptr, 0, nullptr, 0, event), STATUS_PENDING);
    complete(kept, STATUS_SUCCESS);
    EXPECT_TRUE(is_set(event));
    EXPECT_FALSE(is_set(file));
    // Without one the file is what is signalled.
    EXPECT_EQ(control(file, code_of(METHOD_NEITHER), nullptr, 0, nullptr, 0), STATUS_PENDING);
    EXPECT_FALSE(is_set(file));
    complete(kept, STATUS_SUCCESS);
    EXPECT_TRUE(is_set(file));
  });
}

TEST_F(UserRequests, R_IRP_52_ASynchronousFileWaits) {
  expect_no_bugcheck([&] {
    Dpc finish([&](Dpc&) { complete(kept, STATUS_END_OF_FILE, 2); });
    KTIMER timer;
    KeInitializeTimer(&timer);
    add_named([&](Layer&, PIRP irp) {
      IoMarkIrpPending(irp);
      kept = irp;
      KeSetTimer(&timer, relative_us(200), &finish.dpc);
      return STATUS_PENDING;
    });
    EXPECT_EQ(control(open(true), code_of(METHOD_NEITHER), nullptr, 0, nullptr, 0), STATUS_END_OF_FILE);
    EXPECT_EQ(iosb.information, 2u);
  });
}

TEST_F(UserRequests, RequestsOfTwoThreadsOnASynchronousFileComeOneAfterTheOther) {
  expect_no_bugcheck([&] {
    std::vector<PIRP> arrived;
    add_named([&](Layer&, PIRP irp) {
      IoMarkIrpPending(irp);
      arrived.push_back(irp);
      return STATUS_PENDING;
    });
    const nt::Handle file = open(true);
    nt::Status statuses[2] = {STATUS_PENDING, STATUS_PENDING};
    nt::IoStatusBlock blocks[2] = {};
    for (std::size_t i : {0, 1}) {
      spawn("application", [&, i] {
        statuses[i] =
            nt::device_io_control_file(file, 0, nullptr, &blocks[i], code_of(METHOD_NEITHER), nullptr, 0, nullptr, 0);
      });
    }
    sleep_us(50);
    ASSERT_EQ(arrived.size(), 1u);
    complete(arrived[0], STATUS_DEVICE_BUSY, 1);
    sleep_us(50);
    ASSERT_EQ(arrived.size(), 2u);
    complete(arrived[1], STATUS_SUCCESS, 2);
    sleep_us(50);
    const std::size_t first = blocks[0].information == 1 ? 0 : 1;
    EXPECT_EQ(statuses[first], STATUS_DEVICE_BUSY);
    EXPECT_EQ(statuses[1 - first], STATUS_SUCCESS);
    EXPECT_EQ(blocks[1 - first].information, 2u);
    nt::close(file);
  });
}

TEST_F(UserRequests, RequestsOnAnAsynchronousFileDoNotWaitForEachOther) {
  expect_no_bugcheck([&] {
    std::vector<PIRP> arrived;
    add_named([&](Layer&, PIRP irp) {
      IoMarkIrpPending(irp);
      arrived.push_back(irp);
      return STATUS_PENDING;
    });
    const nt::Handle file = open();
    for (int i = 0; i < 2; ++i) {
      EXPECT_EQ(control(file, code_of(METHOD_NEITHER), nullptr, 0, nullptr, 0), STATUS_PENDING);
    }
    ASSERT_EQ(arrived.size(), 2u);
    for (PIRP irp : arrived) complete(irp, STATUS_SUCCESS);
    nt::close(file);
  });
}

TEST_F(UserRequests, AnExclusiveDeviceIsOpenedOnceAtATime) {
  expect_no_bugcheck([&] {
    Layer& layer = add_named([](Layer&, PIRP irp) { return complete(irp, STATUS_SUCCESS); }, DO_EXCLUSIVE);
    const nt::Handle file = open();
    nt::Handle second = 0;
    EXPECT_EQ(nt::create_file(&second, FILE_READ_DATA, 0, kLink, false), STATUS_ACCESS_DENIED);
    EXPECT_EQ(majors, std::vector<UCHAR>{IRP_MJ_CREATE});  // the driver is not asked
    EXPECT_EQ(nt::create_file(&second, FILE_READ_DATA, file, u"pin", false), STATUS_SUCCESS);  // relative to the first
    nt::close(second);
    nt::close(file);
    EXPECT_EQ(layer.device->ReferenceCount, 0);
    nt::close(open());
  });
}

TEST_F(UserRequests, ADeletedDeviceIsNotOpenedAgain) {
  expect_no_bugcheck([&] {
    Layer& layer = add_named([](Layer&, PIRP irp) { return complete(irp, STATUS_SUCCESS); });
    const nt::Handle file = open();
    IoDeleteDevice(layer.device);
    nt::Handle second = 0;
    EXPECT_EQ(nt::create_file(&second, FILE_READ_DATA, 0, kLink, false), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(nt::create_file(&second, FILE_READ_DATA, file, u"pin", false), STATUS_NO_SUCH_DEVICE);
    nt::close(file);
  });
}

TEST_F(UserRequests, R_SIO_7_CompletionPortGetsAPacketIfThereIsAContext) {
  expect_no_bugcheck([&] {
    add_named([](Layer&, PIRP irp) { return complete(irp, STATUS_SUCCESS, 11); });
    const nt::Handle file = open();
    nt::Handle port = 0;
    nt::create_io_completion(&port);
    nt::associate_io_completion(port, file, 77);
    const std::int64_t now = 0;
    nt::CompletionPacket packet = {};
    control(file, code_of(METHOD_NEITHER), nullptr, 0, nullptr, 0);
    EXPECT_EQ(nt::remove_io_completion(port, &packet, &now), STATUS_TIMEOUT);
    int context = 0;
    control(file, code_of(METHOD_NEITHER), nullptr, 0, nullptr, 0, 0, &context);
    EXPECT_EQ(nt::remove_io_completion(port, &packet, &now), STATUS_SUCCESS);
    EXPECT_EQ(packet.key, 77u);
    EXPECT_EQ(packet.apc_context, &context);
    EXPECT_EQ(packet.iosb.information, 11u);
  });
}

TEST_F(UserRequests, R_IRP_53_AnErrorAtOncePostsNoPacket) {
  expect_no_bugcheck([&] {
    add_named([](Layer&, PIRP irp) { return complete(irp, STATUS_UNSUCCESSFUL); });
    const nt::Handle file = open(), event = new_event();
    nt::Handle port = 0;
    nt::create_io_completion(&port);
    nt::associate_io_completion(port, file, 1);
    iosb.information = 99;
    EXPECT_EQ(control(file, code_of(METHOD_NEITHER), nullptr, 0, nullptr, 0, event, &iosb), STATUS_UNSUCCESSFUL);
    const std::int64_t now = 0;
    nt::CompletionPacket packet = {};
    EXPECT_EQ(nt::remove_io_completion(port, &packet, &now), STATUS_TIMEOUT);
    EXPECT_FALSE(is_set(event));
    EXPECT_EQ(iosb.information, 99u);
  });
}

TEST_F(UserRequests, R_SIO_15_IosbBeforeEventBeforePacket) {
  config.schedule = ntos::Schedule::kFifo;  // the threads must run in the order they are woken
  expect_no_bugcheck([&] {
    add_named([&](Layer&, PIRP irp) {
      IoMarkIrpPending(irp);
      kept = irp;
      return STATUS_PENDING;
    });
    const nt::Handle file = open(), event = new_event();
    nt::Handle port = 0;
    nt::create_io_completion(&port);
    nt::associate_io_completion(port, file, 1);
    std::vector<int> order;
    spawn("event", [&] {
      nt::wait_for_single_object(event, false, nullptr);
      EXPECT_EQ(iosb.information, 5u);
      order.push_back(1);
    });
    spawn("port", [&] {
      nt::CompletionPacket packet;
      nt::remove_io_completion(port, &packet, nullptr);
      order.push_back(2);
    });
    control(file, code_of(METHOD_NEITHER), nullptr, 0, nullptr, 0, event, &iosb);
    sleep_us(100);  // both wait now
    complete(kept, STATUS_SUCCESS, 5);
    sleep_us(100);
    EXPECT_EQ(order, (std::vector<int>{1, 2}));
  });
}

TEST_F(UserRequests, R_IRP_60_ReadAndWriteGoTheDevicesWay) {
  expect_no_bugcheck([&] {
    char* memory = user_memory(64);
    std::string stored;
    add_named(
        [&](Layer&, PIRP irp) {
          const auto& parameters = IoGetCurrentIrpStackLocation(irp)->Parameters;
          auto* system = static_cast<char*>(irp->AssociatedIrp.SystemBuffer);
          EXPECT_EQ(parameters.Read.ByteOffset.QuadPart, 4096);
          if (IoGetCurrentIrpStackLocation(irp)->MajorFunction == IRP_MJ_WRITE) {
            stored.assign(system, parameters.Write.Length);
          } else {
            stored.copy(system, parameters.Read.Length);
          }
          return complete(irp, STATUS_SUCCESS, 5);
        },
        DO_BUFFERED_IO);
    const nt::Handle file = open();
    std::memcpy(memory, "hello", 5);
    EXPECT_EQ(nt::write_file(file, 0, nullptr, &iosb, memory, 5, 4096), STATUS_SUCCESS);
    EXPECT_EQ(stored, "hello");
    EXPECT_EQ(nt::read_file(file, 0, nullptr, &iosb, memory + 32, 5, 4096), STATUS_SUCCESS);
    EXPECT_STREQ(memory + 32, "hello");
    const nt::Handle read_only = open(false, FILE_READ_DATA);
    EXPECT_EQ(nt::write_file(read_only, 0, nullptr, &iosb, memory, 5, 0), STATUS_ACCESS_DENIED);
  });
}

/// A fast I/O routine that takes codes with an even function number.
BOOLEAN NTAPI fast_control(PFILE_OBJECT file, BOOLEAN wait, PVOID, ULONG input_bytes, PVOID output, ULONG, ULONG code,
                           PIO_STATUS_BLOCK status, PDEVICE_OBJECT device) {
  EXPECT_EQ(IoGetRelatedDeviceObject(file), device);
  if ((code >> 2 & 1) != 0) return FALSE;
  static_cast<char*>(output)[0] = 'f';
  status->Status = STATUS_SUCCESS;
  status->Information = input_bytes + (wait ? 100u : 0u);
  return TRUE;
}

TEST_F(UserRequests, FastIoIsAskedFirstAndTheIrpComesIfItDeclines) {
  expect_no_bugcheck([&] {
    char* memory = user_memory(64);
    Layer& layer = add_named([](Layer&, PIRP irp) { return complete(irp, STATUS_SUCCESS, 1); });
    static FAST_IO_DISPATCH fast;
    fast.SizeOfFastIoDispatch = sizeof fast;
    fast.FastIoDeviceControl = fast_control;
    layer.driver->FastIoDispatch = &fast;
    const nt::Handle file = open(), event = new_event();
    EXPECT_EQ(control(file, CTL_CODE(0x8000, 2, METHOD_NEITHER, 0), memory, 7, memory, 8, event), STATUS_SUCCESS);
    EXPECT_EQ(layer.calls, 1);  // the create: no IRP was made
    EXPECT_EQ(memory[0], 'f');
    EXPECT_EQ(iosb.information, 7u);
    EXPECT_TRUE(is_set(event));
    EXPECT_EQ(control(file, CTL_CODE(0x8000, 3, METHOD_NEITHER, 0), memory, 7, memory, 8), STATUS_SUCCESS);
    EXPECT_EQ(layer.calls, 2);
    EXPECT_EQ(iosb.information, 1u);
    EXPECT_EQ(control(open(true), CTL_CODE(0x8000, 2, METHOD_NEITHER, 0), memory, 7, memory, 8), STATUS_SUCCESS);
    EXPECT_EQ(iosb.information, 107u);  // a synchronous file may wait
  });
}

TEST_F(UserRequests, V_C9_11_FastIoReturnsAtAnotherIrql) {
  expect_bugcheck(0xC9, 0x11, [&] {
    Layer& layer = add_named([](Layer&, PIRP irp) { return complete(irp, STATUS_SUCCESS); });
    static FAST_IO_DISPATCH fast;
    fast.SizeOfFastIoDispatch = sizeof fast;
    fast.FastIoDeviceControl = [](PFILE_OBJECT, BOOLEAN, PVOID, ULONG, PVOID, ULONG, ULONG, PIO_STATUS_BLOCK,
                                  PDEVICE_OBJECT) NTAPI -> BOOLEAN {
      KIRQL old;
      KeRaiseIrql(DISPATCH_LEVEL, &old);
      return TRUE;
    };
    layer.driver->FastIoDispatch = &fast;
    control(open(), code_of(METHOD_NEITHER), nullptr, 0, nullptr, 0);
  });
}

}  // namespace
}  // namespace p2p::test
