// Callback objects.
#include "tests/ntos/io_file.h"

#include "sw/ntos/ob/object.h"
#include "sw/ntos/verifier/imports.h"

namespace p2p::test {
namespace {

class ExCallback : public KernelTest {
 protected:
  static VOID NTAPI enter(PVOID context, PVOID argument1, PVOID argument2) {
    (*static_cast<std::function<void(PVOID, PVOID)>*>(context))(argument1, argument2);
  }
  static PCALLBACK_OBJECT open(std::u16string_view name, bool create, bool multiple, NTSTATUS expected) {
    UNICODE_STRING string = unicode(name);
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &string, OBJ_CASE_INSENSITIVE, nullptr, nullptr);
    PCALLBACK_OBJECT object = nullptr;
    EXPECT_EQ(ExCreateCallback(&object, &attributes, create, multiple), expected);
    return object;
  }
  using Work = std::function<void(PVOID, PVOID)>;
};

TEST_F(ExCallback, EveryoneRegisteredIsCalledInOrderAtTheCallersLevel) {
  expect_no_bugcheck([&] {
    PCALLBACK_OBJECT object = open(u"\\Callback\\Bench", true, true, STATUS_SUCCESS);
    std::string order;
    int value = 0;
    Work first = [&](PVOID a, PVOID b) {
      EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
      EXPECT_EQ(a, &value);
      EXPECT_EQ(b, nullptr);
      order += '1';
    };
    Work second = [&](PVOID, PVOID) { order += '2'; };
    PVOID one = ExRegisterCallback(object, enter, &first), two = ExRegisterCallback(object, enter, &second);
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    ExNotifyCallback(object, &value, nullptr);
    KeLowerIrql(old);
    ExUnregisterCallback(one);
    ExNotifyCallback(object, &value, nullptr);
    EXPECT_EQ(order, "122");
    ExUnregisterCallback(two);
    ObDereferenceObject(object);
  });
}

TEST_F(ExCallback, ByNameItIsOneObject) {
  expect_no_bugcheck([&] {
    open(u"\\Callback\\Bench", false, true, STATUS_OBJECT_NAME_NOT_FOUND);
    PCALLBACK_OBJECT made = open(u"\\Callback\\Bench", true, false, STATUS_SUCCESS);
    EXPECT_EQ(open(u"\\callback\\bench", false, true, STATUS_SUCCESS), made);
    Work work = [](PVOID, PVOID) {};
    PVOID one = ExRegisterCallback(made, enter, &work);
    EXPECT_NE(one, nullptr);
    EXPECT_EQ(ExRegisterCallback(made, enter, &work), nullptr);  // it takes one
    ObDereferenceObject(made);
    ObDereferenceObject(made);
    ExUnregisterCallback(one);  // the last reference
    EXPECT_FALSE(ob::is_object(made, ob::Kind::kCallback));
    open(u"\\Callback\\Bench", false, true, STATUS_OBJECT_NAME_NOT_FOUND);
  });
}

TEST_F(ExCallback, UnregisteringWaitsForACallInProgress) {
  expect_no_bugcheck([&] {
    PCALLBACK_OBJECT object = nullptr;
    EXPECT_EQ(ExCreateCallback(&object, nullptr, TRUE, TRUE), STATUS_SUCCESS);
    bool left = false;
    Work slow = [&](PVOID, PVOID) {
      sleep_us(20'000);
      left = true;
    };
    PVOID registration = ExRegisterCallback(object, enter, &slow);
    spawn("notifier", [&] { ExNotifyCallback(object, nullptr, nullptr); });
    sleep_us(5000);
    ExUnregisterCallback(registration);
    EXPECT_TRUE(left);
    ExNotifyCallback(object, nullptr, nullptr);
    ObDereferenceObject(object);
  });
}

TEST_F(ExCallback, V_C4_20008_CreatedAbovePassiveLevel) {
  expect_bugcheck(0xC4, 0x20008, [&] {
    KIRQL old;
    KeRaiseIrql(APC_LEVEL, &old);
    PCALLBACK_OBJECT object = nullptr;
    P2P_IMPORT(ExCreateCallback)(&object, nullptr, TRUE, TRUE);
  });
}

}  // namespace
}  // namespace p2p::test
