// Frames come back: mistakes of the DPC, and in what is said of a frame.
#include "mistakes.h"

static VOID DeleteClone(PKSSTREAM_POINTER Clone) {
  PKSSTREAM_HEADER header = Clone->StreamHeader;
  if (header->DataUsed != 0) {
    MakeMistakeInDpc();
    if (Mistaken(L"size")) header->DataUsed -= 8;
    if (Mistaken(L"time")) header->PresentationTime.Time += 5000;
    CountFrame();
  }
  KsStreamPointerDelete(Clone);
}
#undef KsStreamPointerDelete
#define KsStreamPointerDelete DeleteClone
#include "frames.cpp"
