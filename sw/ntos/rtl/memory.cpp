// Memory helpers that are exports.
#include "sw/ntos/ddk.h"

extern "C" {

SIZE_T NTAPI RtlCompareMemory(const VOID* Source1, const VOID* Source2, SIZE_T Length) {
  const auto* a = static_cast<const UCHAR*>(Source1);
  const auto* b = static_cast<const UCHAR*>(Source2);
  SIZE_T equal = 0;
  while (equal < Length && a[equal] == b[equal]) ++equal;
  return equal;
}

VOID NTAPI RtlPrefetchMemoryNonTemporal(PVOID Source, SIZE_T Length) {
  UNREFERENCED_PARAMETER(Source);
  UNREFERENCED_PARAMETER(Length);
}

}  // extern "C"
