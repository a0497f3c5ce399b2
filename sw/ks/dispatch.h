// The IRP entry points of ks and what they call. Needs sw/ks/ddk.h before it.
#pragma once

#include "sw/ks/objects.h"

namespace p2p::ks {

NTSTATUS create_filter(Device& device, PIRP irp, PFILE_OBJECT file);
NTSTATUS create_pin(Filter& filter, PIRP irp, PFILE_OBJECT file);
void close_filter(Filter& filter, PIRP irp);
void close_pin(Pin& pin, PIRP irp);

/// IOCTL_KS_PROPERTY on a filter (pin null) or pin. Completes or pends the IRP.
NTSTATUS property_request(Filter& filter, Pin* pin, PIRP irp);
/// IOCTL_KS_READ_STREAM and IOCTL_KS_WRITE_STREAM.
NTSTATUS stream_request(Pin& pin, PIRP irp, bool write);
NTSTATUS reset_request(Pin& pin, PIRP irp);

/// Moves the pin to `state` a step at a time (R-ST-2). The control mutex is held.
NTSTATUS set_state(Pin& pin, KSSTATE state);
/// Completes everything queued on the pin as cancelled; calls the minidriver's Reset if there was anything.
void flush(Pin& pin);

/// KsPinAttemptProcessing (R-PR-5).
void attempt_processing(Pin& pin, bool asynchronous);

/// Does `format` fit `range`? (R-CRE-3)
bool format_in_range(const KSDATAFORMAT* format, const KSDATARANGE* range);

}  // namespace p2p::ks
