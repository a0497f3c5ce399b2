// The IRP entry points of ks and what they call. Needs sw/ks/ddk.h before it.
#pragma once

#include "sw/ks/objects.h"

namespace p2p::ks {

struct ClientFormat;

Device* device_of_fdo(PDEVICE_OBJECT fdo);
/// IRP_MJ_PNP, IRP_MJ_POWER and IRP_MJ_CREATE. Complete, forward or pend the IRP.
NTSTATUS pnp_request(Device& device, PIRP irp);
NTSTATUS power_request(Device& device, PIRP irp);
NTSTATUS create_request(PDEVICE_OBJECT fdo, PIRP irp);
/// Asks the bus for its interface, once, and gives it back. PASSIVE_LEVEL.
void open_bus(Device& device);
void close_bus(Device& device);
/// A violation of rule KsCallbackReturn if `status` is STATUS_PENDING.
void check_device_callback(NTSTATUS status, const char* name);

/// `reference` null: the descriptor's GUID names it. Errors: STATUS_INVALID_PARAMETER (a descriptor that is wrong),
/// STATUS_NOT_SUPPORTED (one that asks for what is not done here; event descriptor.refused says what),
/// STATUS_OBJECT_NAME_COLLISION. The device mutex is held.
NTSTATUS add_factory(Device& device, const KSFILTER_DESCRIPTOR* descriptor, PCWSTR reference, ULONG flags,
                     Factory** made);
/// The factory that a create of `name` opens, or nullptr.
Factory* find_factory(Device& device, std::u16string_view name);
void set_interfaces(Factory& factory, bool enable);
void set_interfaces(Device& device, bool enable);
void delete_factory(Factory* factory);

NTSTATUS create_filter(Device& device, PIRP irp, PFILE_OBJECT file);
NTSTATUS create_pin(Filter& filter, PIRP irp, PFILE_OBJECT file);
/// STATUS_PENDING: the minidriver goes on with the IRP; else the object is gone.
NTSTATUS close_filter(Filter& filter, PIRP irp);
NTSTATUS close_pin(Pin& pin, PIRP irp);
/// A pin that was created as a source: its sink learns of it, and may refuse (R-CRE-5); then the pin has been told to
/// close and has left its filter. No control mutex is held. PASSIVE_LEVEL.
NTSTATUS tell_sink(Pin& pin, PIRP irp);
/// What is left of a create that failed or a close that is done. No control mutex is held. PASSIVE_LEVEL.
void destroy_pin(Pin* pin);
void destroy_filter(Filter* filter, PFILE_OBJECT file);

/// IOCTL_KS_PROPERTY, _METHOD, _ENABLE_EVENT, _DISABLE_EVENT on a filter (pin null) or pin. Complete or pend the IRP.
NTSTATUS property_request(Filter& filter, Pin* pin, PIRP irp);
NTSTATUS method_request(Filter& filter, Pin* pin, PIRP irp);
NTSTATUS enable_event_request(Filter& filter, Pin* pin, PIRP irp);
NTSTATUS disable_event_request(Filter& filter, Pin* pin, PIRP irp);
/// Completes a request whose handler has set Information and returned `status`.
NTSTATUS finish_control(PIRP irp, NTSTATUS status, ULONG out_bytes);
/// IOCTL_KS_READ_STREAM and IOCTL_KS_WRITE_STREAM.
NTSTATUS stream_request(Pin& pin, PIRP irp, bool write);
NTSTATUS reset_request(Pin& pin, PIRP irp);
/// Tells the minidriver's Reset, the pin's or the filter's (R-RST-1). PASSIVE_LEVEL.
void call_reset(Pin& pin);
/// IOCTL_KS_HANDSHAKE (R-CIR-7).
NTSTATUS handshake_request(Pin& pin, PIRP irp);
/// A probed request enters the pin's queue, and processing starts if it has to (R-PR-1b, R-PR-3). Errors: those of
/// Queue::insert.
NTSTATUS frames_arrived(Pin& pin, PIRP irp, ULONG header_bytes);

/// The client's wish: of the pin alone, or, where AVStream has connected it with another, of its pipe. Success also
/// while the other pin's client wants less. Takes the control mutexes. PASSIVE_LEVEL.
NTSTATUS client_sets_state(Pin& pin, KSSTATE state);
/// The source's sink knows of it; or no longer, before the source's file goes.
void join_pipe(Pin& source, Pin& sink);
void leave_pipe(Pin& source);
/// R-ST-2, R-KS-6: does the pin have a queue and belong to a pipe? USE_STANDARD_TRANSPORT wins.
bool standard_transport(const Pin& pin);
/// Moves the pin to `state` a step at a time (R-ST-2). While the device sleeps, a way up waits for its power (R-PWR-2).
/// The control mutex is held.
NTSTATUS set_state(Pin& pin, KSSTATE state);
/// The same, whatever the power.
NTSTATUS step_to(Pin& pin, KSSTATE state);
/// The pin is being closed: STOP, whatever the minidriver says.
void force_stop(Pin& pin);

/// R-CRE-4: `format`, of copy_format(), becomes the pin's candidate and is offered to every partially matching range in
/// order; the minidriver has the last word.
NTSTATUS agree_format(Pin& pin, PKSDATAFORMAT format, PKSDATAFORMAT old_format);
/// KSPROPERTY_CONNECTION_DATAFORMAT on a connected pin (R-CRE-7). The control mutex is held.
NTSTATUS change_format(Pin& pin, const ClientFormat& format);
/// Does `format` fit any range of the pin? (R-CRE-3)
bool format_in_ranges(const ClientFormat& format, const KSPIN_DESCRIPTOR& pin);
/// KSPROPERTY_PIN_DATAINTERSECTION (R-INT-SEC-1).
NTSTATUS data_intersection(Filter& filter, PIRP irp, PKSP_PIN request, void* data);

}  // namespace p2p::ks
