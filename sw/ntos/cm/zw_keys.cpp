// Zw…Key, IoOpenDeviceRegistryKey. PASSIVE_LEVEL (Verifier rules ZwPassive, IrqlIoPassive5).
#include "sw/ntos/ke/irql.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include "sw/ntos/cm/handles.h"
#include "sw/ntos/cm/registry.h"
#include "sw/ntos/ob/object.h"
#include "sw/ntos/pnp/drivers.h"
#include "sw/ntos/user/addresses.h"

using namespace p2p;
using namespace p2p::cm;

namespace p2p::cm {

NTSTATUS open_handle(KeyPointer key, ACCESS_MASK access, PHANDLE handle) {
  auto* body = new KeyPointer(std::move(key));
  ob::create(body, ob::Kind::kKey, [body] { delete body; });
  *handle = reinterpret_cast<HANDLE>(ob::insert_handle(body, access));
  return STATUS_SUCCESS;
}

NTSTATUS key_of(HANDLE handle, KeyPointer* key) {
  void* body = ob::body_of(reinterpret_cast<std::uintptr_t>(handle), ob::Kind::kKey);
  if (body == nullptr) return STATUS_INVALID_HANDLE;
  *key = *static_cast<KeyPointer*>(body);
  return (*key)->deleted ? STATUS_KEY_DELETED : STATUS_SUCCESS;
}

std::u16string_view view(PCUNICODE_STRING string) {
  if (string == nullptr) return {};
  return {reinterpret_cast<const char16_t*>(string->Buffer), string->Length / sizeof(WCHAR)};
}

}  // namespace p2p::cm

namespace {
/// What the Verifier wants to see of a path (0xC4/0xE3, 0xE4).
void check_path(POBJECT_ATTRIBUTES attributes, const void* caller, const char* routine) {
  nt::check_zw_address(attributes, caller, routine);
  nt::check_zw_string(attributes->ObjectName, caller, routine);
}

/// Where a name begins: the root directory's key, or \Registry for an absolute path.
NTSTATUS start_of(POBJECT_ATTRIBUTES attributes, KeyPointer* from, std::u16string_view* path) {
  *path = view(attributes->ObjectName);
  if (attributes->RootDirectory != nullptr) {
    if (!path->empty() && path->front() == u'\\') return STATUS_OBJECT_PATH_SYNTAX_BAD;
    return key_of(attributes->RootDirectory, from);
  }
  constexpr std::u16string_view kRegistry = u"\\REGISTRY";
  if (fold(path->substr(0, kRegistry.size())) != kRegistry) return STATUS_OBJECT_PATH_SYNTAX_BAD;
  path->remove_prefix(kRegistry.size());
  *from = root();
  return STATUS_SUCCESS;
}

/// Copies as much of `size` bytes as `length` holds. `fixed`: what must fit for STATUS_BUFFER_OVERFLOW.
NTSTATUS give(const std::vector<std::uint8_t>& bytes, ULONG fixed, PVOID information, ULONG length, PULONG result) {
  *result = static_cast<ULONG>(bytes.size());
  if (length < fixed) return STATUS_BUFFER_TOO_SMALL;
  std::memcpy(information, bytes.data(), std::min<std::size_t>(bytes.size(), length));
  return length < bytes.size() ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

template <class T>
void put(std::vector<std::uint8_t>& bytes, std::size_t offset, const T* from, std::size_t count) {
  if (count == 0) return;
  if (bytes.size() < offset + count * sizeof(T)) bytes.resize(offset + count * sizeof(T));
  std::memcpy(&bytes[offset], from, count * sizeof(T));
}

NTSTATUS describe(const Value& value, KEY_VALUE_INFORMATION_CLASS kind, PVOID information, ULONG length,
                  PULONG result) {
  std::vector<std::uint8_t> bytes;
  const auto name_bytes = static_cast<ULONG>(value.name.size() * sizeof(char16_t));
  const auto data_bytes = static_cast<ULONG>(value.data.size());
  switch (kind) {
    case KeyValueBasicInformation: {
      constexpr ULONG kFixed = FIELD_OFFSET(KEY_VALUE_BASIC_INFORMATION, Name);
      const ULONG head[3] = {0, value.type, name_bytes};
      put(bytes, 0, head, 3);
      put(bytes, kFixed, value.name.data(), value.name.size());
      return give(bytes, kFixed, information, length, result);
    }
    case KeyValueFullInformation: {
      constexpr ULONG kFixed = FIELD_OFFSET(KEY_VALUE_FULL_INFORMATION, Name);
      const ULONG offset = (kFixed + name_bytes + 7) & ~7u;
      const ULONG head[5] = {0, value.type, offset, data_bytes, name_bytes};
      put(bytes, 0, head, 5);
      put(bytes, kFixed, value.name.data(), value.name.size());
      bytes.resize(offset);
      put(bytes, offset, value.data.data(), value.data.size());
      return give(bytes, kFixed, information, length, result);
    }
    case KeyValuePartialInformation: {
      constexpr ULONG kFixed = FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION, Data);
      const ULONG head[3] = {0, value.type, data_bytes};
      put(bytes, 0, head, 3);
      put(bytes, kFixed, value.data.data(), value.data.size());
      return give(bytes, kFixed, information, length, result);
    }
    case KeyValuePartialInformationAlign64: {
      constexpr ULONG kFixed = FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION_ALIGN64, Data);
      const ULONG head[2] = {value.type, data_bytes};
      put(bytes, 0, head, 2);
      put(bytes, kFixed, value.data.data(), value.data.size());
      return give(bytes, kFixed, information, length, result);
    }
    default:
      return STATUS_INVALID_PARAMETER;
  }
}
}  // namespace

extern "C" {

NTSTATUS NTAPI ZwOpenKey(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes) {
  check_path(ObjectAttributes, __builtin_return_address(0), "ZwOpenKey");
  KeyPointer from;
  std::u16string_view path;
  const NTSTATUS status = start_of(ObjectAttributes, &from, &path);
  if (!NT_SUCCESS(status)) return status;
  KeyPointer key = find(from, path);
  return key == nullptr ? STATUS_OBJECT_NAME_NOT_FOUND : open_handle(std::move(key), DesiredAccess, KeyHandle);
}

NTSTATUS NTAPI ZwOpenKeyEx(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                           ULONG OpenOptions) {
  UNREFERENCED_PARAMETER(OpenOptions);
  return ZwOpenKey(KeyHandle, DesiredAccess, ObjectAttributes);
}

// Only the last component may be missing.
NTSTATUS NTAPI ZwCreateKey(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                           ULONG TitleIndex, PUNICODE_STRING Class, ULONG CreateOptions, PULONG Disposition) {
  UNREFERENCED_PARAMETER(TitleIndex);
  UNREFERENCED_PARAMETER(Class);
  UNREFERENCED_PARAMETER(CreateOptions);
  check_path(ObjectAttributes, __builtin_return_address(0), "ZwCreateKey");
  KeyPointer from;
  std::u16string_view path;
  const NTSTATUS status = start_of(ObjectAttributes, &from, &path);
  if (!NT_SUCCESS(status)) return status;
  const std::size_t last = path.rfind(u'\\');
  if (last != std::u16string_view::npos && find(from, path.substr(0, last)) == nullptr) {
    return STATUS_OBJECT_NAME_NOT_FOUND;
  }
  bool created = false;
  KeyPointer key = make(from, path, &created);
  if (Disposition != nullptr) *Disposition = created ? REG_CREATED_NEW_KEY : REG_OPENED_EXISTING_KEY;
  return open_handle(std::move(key), DesiredAccess, KeyHandle);
}

NTSTATUS NTAPI ZwDeleteKey(HANDLE KeyHandle) {
  KeyPointer key;
  const NTSTATUS status = key_of(KeyHandle, &key);
  if (!NT_SUCCESS(status)) return status;
  return delete_key(*key) ? STATUS_SUCCESS : STATUS_CANNOT_DELETE;
}

NTSTATUS NTAPI ZwFlushKey(HANDLE KeyHandle) {
  KeyPointer key;
  return key_of(KeyHandle, &key);
}

NTSTATUS NTAPI ZwQueryValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName,
                               KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass, PVOID KeyValueInformation,
                               ULONG Length, PULONG ResultLength) {
  nt::check_zw_string(ValueName, __builtin_return_address(0), "ZwQueryValueKey");
  nt::check_zw_address(KeyValueInformation, __builtin_return_address(0), "ZwQueryValueKey");
  KeyPointer key;
  const NTSTATUS status = key_of(KeyHandle, &key);
  if (!NT_SUCCESS(status)) return status;
  const Value* value = find_value(*key, view(ValueName));
  if (value == nullptr) return STATUS_OBJECT_NAME_NOT_FOUND;
  return describe(*value, KeyValueInformationClass, KeyValueInformation, Length, ResultLength);
}

NTSTATUS NTAPI ZwEnumerateValueKey(HANDLE KeyHandle, ULONG Index, KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass,
                                   PVOID KeyValueInformation, ULONG Length, PULONG ResultLength) {
  nt::check_zw_address(KeyValueInformation, __builtin_return_address(0), "ZwEnumerateValueKey");
  KeyPointer key;
  const NTSTATUS status = key_of(KeyHandle, &key);
  if (!NT_SUCCESS(status)) return status;
  if (Index >= key->values.size()) return STATUS_NO_MORE_ENTRIES;
  const auto value = std::next(key->values.begin(), static_cast<std::ptrdiff_t>(Index));
  return describe(value->second, KeyValueInformationClass, KeyValueInformation, Length, ResultLength);
}

NTSTATUS NTAPI ZwEnumerateKey(HANDLE KeyHandle, ULONG Index, KEY_INFORMATION_CLASS KeyInformationClass,
                              PVOID KeyInformation, ULONG Length, PULONG ResultLength) {
  nt::check_zw_address(KeyInformation, __builtin_return_address(0), "ZwEnumerateKey");
  KeyPointer key;
  const NTSTATUS status = key_of(KeyHandle, &key);
  if (!NT_SUCCESS(status)) return status;
  if (KeyInformationClass != KeyBasicInformation) return STATUS_INVALID_PARAMETER;
  if (Index >= key->keys.size()) return STATUS_NO_MORE_ENTRIES;
  const std::u16string& name = std::next(key->keys.begin(), static_cast<std::ptrdiff_t>(Index))->second->name;
  std::vector<std::uint8_t> bytes(FIELD_OFFSET(KEY_BASIC_INFORMATION, Name));
  const auto name_bytes = static_cast<ULONG>(name.size() * sizeof(char16_t));
  put(bytes, FIELD_OFFSET(KEY_BASIC_INFORMATION, NameLength), &name_bytes, 1);
  put(bytes, FIELD_OFFSET(KEY_BASIC_INFORMATION, Name), name.data(), name.size());
  return give(bytes, FIELD_OFFSET(KEY_BASIC_INFORMATION, Name), KeyInformation, Length, ResultLength);
}

NTSTATUS NTAPI ZwSetValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName, ULONG TitleIndex, ULONG Type, PVOID Data,
                             ULONG DataSize) {
  UNREFERENCED_PARAMETER(TitleIndex);
  nt::check_zw_string(ValueName, __builtin_return_address(0), "ZwSetValueKey");
  nt::check_zw_address(Data, __builtin_return_address(0), "ZwSetValueKey");
  KeyPointer key;
  const NTSTATUS status = key_of(KeyHandle, &key);
  if (!NT_SUCCESS(status)) return status;
  const auto* bytes = static_cast<const std::uint8_t*>(Data);
  set_value(*key, {std::u16string(view(ValueName)), Type, {bytes, bytes + DataSize}});
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI ZwDeleteValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName) {
  nt::check_zw_string(ValueName, __builtin_return_address(0), "ZwDeleteValueKey");
  KeyPointer key;
  const NTSTATUS status = key_of(KeyHandle, &key);
  if (!NT_SUCCESS(status)) return status;
  return delete_value(*key, view(ValueName)) ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND;
}

// Takes the PDO, not a device object stacked on it.
NTSTATUS NTAPI IoOpenDeviceRegistryKey(PDEVICE_OBJECT DeviceObject, ULONG DevInstKeyType, ACCESS_MASK DesiredAccess,
                                       PHANDLE DeviceRegKey) {
  *DeviceRegKey = nullptr;
  const bool software = (DevInstKeyType & PLUGPLAY_REGKEY_DRIVER) != 0;
  if (software == ((DevInstKeyType & PLUGPLAY_REGKEY_DEVICE) != 0)) return STATUS_INVALID_PARAMETER;
  const int function = pnp::pdo_function(DeviceObject);
  if (function < 0) return STATUS_INVALID_DEVICE_REQUEST;
  return open_handle(device_key(static_cast<unsigned>(function), software), DesiredAccess, DeviceRegKey);
}

}  // extern "C"
