// gallery: 0xC4 0x73
// An interrupt service routine maps the register it needs.
#include "skeleton.h"

static BOOLEAN Isr(PDEVICE Device) {
#ifdef FIXED
  PUCHAR registers = Device->Registers;
#else
  PUCHAR registers = static_cast<PUCHAR>(MmMapIoSpace(Device->RegisterBase, Device->RegisterBytes, MmNonCached));
#endif
  WRITE_REGISTER_ULONG(reinterpret_cast<PULONG>(registers + GALLERY_ACK), 1);
  KeInsertQueueDpc(&Device->Dpc, NULL, NULL);
  return TRUE;
}

const HOOKS Hooks = {.Isr = Isr};
