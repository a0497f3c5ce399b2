// RtlQueryRegistryValues and its relatives. PASSIVE_LEVEL (Verifier rule RtlPassive).
#include "sw/ntos/ke/irql.h"

#include <algorithm>
#include <cstring>

#include "sw/ntos/cm/handles.h"

using namespace p2p;
using namespace p2p::cm;

namespace {
// In Windows 8's headers; mingw-w64's know the older ones only.
constexpr ULONG kTypeCheck = 0x100;  // RTL_QUERY_REGISTRY_TYPECHECK
constexpr unsigned kTypeShift = 24;  // RTL_QUERY_REGISTRY_TYPECHECK_SHIFT
constexpr ULONG kPoolTag = 0x76655272;

std::u16string_view view(PCWSTR text) {
  const auto* characters = reinterpret_cast<const char16_t*>(text);
  return text == nullptr ? std::u16string_view{} : std::u16string_view(characters);
}

/// The key that RelativeTo and Path name; `make_missing` as RtlCreateRegistryKey wants.
NTSTATUS resolve(ULONG relative_to, PCWSTR path, bool make_missing, KeyPointer* key) {
  KeyPointer from;
  std::u16string_view base;
  switch (relative_to & ~static_cast<ULONG>(RTL_REGISTRY_OPTIONAL)) {
    case RTL_REGISTRY_HANDLE: {
      const NTSTATUS status = key_of(const_cast<HANDLE>(static_cast<const void*>(path)), key);
      return status;
    }
    case RTL_REGISTRY_ABSOLUTE:
      *key = find_absolute(view(path));
      if (*key == nullptr && make_missing && view(path).size() > 10) *key = make(root(), view(path).substr(10));
      return *key == nullptr ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_SUCCESS;
    case RTL_REGISTRY_SERVICES:
      base = kServices;
      break;
    case RTL_REGISTRY_CONTROL:
      base = kControl;
      break;
    case RTL_REGISTRY_WINDOWS_NT:
      base = kWindowsNt;
      break;
    case RTL_REGISTRY_DEVICEMAP:
      base = kDeviceMap;
      break;
    default:
      return STATUS_INVALID_PARAMETER;
  }
  from = make(root(), base.substr(std::u16string_view(u"\\Registry").size()));
  *key = make_missing ? make(from, view(path)) : find(from, view(path));
  return *key == nullptr ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_SUCCESS;
}

bool is_text(ULONG type) { return type == REG_SZ || type == REG_EXPAND_SZ || type == REG_MULTI_SZ; }

/// RTL_QUERY_REGISTRY_DIRECT: strings into the UNICODE_STRING at EntryContext, up to a ULONG as it is, longer data
/// behind a negative length that the caller has put there, or behind their length and type.
NTSTATUS store(PVOID context, ULONG type, const std::uint8_t* data, ULONG bytes) {
  if (is_text(type)) {
    auto* string = static_cast<PUNICODE_STRING>(context);
    if (bytes > 0xFFFE) return STATUS_BUFFER_OVERFLOW;
    if (string->Buffer == nullptr) {
      string->Buffer = static_cast<PWSTR>(ExAllocatePoolWithTag(PagedPool, std::max<ULONG>(bytes, 2), kPoolTag));
      if (string->Buffer == nullptr) return STATUS_NO_MEMORY;
      string->MaximumLength = static_cast<USHORT>(bytes);
    } else if (bytes > string->MaximumLength) {
      return STATUS_BUFFER_TOO_SMALL;
    }
    std::memcpy(string->Buffer, data, bytes);
    string->Length = static_cast<USHORT>(bytes >= sizeof(WCHAR) ? bytes - sizeof(WCHAR) : 0);
    return STATUS_SUCCESS;
  }
  if (bytes <= sizeof(ULONG)) {
    std::memcpy(context, data, bytes);
    return STATUS_SUCCESS;
  }
  LONG room = 0;
  std::memcpy(&room, context, sizeof room);
  if (room >= 0) return STATUS_BUFFER_TOO_SMALL;
  const auto space = static_cast<ULONG>(-room);
  if (bytes > space) return STATUS_BUFFER_TOO_SMALL;
  std::memcpy(context, data, bytes);
  return STATUS_SUCCESS;
}

NTSTATUS call(const RTL_QUERY_REGISTRY_TABLE& entry, const std::u16string& name, ULONG type, const std::uint8_t* data,
              ULONG bytes, PVOID context) {
  std::u16string terminated = name;
  auto* value_name = reinterpret_cast<PWSTR>(terminated.data());
  std::vector<std::uint8_t> copy(data, data + bytes);
  copy.resize(std::max<std::size_t>(copy.size(), 1));
  if (type != REG_MULTI_SZ || (entry.Flags & RTL_QUERY_REGISTRY_NOEXPAND) != 0) {
    return entry.QueryRoutine(value_name, type, copy.data(), bytes, context, entry.EntryContext);
  }
  // Once for each string of the list.
  for (std::size_t at = 0; at + sizeof(WCHAR) <= bytes;) {
    const auto* string = reinterpret_cast<const char16_t*>(&copy[at]);
    const std::size_t most = (bytes - at) / sizeof(char16_t);
    const std::size_t length = std::u16string_view(string, most).find(u'\0');
    if (length == 0 || length == std::u16string_view::npos) break;
    const auto size = static_cast<ULONG>((length + 1) * sizeof(char16_t));
    const NTSTATUS status = entry.QueryRoutine(value_name, REG_SZ, &copy[at], size, context, entry.EntryContext);
    if (!NT_SUCCESS(status)) return status;
    at += size;
  }
  return STATUS_SUCCESS;
}

NTSTATUS deliver(const RTL_QUERY_REGISTRY_TABLE& entry, const std::u16string& name, ULONG type,
                 const std::uint8_t* data, ULONG bytes, PVOID context) {
  if ((entry.Flags & RTL_QUERY_REGISTRY_DIRECT) == 0) {
    return entry.QueryRoutine == nullptr ? STATUS_SUCCESS : call(entry, name, type, data, bytes, context);
  }
  if ((entry.Flags & kTypeCheck) != 0 && entry.DefaultType >> kTypeShift != type) return STATUS_OBJECT_TYPE_MISMATCH;
  return store(entry.EntryContext, type, data, bytes);
}

NTSTATUS deliver_default(const RTL_QUERY_REGISTRY_TABLE& entry, PVOID context) {
  const ULONG type = entry.DefaultType & ((1u << kTypeShift) - 1);
  if (type == REG_NONE) return STATUS_SUCCESS;
  const auto* data = static_cast<const std::uint8_t*>(entry.DefaultData);
  ULONG bytes = entry.DefaultLength;
  if (bytes == 0 && is_text(type)) {
    const auto* text = reinterpret_cast<const char16_t*>(data);
    std::size_t length = std::u16string_view(text).size() + 1;
    if (type == REG_MULTI_SZ) {
      while (text[length] != u'\0') length += std::u16string_view(text + length).size() + 1;
      ++length;
    }
    bytes = static_cast<ULONG>(length * sizeof(char16_t));
  }
  RTL_QUERY_REGISTRY_TABLE unchecked = entry;
  unchecked.Flags &= ~kTypeCheck;
  return deliver(unchecked, std::u16string(view(entry.Name)), type, data, bytes, context);
}

/// One entry of the table, applied to `key`.
NTSTATUS query(Key& key, const RTL_QUERY_REGISTRY_TABLE& entry, PVOID context) {
  if ((entry.Flags & RTL_QUERY_REGISTRY_NOVALUE) != 0) {
    return entry.QueryRoutine(nullptr, REG_NONE, nullptr, 0, context, entry.EntryContext);
  }
  if (entry.Name == nullptr || (entry.Flags & RTL_QUERY_REGISTRY_SUBKEY) != 0) {
    const auto values = key.values;  // the routine may change the key
    for (const auto& [folded, value] : values) {
      const NTSTATUS status =
          deliver(entry, value.name, value.type, value.data.data(), static_cast<ULONG>(value.data.size()), context);
      if (!NT_SUCCESS(status)) return status;
      if ((entry.Flags & RTL_QUERY_REGISTRY_DELETE) != 0) delete_value(key, value.name);
    }
    return values.empty() && (entry.Flags & RTL_QUERY_REGISTRY_REQUIRED) != 0 ? STATUS_OBJECT_NAME_NOT_FOUND
                                                                              : STATUS_SUCCESS;
  }
  const Value* found = find_value(key, view(entry.Name));
  if (found == nullptr) {
    if ((entry.Flags & RTL_QUERY_REGISTRY_REQUIRED) != 0) return STATUS_OBJECT_NAME_NOT_FOUND;
    return deliver_default(entry, context);
  }
  const Value value = *found;
  const NTSTATUS status =
      deliver(entry, value.name, value.type, value.data.data(), static_cast<ULONG>(value.data.size()), context);
  if (NT_SUCCESS(status) && (entry.Flags & RTL_QUERY_REGISTRY_DELETE) != 0) delete_value(key, value.name);
  return status;
}
}  // namespace

extern "C" {

NTSTATUS NTAPI RtlQueryRegistryValues(ULONG RelativeTo, PCWSTR Path, PRTL_QUERY_REGISTRY_TABLE QueryTable,
                                      PVOID Context, PVOID Environment) {
  UNREFERENCED_PARAMETER(Environment);  // REG_EXPAND_SZ is delivered as it is: there is no environment to expand from
  KeyPointer top;
  NTSTATUS status = resolve(RelativeTo, Path, false, &top);
  if (!NT_SUCCESS(status)) return status;
  KeyPointer key = top;
  for (const RTL_QUERY_REGISTRY_TABLE* entry = QueryTable;
       entry->QueryRoutine != nullptr || (entry->Flags & (RTL_QUERY_REGISTRY_SUBKEY | RTL_QUERY_REGISTRY_DIRECT)) != 0;
       ++entry) {
    const bool direct = (entry->Flags & RTL_QUERY_REGISTRY_DIRECT) != 0;
    if (direct &&
        (entry->Name == nullptr || entry->QueryRoutine != nullptr || (entry->Flags & RTL_QUERY_REGISTRY_SUBKEY) != 0)) {
      return STATUS_INVALID_PARAMETER;
    }
    if ((entry->Flags & (RTL_QUERY_REGISTRY_TOPKEY | RTL_QUERY_REGISTRY_SUBKEY)) != 0) key = top;
    if ((entry->Flags & RTL_QUERY_REGISTRY_SUBKEY) != 0) {
      if (entry->Name == nullptr) return STATUS_INVALID_PARAMETER;
      key = find(top, view(entry->Name));
      if (key == nullptr) {
        if ((entry->Flags & RTL_QUERY_REGISTRY_REQUIRED) != 0) return STATUS_OBJECT_NAME_NOT_FOUND;
        continue;
      }
      if (entry->QueryRoutine == nullptr) continue;
    }
    if (key == nullptr) {  // the subkey is not there: neither are its values
      if ((entry->Flags & RTL_QUERY_REGISTRY_REQUIRED) != 0) return STATUS_OBJECT_NAME_NOT_FOUND;
      status = deliver_default(*entry, Context);
    } else {
      status = query(*key, *entry, Context);
    }
    if (!NT_SUCCESS(status)) return status;
  }
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlWriteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName, ULONG ValueType, PVOID ValueData,
                                     ULONG ValueLength) {
  KeyPointer key;
  const NTSTATUS status = resolve(RelativeTo, Path, true, &key);
  if (!NT_SUCCESS(status)) return status;
  const auto* bytes = static_cast<const std::uint8_t*>(ValueData);
  set_value(*key, {std::u16string(view(ValueName)), ValueType, {bytes, bytes + ValueLength}});
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlDeleteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName) {
  KeyPointer key;
  const NTSTATUS status = resolve(RelativeTo, Path, false, &key);
  if (!NT_SUCCESS(status)) return status;
  return delete_value(*key, view(ValueName)) ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND;
}

NTSTATUS NTAPI RtlCheckRegistryKey(ULONG RelativeTo, PWSTR Path) {
  KeyPointer key;
  return resolve(RelativeTo, Path, false, &key);
}

NTSTATUS NTAPI RtlCreateRegistryKey(ULONG RelativeTo, PWSTR Path) {
  KeyPointer key;
  return resolve(RelativeTo, Path, true, &key);
}

}  // extern "C"
