// gallery: 0xC4 0x81009
// Memory is put into the pin's object bag while IRQL is DISPATCH_LEVEL.
// stimulus: stream
#include "stream_skeleton.h"

static NTSTATUS OnCreate(PKSPIN Pin, PIRP) {
  PVOID state = ExAllocatePoolWithTag(NonPagedPool, 64, 'lraG');
  if (state == NULL) return STATUS_INSUFFICIENT_RESOURCES;
#ifdef FIXED
  return KsAddItemToObjectBag(Pin->Bag, state, NULL);
#else
  KIRQL irql;
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
  const NTSTATUS status = KsAddItemToObjectBag(Pin->Bag, state, NULL);
  KeLowerIrql(irql);
  return status;
#endif
}

const HOOKS Hooks = {.PinCreate = OnCreate};
