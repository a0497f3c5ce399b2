// DbgPrint: formats in the driver's calling convention and tells the event log.
#include "sw/ntos/ddk.h"

#include <string>

#include "sw/ntos/ke/machine.h"
#include "sw/ntos/rtl/format.h"

namespace {
ULONG print(const std::string& prefix, const char* format, P2P_VA_LIST& arguments) {
  std::string text = prefix + p2p::rtl::format(format, arguments);
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  p2p::ke::trace("dbgprint", {{"text", text}});
  return STATUS_SUCCESS;
}
}  // namespace

extern "C" {

ULONG __cdecl DbgPrint(PCSTR Format, ...) {
  P2P_VA_LIST arguments;
  P2P_VA_START(arguments, Format);
  const ULONG status = print("", Format, arguments);
  P2P_VA_END(arguments);
  return status;
}

// Every component and level is shown: filtering is the reader's.
ULONG __cdecl DbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, ...) {
  UNREFERENCED_PARAMETER(ComponentId);
  UNREFERENCED_PARAMETER(Level);
  P2P_VA_LIST arguments;
  P2P_VA_START(arguments, Format);
  const ULONG status = print("", Format, arguments);
  P2P_VA_END(arguments);
  return status;
}

ULONG NTAPI vDbgPrintEx(ULONG ComponentId, ULONG Level, PCCH Format, P2P_VA_LIST ap) {
  UNREFERENCED_PARAMETER(ComponentId);
  UNREFERENCED_PARAMETER(Level);
  P2P_VA_LIST arguments;
  P2P_VA_COPY(arguments, ap);  // a parameter of this type may be a pointer to the list
  const ULONG status = print("", Format, arguments);
  P2P_VA_END(arguments);
  return status;
}

}  // extern "C"
