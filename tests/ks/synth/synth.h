/* What the synthetic minidriver and the test that loads it say to each other. DDK types only: the driver reads this
 * with p2p_ddk_driver, tests with p2p_ddk_kernel. */
#pragma once

/* Pins of the filter, by id. All capture SYNTH_SUBFORMAT; they differ in what a test cannot change later. */
enum SYNTH_PIN {
  SYNTH_PIN_CAPTURE = 0, /* data out, IRP sink: a client reads */
  SYNTH_PIN_RENDER = 1,  /* data in, IRP sink: a client writes */
  SYNTH_PIN_SOURCE = 2,  /* data out, IRP source: connects to another pin */
  SYNTH_PIN_BRIDGE = 3,  /* no connection possible */
  SYNTH_PIN_COUNT = 4
};

/* {9A1C5B10-3D5E-4C0B-8F20-5A0000000001} and its neighbours. */
#define SYNTH_GUID(n)                                                 \
  {                                                                   \
    0x9a1c5b10, 0x3d5e, 0x4c0b, { 0x8f, 0x20, 0x5a, 0, 0, 0, 0, (n) } \
  }
#define SYNTH_FILTER_REFERENCE SYNTH_GUID(1)
#define SYNTH_CATEGORY SYNTH_GUID(2)
#define SYNTH_MAJOR SYNTH_GUID(3)
#define SYNTH_SUBFORMAT SYNTH_GUID(4)
#define SYNTH_OTHER_SUBFORMAT SYNTH_GUID(5)
#define SYNTH_PROPSET SYNTH_GUID(6)
#define SYNTH_EVENTSET SYNTH_GUID(7)
#define SYNTH_METHODSET SYNTH_GUID(8)

/* The driver's tables, before AVStream has seen them; a test edits what it wants otherwise. */
typedef struct _SYNTH_TABLES {
  KSDEVICE_DESCRIPTOR* Device;
  KSDEVICE_DISPATCH* DeviceDispatch;
  KSFILTER_DESCRIPTOR* Filter;
  KSFILTER_DISPATCH* FilterDispatch;
  KSPIN_DESCRIPTOR_EX* Pins;        /* SYNTH_PIN_COUNT of them */
  KSPIN_DISPATCH* PinDispatch;      /* the same for all pins */
  PFNKSFILTERPROCESS FilterProcess; /* for FilterDispatch->Process of a filter-centric filter */
  KSAUTOMATION_TABLE* FilterAutomation;
  KSAUTOMATION_TABLE* PinAutomation;
  ULONG MaxMappingBytes; /* for KsDeviceRegisterAdapterObject; 0: no adapter is registered */
  ULONG MappingStride;
} SYNTH_TABLES;

typedef struct _SYNTH_STATE_CHANGE {
  KSSTATE To, From;
} SYNTH_STATE_CHANGE;

typedef struct _SYNTH_FORMAT_CHANGE {
  PKSDATAFORMAT OldFormat;
  const KSDATARANGE* Range;
} SYNTH_FORMAT_CHANGE;

/* Callbacks as the driver passes them on. Argument: the callback's own further arguments, see synth.cpp. */
typedef enum _SYNTH_CALL {
  SynthDeviceAdd,
  SynthDeviceStart,
  SynthDevicePostStart,
  SynthDeviceStop,
  SynthDeviceQueryRemove,
  SynthDeviceRemove,
  SynthDeviceSurpriseRemoval,
  SynthFilterCreate,
  SynthFilterClose,
  SynthFilterProcess, /* PKSPROCESSPIN_INDEXENTRY */
  SynthFilterReset,
  SynthPinCreate,
  SynthPinClose,
  SynthPinProcess,
  SynthPinReset,
  SynthPinSetDataFormat,  /* SYNTH_FORMAT_CHANGE* */
  SynthPinSetDeviceState, /* SYNTH_STATE_CHANGE* */
  SynthPinConnect,
  SynthPinDisconnect,
  SynthInterrupt, /* at DIRQL; the result is whether the device was it */
  SynthDriverUnload
} SYNTH_CALL;

/* The test's half, exported by the test program. Object: PKSDEVICE, PKSFILTER or PKSPIN. */
#ifdef __cplusplus
extern "C" {
#endif
void NTAPI SynthConfigure(SYNTH_TABLES* Tables);
/* Handled FALSE: the driver does its default. */
NTSTATUS NTAPI SynthCalled(SYNTH_CALL Call, PVOID Object, PVOID Argument, PBOOLEAN Handled);
#ifdef __cplusplus
}
#endif
