// Helpers for a driver's own IRPs: forwarding, cancelable queues (R-IRP-18, R-PRB-4).
#include "tests/ks/bench.h"
#include "tests/ks/client.h"

namespace p2p::test {
namespace {

/// IRPs of the test's own, with a current location; freed at the end.
struct OwnIrps {
  explicit OwnIrps(std::size_t count, CCHAR locations = 2) {
    for (std::size_t i = 0; i < count; ++i) {
      PIRP irp = IoAllocateIrp(locations, FALSE);
      IoSetNextIrpStackLocation(irp);
      irps.push_back(irp);
    }
  }
  ~OwnIrps() {
    for (PIRP irp : irps) IoFreeIrp(irp);
  }
  OwnIrps(const OwnIrps&) = delete;
  OwnIrps& operator=(const OwnIrps&) = delete;
  PIRP operator[](std::size_t index) const { return irps[index]; }
  std::vector<PIRP> irps;
};

struct List {
  List() { InitializeListHead(&head); }
  std::vector<PIRP> content() const {
    std::vector<PIRP> irps;
    for (PLIST_ENTRY at = head.Flink; at != &head; at = at->Flink) {
      irps.push_back(CONTAINING_RECORD(at, IRP, Tail.Overlay.ListEntry));
    }
    return irps;
  }
  LIST_ENTRY head;
  KSPIN_LOCK lock = 0;
};

struct Cancelled {
  static inline std::vector<PIRP> irps;
  static void NTAPI routine(PDEVICE_OBJECT, PIRP irp) {
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    IoReleaseCancelSpinLock(irp->CancelIrql);
    irps.push_back(irp);
    KsRemoveSpecificIrpFromCancelableQueue(irp);
  }
  static inline std::vector<PIRP> asked;
  static inline PIRP skip = nullptr, end = nullptr;
  static NTSTATUS NTAPI move(PIRP irp, PVOID) {
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    asked.push_back(irp);
    if (irp != nullptr && irp == end) return STATUS_DEVICE_BUSY;
    return irp == skip ? STATUS_NO_MATCH : STATUS_SUCCESS;
  }
};
using Irps = std::vector<PIRP>;

class OwnIrp : public KsTest {};

TEST_F(OwnIrp, R_PRB_4_irps_leave_a_cancelable_queue_from_either_end) {
  expect_clean([&] {
    OwnIrps irp(3);
    List list;
    KsAddIrpToCancelableQueue(&list.head, &list.lock, irp[1], KsListEntryTail, Cancelled::routine);
    KsAddIrpToCancelableQueue(&list.head, &list.lock, irp[2], KsListEntryTail, Cancelled::routine);
    KsAddIrpToCancelableQueue(&list.head, &list.lock, irp[0], KsListEntryHead, Cancelled::routine);
    EXPECT_EQ(list.content(), irp.irps);
    EXPECT_EQ(KSQUEUE_SPINLOCK_IRP_STORAGE(irp[0]), &list.lock);
    EXPECT_EQ(KsRemoveIrpFromCancelableQueue(&list.head, &list.lock, KsListEntryTail, KsAcquireAndRemove), irp[2]);
    // Acquired only: it stays, and is not found a second time.
    EXPECT_EQ(KsRemoveIrpFromCancelableQueue(&list.head, &list.lock, KsListEntryHead, KsAcquireOnly), irp[0]);
    EXPECT_EQ(KsRemoveIrpFromCancelableQueue(&list.head, &list.lock, KsListEntryHead, KsAcquireAndRemoveOnlySingleItem),
              nullptr);
    EXPECT_EQ(KsRemoveIrpFromCancelableQueue(&list.head, &list.lock, KsListEntryHead, KsAcquireAndRemove), irp[1]);
    EXPECT_EQ(KsRemoveIrpFromCancelableQueue(&list.head, &list.lock, KsListEntryHead, KsAcquireAndRemove), nullptr);
    KsReleaseIrpOnCancelableQueue(irp[0], Cancelled::routine);
    EXPECT_EQ(KsRemoveIrpFromCancelableQueue(&list.head, &list.lock, KsListEntryHead, KsAcquireAndRemove), irp[0]);
    EXPECT_TRUE(list.content().empty());
  });
}

TEST_F(OwnIrp, R_PRB_4_a_cancelled_irp_has_its_routine_called_at_once) {
  Cancelled::irps.clear();
  expect_clean([&] {
    OwnIrps irp(2);
    List list;
    irp[0]->Cancel = TRUE;
    KsAddIrpToCancelableQueue(&list.head, &list.lock, irp[0], KsListEntryTail, Cancelled::routine);
    EXPECT_EQ(Cancelled::irps, (Irps{irp[0]}));
    EXPECT_TRUE(list.content().empty());
    // Cancelled while acquired: when it is released.
    KsAddIrpToCancelableQueue(&list.head, &list.lock, irp[1], KsListEntryTail, Cancelled::routine);
    KsRemoveIrpFromCancelableQueue(&list.head, &list.lock, KsListEntryHead, KsAcquireOnly);
    EXPECT_FALSE(IoCancelIrp(irp[1]));
    EXPECT_EQ(Cancelled::irps.size(), 1u);
    KsReleaseIrpOnCancelableQueue(irp[1], Cancelled::routine);
    EXPECT_EQ(Cancelled::irps, (Irps{irp[0], irp[1]}));
  });
}

TEST_F(OwnIrp, R_PRB_4_cancel_io_calls_every_routine_and_marks_the_rest) {
  Cancelled::irps.clear();
  expect_clean([&] {
    OwnIrps irp(3);
    List list;
    for (PIRP each : irp.irps) {
      KsAddIrpToCancelableQueue(&list.head, &list.lock, each, KsListEntryTail, Cancelled::routine);
    }
    EXPECT_EQ(KsRemoveIrpFromCancelableQueue(&list.head, &list.lock, KsListEntryHead, KsAcquireOnly), irp[0]);
    KsCancelIo(&list.head, &list.lock);
    EXPECT_EQ(Cancelled::irps, (Irps{irp[1], irp[2]}));
    EXPECT_TRUE(irp[0]->Cancel);
    EXPECT_EQ(list.content(), (Irps{irp[0]}));  // not removed
  });
}

TEST_F(OwnIrp, R_PRB_4_the_callback_says_what_moves_and_the_order_is_kept) {
  expect_clean([&] {
    OwnIrps irp(4);
    List from, to, third;  // locks in this order
    for (PIRP each : irp.irps) {
      KsAddIrpToCancelableQueue(&from.head, &from.lock, each, KsListEntryTail, Cancelled::routine);
    }
    Cancelled::asked.clear();
    Cancelled::skip = irp[1];
    Cancelled::end = nullptr;
    EXPECT_EQ(KsMoveIrpsOnCancelableQueue(&from.head, &from.lock, &to.head, &to.lock, KsListEntryTail, Cancelled::move,
                                          nullptr),
              STATUS_SUCCESS);
    EXPECT_EQ(Cancelled::asked, (Irps{irp[3], irp[2], irp[1], irp[0], nullptr}));
    EXPECT_EQ(to.content(), (Irps{irp[0], irp[2], irp[3]}));
    EXPECT_EQ(from.content(), (Irps{irp[1]}));
    EXPECT_EQ(KSQUEUE_SPINLOCK_IRP_STORAGE(irp[0]), &to.lock);
    Cancelled::end = irp[2];
    EXPECT_EQ(KsMoveIrpsOnCancelableQueue(&to.head, &to.lock, &third.head, &third.lock, KsListEntryHead,
                                          Cancelled::move, nullptr),
              STATUS_DEVICE_BUSY);
    EXPECT_EQ(third.content(), (Irps{irp[0]}));
    EXPECT_EQ(to.content(), (Irps{irp[2], irp[3]}));
    for (List* list : {&from, &to, &third}) {
      while (KsRemoveIrpFromCancelableQueue(&list->head, &list->lock, KsListEntryHead, KsAcquireAndRemove) != nullptr) {
      }
    }
  });
}

TEST_F(OwnIrp, R_IRP_18_forward_and_catch_gives_the_irp_back) {
  expect_clean([&] {
    Connection c;
    PFILE_OBJECT file = file_of(c.filter.handle());
    PDEVICE_OBJECT device = IoGetRelatedDeviceObject(file);
    in_system_thread([&] {
      OwnIrps irp(2, static_cast<CCHAR>(device->StackSize + 1));
      PIO_STACK_LOCATION own = IoGetCurrentIrpStackLocation(irp[0]);
      own->MajorFunction = IRP_MJ_DEVICE_CONTROL;  // a control that AVStream does not know
      own->DeviceObject = device;
      EXPECT_EQ(KsForwardAndCatchIrp(device, irp[0], file, KsStackCopyToNewLocation), STATUS_INVALID_DEVICE_REQUEST);
      EXPECT_EQ(IoGetCurrentIrpStackLocation(irp[0]), own);  // ours again
      EXPECT_EQ(irp[0]->IoStatus.Status, STATUS_INVALID_DEVICE_REQUEST);
      // The same location again, and as it was.
      own->Parameters.DeviceIoControl.OutputBufferLength = 44;
      own->DeviceObject = device;
      own->MajorFunction = IRP_MJ_DEVICE_CONTROL;
      EXPECT_EQ(KsForwardAndCatchIrp(device, irp[0], file, KsStackReuseCurrentLocation), STATUS_INVALID_DEVICE_REQUEST);
      EXPECT_EQ(IoGetCurrentIrpStackLocation(irp[0]), own);
      EXPECT_EQ(own->Parameters.DeviceIoControl.OutputBufferLength, 44u);
      // No location left: not sent, not completed.
      while (irp[1]->CurrentLocation > 1) IoSetNextIrpStackLocation(irp[1]);
      irp[1]->IoStatus.Status = 77;
      EXPECT_EQ(KsForwardAndCatchIrp(device, irp[1], file, KsStackUseNewLocation), STATUS_INVALID_DEVICE_REQUEST);
      EXPECT_EQ(irp[1]->IoStatus.Status, 77);
    });
    ObDereferenceObject(file);
  });
}

TEST_F(OwnIrp, R_SIO_3_the_fast_paths_that_are_none) {
  expect_clean([&] {
    EXPECT_FALSE(KsDispatchFastIoDeviceControlFailure(nullptr, TRUE, nullptr, 0, nullptr, 0, 0, nullptr, nullptr));
    EXPECT_FALSE(KsDispatchFastReadFailure(nullptr, nullptr, 0, TRUE, 0, nullptr, nullptr, nullptr));
  });
}

TEST(KsIoctls, R_IRP_66_the_codes_are_the_headers) {
  EXPECT_EQ(IOCTL_KS_PROPERTY, 0x2F0003u);
  EXPECT_EQ(IOCTL_KS_ENABLE_EVENT, 0x2F0007u);
  EXPECT_EQ(IOCTL_KS_DISABLE_EVENT, 0x2F000Bu);
  EXPECT_EQ(IOCTL_KS_METHOD, 0x2F000Fu);
  EXPECT_EQ(IOCTL_KS_WRITE_STREAM, 0x2F8013u);
  EXPECT_EQ(IOCTL_KS_READ_STREAM, 0x2F4017u);
  EXPECT_EQ(IOCTL_KS_RESET_STATE, 0x2F001Bu);
  EXPECT_EQ(IOCTL_KS_HANDSHAKE, 0x2F001Fu);
}

TEST(KsIoctls, R_PROP_5_the_state_is_property_0_of_the_connection_set) {
  const GUID set = {0x1D58C920, 0xAC9B, 0x11CF, {0xA5, 0xD6, 0x28, 0xDB, 0x04, 0xC1, 0x00, 0x00}};
  EXPECT_TRUE(IsEqualGUID(KSPROPSETID_Connection, set));
  EXPECT_EQ(KSPROPERTY_CONNECTION_STATE, 0);
  EXPECT_EQ(sizeof(KSSTATE), sizeof(ULONG));
}

TEST(KsFlags, R_PR_9_the_values_are_the_headers) {
  EXPECT_EQ(KSPIN_FLAG_DISPATCH_LEVEL_PROCESSING, 1);
  EXPECT_EQ(KSPIN_FLAG_CRITICAL_PROCESSING, 2);
  EXPECT_EQ(KSPIN_FLAG_HYPERCRITICAL_PROCESSING, 4);
  EXPECT_EQ(KSPIN_FLAG_ASYNCHRONOUS_PROCESSING, 8);
  EXPECT_EQ(KSPIN_FLAG_DO_NOT_INITIATE_PROCESSING, 0x10);
  EXPECT_EQ(KSPIN_FLAG_INITIATE_PROCESSING_ON_EVERY_ARRIVAL, 0x20);
  EXPECT_EQ(KSPIN_FLAG_FRAMES_NOT_REQUIRED_FOR_PROCESSING, 0x40);
  EXPECT_EQ(KSPIN_FLAG_ENFORCE_FIFO, 0x80);
  EXPECT_EQ(KSPIN_FLAG_GENERATE_MAPPINGS, 0x100);
  EXPECT_EQ(KSPIN_FLAG_DISTINCT_TRAILING_EDGE, 0x200);
  EXPECT_EQ(KSPIN_FLAG_PROCESS_IN_RUN_STATE_ONLY, 0x10000);
  EXPECT_EQ(KSPIN_FLAG_FIXED_FORMAT, 0x100000);
  EXPECT_EQ(KSPIN_FLAG_RENDERER, 0x10000 | 0x200000);
  EXPECT_EQ(KSPIN_FLAG_IMPLEMENT_CLOCK, 0x400000);
  EXPECT_EQ(KSPIN_FLAG_SOME_FRAMES_REQUIRED_FOR_PROCESSING, 0x800000);
  EXPECT_EQ(KSPIN_FLAG_PROCESS_IF_ANY_IN_RUN_STATE, 0x1000000);
  EXPECT_EQ(static_cast<ULONG>(KSPIN_FLAG_DENY_USERMODE_ACCESS), 0x80000000u);
}

}  // namespace
}  // namespace p2p::test
