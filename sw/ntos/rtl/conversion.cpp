// Conversions between strings, numbers and GUIDs. The ANSI code page is ASCII; what it lacks becomes '?'.
#include "sw/ntos/ddk.h"

#include <cstdio>
#include <cstring>
#include <string>

namespace {
constexpr ULONG kTag = 0x676E7453;  // "Stng"

/// Puts `text` into a counted wide string that has room, with a terminating null if that fits too.
NTSTATUS store(PUNICODE_STRING string, const std::string& text) {
  const std::size_t bytes = text.size() * sizeof(WCHAR);
  if (bytes > string->MaximumLength) return STATUS_BUFFER_OVERFLOW;
  for (std::size_t i = 0; i < text.size(); ++i) string->Buffer[i] = static_cast<WCHAR>(text[i]);
  string->Length = static_cast<USHORT>(bytes);
  if (bytes + sizeof(WCHAR) <= string->MaximumLength) string->Buffer[text.size()] = 0;
  return STATUS_SUCCESS;
}

std::string digits(ULONGLONG value, ULONG base) {
  std::string text;
  do {
    text.insert(text.begin(), "0123456789ABCDEF"[value % base]);
    value /= base;
  } while (value != 0);
  return text;
}
bool is_base(ULONG base) { return base == 2 || base == 8 || base == 10 || base == 16; }

int digit_of(WCHAR c) {
  if (c >= L'0' && c <= L'9') return c - L'0';
  if (c >= L'a' && c <= L'f') return c - L'a' + 10;
  if (c >= L'A' && c <= L'F') return c - L'A' + 10;
  return 99;
}
}  // namespace

extern "C" {

NTSTATUS NTAPI RtlAnsiStringToUnicodeString(PUNICODE_STRING DestinationString, PANSI_STRING SourceString,
                                            BOOLEAN AllocateDestinationString) {
  const std::size_t bytes = (std::size_t{SourceString->Length} + 1) * sizeof(WCHAR);
  if (bytes > 0xFFFF) return STATUS_INVALID_PARAMETER_2;
  if (AllocateDestinationString) {
    DestinationString->Buffer = static_cast<PWSTR>(ExAllocatePoolWithTag(PagedPool, bytes, kTag));
    if (DestinationString->Buffer == nullptr) return STATUS_NO_MEMORY;
    DestinationString->MaximumLength = static_cast<USHORT>(bytes);
  } else if (bytes > DestinationString->MaximumLength) {
    return STATUS_BUFFER_OVERFLOW;
  }
  return store(DestinationString, std::string(SourceString->Buffer, SourceString->Length));
}

ULONG NTAPI RtlxAnsiStringToUnicodeSize(PCANSI_STRING AnsiString) {
  return static_cast<ULONG>((AnsiString->Length + 1u) * sizeof(WCHAR));
}

NTSTATUS NTAPI RtlUnicodeStringToAnsiString(PANSI_STRING DestinationString, PCUNICODE_STRING SourceString,
                                            BOOLEAN AllocateDestinationString) {
  const std::size_t count = SourceString->Length / sizeof(WCHAR);
  if (AllocateDestinationString) {
    DestinationString->Buffer = static_cast<PCHAR>(ExAllocatePoolWithTag(PagedPool, count + 1, kTag));
    if (DestinationString->Buffer == nullptr) return STATUS_NO_MEMORY;
    DestinationString->MaximumLength = static_cast<USHORT>(count + 1);
  } else if (count + 1 > DestinationString->MaximumLength) {
    return STATUS_BUFFER_OVERFLOW;
  }
  for (std::size_t i = 0; i < count; ++i) {
    DestinationString->Buffer[i] = SourceString->Buffer[i] < 128 ? static_cast<char>(SourceString->Buffer[i]) : '?';
  }
  DestinationString->Buffer[count] = 0;
  DestinationString->Length = static_cast<USHORT>(count);
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlIntegerToUnicodeString(ULONG Value, ULONG Base, PUNICODE_STRING String) {
  if (Base == 0) Base = 10;
  return is_base(Base) ? store(String, digits(Value, Base)) : STATUS_INVALID_PARAMETER;
}
NTSTATUS NTAPI RtlInt64ToUnicodeString(ULONGLONG Value, ULONG Base, PUNICODE_STRING String) {
  if (Base == 0) Base = 10;
  return is_base(Base) ? store(String, digits(Value, Base)) : STATUS_INVALID_PARAMETER;
}

NTSTATUS NTAPI RtlUnicodeStringToInteger(PCUNICODE_STRING String, ULONG Base, PULONG Value) {
  const WCHAR* at = String->Buffer;
  const WCHAR* end = at + String->Length / sizeof(WCHAR);
  while (at != end && *at <= L' ') ++at;
  bool negative = false;
  if (at != end && (*at == L'-' || *at == L'+')) negative = *at++ == L'-';
  if (Base == 0) {
    Base = 10;
    if (end - at >= 2 && at[0] == L'0') {
      const WCHAR mark = at[1];
      Base = mark == L'x' ? 16 : mark == L'o' ? 8 : mark == L'b' ? 2 : 10;
      if (Base != 10) at += 2;
    }
  }
  if (!is_base(Base)) return STATUS_INVALID_PARAMETER;
  ULONG value = 0;
  for (; at != end && digit_of(*at) < static_cast<int>(Base); ++at) {
    value = value * Base + static_cast<ULONG>(digit_of(*at));
  }
  *Value = negative ? 0u - value : value;
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlStringFromGUID(REFGUID Guid, PUNICODE_STRING GuidString) {
  char text[40];
  std::snprintf(text, sizeof text, "{%08X-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X}",
                static_cast<unsigned>(Guid.Data1), Guid.Data2, Guid.Data3, Guid.Data4[0], Guid.Data4[1], Guid.Data4[2],
                Guid.Data4[3], Guid.Data4[4], Guid.Data4[5], Guid.Data4[6], Guid.Data4[7]);
  constexpr std::size_t kBytes = 39 * sizeof(WCHAR);
  GuidString->Buffer = static_cast<PWSTR>(ExAllocatePoolWithTag(PagedPool, kBytes, kTag));
  if (GuidString->Buffer == nullptr) return STATUS_NO_MEMORY;
  GuidString->MaximumLength = kBytes;
  return store(GuidString, text);
}

NTSTATUS NTAPI RtlGUIDFromString(PUNICODE_STRING GuidString, GUID* Guid) {
  static const char kShape[] = "{XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX}";
  if (GuidString->Length / sizeof(WCHAR) < sizeof kShape - 1) return STATUS_INVALID_PARAMETER;
  UCHAR nibbles[32];
  std::size_t count = 0;
  for (std::size_t i = 0; i < sizeof kShape - 1; ++i) {
    const WCHAR c = GuidString->Buffer[i];
    if (kShape[i] != 'X') {
      if (c != static_cast<WCHAR>(kShape[i])) return STATUS_INVALID_PARAMETER;
    } else if (digit_of(c) > 15) {
      return STATUS_INVALID_PARAMETER;
    } else {
      nibbles[count++] = static_cast<UCHAR>(digit_of(c));
    }
  }
  auto take = [&nibbles](std::size_t from, std::size_t number) {
    ULONG value = 0;
    for (std::size_t i = 0; i < number; ++i) value = value << 4 | nibbles[from + i];
    return value;
  };
  Guid->Data1 = take(0, 8);
  Guid->Data2 = static_cast<USHORT>(take(8, 4));
  Guid->Data3 = static_cast<USHORT>(take(12, 4));
  for (std::size_t i = 0; i < 8; ++i) Guid->Data4[i] = static_cast<UCHAR>(take(16 + 2 * i, 2));
  return STATUS_SUCCESS;
}

}  // extern "C"
