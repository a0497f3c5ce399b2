// Properties of device interfaces.
#include "tests/ntos/io_file.h"

#include <cstring>

namespace p2p::test {
namespace {

const GUID kClass = {0x11223344, 0x5566, 0x7788, {1, 2, 3, 4, 5, 6, 7, 8}};
const DEVPROPKEY kKey = {kClass, 7}, kOtherKey = {kClass, 8};

class InterfaceProperty : public IoFileTest {
 protected:
  static NTSTATUS get(PUNICODE_STRING link, const DEVPROPKEY& key, ULONG* value, ULONG bytes = sizeof(ULONG)) {
    ULONG required = 0;
    DEVPROPTYPE type = DEVPROP_TYPE_EMPTY;
    const NTSTATUS status = IoGetDeviceInterfacePropertyData(link, &key, 0, 0, bytes, value, &required, &type);
    if (NT_SUCCESS(status) || status == STATUS_BUFFER_TOO_SMALL) {
      EXPECT_EQ(required, sizeof(ULONG));
      EXPECT_EQ(type, static_cast<DEVPROPTYPE>(DEVPROP_TYPE_UINT32));
    }
    return status;
  }
};

TEST_F(InterfaceProperty, IsKeptReplacedAndRemoved) {
  expect_no_bugcheck([&] {
    add_named([](Layer&, PIRP irp) { return complete(irp, STATUS_SUCCESS); });
    UNICODE_STRING link{};
    ASSERT_TRUE(NT_SUCCESS(IoRegisterDeviceInterface(layers.front().device, &kClass, nullptr, &link)));
    ULONG value = 5, read = 0;
    const auto set = [&](PVOID data, ULONG bytes) {
      return IoSetDeviceInterfacePropertyData(&link, &kKey, 0, 0, DEVPROP_TYPE_UINT32, bytes, data);
    };
    EXPECT_EQ(get(&link, kKey, &read), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(set(&value, sizeof value), STATUS_SUCCESS);
    value = 6;
    EXPECT_EQ(set(&value, sizeof value), STATUS_SUCCESS);
    EXPECT_EQ(get(&link, kKey, &read), STATUS_SUCCESS);
    EXPECT_EQ(read, 6u) << "the old value was replaced";
    EXPECT_EQ(get(&link, kKey, &read, 2), STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(get(&link, kOtherKey, &read), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(set(nullptr, 4), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(set(nullptr, 0), STATUS_SUCCESS);
    EXPECT_EQ(get(&link, kKey, &read), STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(set(nullptr, 0), STATUS_OBJECT_NAME_NOT_FOUND);
    UNICODE_STRING stranger = unicode(u"\\??\\nothing");
    EXPECT_EQ(get(&stranger, kKey, &read), STATUS_OBJECT_NAME_NOT_FOUND);
    RtlFreeUnicodeString(&link);
  });
}

}  // namespace
}  // namespace p2p::test
