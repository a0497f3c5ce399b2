// The reference driver with one mistake: a flush leaves the buffers with the chip.
#include "registers.h"

static VOID VcapPinReset(PKSPIN Pin) { UNREFERENCED_PARAMETER(Pin); }
// The driver's own becomes a function that nobody calls; its dispatch table names the one above.
#define VcapPinReset(Pin) VcapPinResetThatFlushes(Pin)
#include "pin.cpp"
