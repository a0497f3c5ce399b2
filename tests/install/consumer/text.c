/* Inline functions of the DDK's headers, from a second C file. */
#include <ntddk.h>
#include <ntstrsafe.h>

NTSTATUS NumberAsText(char* Text, size_t Bytes, int Number);
NTSTATUS NumberAsText(char* Text, size_t Bytes, int Number) {
  NTSTATUS status = RtlStringCbCopyA(Text, Bytes, "number ");
  if (NT_SUCCESS(status)) status = RtlStringCbPrintfA(Text, Bytes, "%d", Number);
  return status;
}
