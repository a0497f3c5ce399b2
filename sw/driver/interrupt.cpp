// Interrupt service routine and its DPC.
#include "registers.h"

// Takes the causes that are there now; FALSE if there are none.
static BOOLEAN VcapTakeCauses(PVCAP_DEVICE device) {
  const ULONG state = VcapRead(device, VCAP_INTR_STATE);
  if (state == VCAP_GONE) return FALSE;  // pulled out or asleep: the line is someone else's
  const ULONG causes = state & VCAP_INTR_USED;
  if (causes == 0) return FALSE;
  VcapWrite(device, VCAP_INTR_STATE, causes);
  // Added, never overwritten: several interrupts may fold into one DPC.
  device->PendingInterrupts |= causes;
  return TRUE;
}

_Use_decl_annotations_ BOOLEAN VcapIsr(PKINTERRUPT Interrupt, PVOID ServiceContext) {
  UNREFERENCED_PARAMETER(Interrupt);
  PVCAP_DEVICE device = static_cast<PVCAP_DEVICE>(ServiceContext);
  if (!device->InterruptsOn || !VcapTakeCauses(device)) return FALSE;
  // A message is sent when the first cause arrives: while any is left there will be no other.
  while (device->Latched && VcapTakeCauses(device)) {
  }
  KeInsertQueueDpc(&device->Dpc, NULL, NULL);
  return TRUE;
}

typedef struct _VCAP_TAKE {
  PVCAP_DEVICE Device;
  ULONG Causes;
} VCAP_TAKE;

static KSYNCHRONIZE_ROUTINE VcapTakeInterrupts;
static BOOLEAN VcapTakeInterrupts(PVOID SynchronizeContext) {
  VCAP_TAKE* take = static_cast<VCAP_TAKE*>(SynchronizeContext);
  take->Causes = take->Device->PendingInterrupts;
  take->Device->PendingInterrupts = 0;
  return TRUE;
}

static VOID VcapServiceInterrupt(PVCAP_DEVICE Device) {
  VCAP_TAKE take = {Device, 0};
  KeSynchronizeExecution(Device->InterruptObject, VcapTakeInterrupts, &take);
  const BOOLEAN consistent = VcapCompleteFrames(Device);
  if ((take.Causes & VCAP_INTR_DRAINED) != 0) KeSetEvent(&Device->Drained, IO_NO_INCREMENT, FALSE);
  if ((take.Causes & (VCAP_INTR_BUS_ERR | VCAP_INTR_DESC_ERR | VCAP_INTR_FIFO_ERR)) != 0 || !consistent)
    VcapStreamFault(Device);
}

_Use_decl_annotations_ VOID VcapDpc(PKDPC Dpc, PVOID DeferredContext, PVOID SystemArgument1, PVOID SystemArgument2) {
  UNREFERENCED_PARAMETER(Dpc);
  UNREFERENCED_PARAMETER(SystemArgument1);
  UNREFERENCED_PARAMETER(SystemArgument2);
  PVCAP_DEVICE device = static_cast<PVCAP_DEVICE>(DeferredContext);

  // The same DPC can run on two processors at once. Frames must complete in order, so the second leaves its work to the
  // first.
  if (InterlockedIncrement(&device->DpcRequests) != 1) return;
  LONG handled = 1;
  do {
    VcapServiceInterrupt(device);
    handled = InterlockedExchangeAdd(&device->DpcRequests, -handled) - handled;
  } while (handled != 0);
}

static KSYNCHRONIZE_ROUTINE VcapSetInterruptsOn;
static BOOLEAN VcapSetInterruptsOn(PVOID SynchronizeContext) {
  PVCAP_DEVICE device = static_cast<PVCAP_DEVICE>(SynchronizeContext);
  device->InterruptsOn = TRUE;
  VcapWrite(device, VCAP_INTR_ENABLE, VCAP_INTR_USED);
  return TRUE;
}

static KSYNCHRONIZE_ROUTINE VcapSetInterruptsOff;
static BOOLEAN VcapSetInterruptsOff(PVOID SynchronizeContext) {
  PVCAP_DEVICE device = static_cast<PVCAP_DEVICE>(SynchronizeContext);
  VcapWrite(device, VCAP_INTR_ENABLE, 0);
  device->InterruptsOn = FALSE;
  return TRUE;
}

static KSYNCHRONIZE_ROUTINE VcapSetRemoved;
static BOOLEAN VcapSetRemoved(PVOID SynchronizeContext) {
  PVCAP_DEVICE device = static_cast<PVCAP_DEVICE>(SynchronizeContext);
  device->InterruptsOn = FALSE;
  device->Removed = TRUE;
  return TRUE;
}

VOID VcapInterruptsOn(PVCAP_DEVICE Device) {
  PAGED_CODE();
  KeSynchronizeExecution(Device->InterruptObject, VcapSetInterruptsOn, Device);
}

// After this neither ISR nor DPC does anything for the device.
VOID VcapInterruptsOff(PVCAP_DEVICE Device) {
  PAGED_CODE();
  if (Device->InterruptObject == NULL) return;
  KeSynchronizeExecution(Device->InterruptObject, VcapSetInterruptsOff, Device);
  KeFlushQueuedDpcs();
}

// After this no register is touched by anyone.
VOID VcapMarkRemoved(PVCAP_DEVICE Device) {
  PAGED_CODE();
  if (Device->InterruptObject != NULL) {
    KeSynchronizeExecution(Device->InterruptObject, VcapSetRemoved, Device);
  } else {
    Device->Removed = TRUE;
  }
  KeSetEvent(&Device->Drained, IO_NO_INCREMENT, FALSE);  // whoever waits for the chip waits in vain
}
