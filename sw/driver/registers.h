// Register access. Nothing may be read or written once the device is gone: callers see zeros then.
#pragma once

#include "vcap.h"

#define VCAP_GONE 0xFFFFFFFFu  // what a read returns when nothing answers

static inline BOOLEAN VcapPresent(PVCAP_DEVICE Device) { return Device->Registers != NULL && !Device->Removed; }

static inline ULONG VcapRead(PVCAP_DEVICE Device, ULONG Offset) {
  if (!VcapPresent(Device)) return 0;
  return READ_REGISTER_ULONG(reinterpret_cast<PULONG>(Device->Registers + Offset));
}

static inline VOID VcapWrite(PVCAP_DEVICE Device, ULONG Offset, ULONG Value) {
  if (VcapPresent(Device)) WRITE_REGISTER_ULONG(reinterpret_cast<PULONG>(Device->Registers + Offset), Value);
}
