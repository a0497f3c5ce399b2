// Exports of ks.sys that vcapdrv imports.
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include <gtest/gtest.h>

#include "tests/driver/fake_kernel.h"

namespace {

struct FakeClone {
  KSSTREAM_POINTER pointer;
  FakeFrame* frame;
  std::max_align_t context[16];
};

FakeFrame* frame_of(PKSSTREAM_POINTER pointer) {
  if (pointer == &fake->leading) return fake->queue_ahead.front();
  return reinterpret_cast<FakeClone*>(pointer)->frame;
}

void at_most_dispatch() { fake->require(fake->irql <= DISPATCH_LEVEL, "a stream pointer call above DISPATCH_LEVEL"); }

}  // namespace

extern "C" {

NTSTATUS NTAPI KsInitializeDriver(PDRIVER_OBJECT, PUNICODE_STRING, const KSDEVICE_DESCRIPTOR* descriptor) {
  fake->descriptor = descriptor;
  return STATUS_SUCCESS;
}
VOID NTAPI KsAcquireDevice(PKSDEVICE) { ++fake->held["device mutex"]; }
VOID NTAPI KsReleaseDevice(PKSDEVICE) { --fake->held["device mutex"]; }
NTSTATUS NTAPI KsAddItemToObjectBag(KSOBJECT_BAG, PVOID item, PFNKSFREE) {
  fake->require(fake->held["device mutex"] == 1, "the device's bag without the device mutex (R-BAG-1)");
  fake->bag.push_back(item);
  return STATUS_SUCCESS;
}
NTSTATUS NTAPI _KsEdit(KSOBJECT_BAG, PVOID* pointer, ULONG new_size, ULONG old_size, ULONG) {
  fake->edits.push_back(std::make_unique<char[]>(new_size));
  std::memcpy(fake->edits.back().get(), *pointer, std::min(new_size, old_size));
  *pointer = fake->edits.back().get();
  return STATUS_SUCCESS;
}
VOID NTAPI KsDeviceRegisterAdapterObject(PKSDEVICE, PADAPTER_OBJECT adapter, ULONG most, ULONG stride) {
  fake->require(adapter != nullptr && most <= VCAP_DESC_MAX_LENGTH && stride >= sizeof(KSMAPPING),
                "mappings that fit a descriptor (R-MAP-2)");
}
PKSDEVICE NTAPI KsGetDevice(PVOID) { return &fake->device; }
PKSPIN NTAPI KsGetPinFromIrp(PIRP) { return &fake->pin; }

VOID NTAPI KsPinAttemptProcessing(PKSPIN pin, BOOLEAN asynchronous) {
  fake->require(pin == &fake->pin && fake->pin_open && asynchronous, "processing of an open pin");
  fake->attempt = true;
}

PKSSTREAM_POINTER NTAPI KsPinGetLeadingEdgeStreamPointer(PKSPIN, KSSTREAM_POINTER_STATE state) {
  at_most_dispatch();
  fake->require(!fake->leading_locked, "the leading edge locked twice (0x81003)");
  if (fake->queue_ahead.empty()) return nullptr;
  FakeFrame* frame = fake->queue_ahead.front();
  fake->leading.StreamHeader = &frame->header;
  fake->leading.OffsetOut.Mappings = frame->mappings.data();
  fake->leading.OffsetOut.Count = static_cast<ULONG>(frame->mappings.size());
  fake->leading.OffsetOut.Remaining = fake->leading.OffsetOut.Count;
  fake->leading_locked = state == KSSTREAM_POINTER_STATE_LOCKED;
  return &fake->leading;
}
NTSTATUS NTAPI KsStreamPointerClone(PKSSTREAM_POINTER pointer, PFNKSSTREAMPOINTER, ULONG context_bytes,
                                    PKSSTREAM_POINTER* out) {
  at_most_dispatch();
  fake->require(fake->leading_locked && context_bytes <= sizeof(FakeClone::context), "a clone of a locked pointer");
  auto* clone = new FakeClone{};
  clone->pointer = *pointer;
  clone->pointer.Context = clone->context;
  clone->frame = frame_of(pointer);
  ++clone->frame->references;
  ++fake->held["clone"];
  *out = &clone->pointer;
  return STATUS_SUCCESS;
}
VOID NTAPI KsStreamPointerUnlock(PKSSTREAM_POINTER pointer, BOOLEAN eject) {
  at_most_dispatch();
  fake->require(pointer == &fake->leading && fake->leading_locked, "unlock of a locked pointer (0x81003)");
  fake->leading_locked = false;
  if (!eject) return;
  FakeFrame* frame = fake->queue_ahead.front();
  fake->queue_ahead.pop_front();
  --frame->references;
  fake->complete_if_released(frame);
}
NTSTATUS NTAPI KsStreamPointerSetStatusCode(PKSSTREAM_POINTER pointer, NTSTATUS status) {
  at_most_dispatch();
  frame_of(pointer)->status = status;
  return STATUS_SUCCESS;
}
VOID NTAPI KsStreamPointerDelete(PKSSTREAM_POINTER pointer) {
  at_most_dispatch();
  fake->require(fake->locks.empty(), "a frame completed under a spin lock (R-SPIN-4)");
  fake->require(pointer != &fake->leading, "Delete of the leading edge (0x8100C)");
  auto* clone = reinterpret_cast<FakeClone*>(pointer);
  --fake->held["clone"];
  --clone->frame->references;
  fake->complete_if_released(clone->frame);
  delete clone;
}
}
