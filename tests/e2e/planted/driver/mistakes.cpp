#include "mistakes.h"

static WCHAR ChosenName[32];
static UNICODE_STRING Chosen = {0, sizeof(ChosenName), ChosenName};
static ULONG FirstFrame;
static LONG FramesBack;
static KSPIN_LOCK FreeLock;

VOID ChooseMistake(PUNICODE_STRING RegistryPath) {
  RTL_QUERY_REGISTRY_TABLE values[3];
  RtlZeroMemory(values, sizeof(values));
  KeInitializeSpinLock(&FreeLock);
  values[0].Flags = RTL_QUERY_REGISTRY_DIRECT;
  values[0].Name = const_cast<PWSTR>(L"Mistake");
  values[0].EntryContext = &Chosen;
  values[1].Flags = RTL_QUERY_REGISTRY_DIRECT;
  values[1].Name = const_cast<PWSTR>(L"Frame");
  values[1].EntryContext = &FirstFrame;
  RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, RegistryPath->Buffer, values, NULL, NULL);
}

BOOLEAN Mistaken(PCWSTR Name) {
  UNICODE_STRING name;
  RtlInitUnicodeString(&name, Name);
  return static_cast<ULONG>(FramesBack) >= FirstFrame && name.Length == Chosen.Length &&
         RtlEqualMemory(name.Buffer, Chosen.Buffer, name.Length);
}

VOID CountFrame() { InterlockedIncrement(&FramesBack); }

VOID MakeMistakeInDpc() {
  if (Mistaken(L"waits")) {
    KEVENT event;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
  }
  if (Mistaken(L"releases")) KeReleaseSpinLockFromDpcLevel(&FreeLock);
  if (Mistaken(L"lowers")) KeLowerIrql(PASSIVE_LEVEL);
  if (Mistaken(L"lingers")) KeStallExecutionProcessor(5000);
  if (Mistaken(L"null")) *static_cast<volatile ULONG*>(NULL) = 1;
  if (!Mistaken(L"overruns") && !Mistaken(L"used_after") && !Mistaken(L"frees_twice")) return;

  volatile UCHAR* pool = static_cast<UCHAR*>(ExAllocatePool2(POOL_FLAG_NON_PAGED, 32, VCAP_POOL_TAG));
  if (pool == NULL) return;
  if (Mistaken(L"overruns")) pool[32] = 1;
  ExFreePoolWithTag(const_cast<PUCHAR>(pool), VCAP_POOL_TAG);
  if (Mistaken(L"used_after")) pool[0] = 1;
  if (Mistaken(L"frees_twice")) ExFreePoolWithTag(const_cast<PUCHAR>(pool), VCAP_POOL_TAG);
}
