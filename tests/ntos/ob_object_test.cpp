// Objects, references and handles.
#include "tests/ntos/io_file.h"

#include "sw/ntos/ob/object.h"
#include "sw/ntos/verifier/imports.h"

namespace p2p::test {
namespace {

class ObObject : public IoFileTest {
 protected:
  static HANDLE as_handle(nt::Handle handle) { return reinterpret_cast<HANDLE>(handle); }
  static NTSTATUS by_handle(nt::Handle handle, ACCESS_MASK access, POBJECT_TYPE type, KPROCESSOR_MODE mode,
                            PVOID* object) {
    return P2P_IMPORT(ObReferenceObjectByHandle)(as_handle(handle), access, type, mode, object, nullptr);
  }
};

TEST_F(ObObject, TheLastReferenceDestroys) {
  expect_no_bugcheck([&] {
    int body = 0;
    bool destroyed = false;
    ob::create(&body, ob::Kind::kEvent, [&] { destroyed = true; });
    ObReferenceObject(&body);
    EXPECT_EQ(ObReferenceObjectByPointer(&body, 0, nullptr, KernelMode), STATUS_SUCCESS);
    ObDereferenceObject(&body);
    ObDereferenceObject(&body);
    EXPECT_FALSE(destroyed);
    ObDereferenceObject(&body);
    EXPECT_TRUE(destroyed);
    EXPECT_FALSE(ob::is_object(&body, ob::Kind::kEvent));
  });
}

TEST_F(ObObject, V_C4_3F_DereferencedOnceTooOften) {
  expect_bugcheck(0xC4, 0x3F, [&] {
    int body = 0;
    ob::create(&body, ob::Kind::kEvent, {});
    ObDereferenceObject(&body);
    ObDereferenceObject(&body);
  });
}

TEST_F(ObObject, V_C4_3F_ReferencedAfterItsEnd) {
  expect_bugcheck(0xC4, 0x3F, [&] {
    int body = 0;
    ob::create(&body, ob::Kind::kEvent, {});
    ObDereferenceObject(&body);
    ObReferenceObject(&body);
  });
}

TEST_F(ObObject, HandlesAreMultiplesOfFourAndUsedAgainLowestFirst) {
  expect_no_bugcheck([&] {
    const nt::Handle a = new_event(), b = new_event(), c = new_event();
    EXPECT_EQ(a % 4, 0u);
    EXPECT_EQ(b, a + 4);
    EXPECT_EQ(c, b + 4);
    EXPECT_EQ(ZwClose(as_handle(a)), STATUS_SUCCESS);
    EXPECT_EQ(new_event(), a);
    EXPECT_EQ(ZwClose(as_handle(c + 4)), STATUS_INVALID_HANDLE);
    EXPECT_EQ(ZwClose(as_handle(c + 1)), STATUS_INVALID_HANDLE);
    EXPECT_EQ(ZwClose(nullptr), STATUS_INVALID_HANDLE);
  });
}

TEST_F(ObObject, ByHandleGivesAReferencedObjectOfTheTypeAsked) {
  expect_no_bugcheck([&] {
    add_named([](Layer&, PIRP irp) { return complete(irp, STATUS_SUCCESS); });
    const nt::Handle event = new_event(), file = open();
    PVOID object = nullptr;
    ASSERT_EQ(by_handle(event, EVENT_MODIFY_STATE, *ExEventObjectType, UserMode, &object), STATUS_SUCCESS);
    nt::close(event);
    KeSetEvent(static_cast<PKEVENT>(object), 0, FALSE);  // the handle's end is not the object's
    EXPECT_TRUE(KeReadStateEvent(static_cast<PKEVENT>(object)));
    ObDereferenceObject(object);
    EXPECT_EQ(by_handle(event, 0, *ExEventObjectType, UserMode, &object), STATUS_INVALID_HANDLE);
    EXPECT_EQ(by_handle(file, 0, *ExEventObjectType, UserMode, &object), STATUS_OBJECT_TYPE_MISMATCH);
    ASSERT_EQ(by_handle(file, 0, nullptr, UserMode, &object), STATUS_SUCCESS);  // any type
    EXPECT_EQ(static_cast<PFILE_OBJECT>(object)->DeviceObject, layers[0].device);
    ObDereferenceObject(object);
  });
}

TEST_F(ObObject, AccessIsCheckedForUserModeOnly) {
  expect_no_bugcheck([&] {
    add_named([](Layer&, PIRP irp) { return complete(irp, STATUS_SUCCESS); });
    const nt::Handle file = open(false, FILE_READ_DATA);
    PVOID object = nullptr;
    EXPECT_EQ(by_handle(file, FILE_WRITE_DATA, *IoFileObjectType, UserMode, &object), STATUS_ACCESS_DENIED);
    ASSERT_EQ(by_handle(file, FILE_WRITE_DATA, *IoFileObjectType, KernelMode, &object), STATUS_SUCCESS);
    ObDereferenceObject(object);
    OBJECT_HANDLE_INFORMATION information = {};
    EXPECT_EQ(
        ObReferenceObjectByHandle(as_handle(file), FILE_READ_DATA, *IoFileObjectType, UserMode, &object, &information),
        STATUS_SUCCESS);
    EXPECT_EQ(information.GrantedAccess, static_cast<ACCESS_MASK>(FILE_READ_DATA));
    ObDereferenceObject(object);
  });
}

TEST_F(ObObject, V_C4_2001B_ByHandleAbovePassiveLevel) {
  expect_bugcheck(0xC4, 0x2001B, [&] {
    const nt::Handle event = new_event();
    PVOID object = nullptr;
    KIRQL old;
    KeRaiseIrql(APC_LEVEL, &old);
    by_handle(event, 0, *ExEventObjectType, KernelMode, &object);
  });
}

TEST_F(ObObject, AReferencedFileOutlivesItsHandle) {
  expect_no_bugcheck([&] {
    add_named([](Layer&, PIRP irp) { return complete(irp, STATUS_SUCCESS); });
    const nt::Handle file = open();
    PVOID object = nullptr;
    ASSERT_EQ(by_handle(file, 0, *IoFileObjectType, KernelMode, &object), STATUS_SUCCESS);
    nt::close(file);
    EXPECT_EQ(majors, (std::vector<UCHAR>{IRP_MJ_CREATE, IRP_MJ_CLEANUP}));
    ObDereferenceObject(object);
    EXPECT_EQ(majors.back(), IRP_MJ_CLOSE);
  });
}

TEST_F(ObObject, ALastFileReferenceAtDispatchLevelClosesInAThread) {
  expect_no_bugcheck([&] {
    KIRQL closed_at = HIGH_LEVEL;
    PVOID closed_by = nullptr;
    Layer& layer = add_named([](Layer&, PIRP irp) { return complete(irp, STATUS_SUCCESS); });
    auto inner = layer.dispatch;
    layer.dispatch = [&, inner](Layer& self, PIRP irp) {
      if (IoGetCurrentIrpStackLocation(irp)->MajorFunction == IRP_MJ_CLOSE) {
        closed_at = KeGetCurrentIrql();
        closed_by = KeGetCurrentThread();
      }
      return inner(self, irp);
    };
    const nt::Handle file = open();
    PVOID object = nullptr;
    by_handle(file, 0, *IoFileObjectType, KernelMode, &object);
    nt::close(file);
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    ObDereferenceObject(object);
    KeLowerIrql(old);
    sleep_us(10'000);
    EXPECT_EQ(closed_at, PASSIVE_LEVEL);
    EXPECT_NE(closed_by, static_cast<PVOID>(KeGetCurrentThread()));
  });
}

}  // namespace
}  // namespace p2p::test
