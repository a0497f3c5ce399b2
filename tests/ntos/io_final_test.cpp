// Final completion of threaded IRPs: rules R-IRP-50 to R-IRP-60.
#include "tests/ntos/io_stack.h"

#include "sw/ntos/io/irp.h"
#include "sw/ntos/ke/thread.h"
#include "sw/ntos/verifier/imports.h"

namespace p2p::test {
namespace {

constexpr ULONG kBuffered = CTL_CODE(0x8000, 1, METHOD_BUFFERED, FILE_ANY_ACCESS);

class IoFinal : public IoTest {
 protected:
  /// A pending layer's IRP, sent by this thread.
  NTSTATUS send_threaded() {
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    return IoCallDriver(top(), threaded_irp(&event, &iosb));
  }
  char* buffer(std::size_t bytes) {
    auto* memory = static_cast<char*>(ExAllocatePool2(POOL_FLAG_NON_PAGED, bytes, 'tseT'));
    buffers.push_back(memory);
    return memory;
  }
  KEVENT event;
  IO_STATUS_BLOCK iosb = {};
  std::vector<void*> buffers;
};

TEST_F(IoFinal, R_IRP_50_QueuedToTheCreatingThread) {
  expect_no_bugcheck([&] {
    add_pending();
    ke::Thread* self = ke::current_thread();
    EXPECT_TRUE(IsListEmpty(&self->irp_list));
    EXPECT_EQ(send_threaded(), STATUS_PENDING);
    EXPECT_EQ(self->irp_list.Flink, &kept->ThreadListEntry);
    EXPECT_EQ(kept->Tail.Overlay.Thread, PsGetCurrentThread());
    complete(kept, STATUS_SUCCESS);
    EXPECT_TRUE(IsListEmpty(&self->irp_list));
    EXPECT_EQ(kernel->counters().irps_outstanding, 0u);
  });
}

TEST_F(IoFinal, R_IRP_50_AThreadThatEndsCancelsItsIrps) {
  expect_no_bugcheck([&] {
    add_layer([&](Layer&, PIRP irp) {
      IoMarkIrpPending(irp);
      PDRIVER_CANCEL cancel = [](PDEVICE_OBJECT, PIRP cancelled) NTAPI {
        IoReleaseCancelSpinLock(cancelled->CancelIrql);
        complete(cancelled, STATUS_CANCELLED);
      };
      IoSetCancelRoutine(irp, cancel);
      return STATUS_PENDING;
    });
    KEVENT sent;
    KeInitializeEvent(&sent, NotificationEvent, FALSE);
    spawn("issuer", [&] {
      EXPECT_EQ(send_threaded(), STATUS_PENDING);
      KeSetEvent(&sent, 0, FALSE);
    });
    wait_for(&sent);
    wait_for(&event);
    EXPECT_EQ(iosb.Status, STATUS_CANCELLED);
    EXPECT_EQ(kernel->counters().irps_cancelled, 1u);
    sleep_us(100);  // freed after the event is set
    EXPECT_EQ(kernel->counters().irps_outstanding, 0u);
  });
}

TEST_F(IoFinal, R_IRP_50_AThreadThatEndsWaitsForIrpsInProgress) {
  expect_no_bugcheck([&] {
    add_pending();
    KEVENT sent;
    KeInitializeEvent(&sent, NotificationEvent, FALSE);
    spawn("issuer", [&] {
      send_threaded();
      KeSetEvent(&sent, 0, FALSE);
    });
    wait_for(&sent);
    sleep_us(500);
    EXPECT_EQ(events.count("thread.exit thread=2"), 0u);
    EXPECT_TRUE(kept->Cancel);
    complete(kept, STATUS_SUCCESS, 9);
    wait_for(&event);
    EXPECT_EQ(iosb.Information, 9u);
    sleep_us(500);
    EXPECT_EQ(events.count("thread.exit thread=2"), 1u);
  });
}

TEST_F(IoFinal, R_IRP_88_AThreadsIrpThatIsNeverCompletedIsC4_135) {
  expect_bugcheck(0xC4, 0x135, [&] {
    add_pending();
    KEVENT sent;
    KeInitializeEvent(&sent, NotificationEvent, FALSE);
    spawn("issuer", [&] {
      send_threaded();
      KeSetEvent(&sent, 0, FALSE);
    });
    wait_for(&sent);
    sleep_us(1000 * (std::int64_t{config.cancel_limit_ms} + 10));
  });
}

TEST_F(IoFinal, R_IRP_50_WithoutTheVerifierTheThreadGivesItsIrpUp) {
  config.verifier = false;
  expect_no_bugcheck([&] {
    add_pending();
    KEVENT sent;
    KeInitializeEvent(&sent, NotificationEvent, FALSE);
    spawn("issuer", [&] {
      send_threaded();
      KeSetEvent(&sent, 0, FALSE);
    });
    wait_for(&sent);
    sleep_us(1000 * (std::int64_t{config.cancel_limit_ms} + 10));
    EXPECT_EQ(events.count("thread.exit thread=2"), 1u);
    iosb.Status = STATUS_UNSUCCESSFUL;
    complete(kept, STATUS_SUCCESS);  // late: freed, and nobody is told
    EXPECT_EQ(iosb.Status, STATUS_UNSUCCESSFUL);
    EXPECT_FALSE(KeReadStateEvent(&event));
    EXPECT_EQ(kernel->counters().irps_outstanding, 0u);
  });
}

TEST_F(IoFinal, R_IRP_51_BuildingAboveApcLevelIsC4_2000A) {
  expect_bugcheck(0xC4, 0x2000A, [&] {
    add_completing();
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    P2P_IMPORT(IoBuildDeviceIoControlRequest)(0, top(), nullptr, 0, nullptr, 0, FALSE, &event, &iosb);
  });
}

TEST_F(IoFinal, R_IRP_51_SendingAThreadedIrpAtApcLevelIsC9_302) {
  expect_bugcheck(0xC9, 0x302, [&] {
    add_completing();
    KIRQL old;
    KeRaiseIrql(APC_LEVEL, &old);
    send_threaded();
  });
}

TEST_F(IoFinal, R_IRP_52_CompletionRunsInTheIssuingThread) {
  expect_no_bugcheck([&] {
    add_pending();
    send_threaded();
    KIRQL old;
    KeRaiseIrql(APC_LEVEL, &old);
    spawn("completer", [&] { complete(kept, STATUS_SUCCESS); });
    KeStallExecutionProcessor(100);
    EXPECT_FALSE(KeReadStateEvent(&event));  // the issuer cannot take the APC yet
    EXPECT_NE(kernel->counters().irps_outstanding, 0u);
    KeLowerIrql(old);
    EXPECT_TRUE(KeReadStateEvent(&event));
    EXPECT_EQ(kernel->counters().irps_outstanding, 0u);
  });
}

TEST_F(IoFinal, R_IRP_52_R_IRP_55_BufferThenIosbThenEvent) {
  expect_no_bugcheck([&] {
    char* output = buffer(16);
    bool checked = false;
    add_layer([&](Layer&, PIRP irp) {
      std::memcpy(irp->AssociatedIrp.SystemBuffer, "answer", 7);
      EXPECT_EQ(output[0], 0);
      return complete(irp, STATUS_SUCCESS, 7);
    });
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    spawn("waiter", [&] {
      wait_for(&event);
      EXPECT_STREQ(output, "answer");
      EXPECT_EQ(iosb.Information, 7u);
      EXPECT_EQ(iosb.Status, STATUS_SUCCESS);
      checked = true;
    });
    iosb.Status = STATUS_UNSUCCESSFUL;
    EXPECT_EQ(IoCallDriver(
                  top(), IoBuildDeviceIoControlRequest(kBuffered, top(), nullptr, 0, output, 16, FALSE, &event, &iosb)),
              STATUS_SUCCESS);
    sleep_us(100);
    EXPECT_TRUE(checked);
    EXPECT_EQ(output[7], 0);  // as many bytes as Information says
  });
}

TEST_F(IoFinal, R_IRP_52_ErrorSeverityCopiesNothing) {
  expect_no_bugcheck([&] {
    char* output = buffer(16);
    add_layer([&](Layer&, PIRP irp) {
      IoMarkIrpPending(irp);
      std::memcpy(irp->AssociatedIrp.SystemBuffer, "answer", 7);
      complete(irp, STATUS_UNSUCCESSFUL, 7);
      return STATUS_PENDING;
    });
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    IoCallDriver(top(), IoBuildDeviceIoControlRequest(kBuffered, top(), nullptr, 0, output, 16, FALSE, &event, &iosb));
    EXPECT_EQ(output[0], 0);
    EXPECT_EQ(iosb.Status, STATUS_UNSUCCESSFUL);
  });
}

TEST_F(IoFinal, R_IRP_52_WarningsCopy) {
  expect_no_bugcheck([&] {
    char* output = buffer(16);
    add_layer([&](Layer&, PIRP irp) {
      std::memcpy(irp->AssociatedIrp.SystemBuffer, "half", 5);
      return complete(irp, STATUS_BUFFER_OVERFLOW, 5);
    });
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    EXPECT_EQ(IoCallDriver(
                  top(), IoBuildDeviceIoControlRequest(kBuffered, top(), nullptr, 0, output, 16, FALSE, &event, &iosb)),
              STATUS_BUFFER_OVERFLOW);
    EXPECT_STREQ(output, "half");
    EXPECT_EQ(iosb.Status, STATUS_BUFFER_OVERFLOW);
    EXPECT_TRUE(KeReadStateEvent(&event));
  });
}

TEST_F(IoFinal, R_IRP_53_AnErrorAtOnceLeavesIosbAndEventAlone) {
  expect_no_bugcheck([&] {
    add_completing(STATUS_UNSUCCESSFUL);
    iosb.Status = 0x1234;
    EXPECT_EQ(send_threaded(), STATUS_UNSUCCESSFUL);
    EXPECT_EQ(iosb.Status, 0x1234);
    EXPECT_FALSE(KeReadStateEvent(&event));
    EXPECT_EQ(kernel->counters().irps_outstanding, 0u);
  });
}

TEST_F(IoFinal, R_IRP_53_APendedErrorSetsThem) {
  expect_no_bugcheck([&] {
    add_pending();
    send_threaded();
    complete(kept, STATUS_UNSUCCESSFUL);
    EXPECT_EQ(iosb.Status, STATUS_UNSUCCESSFUL);
    EXPECT_TRUE(KeReadStateEvent(&event));
  });
}

TEST_F(IoFinal, R_IRP_54_SuccessAtOnceNeedsNoWait) {
  expect_no_bugcheck([&] {
    add_completing(STATUS_SUCCESS, 3);
    EXPECT_EQ(send_threaded(), STATUS_SUCCESS);
    EXPECT_EQ(iosb.Information, 3u);
    EXPECT_TRUE(KeReadStateEvent(&event));
  });
}

TEST_F(IoFinal, R_IRP_56_AnEventThatIsSetAndPendingIsC9_307) {
  expect_bugcheck(0xC9, 0x307, [&] {
    add_pending();
    KeInitializeEvent(&event, NotificationEvent, TRUE);
    IoCallDriver(top(), threaded_irp(&event, &iosb));
  });
}

TEST_F(IoFinal, R_IRP_57_DeviceControlRequestIsSetUp) {
  expect_no_bugcheck([&] {
    add_completing();
    for (bool internal : {false, true}) {
      PIRP irp = IoBuildDeviceIoControlRequest(kBuffered, top(), nullptr, 0, nullptr, 0, internal, &event, &iosb);
      PIO_STACK_LOCATION next = IoGetNextIrpStackLocation(irp);
      EXPECT_EQ(next->MajorFunction, internal ? IRP_MJ_INTERNAL_DEVICE_CONTROL : IRP_MJ_DEVICE_CONTROL);
      EXPECT_EQ(next->Parameters.DeviceIoControl.IoControlCode, kBuffered);
      EXPECT_EQ(next->FileObject, nullptr);
      EXPECT_EQ(irp->RequestorMode, KernelMode);
      EXPECT_EQ(irp->AssociatedIrp.SystemBuffer, nullptr);
      KeInitializeEvent(&event, NotificationEvent, FALSE);
      EXPECT_EQ(IoCallDriver(top(), irp), STATUS_SUCCESS);
    }
  });
}

TEST_F(IoFinal, R_IRP_57_NullWithoutMemory) {
  expect_no_bugcheck([&] {
    add_completing();
    PVOID last = buffer(1 << 20);
    hardware.page_limit = hardware.pages_allocated();
    EXPECT_EQ(IoBuildDeviceIoControlRequest(kBuffered, top(), last, 1 << 20, nullptr, 0, FALSE, &event, &iosb),
              nullptr);
    EXPECT_EQ(kernel->counters().irps_outstanding, 0u);
  });
}

TEST_F(IoFinal, R_IRP_57_ABufferThatIsNoMemoryIsC9_09) {
  expect_bugcheck(0xC9, 0x09, [&] {
    add_completing();
    IoBuildDeviceIoControlRequest(CTL_CODE(0x8000, 1, METHOD_OUT_DIRECT, FILE_ANY_ACCESS), top(), nullptr, 0,
                                  reinterpret_cast<PVOID>(0x1000), 64, FALSE, &event, &iosb);
  });
}

TEST_F(IoFinal, R_IRP_58_OnlyTheFiveMajorFunctions) {
  config.verifier = false;  // a PnP request with minor function 0 is IRP_MN_START_DEVICE
  expect_no_bugcheck([&] {
    Layer& lower = add_completing();
    for (ULONG major = 0; major <= IRP_MJ_MAXIMUM_FUNCTION; ++major) {
      const bool allowed = major == IRP_MJ_PNP || major == IRP_MJ_READ || major == IRP_MJ_WRITE ||
                           major == IRP_MJ_FLUSH_BUFFERS || major == IRP_MJ_SHUTDOWN;
      KeInitializeEvent(&event, NotificationEvent, FALSE);
      PIRP irp = IoBuildSynchronousFsdRequest(major, top(), nullptr, 0, nullptr, &event, &iosb);
      EXPECT_EQ(irp != nullptr, allowed) << major;
      if (irp == nullptr) continue;
      irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
      EXPECT_EQ(IoCallDriver(top(), irp), STATUS_SUCCESS);
    }
    EXPECT_EQ(lower.calls, 5);
  });
}

TEST_F(IoFinal, R_IRP_59_AsynchronousRequestIsNotTheThreads) {
  expect_no_bugcheck([&] {
    char* data = buffer(100);
    Routine done([](PDEVICE_OBJECT, PIRP irp) {
      if (irp->MdlAddress != nullptr) {
        MmUnlockPages(irp->MdlAddress);
        IoFreeMdl(irp->MdlAddress);
      }
      IoFreeIrp(irp);
      return STATUS_MORE_PROCESSING_REQUIRED;
    });
    add_pending().device->Flags |= DO_DIRECT_IO;
    LARGE_INTEGER offset;
    offset.QuadPart = 512;
    PIRP irp = IoBuildAsynchronousFsdRequest(IRP_MJ_READ, top(), data, 100, &offset, &iosb);
    EXPECT_EQ(irp->Tail.Overlay.Thread, PsGetCurrentThread());
    EXPECT_TRUE(IsListEmpty(&ke::current_thread()->irp_list));
    PIO_STACK_LOCATION next = IoGetNextIrpStackLocation(irp);
    EXPECT_EQ(next->Parameters.Read.Length, 100u);
    EXPECT_EQ(next->Parameters.Read.ByteOffset.QuadPart, 512);
    EXPECT_EQ(MmGetMdlVirtualAddress(irp->MdlAddress), data);
    done.set(irp);
    EXPECT_EQ(IoCallDriver(top(), irp), STATUS_PENDING);
    complete(kept, STATUS_SUCCESS);
    EXPECT_EQ(done.calls, 1);
    EXPECT_EQ(kernel->counters().irps_outstanding, 0u);
  });
}

TEST_F(IoFinal, R_IRP_60_BufferedTargetGetsASystemBuffer) {
  expect_no_bugcheck([&] {
    char* data = buffer(8);
    std::memcpy(data, "written", 8);
    add_layer(
        [&](Layer&, PIRP irp) {
          EXPECT_NE(irp->AssociatedIrp.SystemBuffer, data);
          EXPECT_EQ(irp->MdlAddress, nullptr);
          auto* system = static_cast<char*>(irp->AssociatedIrp.SystemBuffer);
          if (IoGetCurrentIrpStackLocation(irp)->MajorFunction == IRP_MJ_WRITE) {
            EXPECT_STREQ(system, "written");
          } else {
            std::memcpy(system, "is read", 8);
          }
          return complete(irp, STATUS_SUCCESS, 8);
        },
        DO_BUFFERED_IO);
    for (ULONG major : {IRP_MJ_WRITE, IRP_MJ_READ}) {
      KeInitializeEvent(&event, NotificationEvent, FALSE);
      EXPECT_EQ(IoCallDriver(top(), IoBuildSynchronousFsdRequest(major, top(), data, 8, nullptr, &event, &iosb)),
                STATUS_SUCCESS);
    }
    EXPECT_STREQ(data, "is read");
  });
}

TEST_F(IoFinal, R_IRP_60_DirectTargetGetsALockedMdl) {
  expect_no_bugcheck([&] {
    char* data = buffer(8192);
    std::vector<bool> for_writing;
    add_layer(
        [&](Layer&, PIRP irp) {
          EXPECT_EQ(irp->AssociatedIrp.SystemBuffer, nullptr);
          EXPECT_NE(irp->MdlAddress->MdlFlags & MDL_PAGES_LOCKED, 0);
          EXPECT_EQ(MmGetMdlByteCount(irp->MdlAddress), 8192u);
          for_writing.push_back((irp->MdlAddress->MdlFlags & MDL_WRITE_OPERATION) != 0);
          return complete(irp, STATUS_SUCCESS, 8192);
        },
        DO_DIRECT_IO);
    for (ULONG major : {IRP_MJ_WRITE, IRP_MJ_READ}) {
      KeInitializeEvent(&event, NotificationEvent, FALSE);
      IoCallDriver(top(), IoBuildSynchronousFsdRequest(major, top(), data, 8192, nullptr, &event, &iosb));
    }
    EXPECT_EQ(for_writing, (std::vector<bool>{false, true}));  // a read writes the buffer
  });
}

TEST_F(IoFinal, R_IRP_60_NeitherGetsTheRawAddress) {
  expect_no_bugcheck([&] {
    char* data = buffer(8);
    add_layer([&](Layer&, PIRP irp) {
      EXPECT_EQ(irp->UserBuffer, data);
      EXPECT_EQ(irp->AssociatedIrp.SystemBuffer, nullptr);
      EXPECT_EQ(irp->MdlAddress, nullptr);
      return complete(irp, STATUS_SUCCESS, 8);
    });
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    IoCallDriver(top(), IoBuildSynchronousFsdRequest(IRP_MJ_READ, top(), data, 8, nullptr, &event, &iosb));
    EXPECT_EQ(iosb.Information, 8u);
  });
}

TEST_F(IoFinal, R_IRP_60_BothFlagsAreC9_245) {
  expect_bugcheck(0xC9, 0x245, [&] {
    add_completing().device->Flags |= DO_BUFFERED_IO | DO_DIRECT_IO;
    IoBuildSynchronousFsdRequest(IRP_MJ_READ, top(), buffer(8), 8, nullptr, &event, &iosb);
  });
}

}  // namespace
}  // namespace p2p::test
