// What the chip is told outside streaming: identification, reset, format and rings.
#include "registers.h"

#define VCAP_RESET_POLLS 1000
#define VCAP_RESET_POLL_US 10
#define VCAP_ABORT_WAITS 20
#define VCAP_ABORT_WAIT_100NS (5 * 10000)

NTSTATUS VcapHardwareProbe(PVCAP_DEVICE Device) {
  PAGED_CODE();
  if (VcapRead(Device, VCAP_ID) != VCAP_ID_VALUE) return STATUS_NO_SUCH_DEVICE;
  const ULONG version = VcapRead(Device, VCAP_VERSION);
  if (VCAP_VERSION_MAJOR(version) != VCAP_VERSION_MAJOR(VCAP_VERSION_VALUE)) return STATUS_REVISION_MISMATCH;
  Device->ClockKhz = VcapRead(Device, VCAP_CLK_KHZ);
  Device->BeatBytes = (VcapRead(Device, VCAP_CAPS) >> 16) & 0xFFu;
  if (Device->ClockKhz == 0 || Device->BeatBytes == 0) return STATUS_DEVICE_CONFIGURATION_ERROR;
  return STATUS_SUCCESS;
}

// Brings the chip to a known state while its interrupts are off, so that the wait is a bounded poll.
NTSTATUS VcapHardwareReset(PVCAP_DEVICE Device) {
  PAGED_CODE();
  VcapWrite(Device, VCAP_INTR_ENABLE, 0);
  VcapWrite(Device, VCAP_CTRL, VCAP_CTRL_SOFT_RESET);
  for (ULONG i = 0; i < VCAP_RESET_POLLS; ++i) {
    const ULONG status = VcapRead(Device, VCAP_STATUS);
    if (status == VCAP_GONE) return STATUS_NO_SUCH_DEVICE;
    if ((status & VCAP_STATUS_RESETTING) == 0 && (status & VCAP_STATUS_IDLE) != 0) {
      VcapWrite(Device, VCAP_INTR_STATE, VCAP_INTR_ALL);
      return STATUS_SUCCESS;
    }
    KeStallExecutionProcessor(VCAP_RESET_POLL_US);
  }
  return STATUS_IO_TIMEOUT;
}

// Rings and format; the chip takes them only while it is idle and not enabled.
NTSTATUS VcapHardwareProgram(PVCAP_DEVICE Device) {
  PAGED_CODE();
  const ULONG status = VcapRead(Device, VCAP_STATUS);
  if (status == VCAP_GONE || (status & (VCAP_STATUS_RUNNING | VCAP_STATUS_HALTED | VCAP_STATUS_RESETTING)) != 0 ||
      (status & VCAP_STATUS_IDLE) == 0) {
    return STATUS_DEVICE_NOT_READY;
  }
  const VCAP_RING* ring = &Device->Ring;
  VcapWrite(Device, VCAP_RING_BASE_LO, ring->DescriptorsLogical.LowPart);
  VcapWrite(Device, VCAP_RING_BASE_HI, static_cast<ULONG>(ring->DescriptorsLogical.HighPart));
  VcapWrite(Device, VCAP_RING_SIZE, VCAP_RING_LOG2);
  VcapWrite(Device, VCAP_CPL_BASE_LO, ring->CompletionsLogical.LowPart);
  VcapWrite(Device, VCAP_CPL_BASE_HI, static_cast<ULONG>(ring->CompletionsLogical.HighPart));
  VcapWrite(Device, VCAP_CPL_SIZE, VCAP_CPL_LOG2);
  VcapWrite(Device, VCAP_FORMAT_WIDTH, Device->Format.Width);
  VcapWrite(Device, VCAP_FORMAT_HEIGHT, Device->Format.Height);
  VcapWrite(Device, VCAP_FORMAT_STRIDE, Device->Format.Stride);
  VcapWrite(Device, VCAP_COALESCE, 1);
  VcapWrite(Device, VCAP_COALESCE_TIMEOUT, 0);
  return VcapRead(Device, VCAP_RING_SIZE) == VCAP_RING_LOG2 ? STATUS_SUCCESS : STATUS_DEVICE_NOT_READY;
}

// Stops the chip with DMA in flight and waits, boundedly, until it has drained what it had outstanding.
NTSTATUS VcapHardwareAbort(PVCAP_DEVICE Device) {
  PAGED_CODE();
  KeClearEvent(&Device->Drained);
  VcapWrite(Device, VCAP_CTRL, VCAP_CTRL_SOFT_RESET);
  for (ULONG i = 0; i < VCAP_ABORT_WAITS; ++i) {
    // A DRAINED of an earlier disable may still be under way: the status decides, the event only wakes.
    LARGE_INTEGER timeout;
    timeout.QuadPart = -VCAP_ABORT_WAIT_100NS;
    KeWaitForSingleObject(&Device->Drained, Executive, KernelMode, FALSE, &timeout);
    KeClearEvent(&Device->Drained);
    const ULONG status = VcapRead(Device, VCAP_STATUS);
    if (!VcapPresent(Device) || status == VCAP_GONE) return STATUS_DEVICE_REMOVED;
    if ((status & VCAP_STATUS_RESETTING) == 0 && (status & VCAP_STATUS_IDLE) != 0) return STATUS_SUCCESS;
  }
  return STATUS_IO_TIMEOUT;
}
