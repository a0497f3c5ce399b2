// Starting, stopping and failing the stream. Everything here except VcapStreamFault runs at PASSIVE_LEVEL with
// StreamMutex.
#include "registers.h"

VOID VcapStreamLock(PVCAP_DEVICE Device) {
  PAGED_CODE();
  KeWaitForSingleObject(&Device->StreamMutex, Executive, KernelMode, FALSE, NULL);
}

VOID VcapStreamUnlock(PVCAP_DEVICE Device) {
  PAGED_CODE();
  KeReleaseMutex(&Device->StreamMutex, FALSE);
}

static VOID VcapSetAccepting(PVCAP_DEVICE Device, BOOLEAN Accepting) {
  KIRQL irql;
  KeAcquireSpinLock(&Device->RingLock, &irql);
  Device->Accepting = Accepting;
  KeReleaseSpinLock(&Device->RingLock, irql);
}

// Gives format and empty rings to the idle chip; from now on Process may post buffers.
NTSTATUS VcapStreamArm(PVCAP_DEVICE Device) {
  PAGED_CODE();
  if (!VcapPresent(Device)) return STATUS_DEVICE_REMOVED;
  VcapRingReset(Device);
  const NTSTATUS status = VcapHardwareProgram(Device);
  if (!NT_SUCCESS(status)) return status;

  KIRQL irql;
  KeAcquireSpinLock(&Device->RingLock, &irql);
  Device->Delivered = 0;
  Device->Failure = STATUS_SUCCESS;
  Device->Starved = FALSE;
  Device->Armed = TRUE;
  Device->Accepting = TRUE;
  KeReleaseSpinLock(&Device->RingLock, irql);
  return STATUS_SUCCESS;
}

// The stream is armed, or has failed.
NTSTATUS VcapStreamEnable(PVCAP_DEVICE Device) {
  PAGED_CODE();
  if (!VcapPresent(Device)) return STATUS_DEVICE_REMOVED;
  if (!NT_SUCCESS(Device->Failure)) return Device->Failure;
  VcapWrite(Device, VCAP_CTRL, VCAP_CTRL_ENABLE);
  return STATUS_SUCCESS;
}

// The frame in flight finishes; posted buffers stay posted.
VOID VcapStreamDisable(PVCAP_DEVICE Device) {
  PAGED_CODE();
  VcapWrite(Device, VCAP_CTRL, 0);
}

static VOID VcapDiscardFrames(PVCAP_DEVICE Device, NTSTATUS FrameStatus) {
  for (;;) {
    KIRQL irql;
    KeAcquireSpinLock(&Device->RingLock, &irql);
    PLIST_ENTRY entry = IsListEmpty(&Device->Frames) ? NULL : RemoveHeadList(&Device->Frames);
    KeReleaseSpinLock(&Device->RingLock, irql);
    if (entry == NULL) return;
    VcapFrameDiscard(CONTAINING_RECORD(entry, VCAP_FRAME, Link), FrameStatus);
  }
}

// Takes every buffer back from the chip, also with DMA in flight: what it has finished is delivered, the rest completes
// with FrameStatus. Does nothing when the stream is not armed.
VOID VcapStreamAbort(PVCAP_DEVICE Device, NTSTATUS FrameStatus) {
  PAGED_CODE();
  if (!Device->Armed) return;
  VcapSetAccepting(Device, FALSE);

  VcapWrite(Device, VCAP_CTRL, 0);
  const ULONG started = VcapRead(Device, VCAP_CNT_STARTED);  // the reset clears it
  const NTSTATUS drained = VcapPresent(Device) ? VcapHardwareAbort(Device) : STATUS_DEVICE_REMOVED;
  if (drained == STATUS_IO_TIMEOUT) {
    // The chip may still write. Its mappings go away with the buffers, and the chip will not be armed again: it is not
    // idle.
    DbgPrint("vcapdrv: the chip did not drain\n");
  }

  // A last walk over the completion ring, in the one context that may do so, and the end of any walk before it.
  KeInsertQueueDpc(&Device->Dpc, NULL, NULL);
  KeFlushQueuedDpcs();

  KIRQL irql;
  KeAcquireSpinLock(&Device->RingLock, &irql);
  Device->Armed = FALSE;
  KeReleaseSpinLock(&Device->RingLock, irql);

  const LONGLONG delivered = Device->Delivered;
  const LONGLONG pictures = started > delivered ? started : delivered;
  Device->PicturesBefore += pictures;
  Device->DropsBefore += pictures - delivered;
  Device->Delivered = 0;
  VcapDiscardFrames(Device, FrameStatus);
}

// Ends the stream for good (until it is armed anew): buffers in the chip and all that still come complete with Status.
VOID VcapStreamFail(PVCAP_DEVICE Device, NTSTATUS Status) {
  PAGED_CODE();
  VcapStreamAbort(Device, Status);
  KIRQL irql;
  KeAcquireSpinLock(&Device->RingLock, &irql);
  Device->Failure = Status;
  KeReleaseSpinLock(&Device->RingLock, irql);
  // Buffers still queued at the pin must not wait for a chip that will never ask for them.
  if (Device->Pin != NULL && Device->State >= KSSTATE_PAUSE) KsPinAttemptProcessing(Device->Pin, TRUE);
}

// Since ACQUIRE: frames that began at the chip's input, and those of them that were lost.
VOID VcapStreamCounts(PVCAP_DEVICE Device, PLONGLONG Pictures, PLONGLONG Drops) {
  PAGED_CODE();
  *Pictures = Device->PicturesBefore;
  *Drops = Device->DropsBefore;
  if (!Device->Armed || !VcapPresent(Device)) return;
  const ULONG dropped = VcapRead(Device, VCAP_CNT_DROPPED);
  const ULONG frames = VcapRead(Device, VCAP_CNT_FRAMES);
  *Pictures += static_cast<LONGLONG>(frames) + dropped;
  *Drops += dropped;
}

static IO_WORKITEM_ROUTINE VcapFaultWork;
static VOID VcapFaultWork(PDEVICE_OBJECT DeviceObject, PVOID Context) {
  UNREFERENCED_PARAMETER(DeviceObject);
  PAGED_CODE();
  PVCAP_DEVICE device = static_cast<PVCAP_DEVICE>(Context);
  VcapStreamLock(device);
  if (device->Armed) {
    DbgPrint("vcapdrv: the chip halted, cause %08x at %08x%08x\n", VcapRead(device, VCAP_ERR_CAUSE),
             VcapRead(device, VCAP_ERR_ADDR_HI), VcapRead(device, VCAP_ERR_ADDR_LO));
    VcapStreamFail(device, STATUS_IO_DEVICE_ERROR);
  }
  VcapStreamUnlock(device);
  KeSetEvent(&device->FaultIdle, IO_NO_INCREMENT, FALSE);
}

// Called by the DPC. Recovery has to wait for the chip, so it is left to a work item.
VOID VcapStreamFault(PVCAP_DEVICE Device) {
  const LONG idle = KeResetEvent(&Device->FaultIdle);
  if (idle != 0) IoQueueWorkItem(Device->FaultWorkItem, VcapFaultWork, DelayedWorkQueue, Device);
}
