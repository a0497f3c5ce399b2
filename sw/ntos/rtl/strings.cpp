// Counted strings: RtlInit…, copy, append, compare.
#include "sw/ntos/ddk.h"

#include <cstring>

namespace {
constexpr ULONG kTag = 0x676E7453;  // "Stng"

std::size_t length(PCWSTR text) {
  std::size_t count = 0;
  while (text[count] != 0) ++count;
  return count;
}
WCHAR upper(WCHAR c) { return c >= u'a' && c <= u'z' ? static_cast<WCHAR>(c - 32) : c; }
}  // namespace

extern "C" {

VOID NTAPI RtlInitUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString) {
  const std::size_t count = SourceString != nullptr ? length(SourceString) : 0;
  DestinationString->Buffer = const_cast<PWSTR>(SourceString);
  DestinationString->Length = static_cast<USHORT>(count * sizeof(WCHAR));
  DestinationString->MaximumLength =
      SourceString != nullptr ? static_cast<USHORT>((count + 1) * sizeof(WCHAR)) : USHORT{0};
}

VOID NTAPI RtlInitAnsiString(PANSI_STRING DestinationString, PCSZ SourceString) {
  const std::size_t count = SourceString != nullptr ? std::strlen(SourceString) : 0;
  DestinationString->Buffer = const_cast<PCHAR>(SourceString);
  DestinationString->Length = static_cast<USHORT>(count);
  DestinationString->MaximumLength = SourceString != nullptr ? static_cast<USHORT>(count + 1) : USHORT{0};
}

VOID NTAPI RtlInitString(PSTRING DestinationString, PCSZ SourceString) {
  RtlInitAnsiString(DestinationString, SourceString);
}

NTSTATUS NTAPI RtlInitUnicodeStringEx(PUNICODE_STRING DestinationString, PCWSTR SourceString) {
  constexpr std::size_t kLongest = 0xFFFE / sizeof(WCHAR) - 1;
  if (SourceString != nullptr && length(SourceString) > kLongest) return STATUS_NAME_TOO_LONG;
  RtlInitUnicodeString(DestinationString, SourceString);
  return STATUS_SUCCESS;
}

VOID NTAPI RtlCopyUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString) {
  if (SourceString == nullptr) {
    DestinationString->Length = 0;
    return;
  }
  const USHORT bytes =
      SourceString->Length < DestinationString->MaximumLength ? SourceString->Length : DestinationString->MaximumLength;
  std::memcpy(DestinationString->Buffer, SourceString->Buffer, bytes);
  DestinationString->Length = bytes;
  // As on Windows: a terminating null where there is room for one.
  if (bytes + sizeof(WCHAR) <= DestinationString->MaximumLength) DestinationString->Buffer[bytes / sizeof(WCHAR)] = 0;
}

NTSTATUS NTAPI RtlAppendUnicodeStringToString(PUNICODE_STRING Destination, PCUNICODE_STRING Source) {
  if (Destination->Length + Source->Length > Destination->MaximumLength) return STATUS_BUFFER_TOO_SMALL;
  std::memcpy(reinterpret_cast<char*>(Destination->Buffer) + Destination->Length, Source->Buffer, Source->Length);
  Destination->Length = static_cast<USHORT>(Destination->Length + Source->Length);
  if (Destination->Length + sizeof(WCHAR) <= Destination->MaximumLength) {
    Destination->Buffer[Destination->Length / sizeof(WCHAR)] = 0;
  }
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlAppendUnicodeToString(PUNICODE_STRING Destination, PCWSTR Source) {
  UNICODE_STRING text;
  RtlInitUnicodeString(&text, Source);
  return RtlAppendUnicodeStringToString(Destination, &text);
}

LONG NTAPI RtlCompareUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive) {
  const std::size_t n1 = String1->Length / sizeof(WCHAR), n2 = String2->Length / sizeof(WCHAR);
  for (std::size_t i = 0; i < n1 && i < n2; ++i) {
    const WCHAR a = CaseInSensitive ? upper(String1->Buffer[i]) : String1->Buffer[i];
    const WCHAR b = CaseInSensitive ? upper(String2->Buffer[i]) : String2->Buffer[i];
    if (a != b) return static_cast<LONG>(a) - static_cast<LONG>(b);
  }
  return static_cast<LONG>(n1) - static_cast<LONG>(n2);
}

BOOLEAN NTAPI RtlEqualUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive) {
  return RtlCompareUnicodeString(String1, String2, CaseInSensitive) == 0;
}

BOOLEAN NTAPI RtlPrefixUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive) {
  if (String1->Length > String2->Length) return FALSE;
  UNICODE_STRING head = *String2;
  head.Length = String1->Length;
  return RtlEqualUnicodeString(String1, &head, CaseInSensitive);
}

WCHAR NTAPI RtlUpcaseUnicodeChar(WCHAR SourceCharacter) { return upper(SourceCharacter); }
WCHAR NTAPI RtlDowncaseUnicodeChar(WCHAR SourceCharacter) {
  return SourceCharacter >= L'A' && SourceCharacter <= L'Z' ? static_cast<WCHAR>(SourceCharacter + 32)
                                                            : SourceCharacter;
}

NTSTATUS NTAPI RtlUpcaseUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString,
                                      BOOLEAN AllocateDestinationString) {
  if (AllocateDestinationString) {
    DestinationString->MaximumLength = SourceString->Length;
    DestinationString->Buffer = static_cast<PWSTR>(
        ExAllocatePoolWithTag(PagedPool, SourceString->Length != 0 ? SourceString->Length : sizeof(WCHAR), kTag));
    if (DestinationString->Buffer == nullptr) return STATUS_NO_MEMORY;
  } else if (DestinationString->MaximumLength < SourceString->Length) {
    return STATUS_BUFFER_OVERFLOW;
  }
  for (std::size_t i = 0; i < SourceString->Length / sizeof(WCHAR); ++i) {
    DestinationString->Buffer[i] = upper(SourceString->Buffer[i]);
  }
  DestinationString->Length = SourceString->Length;
  return STATUS_SUCCESS;
}

LONG NTAPI RtlCompareString(const PSTRING String1, const PSTRING String2, BOOLEAN CaseInSensitive) {
  const std::size_t n1 = String1->Length, n2 = String2->Length;
  for (std::size_t i = 0; i < n1 && i < n2; ++i) {
    const char a = CaseInSensitive ? RtlUpperChar(String1->Buffer[i]) : String1->Buffer[i];
    const char b = CaseInSensitive ? RtlUpperChar(String2->Buffer[i]) : String2->Buffer[i];
    if (a != b) return static_cast<UCHAR>(a) - static_cast<UCHAR>(b);
  }
  return static_cast<LONG>(n1) - static_cast<LONG>(n2);
}
BOOLEAN NTAPI RtlEqualString(const PSTRING String1, const PSTRING String2, BOOLEAN CaseInSensitive) {
  return String1->Length == String2->Length && RtlCompareString(String1, String2, CaseInSensitive) == 0;
}
VOID NTAPI RtlCopyString(PSTRING DestinationString, const PSTRING SourceString) {
  if (SourceString == nullptr) {
    DestinationString->Length = 0;
    return;
  }
  const USHORT bytes =
      SourceString->Length < DestinationString->MaximumLength ? SourceString->Length : DestinationString->MaximumLength;
  std::memcpy(DestinationString->Buffer, SourceString->Buffer, bytes);
  DestinationString->Length = bytes;
}
CHAR NTAPI RtlUpperChar(CHAR Character) {
  return Character >= 'a' && Character <= 'z' ? static_cast<CHAR>(Character - 32) : Character;
}

VOID NTAPI RtlFreeAnsiString(PANSI_STRING AnsiString) {
  if (AnsiString->Buffer != nullptr) ExFreePool(AnsiString->Buffer);
  *AnsiString = {};
}

VOID NTAPI RtlFreeUnicodeString(PUNICODE_STRING UnicodeString) {
  if (UnicodeString->Buffer != nullptr) ExFreePool(UnicodeString->Buffer);
  *UnicodeString = {};
}

}  // extern "C"
