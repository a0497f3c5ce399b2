// The drivers' C runtime, from within a driver.
#include <stdlib.h>
#include <ntddk.h>
#include <ntstrsafe.h>
#include "probe.h"

// As a driver in C writes its completion routine.
IO_COMPLETION_ROUTINE ProbeCompletionInC;

_Use_decl_annotations_ NTSTATUS ProbeCompletionInC(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context) {
  UNREFERENCED_PARAMETER(DeviceObject);
  *(PIRP*)Context = Irp;
  return STATUS_SUCCESS;
}

typedef struct _LARGE_BLOCK {
  UCHAR Bytes[600];
} LARGE_BLOCK;

// Not inlined, so that the compiler calls its own memcpy and memset.
static __attribute__((noinline)) void CopyLarge(LARGE_BLOCK* To, const LARGE_BLOCK* From) { *To = *From; }
static __attribute__((noinline)) void ClearLarge(LARGE_BLOCK* Block) {
  LARGE_BLOCK zero = {{0}};
  *Block = zero;
}

static void ProbeMemory(void) {
  LARGE_BLOCK a, b;
  for (ULONG i = 0; i < sizeof a.Bytes; ++i) a.Bytes[i] = (UCHAR)(i * 7);
  CopyLarge(&b, &a);
  EXPECT(RtlCompareMemory(&a, &b, sizeof a) == sizeof a || memcmp(&a, &b, sizeof a) == 0);
  EXPECT(memcmp(&a, &b, sizeof a) == 0);
  b.Bytes[599] ^= 1;
  EXPECT(memcmp(&a, &b, sizeof a) != 0 && memcmp(&a, &b, 599) == 0);
  ClearLarge(&b);
  EXPECT(b.Bytes[0] == 0 && b.Bytes[300] == 0 && b.Bytes[599] == 0);
  UCHAR overlap[8] = {1, 2, 3, 4, 5, 6, 7, 8};
  memmove(overlap + 2, overlap, 6);
  EXPECT(overlap[0] == 1 && overlap[2] == 1 && overlap[7] == 6);
  memmove(overlap, overlap + 2, 6);
  EXPECT(overlap[0] == 1 && overlap[5] == 6);
  memset(overlap, 0x1FF, 3);  // NOLINT(bugprone-suspicious-memset-usage): only the low byte counts
  EXPECT(overlap[0] == 0xFF && overlap[2] == 0xFF && overlap[3] == 4);
}

static void ProbeStrings(void) {
  WCHAR wide[16];
  char narrow[16];
  EXPECT(wcslen(L"abc") == 3 && strlen("abcd") == 4);
  EXPECT(wcscmp(wcscpy(wide, L"ab"), L"ab") == 0);
  EXPECT(wcscmp(wcscat(wide, L"cd"), L"abcd") == 0);
  EXPECT(wcsncmp(L"abX", L"abY", 2) == 0 && wcscmp(L"abX", L"abY") < 0);
  EXPECT(wcschr(wide, L'c') == wide + 2 && wcschr(wide, L'z') == NULL);
  EXPECT(wcsstr(wide, L"bc") == wide + 1 && wcsrchr(wide, L'd') == wide + 3);
  EXPECT(strcmp(strcpy(narrow, "one"), "one") == 0 && strncmp("onx", "ony", 2) == 0);
  EXPECT(strstr("haystack", "st") != NULL && strstr("haystack", "x") == NULL);
}

static void ProbeFormats(void) {
  char text[64];
  WCHAR wide[64];
  UNICODE_STRING counted;
  counted.Buffer = (PWSTR)L"countedX";
  counted.Length = 14;
  counted.MaximumLength = 16;
  EXPECT(
      NT_SUCCESS(RtlStringCbPrintfA(text, sizeof text, "%d %u %x %08X|%-5d|%5d|%+d", -5, 7u, 255, 0xBEEF, 42, 42, 1)));
  EXPECT(strcmp(text, "-5 7 ff 0000BEEF|42   |   42|+1") == 0);
  EXPECT(NT_SUCCESS(RtlStringCbPrintfA(text, sizeof text, "%s %S %ws %wZ %c%%", "n", L"w", L"v", &counted, 'c')));
  EXPECT(strcmp(text, "n w v counted c%") == 0);
  EXPECT(NT_SUCCESS(RtlStringCbPrintfA(text, sizeof text, "%I64x %lld %llu %p", 0x123456789AULL, -9000000000LL,
                                       18446744073709551615ULL, (PVOID)0xABC)));
  EXPECT(strcmp(text, "123456789a -9000000000 18446744073709551615 0000000000000ABC") == 0);
  EXPECT(NT_SUCCESS(RtlStringCbPrintfA(text, sizeof text, "%.3s|%*d|%.2d|%#x|%05d", "abcdef", 4, 7, 3, 16, -12)));
  EXPECT(strcmp(text, "abc|   7|03|0x10|-0012") == 0);
  EXPECT(RtlStringCbPrintfA(text, 4, "%s", "too long") == STATUS_BUFFER_OVERFLOW);
  EXPECT(strcmp(text, "too") == 0);
  EXPECT(NT_SUCCESS(RtlStringCbPrintfW(wide, sizeof wide, L"%s-%S-%hs-%d", L"wide", "narrow", "h", 3)));
  EXPECT(wcscmp(wide, L"wide-narrow-h-3") == 0);
}

// Of Microsoft's limits.h, stdlib.h and string.h.
static void ProbeHeaders(void) {
  EXPECT(ULONG_MAX == 0xFFFFFFFF && sizeof(ULONG_MAX) == 4 && LONG_MAX == 0x7FFFFFFF && LONG_MIN == -LONG_MAX - 1);
  char text[4] = "old";
  EXPECT(_countof(text) == 4);
  EXPECT(strncpy_s(text, sizeof text, "abc", 2) == 0 && strcmp(text, "ab") == 0);
  EXPECT(strncpy_s(text, sizeof text, "abcdef", 4) == 34 && text[0] == 0);
  EXPECT(strncpy_s(text, sizeof text, "abcdef", _TRUNCATE) == 80 && strcmp(text, "abc") == 0);
  EXPECT(strncpy_s(text, sizeof text, NULL, 1) == 22 && text[0] == 0);
  WCHAR wide[3];
  EXPECT(wcsncpy_s(wide, 3, L"xy", 5) == 0 && wide[1] == L'y' && wide[2] == 0);
}

void ProbeCrt(void);
void ProbeCrt(void) {
  ProbeHeaders();
  ProbeMemory();
  ProbeStrings();
  ProbeFormats();
}
