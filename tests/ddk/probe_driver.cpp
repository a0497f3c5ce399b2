// A driver that calls back and forth over the border in every way a driver does.
extern "C" {
#include <ntddk.h>
}
#include <windef.h>
#include <ks.h>
#include <ksmedia.h>
#include "probe.h"

extern "C" void ProbeCrt(void);
extern "C" void ProbeSpellings(void);
extern "C" IO_COMPLETION_ROUTINE ProbeCompletionInC;

namespace {

struct DriverProbe : IProbe {
  ULONG64 STDMETHODCALLTYPE Add(ULONG64 Left, ULONG64 Right) override { return Left + Right; }
  ULONG64 STDMETHODCALLTYPE Five(ULONG64 a, ULONG64 b, ULONG64 c, ULONG64 d, ULONG64 e) override {
    return a * 10000 + b * 1000 + c * 100 + d * 10 + e;
  }
};
DriverProbe driver_probe;

ULONG64 Callback(IProbe* Host, ULONG64 Value) { return Host->Add(Value, 1) * 2; }

}  // namespace

// Declared by its role type and defined with the annotations of that declaration, as drivers have to.
extern "C" IO_COMPLETION_ROUTINE ProbeCompletion;

_Use_decl_annotations_ NTSTATUS ProbeCompletion(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context) {
  EXPECT(DeviceObject == nullptr && Irp != nullptr);
  *static_cast<PIRP*>(Context) = Irp;
  return STATUS_MORE_PROCESSING_REQUIRED;
}

extern "C" DRIVER_INITIALIZE DriverEntry;
extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  PROBE_EXCHANGE* exchange = reinterpret_cast<PROBE_EXCHANGE*>(RegistryPath);
  EXPECT(DriverObject == nullptr);
  EXPECT(ProbeTenArguments(1, 2, 3, 4, 5, 6, 7, 8, 9, 10) == 12345678910ULL);
  EXPECT(ProbeVariadic(4, 1ULL, 20ULL, 300ULL, 0x100000000ULL) == 0x100000000ULL + 321);
  const PROBE_PAIR pair = ProbeReturnsStruct(7);
  EXPECT(pair.First == 7 && pair.Second == 14);
  EXPECT(exchange->Host->Add(40, 2) == 42);
  EXPECT(exchange->Host->Five(1, 2, 3, 4, 5) == 12345);
  exchange->Driver = &driver_probe;
  exchange->Callback = Callback;
  exchange->Completion = ProbeCompletion;
  exchange->CompletionInC = ProbeCompletionInC;
  exchange->VideoCategory = KSCATEGORY_VIDEO;
  EXPECT(sizeof(L"ab") == 6);
  ProbeCrt();
  ProbeSpellings();
  return STATUS_UNSUCCESSFUL;
}
