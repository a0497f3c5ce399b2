// Descriptors: mistakes in the one written last, before the doorbell.
#include "mistakes.h"

static VOID InsertFrame(PVCAP_DEVICE Device, PVCAP_FRAME Frame) {
  VCAP_DESCRIPTOR* last = &Device->Ring.Descriptors[Frame->LastIndex % VCAP_RING_COUNT];
  if (Mistaken(L"address")) last->Address += 0x40000000;
  if (Mistaken(L"empty")) last->Length = 0;
  InsertTailList(&Device->Frames, &Frame->Link);
}
#undef InsertTailList
#define InsertTailList(Head, Entry) InsertFrame(Device, Frame)
#include "ring.cpp"
