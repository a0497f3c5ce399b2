// The boring parts of an AVStream capture driver: one filter with one output pin, whose Process fills what it is given.
// A driver of the gallery includes this and sets the hooks where it does something of its own. DDK headers only.
#pragma once

extern "C" {
#include <wdm.h>
}
#include <windef.h>
#include <ks.h>
#include <ksmedia.h>

#include "interface.h"

struct HOOKS {
  NTSTATUS (*Add)(PKSDEVICE Device);
  NTSTATUS (*FilterCreate)(PKSFILTER Filter, PIRP Irp);
  NTSTATUS (*PinCreate)(PKSPIN Pin, PIRP Irp);
  NTSTATUS (*PinClose)(PKSPIN Pin, PIRP Irp);
  NTSTATUS (*SetFormat)(PKSPIN Pin);
  NTSTATUS (*SetState)(PKSPIN Pin, KSSTATE To, KSSTATE From);
  NTSTATUS (*Process)(PKSPIN Pin);
};
extern const HOOKS Hooks;

/// Fills the frame at the leading edge, which is locked, and leaves it.
static inline VOID Fill(PKSSTREAM_POINTER Leading) {
  RtlFillMemory(Leading->OffsetOut.Data, Leading->OffsetOut.Remaining, 0x80);
  Leading->StreamHeader->DataUsed = Leading->OffsetOut.Remaining;
}

static inline NTSTATUS Create(PKSPIN Pin, PIRP Irp) {
  return Hooks.PinCreate != NULL ? Hooks.PinCreate(Pin, Irp) : STATUS_SUCCESS;
}
static inline NTSTATUS Close(PKSPIN Pin, PIRP Irp) {
  return Hooks.PinClose != NULL ? Hooks.PinClose(Pin, Irp) : STATUS_SUCCESS;
}
static inline NTSTATUS SetDataFormat(PKSPIN Pin, PKSDATAFORMAT, PKSMULTIPLE_ITEM, const KSDATARANGE*,
                                     const KSATTRIBUTE_LIST*) {
  return Hooks.SetFormat != NULL ? Hooks.SetFormat(Pin) : STATUS_SUCCESS;
}
static inline NTSTATUS SetDeviceState(PKSPIN Pin, KSSTATE To, KSSTATE From) {
  return Hooks.SetState != NULL ? Hooks.SetState(Pin, To, From) : STATUS_SUCCESS;
}
static inline NTSTATUS Process(PKSPIN Pin) {
  if (Hooks.Process != NULL) return Hooks.Process(Pin);
  PKSSTREAM_POINTER leading = KsPinGetLeadingEdgeStreamPointer(Pin, KSSTREAM_POINTER_STATE_LOCKED);
  if (leading == NULL) return STATUS_PENDING;
  Fill(leading);
  KsStreamPointerUnlock(leading, TRUE);
  return STATUS_SUCCESS;
}
static inline NTSTATUS CreateFilter(PKSFILTER Filter, PIRP Irp) {
  return Hooks.FilterCreate != NULL ? Hooks.FilterCreate(Filter, Irp) : STATUS_SUCCESS;
}
static inline NTSTATUS Add(PKSDEVICE Device) { return Hooks.Add != NULL ? Hooks.Add(Device) : STATUS_SUCCESS; }

static const GUID Category = GALLERY_GUID;
static const KSDATARANGE Range = {
    {sizeof(KSDATARANGE), 0, 0, 0, GALLERY_GUID, GALLERY_GUID, {STATICGUIDOF(KSDATAFORMAT_SPECIFIER_NONE)}}};
static const PKSDATARANGE Ranges[] = {const_cast<PKSDATARANGE>(&Range)};
static DECLARE_SIMPLE_FRAMING_EX(Framing, STATICGUIDOF(KSMEMORY_TYPE_KERNEL_NONPAGED),
                                 KSALLOCATOR_REQUIREMENTF_SYSTEM_MEMORY, 3, 0, GALLERY_TRANSFER_BYTES,
                                 GALLERY_TRANSFER_BYTES);

static const KSPIN_DISPATCH PinDispatch = {Create, Close, Process, NULL, SetDataFormat, SetDeviceState};
static const KSPIN_DESCRIPTOR_EX Pins[] = {{&PinDispatch,
                                            NULL,
                                            {DEFINE_KSPIN_DEFAULT_INTERFACES,
                                             DEFINE_KSPIN_DEFAULT_MEDIUMS,
                                             SIZEOF_ARRAY(Ranges),
                                             Ranges,
                                             KSPIN_DATAFLOW_OUT,
                                             KSPIN_COMMUNICATION_BOTH,
                                             &Category,
                                             NULL,
                                             {0}},
                                            0,
                                            1,
                                            0,
                                            &Framing,
                                            NULL}};
static const KSFILTER_DISPATCH FilterDispatch = {CreateFilter, NULL, NULL, NULL};
static const KSFILTER_DESCRIPTOR Filter = {&FilterDispatch,
                                           NULL,
                                           KSFILTER_DESCRIPTOR_VERSION,
                                           0,
                                           &Category,
                                           SIZEOF_ARRAY(Pins),
                                           sizeof(KSPIN_DESCRIPTOR_EX),
                                           Pins,
                                           1,
                                           &Category,
                                           0,
                                           0,
                                           NULL,
                                           0,
                                           NULL,
                                           NULL};
static const KSFILTER_DESCRIPTOR* const Filters[] = {&Filter};
static const KSDEVICE_DISPATCH DeviceDispatch = {Add};
static const KSDEVICE_DESCRIPTOR DeviceDescriptor = {&DeviceDispatch, SIZEOF_ARRAY(Filters), Filters, 0};

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING Path) {
  return KsInitializeDriver(Driver, Path, &DeviceDescriptor);
}
