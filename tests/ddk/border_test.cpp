// Loads a driver module and calls over the border: kernel exports, variadics, structures, callbacks, interfaces, GUIDs.
#include <dlfcn.h>

#include <gtest/gtest.h>

#include <ntddk.h>
#include <windef.h>
#include <ks.h>
#include <ksmedia.h>

#include "tests/ddk/probe.h"

namespace {

int expectations = 0;

struct HostProbe : IProbe {
  ULONG64 STDMETHODCALLTYPE Add(ULONG64 left, ULONG64 right) override { return left + right; }
  ULONG64 STDMETHODCALLTYPE Five(ULONG64 a, ULONG64 b, ULONG64 c, ULONG64 d, ULONG64 e) override {
    return a * 10000 + b * 1000 + c * 100 + d * 10 + e;
  }
};

}  // namespace

extern "C" {

VOID NTAPI ProbeExpect(BOOLEAN holds, PCSTR what, ULONG line) {
  ++expectations;
  EXPECT_TRUE(holds) << what << " at line " << line << " of the probe driver";
}

ULONG64 NTAPI ProbeTenArguments(ULONG64 a, ULONG64 b, ULONG64 c, ULONG64 d, ULONG64 e, ULONG64 f, ULONG64 g, ULONG64 h,
                                ULONG64 i, ULONG64 j) {
  return ((((((((a * 10 + b) * 10 + c) * 10 + d) * 10 + e) * 10 + f) * 10 + g) * 10 + h) * 10 + i) * 100 + j;
}

ULONG64 NTAPI ProbeVariadic(ULONG count, ...) {
  P2P_VA_LIST arguments;
  P2P_VA_START(arguments, count);
  ULONG64 sum = 0;
  for (ULONG i = 0; i < count; ++i) sum += __builtin_va_arg(arguments, ULONG64);
  P2P_VA_END(arguments);
  return sum;
}

PROBE_PAIR NTAPI ProbeReturnsStruct(ULONG64 value) { return {value, value * 2}; }

SIZE_T NTAPI RtlCompareMemory(const VOID* left, const VOID* right, SIZE_T bytes) {
  SIZE_T same = 0;
  while (same < bytes && static_cast<const UCHAR*>(left)[same] == static_cast<const UCHAR*>(right)[same]) ++same;
  return same;
}

LOGICAL NTAPI MmIsDriverVerifyingByAddress(PVOID) { return FALSE; }
VOID NTAPI KeBugCheckEx(ULONG code, ULONG_PTR, ULONG_PTR, ULONG_PTR, ULONG_PTR) {
  ADD_FAILURE() << "bug check " << code;
  abort();
}
}

TEST(Border, DriverAndHostCallEachOther) {
  void* module = dlopen(P2P_PROBE_DRIVER, RTLD_NOW | RTLD_LOCAL);
  ASSERT_NE(module, nullptr) << dlerror();
  auto* entry = reinterpret_cast<PDRIVER_INITIALIZE>(dlsym(module, "DriverEntry"));
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(dlsym(module, "ProbeCrt"), nullptr) << "a driver shows DriverEntry only";

  HostProbe host;
  PROBE_EXCHANGE exchange{&host, nullptr, nullptr, {}, nullptr, nullptr};
  EXPECT_EQ(entry(nullptr, reinterpret_cast<PUNICODE_STRING>(&exchange)), STATUS_UNSUCCESSFUL);
  EXPECT_GT(expectations, 25) << "the probe driver skipped its checks";
  EXPECT_EQ(exchange.Driver->Add(1, 2), 3u);
  EXPECT_EQ(exchange.Driver->Five(5, 4, 3, 2, 1), 54321u);
  EXPECT_EQ(exchange.Callback(&host, 20), 42u);
  IRP irp{};
  PIRP given = nullptr;
  EXPECT_EQ(exchange.Completion(nullptr, &irp, &given), STATUS_MORE_PROCESSING_REQUIRED);
  EXPECT_EQ(given, &irp);
  given = nullptr;
  EXPECT_EQ(exchange.CompletionInC(nullptr, &irp, &given), STATUS_SUCCESS);
  EXPECT_EQ(given, &irp);
  EXPECT_TRUE(IsEqualGUID(exchange.VideoCategory, KSCATEGORY_VIDEO));
  EXPECT_EQ(KSCATEGORY_CAPTURE.Data1, 0x65E8773Du);
  // One of those that mingw-w64's ksmedia.h lacks: the library's value is the header's.
  constexpr GUID kImage = {STATICGUIDOF(PINNAME_IMAGE)};
  EXPECT_TRUE(IsEqualGUID(PINNAME_IMAGE, kImage));
  EXPECT_EQ(KSPROPERTYSETID_PerFrameSettingControl.Data1, 0xF1F3E261u);
  EXPECT_EQ(KSPROPSETID_Connection.Data1, 0x1D58C920u);
}
