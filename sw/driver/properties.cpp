// PROPSETID_VIDCAP_DROPPEDFRAMES of the pin.
#include "vcap.h"

static NTSTATUS VcapGetDroppedFrames(PIRP Irp, PKSIDENTIFIER Request, PVOID Data) {
  PAGED_CODE();
  PKSPIN pin = KsGetPinFromIrp(Irp);
  if (pin == NULL) return STATUS_INVALID_DEVICE_REQUEST;
  PVCAP_DEVICE device = static_cast<PVCAP_DEVICE>(KsPinGetDevice(pin)->Context);
  PKSPROPERTY_DROPPEDFRAMES_CURRENT_S current = static_cast<PKSPROPERTY_DROPPEDFRAMES_CURRENT_S>(Data);
  current->Property = *Request;
  VcapStreamLock(device);
  VcapStreamCounts(device, &current->PictureNumber, &current->DropCount);
  current->AverageFrameSize = device->Format.FrameBytes;
  VcapStreamUnlock(device);
  Irp->IoStatus.Information = sizeof(*current);
  return STATUS_SUCCESS;
}

static DEFINE_KSPROPERTY_TABLE(VcapDroppedFramesItems){
    DEFINE_KSPROPERTY_ITEM(KSPROPERTY_DROPPEDFRAMES_CURRENT, VcapGetDroppedFrames,
                           sizeof(KSPROPERTY_DROPPEDFRAMES_CURRENT_S), sizeof(KSPROPERTY_DROPPEDFRAMES_CURRENT_S), NULL,
                           NULL, 0, NULL, NULL, 0),
};

static DEFINE_KSPROPERTY_SET_TABLE(VcapPinPropertySets){
    DEFINE_KSPROPERTY_SET(&PROPSETID_VIDCAP_DROPPEDFRAMES, SIZEOF_ARRAY(VcapDroppedFramesItems), VcapDroppedFramesItems,
                          0, NULL),
};

DEFINE_KSAUTOMATION_TABLE(VcapPinAutomation){
    DEFINE_KSAUTOMATION_PROPERTIES(VcapPinPropertySets),
    DEFINE_KSAUTOMATION_METHODS_NULL,
    DEFINE_KSAUTOMATION_EVENTS_NULL,
};
