// A minidriver for tests of AVStream: descriptors a test can edit, callbacks a test can take over. By default it does
// what a small software driver does: fills every frame that is read with a running byte, swallows what is written.
extern "C" {
#include <wdm.h>
}
#include <windef.h>
#include <ks.h>
#include <ksmedia.h>

#include "synth.h"

static const GUID SynthFilterReference = SYNTH_FILTER_REFERENCE;
static const GUID SynthCategories[] = {SYNTH_CATEGORY};
static const GUID SynthSourceName = SYNTH_GUID(9);

static PADAPTER_OBJECT SynthAdapter;
static PKINTERRUPT SynthInterruptObject;
static ULONG SynthNextByte;

static NTSTATUS SynthTell(SYNTH_CALL Call, PVOID Object, PVOID Argument, NTSTATUS Default) {
  BOOLEAN handled = FALSE;
  const NTSTATUS status = SynthCalled(Call, Object, Argument, &handled);
  return handled ? status : Default;
}

// -- pins -------------------------------------------------------------------------------------------------------------

static NTSTATUS SynthCreate(PKSPIN Pin, PIRP Irp) { return SynthTell(SynthPinCreate, Pin, Irp, STATUS_SUCCESS); }
static NTSTATUS SynthClose(PKSPIN Pin, PIRP Irp) { return SynthTell(SynthPinClose, Pin, Irp, STATUS_SUCCESS); }
static void SynthReset(PKSPIN Pin) { SynthTell(SynthPinReset, Pin, NULL, STATUS_SUCCESS); }
static NTSTATUS SynthConnect(PKSPIN Pin) { return SynthTell(SynthPinConnect, Pin, NULL, STATUS_SUCCESS); }
static void SynthDisconnect(PKSPIN Pin) { SynthTell(SynthPinDisconnect, Pin, NULL, STATUS_SUCCESS); }

static NTSTATUS SynthSetDeviceState(PKSPIN Pin, KSSTATE ToState, KSSTATE FromState) {
  SYNTH_STATE_CHANGE change = {ToState, FromState};
  return SynthTell(SynthPinSetDeviceState, Pin, &change, STATUS_SUCCESS);
}

static NTSTATUS SynthSetDataFormat(PKSPIN Pin, PKSDATAFORMAT OldFormat, PKSMULTIPLE_ITEM OldAttributeList,
                                   const KSDATARANGE* DataRange, const KSATTRIBUTE_LIST* AttributeRange) {
  UNREFERENCED_PARAMETER(OldAttributeList);
  UNREFERENCED_PARAMETER(AttributeRange);
  SYNTH_FORMAT_CHANGE change = {OldFormat, DataRange};
  return SynthTell(SynthPinSetDataFormat, Pin, &change, STATUS_SUCCESS);
}

static NTSTATUS SynthDefaultProcess(PKSPIN Pin) {
  PKSSTREAM_POINTER leading = KsPinGetLeadingEdgeStreamPointer(Pin, KSSTREAM_POINTER_STATE_LOCKED);
  if (leading == NULL) return STATUS_PENDING;
  if (Pin->DataFlow == KSPIN_DATAFLOW_OUT) {
    if ((Pin->Descriptor->Flags & KSPIN_FLAG_GENERATE_MAPPINGS) == 0) {
      const ULONG byte = SynthNextByte++;
      RtlFillMemory(leading->OffsetOut.Data, leading->OffsetOut.Remaining, static_cast<UCHAR>(byte));
    }
    leading->StreamHeader->DataUsed = leading->StreamHeader->FrameExtent;
  }
  KsStreamPointerUnlock(leading, TRUE);
  return STATUS_SUCCESS;
}

static NTSTATUS SynthProcess(PKSPIN Pin) {
  BOOLEAN handled = FALSE;
  const NTSTATUS status = SynthCalled(SynthPinProcess, Pin, NULL, &handled);
  return handled ? status : SynthDefaultProcess(Pin);
}

static KSPIN_DISPATCH SynthPinDispatch = {
    SynthCreate,         SynthClose,   SynthProcess,    SynthReset, SynthSetDataFormat,
    SynthSetDeviceState, SynthConnect, SynthDisconnect, NULL,       NULL,
};

static const KSDATARANGE SynthRange = {
    {sizeof(KSDATARANGE), 0, 0, 0, SYNTH_MAJOR, SYNTH_SUBFORMAT, {STATICGUIDOF(KSDATAFORMAT_SPECIFIER_NONE)}}};
static const KSDATARANGE SynthOtherRange = {
    {sizeof(KSDATARANGE), 0, 0, 0, SYNTH_MAJOR, SYNTH_OTHER_SUBFORMAT, {STATICGUIDOF(KSDATAFORMAT_SPECIFIER_NONE)}}};
static const PKSDATARANGE SynthRanges[] = {const_cast<PKSDATARANGE>(&SynthRange),
                                           const_cast<PKSDATARANGE>(&SynthOtherRange)};

static DECLARE_SIMPLE_FRAMING_EX(SynthFraming, STATICGUIDOF(KSMEMORY_TYPE_KERNEL_NONPAGED),
                                 KSALLOCATOR_REQUIREMENTF_SYSTEM_MEMORY, 3, 0, 256, 256);

static NTSTATUS SynthIntersect(PVOID Context, PIRP Irp, PKSP_PIN Pin, PKSDATARANGE CallerRange, PKSDATARANGE PinRange,
                               ULONG BufferSize, PVOID Data, PULONG DataSize) {
  UNREFERENCED_PARAMETER(Context);
  UNREFERENCED_PARAMETER(Irp);
  UNREFERENCED_PARAMETER(Pin);
  UNREFERENCED_PARAMETER(CallerRange);
  *DataSize = sizeof(KSDATAFORMAT);
  if (BufferSize == 0) return STATUS_BUFFER_OVERFLOW;
  if (BufferSize < sizeof(KSDATAFORMAT)) return STATUS_BUFFER_TOO_SMALL;
  RtlCopyMemory(Data, PinRange, sizeof(KSDATAFORMAT));
  static_cast<PKSDATAFORMAT>(Data)->SampleSize = 256;
  return STATUS_SUCCESS;
}

static KSAUTOMATION_TABLE SynthPinAutomation;

#define SYNTH_PIN_ENTRY(flow, communication)    \
  {                                             \
    &SynthPinDispatch, &SynthPinAutomation,     \
        {DEFINE_KSPIN_DEFAULT_INTERFACES,       \
         DEFINE_KSPIN_DEFAULT_MEDIUMS,          \
         SIZEOF_ARRAY(SynthRanges),             \
         SynthRanges,                           \
         flow,                                  \
         communication,                         \
         &SynthCategories[0],                   \
         &SynthSourceName,                      \
         {0}},                                  \
        0, 2, 0, &SynthFraming, SynthIntersect, \
  }

static KSPIN_DESCRIPTOR_EX SynthPins[SYNTH_PIN_COUNT] = {
    SYNTH_PIN_ENTRY(KSPIN_DATAFLOW_OUT, KSPIN_COMMUNICATION_BOTH),
    SYNTH_PIN_ENTRY(KSPIN_DATAFLOW_IN, KSPIN_COMMUNICATION_SINK),
    SYNTH_PIN_ENTRY(KSPIN_DATAFLOW_OUT, KSPIN_COMMUNICATION_SOURCE),
    SYNTH_PIN_ENTRY(KSPIN_DATAFLOW_OUT, KSPIN_COMMUNICATION_BRIDGE),
};

// -- filter -----------------------------------------------------------------------------------------------------------

static NTSTATUS SynthCreateFilter(PKSFILTER Filter, PIRP Irp) {
  return SynthTell(SynthFilterCreate, Filter, Irp, STATUS_SUCCESS);
}
static NTSTATUS SynthCloseFilter(PKSFILTER Filter, PIRP Irp) {
  return SynthTell(SynthFilterClose, Filter, Irp, STATUS_SUCCESS);
}
static NTSTATUS SynthResetFilter(PKSFILTER Filter) { return SynthTell(SynthFilterReset, Filter, NULL, STATUS_SUCCESS); }

static NTSTATUS SynthProcessFilter(PKSFILTER Filter, PKSPROCESSPIN_INDEXENTRY Index) {
  return SynthTell(SynthFilterProcess, Filter, Index, STATUS_PENDING);
}

static KSFILTER_DISPATCH SynthFilterDispatch = {SynthCreateFilter, SynthCloseFilter, NULL, SynthResetFilter};
static KSAUTOMATION_TABLE SynthFilterAutomation;

static KSFILTER_DESCRIPTOR SynthFilter = {
    &SynthFilterDispatch,
    &SynthFilterAutomation,
    KSFILTER_DESCRIPTOR_VERSION,
    0,
    &SynthFilterReference,
    SYNTH_PIN_COUNT,
    sizeof(KSPIN_DESCRIPTOR_EX),
    SynthPins,
    SIZEOF_ARRAY(SynthCategories),
    SynthCategories,
    0,
    0,
    NULL,
    0,
    NULL,
    NULL,
};
static const KSFILTER_DESCRIPTOR* const SynthFilters[] = {&SynthFilter};

// -- device -----------------------------------------------------------------------------------------------------------

static SYNTH_TABLES SynthTables;

static BOOLEAN SynthIsr(PKINTERRUPT Interrupt, PVOID Context) {
  UNREFERENCED_PARAMETER(Interrupt);
  BOOLEAN handled = FALSE;
  return SynthCalled(SynthInterrupt, Context, NULL, &handled) != 0 && handled;
}

static NTSTATUS SynthAdd(PKSDEVICE Device) { return SynthTell(SynthDeviceAdd, Device, NULL, STATUS_SUCCESS); }

static NTSTATUS SynthAcquire(PKSDEVICE Device, PCM_RESOURCE_LIST Translated) {
  PCM_PARTIAL_RESOURCE_LIST list = &Translated->List[0].PartialResourceList;
  for (ULONG i = 0; i < list->Count; ++i) {
    PCM_PARTIAL_RESOURCE_DESCRIPTOR entry = &list->PartialDescriptors[i];
    if (entry->Type != CmResourceTypeInterrupt) continue;
    const KIRQL irql = static_cast<KIRQL>(entry->u.Interrupt.Level);
    const NTSTATUS status = IoConnectInterrupt(&SynthInterruptObject, SynthIsr, Device, NULL, entry->u.Interrupt.Vector,
                                               irql, irql, LevelSensitive, TRUE, entry->u.Interrupt.Affinity, FALSE);
    if (!NT_SUCCESS(status)) return status;
  }
  if (SynthTables.MaxMappingBytes == 0) return STATUS_SUCCESS;
  DEVICE_DESCRIPTION description;
  RtlZeroMemory(&description, sizeof(description));
  description.Version = DEVICE_DESCRIPTION_VERSION;
  description.Master = TRUE;
  description.ScatterGather = TRUE;
  description.Dma32BitAddresses = TRUE;
  description.Dma64BitAddresses = TRUE;
  description.InterfaceType = PCIBus;
  description.MaximumLength = 1u << 20;
  ULONG registers = 0;
  PDMA_ADAPTER adapter = IoGetDmaAdapter(Device->PhysicalDeviceObject, &description, &registers);
  if (adapter == NULL) return STATUS_INSUFFICIENT_RESOURCES;
  SynthAdapter = reinterpret_cast<PADAPTER_OBJECT>(adapter);
  KsDeviceRegisterAdapterObject(Device, SynthAdapter, SynthTables.MaxMappingBytes, SynthTables.MappingStride);
  return STATUS_SUCCESS;
}

static void SynthRelease(void) {
  if (SynthInterruptObject != NULL) IoDisconnectInterrupt(SynthInterruptObject);
  SynthInterruptObject = NULL;
  if (SynthAdapter != NULL) {
    PDMA_ADAPTER adapter = reinterpret_cast<PDMA_ADAPTER>(SynthAdapter);
    adapter->DmaOperations->PutDmaAdapter(adapter);
  }
  SynthAdapter = NULL;
}

static NTSTATUS SynthStart(PKSDEVICE Device, PIRP Irp, PCM_RESOURCE_LIST Translated, PCM_RESOURCE_LIST Raw) {
  UNREFERENCED_PARAMETER(Raw);
  const NTSTATUS status = SynthTell(SynthDeviceStart, Device, Irp, STATUS_SUCCESS);
  return NT_SUCCESS(status) ? SynthAcquire(Device, Translated) : status;
}

static NTSTATUS SynthPostStart(PKSDEVICE Device) {
  return SynthTell(SynthDevicePostStart, Device, NULL, STATUS_SUCCESS);
}
static void SynthStop(PKSDEVICE Device, PIRP Irp) {
  SynthTell(SynthDeviceStop, Device, Irp, STATUS_SUCCESS);
  SynthRelease();
}
static NTSTATUS SynthQueryRemove(PKSDEVICE Device, PIRP Irp) {
  return SynthTell(SynthDeviceQueryRemove, Device, Irp, STATUS_SUCCESS);
}
static void SynthRemove(PKSDEVICE Device, PIRP Irp) {
  SynthTell(SynthDeviceRemove, Device, Irp, STATUS_SUCCESS);
  SynthRelease();
}
static void SynthSurpriseRemoval(PKSDEVICE Device, PIRP Irp) {
  SynthTell(SynthDeviceSurpriseRemoval, Device, Irp, STATUS_SUCCESS);
}

static KSDEVICE_DISPATCH SynthDeviceDispatch = {
    SynthAdd,    SynthStart, SynthPostStart,       NULL, NULL, SynthStop, SynthQueryRemove, NULL,
    SynthRemove, NULL,       SynthSurpriseRemoval, NULL, NULL, NULL,
};

static KSDEVICE_DESCRIPTOR SynthDevice = {&SynthDeviceDispatch, SIZEOF_ARRAY(SynthFilters), SynthFilters, 0};

extern "C" DRIVER_INITIALIZE DriverEntry;

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  SynthTables.Device = &SynthDevice;
  SynthTables.DeviceDispatch = &SynthDeviceDispatch;
  SynthTables.Filter = &SynthFilter;
  SynthTables.FilterDispatch = &SynthFilterDispatch;
  SynthTables.Pins = SynthPins;
  SynthTables.PinDispatch = &SynthPinDispatch;
  SynthTables.FilterProcess = SynthProcessFilter;
  SynthTables.FilterAutomation = &SynthFilterAutomation;
  SynthTables.PinAutomation = &SynthPinAutomation;
  SynthTables.MaxMappingBytes = 0;
  SynthTables.MappingStride = sizeof(KSMAPPING);
  SynthConfigure(&SynthTables);
  return KsInitializeDriver(DriverObject, RegistryPath, &SynthDevice);
}
