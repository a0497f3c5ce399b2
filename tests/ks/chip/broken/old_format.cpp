// The reference driver with one mistake: a format that is set between streams never reaches the chip.
#include "registers.h"

static NTSTATUS ParseForPinOnly(PVCAP_DEVICE Device, const KSDATAFORMAT* DataFormat, VCAP_FORMAT* Format) {
  return Format != &Device->Format ? VcapParseFormat(Device, DataFormat, Format) : STATUS_SUCCESS;
}
#define VcapParseFormat ParseForPinOnly
#include "pin.cpp"
