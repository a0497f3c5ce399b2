// The reference driver with one mistake: it keeps the clones of frames that are done.
#include "registers.h"

static VOID KeepClone(PKSSTREAM_POINTER Clone) { UNREFERENCED_PARAMETER(Clone); }
#undef KsStreamPointerDelete
#define KsStreamPointerDelete KeepClone
#include "frames.cpp"
