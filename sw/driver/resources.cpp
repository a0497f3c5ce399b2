// The device's resources: registers, DMA adapter, shared memory, interrupt.
#include "registers.h"

typedef struct _VCAP_RESOURCES {
  PCM_PARTIAL_RESOURCE_DESCRIPTOR Memory;
  PCM_PARTIAL_RESOURCE_DESCRIPTOR Interrupt;
} VCAP_RESOURCES;

#define VCAP_BAR_BYTES 0x1000u

static NTSTATUS VcapFindResources(PCM_RESOURCE_LIST List, VCAP_RESOURCES* Found) {
  RtlZeroMemory(Found, sizeof(*Found));
  if (List == NULL || List->Count == 0) return STATUS_DEVICE_CONFIGURATION_ERROR;
  PCM_PARTIAL_RESOURCE_LIST partial = &List->List[0].PartialResourceList;
  for (ULONG i = 0; i < partial->Count; ++i) {
    PCM_PARTIAL_RESOURCE_DESCRIPTOR descriptor = &partial->PartialDescriptors[i];
    if (descriptor->Type == CmResourceTypeMemory && Found->Memory == NULL) Found->Memory = descriptor;
    if (descriptor->Type == CmResourceTypeInterrupt && Found->Interrupt == NULL) Found->Interrupt = descriptor;
  }
  if (Found->Memory == NULL || Found->Interrupt == NULL || Found->Memory->u.Memory.Length < VCAP_BAR_BYTES) {
    return STATUS_DEVICE_CONFIGURATION_ERROR;
  }
  return STATUS_SUCCESS;
}

static NTSTATUS VcapAcquireDma(PVCAP_DEVICE Device) {
  DEVICE_DESCRIPTION description;
  RtlZeroMemory(&description, sizeof(description));
  description.Version = DEVICE_DESCRIPTION_VERSION;
  description.Master = TRUE;
  description.ScatterGather = TRUE;
  description.Dma32BitAddresses = TRUE;
  description.Dma64BitAddresses = TRUE;
  description.InterfaceType = PCIBus;
  description.MaximumLength = VCAP_MAX_FRAME_BYTES;
  Device->Adapter = IoGetDmaAdapter(Device->KsDevice->PhysicalDeviceObject, &description, &Device->MapRegisters);
  if (Device->Adapter == NULL) return STATUS_INSUFFICIENT_RESOURCES;

  VCAP_RING* ring = &Device->Ring;
  PDMA_OPERATIONS dma = Device->Adapter->DmaOperations;
  ring->Descriptors = static_cast<VCAP_DESCRIPTOR*>(dma->AllocateCommonBuffer(
      Device->Adapter, VCAP_RING_COUNT * sizeof(VCAP_DESCRIPTOR), &ring->DescriptorsLogical, TRUE));
  ring->Completions = static_cast<volatile VCAP_COMPLETION*>(dma->AllocateCommonBuffer(
      Device->Adapter, VCAP_CPL_COUNT * sizeof(VCAP_COMPLETION), &ring->CompletionsLogical, TRUE));
  if (ring->Descriptors == NULL || ring->Completions == NULL) return STATUS_INSUFFICIENT_RESOURCES;
  VcapRingReset(Device);

  KsDeviceRegisterAdapterObject(Device->KsDevice, Device->Adapter, VCAP_MAX_MAPPING_BYTES, sizeof(KSMAPPING));
  return STATUS_SUCCESS;
}

static NTSTATUS VcapConnect(PVCAP_DEVICE Device, PCM_PARTIAL_RESOURCE_DESCRIPTOR Interrupt) {
  const KIRQL irql = static_cast<KIRQL>(Interrupt->u.Interrupt.Level);
  Device->Latched = (Interrupt->Flags & CM_RESOURCE_INTERRUPT_LATCHED) != 0;
  const NTSTATUS status =
      IoConnectInterrupt(&Device->InterruptObject, VcapIsr, Device, NULL, Interrupt->u.Interrupt.Vector, irql, irql,
                         Device->Latched ? Latched : LevelSensitive,
                         Interrupt->ShareDisposition == CmResourceShareShared, Interrupt->u.Interrupt.Affinity, FALSE);
  if (!NT_SUCCESS(status)) Device->InterruptObject = NULL;
  return status;
}

// On failure what was taken is left for VcapDisconnect and VcapReleaseDma.
NTSTATUS VcapAcquireResources(PVCAP_DEVICE Device, PCM_RESOURCE_LIST Translated) {
  PAGED_CODE();
  VCAP_RESOURCES resources;
  NTSTATUS status = VcapFindResources(Translated, &resources);
  if (!NT_SUCCESS(status)) return status;

  Device->Removed = FALSE;
  Device->RegistersLength = resources.Memory->u.Memory.Length;
  Device->Registers =
      static_cast<PUCHAR>(MmMapIoSpace(resources.Memory->u.Memory.Start, Device->RegistersLength, MmNonCached));
  if (Device->Registers == NULL) return STATUS_INSUFFICIENT_RESOURCES;

  Device->FaultWorkItem = IoAllocateWorkItem(Device->KsDevice->FunctionalDeviceObject);
  if (Device->FaultWorkItem == NULL) return STATUS_INSUFFICIENT_RESOURCES;

  status = VcapHardwareProbe(Device);
  if (NT_SUCCESS(status)) status = VcapHardwareReset(Device);
  if (NT_SUCCESS(status)) status = VcapAcquireDma(Device);
  if (NT_SUCCESS(status)) status = VcapConnect(Device, resources.Interrupt);
  // Only now, with the ISR in place, may the device raise its line.
  if (NT_SUCCESS(status)) VcapInterruptsOn(Device);
  return status;
}

// Interrupt and registers: given back when the device stops, or is gone. Interrupts are off already.
VOID VcapDisconnect(PVCAP_DEVICE Device) {
  PAGED_CODE();
  if (Device->InterruptObject != NULL) {
    IoDisconnectInterrupt(Device->InterruptObject);
    Device->InterruptObject = NULL;
  }
  if (Device->Registers != NULL) {
    MmUnmapIoSpace(Device->Registers, Device->RegistersLength);
    Device->Registers = NULL;
  }
}

// The rest: given back when nothing of AVStream uses the adapter any more.
VOID VcapReleaseDma(PVCAP_DEVICE Device) {
  PAGED_CODE();
  VCAP_RING* ring = &Device->Ring;
  if (ring->Descriptors != NULL) {
    Device->Adapter->DmaOperations->FreeCommonBuffer(Device->Adapter, VCAP_RING_COUNT * sizeof(VCAP_DESCRIPTOR),
                                                     ring->DescriptorsLogical, ring->Descriptors, TRUE);
    ring->Descriptors = NULL;
  }
  if (ring->Completions != NULL) {
    Device->Adapter->DmaOperations->FreeCommonBuffer(Device->Adapter, VCAP_CPL_COUNT * sizeof(VCAP_COMPLETION),
                                                     ring->CompletionsLogical,
                                                     const_cast<VCAP_COMPLETION*>(ring->Completions), TRUE);
    ring->Completions = NULL;
  }
  if (Device->Adapter != NULL) {
    Device->Adapter->DmaOperations->PutDmaAdapter(Device->Adapter);
    Device->Adapter = NULL;
  }
  if (Device->FaultWorkItem != NULL) {
    IoFreeWorkItem(Device->FaultWorkItem);
    Device->FaultWorkItem = NULL;
  }
}
