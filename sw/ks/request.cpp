// Streaming requests of clients: the pin's entry for READ_STREAM and WRITE_STREAM, and their completion.
#include "sw/ks/ddk.h"

#include <cstring>

#include "ntos/ks_support.h"
#include "sw/ks/circuit.h"
#include "sw/ks/dispatch.h"
#include "sw/ks/objects.h"
#include "sw/ks/processor.h"
#include "sw/ks/queue.h"

namespace p2p::ks {

NTSTATUS stream_request(Pin& pin, PIRP irp, bool write) {
  const PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  if (pin.pub.ResetState == KSRESET_BEGIN) return complete(irp, STATUS_DEVICE_NOT_READY);  // R-IOS-3
  if (write != (pin.pub.DataFlow == KSPIN_DATAFLOW_IN)) return complete(irp, STATUS_INVALID_DEVICE_REQUEST);
  if (!pin.queue->is_open()) return complete(irp, STATUS_INVALID_DEVICE_STATE);  // R-ST-7
  // R-KS-9: StreamHeaderSize is what the minidriver hopes for; without a data type handler headers are of default size.
  const NTSTATUS status = KsProbeStreamIrp(irp,
                                           (write ? KSPROBE_STREAMWRITE : KSPROBE_STREAMREAD) | KSPROBE_ALLOCATEMDL |
                                               KSPROBE_PROBEANDLOCK | KSPROBE_SYSTEMADDRESS,
                                           0);
  if (!NT_SUCCESS(status)) return complete(irp, status);
  IoMarkIrpPending(irp);  // R-IRP-71: before anybody else can see it
  const NTSTATUS refused = frames_arrived(pin, irp, location->Parameters.DeviceIoControl.OutputBufferLength);
  if (!NT_SUCCESS(refused)) complete(irp, refused);  // the pin has been stopped or reset meanwhile
  return STATUS_PENDING;
}

NTSTATUS frames_arrived(Pin& pin, PIRP irp, ULONG header_bytes) {
  const ULONG flags = pin.pub.Descriptor->Flags;
  const bool every = (flags & KSPIN_FLAG_INITIATE_PROCESSING_ON_EVERY_ARRIVAL) != 0;
  bool first = false;
  const NTSTATUS status = pin.queue->insert(irp, header_bytes, &first);
  if (NT_SUCCESS(status) && (first || every)) {
    initiate_processing(pin, (flags & KSPIN_FLAG_ASYNCHRONOUS_PROCESSING) != 0);
  }
  return status;
}

void request_released(Pin& pin, StreamIrp& request) {
  PIRP irp = request.irp;
  if (pin.circuit != nullptr) {
    pin.circuit->released(request);
    return;
  }
  if (IoSetCancelRoutine(irp, nullptr) == nullptr) {
    // The cancel routine has been taken: its first half must be over before the IRP may go.
    KIRQL irql;
    IoAcquireCancelSpinLock(&irql);
    IoReleaseCancelSpinLock(irql);
  }
  NTSTATUS status = request.status;
  if (request.aborted && NT_SUCCESS(status)) status = STATUS_CANCELLED;
  ULONG_PTR information = 0;
  if (pin.pub.DataFlow == KSPIN_DATAFLOW_OUT) {
    // R-HDR-2: a read reflects the headers to the client, Information is their size.
    if (irp->UserBuffer != nullptr && irp->UserBuffer != irp->AssociatedIrp.SystemBuffer) {
      std::memcpy(irp->UserBuffer, irp->AssociatedIrp.SystemBuffer, request.header_bytes);
    }
    if (NT_SUCCESS(status)) information = request.header_bytes;
  } else if (NT_SUCCESS(status)) {
    information = request.data_bytes;  // R-IOS-1
  }
  irp->IoStatus.Status = status;
  irp->IoStatus.Information = information;
  IoCompleteRequest(irp, IO_VIDEO_INCREMENT);
}

}  // namespace p2p::ks
