// Rtl strings and memory.
#include "sw/ntos/ddk.h"

#include <cstdio>
#include <cstring>

namespace {
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

VOID NTAPI RtlCopyUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString) {
  if (SourceString == nullptr) {
    DestinationString->Length = 0;
    return;
  }
  const USHORT bytes =
      SourceString->Length < DestinationString->MaximumLength ? SourceString->Length : DestinationString->MaximumLength;
  std::memcpy(DestinationString->Buffer, SourceString->Buffer, bytes);
  DestinationString->Length = bytes;
}

NTSTATUS NTAPI RtlAppendUnicodeStringToString(PUNICODE_STRING Destination, PCUNICODE_STRING Source) {
  if (Destination->Length + Source->Length > Destination->MaximumLength) return STATUS_BUFFER_TOO_SMALL;
  std::memcpy(reinterpret_cast<char*>(Destination->Buffer) + Destination->Length, Source->Buffer, Source->Length);
  Destination->Length = static_cast<USHORT>(Destination->Length + Source->Length);
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

VOID NTAPI RtlFreeUnicodeString(PUNICODE_STRING UnicodeString) {
  if (UnicodeString->Buffer != nullptr) ExFreePool(UnicodeString->Buffer);
  *UnicodeString = {};
}

NTSTATUS NTAPI RtlStringFromGUID(REFGUID Guid, PUNICODE_STRING GuidString) {
  char text[40];
  std::snprintf(text, sizeof text, "{%08X-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X}",
                static_cast<unsigned>(Guid.Data1), Guid.Data2, Guid.Data3, Guid.Data4[0], Guid.Data4[1], Guid.Data4[2],
                Guid.Data4[3], Guid.Data4[4], Guid.Data4[5], Guid.Data4[6], Guid.Data4[7]);
  constexpr std::size_t kCharacters = 38;
  auto* buffer = static_cast<PWSTR>(ExAllocatePoolWithTag(PagedPool, (kCharacters + 1) * sizeof(WCHAR), 0x52737467u));
  if (buffer == nullptr) return STATUS_NO_MEMORY;
  for (std::size_t i = 0; i <= kCharacters; ++i) buffer[i] = static_cast<WCHAR>(text[i]);
  GuidString->Buffer = buffer;
  GuidString->Length = kCharacters * sizeof(WCHAR);
  GuidString->MaximumLength = (kCharacters + 1) * sizeof(WCHAR);
  return STATUS_SUCCESS;
}

SIZE_T NTAPI RtlCompareMemory(const VOID* Source1, const VOID* Source2, SIZE_T Length) {
  const auto* a = static_cast<const UCHAR*>(Source1);
  const auto* b = static_cast<const UCHAR*>(Source2);
  SIZE_T equal = 0;
  while (equal < Length && a[equal] == b[equal]) ++equal;
  return equal;
}

VOID NTAPI RtlAssert(PVOID FailedAssertion, PVOID FileName, ULONG LineNumber, PCHAR Message) {
  DbgPrint("assertion failed: %s %s(%u): %s\n", static_cast<const char*>(FailedAssertion),
           static_cast<const char*>(FileName), LineNumber, Message != nullptr ? Message : "");
  KeBugCheckEx(0x1E, static_cast<ULONG>(STATUS_ASSERTION_FAILURE), 0, 0, 0);
}

}  // extern "C"
