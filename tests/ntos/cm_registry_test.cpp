// The registry: what the run's configuration gives, what drivers read and write.
#include "tests/ntos/kernel_fixture.h"

#include "sw/ntos/verifier/imports.h"

#include <cstring>

namespace p2p::test {
namespace {

struct Text {
  explicit Text(const char16_t* text) : characters(text) {
    RtlInitUnicodeString(&string, reinterpret_cast<PCWSTR>(characters.c_str()));
  }
  std::u16string characters;
  UNICODE_STRING string{};
};

PCWSTR w(const char16_t* text) { return reinterpret_cast<PCWSTR>(text); }

class Registry : public KernelTest {
 protected:
  Registry() {
    config.registry = {{"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\cap", "Gain", 7u},
                       {"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\cap", "Name", std::string("east")},
                       {"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\cap\\Inputs", "List",
                        std::vector<std::string>{"hdmi", "sdi"}},
                       {"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\cap", "Table",
                        std::vector<std::uint8_t>{1, 2, 3, 4, 5, 6}}};
  }
  static HANDLE open(const char16_t* path, NTSTATUS expected = STATUS_SUCCESS) {
    Text name(path);
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name.string, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, nullptr, nullptr);
    HANDLE handle = nullptr;
    EXPECT_EQ(P2P_IMPORT(ZwOpenKey)(&handle, KEY_READ, &attributes), expected);
    return handle;
  }
  static constexpr const char16_t* kKey = u"\\Registry\\Machine\\SYSTEM\\CurrentControlSet\\services\\CAP";
};

TEST_F(Registry, AValueIsReadInEachShapeAndNamesIgnoreCase) {
  expect_no_bugcheck([&] {
    HANDLE key = open(kKey);
    Text name(u"gain");
    alignas(8) UCHAR bytes[64];
    ULONG size = 0;
    auto* partial = reinterpret_cast<PKEY_VALUE_PARTIAL_INFORMATION>(bytes);
    EXPECT_EQ(ZwQueryValueKey(key, &name.string, KeyValuePartialInformation, bytes, sizeof bytes, &size),
              STATUS_SUCCESS);
    EXPECT_EQ(size, 16u);
    EXPECT_EQ(partial->Type, static_cast<ULONG>(REG_DWORD));
    EXPECT_EQ(partial->DataLength, 4u);
    EXPECT_EQ(partial->Data[0], 7);
    auto* full = reinterpret_cast<PKEY_VALUE_FULL_INFORMATION>(bytes);
    EXPECT_EQ(ZwQueryValueKey(key, &name.string, KeyValueFullInformation, bytes, sizeof bytes, &size), STATUS_SUCCESS);
    EXPECT_EQ(full->NameLength, 8u);
    EXPECT_EQ(bytes[full->DataOffset], 7);
    EXPECT_EQ(std::u16string(reinterpret_cast<char16_t*>(full->Name), 4), u"Gain");
    // Too small for anything; large enough for the head only.
    EXPECT_EQ(ZwQueryValueKey(key, &name.string, KeyValuePartialInformation, bytes, 11, &size),
              STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(ZwQueryValueKey(key, &name.string, KeyValuePartialInformation, bytes, 12, &size), STATUS_BUFFER_OVERFLOW);
    EXPECT_EQ(size, 16u);
    Text missing(u"Offset");
    EXPECT_EQ(ZwQueryValueKey(key, &missing.string, KeyValuePartialInformation, bytes, sizeof bytes, &size),
              STATUS_OBJECT_NAME_NOT_FOUND);
    EXPECT_EQ(ZwClose(key), STATUS_SUCCESS);
    EXPECT_EQ(ZwClose(key), STATUS_INVALID_HANDLE);
    open(u"\\Registry\\Machine\\Software\\Nobody", STATUS_OBJECT_NAME_NOT_FOUND);
    open(u"\\Device\\cap", STATUS_OBJECT_PATH_SYNTAX_BAD);
  });
}

TEST_F(Registry, WhatADriverWritesItReadsAgainAndADeletedKeyIsGone) {
  expect_no_bugcheck([&] {
    HANDLE parent = open(kKey);
    Text name(u"State"), value(u"Mode");
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name.string, OBJ_KERNEL_HANDLE, parent, nullptr);
    HANDLE key = nullptr;
    ULONG disposition = 0;
    ASSERT_EQ(ZwCreateKey(&key, KEY_ALL_ACCESS, &attributes, 0, nullptr, 0, &disposition), STATUS_SUCCESS);
    EXPECT_EQ(disposition, static_cast<ULONG>(REG_CREATED_NEW_KEY));
    ULONG mode = 0x12345678;
    EXPECT_EQ(ZwSetValueKey(key, &value.string, 0, REG_DWORD, &mode, sizeof mode), STATUS_SUCCESS);
    alignas(8) UCHAR bytes[64];
    ULONG size = 0;
    ASSERT_EQ(ZwEnumerateValueKey(key, 0, KeyValuePartialInformation, bytes, sizeof bytes, &size), STATUS_SUCCESS);
    EXPECT_EQ(std::memcmp(reinterpret_cast<PKEY_VALUE_PARTIAL_INFORMATION>(bytes)->Data, &mode, 4), 0);
    EXPECT_EQ(ZwEnumerateValueKey(key, 1, KeyValuePartialInformation, bytes, sizeof bytes, &size),
              STATUS_NO_MORE_ENTRIES);
    EXPECT_EQ(ZwDeleteKey(parent), STATUS_CANNOT_DELETE) << "it has a subkey";
    EXPECT_EQ(ZwDeleteKey(key), STATUS_SUCCESS);
    EXPECT_EQ(ZwQueryValueKey(key, &value.string, KeyValuePartialInformation, bytes, sizeof bytes, &size),
              STATUS_KEY_DELETED);
    EXPECT_EQ(ZwClose(key), STATUS_SUCCESS);
    Text deep(u"No\\Such");
    InitializeObjectAttributes(&attributes, &deep.string, OBJ_KERNEL_HANDLE, parent, nullptr);
    EXPECT_EQ(ZwCreateKey(&key, KEY_ALL_ACCESS, &attributes, 0, nullptr, 0, nullptr), STATUS_OBJECT_NAME_NOT_FOUND);
    ZwClose(parent);
  });
}

TEST_F(Registry, AQueryTableFillsDirectEntriesAndDefaults) {
  expect_no_bugcheck([&] {
    ULONG gain = 0, offset = 0, fallback = 3;
    char16_t room[16] = {};
    UNICODE_STRING name{};
    name.Buffer = reinterpret_cast<PWSTR>(room);
    name.MaximumLength = sizeof room;
    RTL_QUERY_REGISTRY_TABLE table[4] = {};
    table[0] = {nullptr, RTL_QUERY_REGISTRY_DIRECT, w(u"Gain"), &gain, REG_NONE, nullptr, 0};
    table[1] = {nullptr, RTL_QUERY_REGISTRY_DIRECT, w(u"Offset"), &offset, REG_DWORD, &fallback, sizeof fallback};
    table[2] = {nullptr, RTL_QUERY_REGISTRY_DIRECT, w(u"Name"), &name, REG_NONE, nullptr, 0};
    EXPECT_EQ(RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, w(u"cap"), table, nullptr, nullptr), STATUS_SUCCESS);
    EXPECT_EQ(gain, 7u);
    EXPECT_EQ(offset, 3u);
    EXPECT_EQ(std::u16string(room), u"east");
    EXPECT_EQ(name.Length, 8u);
    table[1].Flags |= RTL_QUERY_REGISTRY_REQUIRED;
    EXPECT_EQ(RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, w(u"cap"), table, nullptr, nullptr),
              STATUS_OBJECT_NAME_NOT_FOUND);
    name.MaximumLength = 4;
    RTL_QUERY_REGISTRY_TABLE small[2] = {table[2], {}};
    EXPECT_EQ(RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, w(u"cap"), small, nullptr, nullptr),
              STATUS_BUFFER_TOO_SMALL);
    constexpr ULONG kTypeCheck = 0x100, kShift = 24;
    small[0] = {nullptr, RTL_QUERY_REGISTRY_DIRECT | kTypeCheck, w(u"Gain"), &gain, REG_SZ << kShift, nullptr, 0};
    EXPECT_EQ(RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, w(u"cap"), small, nullptr, nullptr),
              STATUS_OBJECT_TYPE_MISMATCH);
    EXPECT_EQ(RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, w(u"nobody"), small, nullptr, nullptr),
              STATUS_OBJECT_NAME_NOT_FOUND);
  });
}

TEST_F(Registry, AQueryRoutineSeesEachStringOfAListAndEachValueOfAKey) {
  expect_no_bugcheck([&] {
    std::vector<std::u16string> seen;
    const auto routine = [](PWSTR name, ULONG type, PVOID data, ULONG length, PVOID context, PVOID) -> NTSTATUS {
      auto* list = static_cast<std::vector<std::u16string>*>(context);
      list->push_back(std::u16string(reinterpret_cast<char16_t*>(name)) + u"=" +
                      (type == REG_SZ ? std::u16string(static_cast<char16_t*>(data)) : u"?"));
      EXPECT_NE(length, 0u);
      return STATUS_SUCCESS;
    };
    struct Routine {
      static NTSTATUS NTAPI enter(PWSTR name, ULONG type, PVOID data, ULONG length, PVOID context, PVOID entry) {
        return (*static_cast<decltype(routine)*>(entry))(name, type, data, length, context, entry);
      }
    };
    auto* entry = const_cast<std::remove_const_t<decltype(routine)>*>(&routine);
    RTL_QUERY_REGISTRY_TABLE table[4] = {};
    table[0] = {nullptr, RTL_QUERY_REGISTRY_SUBKEY, w(u"Inputs"), nullptr, REG_NONE, nullptr, 0};
    table[1] = {Routine::enter, 0, w(u"List"), entry, REG_NONE, nullptr, 0};
    table[2] = {Routine::enter, RTL_QUERY_REGISTRY_TOPKEY, nullptr, entry, REG_NONE, nullptr, 0};
    EXPECT_EQ(RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, w(u"cap"), table, &seen, nullptr), STATUS_SUCCESS);
    EXPECT_EQ(seen, (std::vector<std::u16string>{u"List=hdmi", u"List=sdi", u"Gain=?", u"Name=east", u"Table=?"}));
  });
}

TEST_F(Registry, KeysAreForPassiveLevelOnly) {
  expect_bugcheck(0xC4, 0x2001F, [&] {
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    open(kKey);
  });
}

}  // namespace
}  // namespace p2p::test
