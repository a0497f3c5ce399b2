// Entry point: AVStream does the rest from the descriptors.
#include "vcap.h"

static const KSFILTER_DESCRIPTOR* const VcapFilterDescriptors[] = {&VcapFilterDescriptor};

static const KSDEVICE_DESCRIPTOR VcapDeviceDescriptor = {
    &VcapDeviceDispatch,
    SIZEOF_ARRAY(VcapFilterDescriptors),
    VcapFilterDescriptors,
    0,
};

extern "C" DRIVER_INITIALIZE DriverEntry;

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  return KsInitializeDriver(DriverObject, RegistryPath, &VcapDeviceDescriptor);
}
