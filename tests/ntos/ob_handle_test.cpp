// Handles in drivers' hands: what Driver Verifier says of bad ones and of those of somebody else.
#include "tests/ntos/io_file.h"

#include "sw/ntos/ob/object.h"

namespace p2p::test {
namespace {

class ObHandle : public IoFileTest {
 protected:
  static NTSTATUS reference(nt::Handle handle, KPROCESSOR_MODE mode) {
    PVOID object = nullptr;
    const NTSTATUS status =
        ObReferenceObjectByHandle(reinterpret_cast<HANDLE>(handle), 0, *ExEventObjectType, mode, &object, nullptr);
    if (NT_SUCCESS(status)) ObDereferenceObject(object);
    return status;
  }
};

TEST_F(ObHandle, V_C4_3C_AHandleThatIsNotOpen) {
  expect_bugcheck(0xC4, 0x3C, [&] {
    EXPECT_EQ(reference(0x400, UserMode), STATUS_INVALID_HANDLE);  // an application's mistake is no driver's
    reference(0x400, KernelMode);
  });
}

TEST_F(ObHandle, AHandleOfAnotherTypeIsToldSo) {
  expect_no_bugcheck([&] {
    add_named([](Layer&, PIRP irp) { return complete(irp, STATUS_SUCCESS); });
    EXPECT_EQ(reference(open(), KernelMode), STATUS_OBJECT_TYPE_MISMATCH);
  });
}

TEST_F(ObHandle, V_C4_F5_ANullHandle) {
  expect_bugcheck(0xC4, 0xF5, [&] {
    EXPECT_EQ(reference(0, UserMode), STATUS_INVALID_HANDLE);
    reference(0, KernelMode);
  });
}

TEST_F(ObHandle, V_C4_F7_AKernelHandleInUserModeInTheSystemProcess) {
  expect_bugcheck(0xC4, 0xF7, [&] {
    static KEVENT body;
    KeInitializeEvent(&body, NotificationEvent, FALSE);
    ob::create(&body, ob::Kind::kEvent, {});
    const nt::Handle handle = ob::insert_handle(&body, EVENT_ALL_ACCESS);
    EXPECT_EQ(reference(handle, KernelMode), STATUS_SUCCESS);
    reference(handle, UserMode);
  });
}

TEST_F(ObHandle, AWaitKeepsItsObjects) {
  expect_no_bugcheck([&] {
    nt::Handle event = new_event();
    bool woken = false;
    spawn("waiter", [&] {
      EXPECT_EQ(nt::wait_for_single_object(event, false, nullptr), STATUS_SUCCESS);
      woken = true;
    });
    sleep_us(100);
    PVOID object = nullptr;
    ASSERT_EQ(
        ObReferenceObjectByHandle(reinterpret_cast<HANDLE>(event), 0, *ExEventObjectType, UserMode, &object, nullptr),
        STATUS_SUCCESS);
    nt::close(event);
    ObDereferenceObject(object);  // the waiter's is the last reference
    ASSERT_TRUE(ob::is_object(object, ob::Kind::kEvent)) << "the event is gone while a thread waits for it";
    KeSetEvent(static_cast<PKEVENT>(object), 0, FALSE);
    sleep_us(100);
    EXPECT_TRUE(woken);
    EXPECT_FALSE(ob::is_object(object, ob::Kind::kEvent));
  });
}

TEST_F(ObHandle, AWaitForSomethingThatCannotBeWaitedForKeepsNothing) {
  expect_no_bugcheck([&] {
    const nt::Handle event = new_event();
    const nt::Handle handles[] = {event, 0x400};
    EXPECT_EQ(nt::wait_for_multiple_objects(handles, 2, false, false, nullptr), STATUS_INVALID_HANDLE);
    void* body = ob::body_of(event, ob::Kind::kEvent);
    nt::close(event);
    EXPECT_FALSE(ob::is_object(body, ob::Kind::kEvent));
  });
}

}  // namespace
}  // namespace p2p::test
