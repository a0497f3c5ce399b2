// Opening and closing filters and pins.
#include "sw/ks/ddk.h"

#include <algorithm>
#include <cstring>

#include "ntos/ks_support.h"
#include "sw/ks/automation.h"
#include "sw/ks/callback.h"
#include "sw/ks/circuit.h"
#include "sw/ks/clock.h"
#include "sw/ks/connect_request.h"
#include "sw/ks/data_ranges.h"
#include "sw/ks/dispatch.h"
#include "sw/ks/event.h"
#include "sw/ks/objects.h"
#include "sw/ks/processor.h"
#include "sw/ks/queue.h"
#include "sw/ks/splitter.h"

namespace p2p::ks {

namespace {
void trace(const char* event, std::initializer_list<TraceField> fields) { trace_sink().event("ks", event, fields); }
std::uint64_t code(NTSTATUS status) { return static_cast<std::uint64_t>(static_cast<ULONG>(status)); }

/// R-KS-7.
NTSTATUS check_instances(const KSPIN_DESCRIPTOR_EX& descriptor, const Filter& filter, ULONG id) {
  ULONG instances = 0;
  for (const Pin* pin : filter.pins) instances += pin->pub.Id == id ? 1u : 0u;
  const bool limited = descriptor.InstancesPossible != KSINSTANCE_INDETERMINATE;
  return limited && instances >= descriptor.InstancesPossible ? STATUS_DEVICE_BUSY : STATUS_SUCCESS;
}

/// R-CRE-1, R-CRE-5: a dispatch that pends has marked the IRP. It may have completed since.
void check_marked(PIRP irp, std::uint64_t id, const char* callback) {
  if (ntos::irp_id(irp) != id) return;
  if ((IoGetCurrentIrpStackLocation(irp)->Control & SL_PENDING_RETURNED) != 0) return;
  violation(0x81008, 0, 0, 0, "KsMarkPendingIrp",
            std::string(callback) + " returned STATUS_PENDING without IoMarkIrpPending");
}

NTSTATUS call_connect(Pin& source, Pin& sink) {
  Hold sink_held(sink.filter->control);
  const KSPIN_DISPATCH* dispatch = sink.pub.Descriptor->Dispatch;
  NTSTATUS status = STATUS_SUCCESS;
  sink.pub.ConnectionIsExternal = FALSE;
  if (dispatch != nullptr && dispatch->Connect != nullptr) {
    status = call_driver(CallbackOf::kPin, "KSPIN_DISPATCH.Connect", [&] { return dispatch->Connect(&sink.pub); });
  }
  if (status == STATUS_PENDING) {
    violation(0x81005, 0, 0, 0, "KsCallbackReturn", "Connect returned STATUS_PENDING");
  }
  if (NT_SUCCESS(status)) {
    join_pipe(source, sink);
  } else {
    sink.pub.ConnectionIsExternal = TRUE;
  }
  return status;
}

void call_disconnect(Pin& source, Pin& sink) {
  Hold sink_held(sink.filter->control);
  sink.pub.ConnectionIsExternal = TRUE;
  leave_pipe(source);
  const KSPIN_DISPATCH* dispatch = sink.pub.Descriptor->Dispatch;
  if (dispatch != nullptr && dispatch->Disconnect != nullptr) {
    call_driver(CallbackOf::kPin, "KSPIN_DISPATCH.Disconnect", [&] { dispatch->Disconnect(&sink.pub); });
  }
}

/// From now on the filter has no such pin. The control mutex is held.
void leave_filter(Pin& pin) {
  if (pin.processor != pin.filter->processor) pin.processor->retire();
  const bool there = std::find(pin.filter->pins.begin(), pin.filter->pins.end(), &pin) != pin.filter->pins.end();
  pin.filter->pins.remove(&pin);
  if (there) leave_splitter(pin);
}
}  // namespace

NTSTATUS tell_sink(Pin& pin, PIRP irp) {
  Pin* sink = pin.circuit != nullptr ? pin.circuit->sink_pin() : nullptr;
  if (sink == nullptr) return STATUS_SUCCESS;
  const NTSTATUS status = call_connect(pin, *sink);
  pin.told_sink = NT_SUCCESS(status);
  if (NT_SUCCESS(status)) return status;
  Hold held(pin.filter->control);
  const KSPIN_DISPATCH* own = pin.pub.Descriptor->Dispatch;
  if (own != nullptr && own->Close != nullptr) {
    call_driver(CallbackOf::kPin, "KSPIN_DISPATCH.Close", [&] { return own->Close(&pin.pub, irp); });
  }
  leave_filter(pin);  // before anybody else sees a pin that is closed
  return status;
}

void destroy_pin(Pin* pin) {
  {
    Hold held(pin->filter->control);
    leave_filter(*pin);
  }
  if (pin->told_sink) call_disconnect(*pin, *pin->circuit->sink_pin());
  Hold held(pin->filter->control);
  empty_bag(pin->bag);
  free_format(pin->pub.ConnectionFormat);
  release_master_clock(*pin);
  unregister_object(pin);
  pin->file->FsContext = nullptr;
  delete pin;
}

void destroy_filter(Filter* filter, PFILE_OBJECT file) {
  Hold held(filter->factory->device->mutex);
  if (filter->processor != nullptr) filter->processor->retire();
  filter->factory->filters.remove(filter);
  empty_bag(filter->bag);
  unregister_object(filter);
  file->FsContext = nullptr;
  delete filter;
}

NTSTATUS create_filter(Device& device, PIRP irp, PFILE_OBJECT file) {
  Hold device_held(device.mutex);
  std::u16string name(reinterpret_cast<const char16_t*>(file->FileName.Buffer), file->FileName.Length / sizeof(WCHAR));
  if (!name.empty() && name[0] == u'\\') name.erase(0, 1);
  Factory* factory = find_factory(device, name);
  if (factory == nullptr) return STATUS_OBJECT_NAME_NOT_FOUND;
  const bool denied = (factory->pub.FilterDescriptor->Flags & KSFILTER_FLAG_DENY_USERMODE_ACCESS) != 0;
  if (denied && irp->RequestorMode != KernelMode) return STATUS_ACCESS_DENIED;
  auto* filter = new Filter{};
  filter->id = next_id();
  filter->factory = factory;
  filter->file = file;
  filter->pub.Descriptor = factory->pub.FilterDescriptor;
  filter->pub.Bag = &filter->bag;
  filter->pub.Context = factory->pub.Context;
  if (is_filter_centric(*filter)) filter->processor = make_filter_processor(*filter);
  register_object(filter, ObjectKind::kFilter);
  file->FsContext = filter;
  factory->filters.push_back(filter);
  NTSTATUS status = STATUS_SUCCESS;
  const std::uint64_t irp_id = ntos::irp_id(irp);
  {
    Hold held(filter->control);
    const KSFILTER_DISPATCH* dispatch = filter->pub.Descriptor->Dispatch;
    if (dispatch != nullptr && dispatch->Create != nullptr) {
      status = call_driver(CallbackOf::kFilter, "KSFILTER_DISPATCH.Create",
                           [&] { return dispatch->Create(&filter->pub, irp); });
    }
  }
  if (status == STATUS_PENDING) {
    check_marked(irp, irp_id, "a filter's Create");
  } else if (!NT_SUCCESS(status)) {
    destroy_filter(filter, file);
  }
  return status;
}

NTSTATUS close_filter(Filter& filter, PIRP irp) {
  PFILE_OBJECT file = IoGetCurrentIrpStackLocation(irp)->FileObject;
  Hold device_held(filter.factory->device->mutex);
  NTSTATUS status = STATUS_SUCCESS;
  const std::uint64_t irp_id = ntos::irp_id(irp);
  {
    Hold held(filter.control);
    free_events(file, GuardedList(filter.events));  // R-CRE-8
    const KSFILTER_DISPATCH* dispatch = filter.pub.Descriptor->Dispatch;
    if (dispatch != nullptr && dispatch->Close != nullptr) {
      status = call_driver(CallbackOf::kFilter, "KSFILTER_DISPATCH.Close",
                           [&] { return dispatch->Close(&filter.pub, irp); });
    }
  }
  if (status == STATUS_PENDING) {
    check_marked(irp, irp_id, "a filter's Close");
    return status;
  }
  destroy_filter(&filter, file);
  return STATUS_SUCCESS;
}

namespace {
/// Up to the Create dispatch. `*made`: the pin, which on failure still has to be destroyed; or nullptr.
NTSTATUS open_pin(Filter& filter, PIRP irp, PFILE_OBJECT file, Pin** made) {
  std::vector<UCHAR> request;
  const NTSTATUS parsed = parse_connect(file->FileName, &request);
  if (!NT_SUCCESS(parsed)) return parsed;
  KSPIN_CONNECT connect;
  std::memcpy(&connect, request.data(), sizeof connect);
  Hold held(filter.control);
  const KSPIN_DESCRIPTOR_EX* descriptor = pin_descriptor(filter, connect.PinId);
  if (descriptor == nullptr) return STATUS_INVALID_PARAMETER;
  const bool denied = (descriptor->Flags & KSPIN_FLAG_DENY_USERMODE_ACCESS) != 0 ||
                      (filter.pub.Descriptor->Flags & KSFILTER_FLAG_DENY_USERMODE_ACCESS) != 0;
  if (denied && irp->RequestorMode != KernelMode) return STATUS_ACCESS_DENIED;
  NTSTATUS status = check_instances(*descriptor, filter, connect.PinId);
  if (NT_SUCCESS(status)) status = check_connect(connect, descriptor->PinDescriptor);
  if (!NT_SUCCESS(status)) return status;

  ClientFormat format;
  parse_connect_format(request, &format);  // parse_connect() has seen that it is whole
  PKSDATAFORMAT copy = copy_format(format);
  if (copy == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  auto* pin = new Pin{};
  pin->id = next_id();
  pin->filter = &filter;
  pin->file = file;
  pin->pub.Descriptor = descriptor;
  pin->pub.Bag = &pin->bag;
  pin->pub.Context = filter.pub.Context;
  pin->pub.Id = connect.PinId;
  pin->pub.Communication = connect.PinToHandle != nullptr ? KSPIN_COMMUNICATION_SOURCE : KSPIN_COMMUNICATION_SINK;
  pin->pub.ConnectionIsExternal = TRUE;
  pin->pub.ConnectionInterface = connect.Interface;
  pin->pub.ConnectionMedium = connect.Medium;
  pin->pub.ConnectionPriority = connect.Priority;
  pin->pub.ConnectionFormat = copy;
  pin->pub.DataFlow = descriptor->PinDescriptor.DataFlow;
  pin->pub.ResetState = KSRESET_END;  // R-KS-9
  pin->queue = std::make_unique<Queue>(*pin);
  pin->processor = filter.processor != nullptr ? filter.processor : make_pin_processor(*pin);
  register_object(pin, ObjectKind::kPin);
  filter.pins.push_back(pin);
  join_splitter(*pin);
  file->FsContext = pin;
  *made = pin;

  if (connect.PinToHandle != nullptr) {
    status = Circuit::connect(*pin, connect.PinToHandle, irp->RequestorMode, &pin->circuit);
    if (pin->circuit != nullptr) pin->pub.ConnectionIsExternal = pin->circuit->sink_pin() == nullptr;
  }
  if (NT_SUCCESS(status)) status = agree_format(*pin, copy, nullptr);
  if (NT_SUCCESS(status) && descriptor->Dispatch != nullptr && descriptor->Dispatch->Create != nullptr) {
    status = call_driver(CallbackOf::kPin, "KSPIN_DISPATCH.Create",
                         [&] { return descriptor->Dispatch->Create(&pin->pub, irp); });  // R-CRE-5
  }
  return status;
}
}  // namespace

// Two filters may be connected both ways round: nobody waits for a control mutex with another one held, except
// pipe.cpp, in the order of the filters.
NTSTATUS create_pin(Filter& filter, PIRP irp, PFILE_OBJECT file) {
  Pin* pin = nullptr;
  const std::uint64_t irp_id = ntos::irp_id(irp);
  NTSTATUS status = open_pin(filter, irp, file, &pin);
  if (pin == nullptr) return status;
  const std::uint64_t pin_id = pin->id;
  if (NT_SUCCESS(status) && status != STATUS_PENDING) status = tell_sink(*pin, irp);
  trace("pin.create", {{"pin", pin_id}, {"status", code(status)}});
  if (status == STATUS_PENDING) {
    check_marked(irp, irp_id, "a pin's Create");
  } else if (!NT_SUCCESS(status)) {
    destroy_pin(pin);
  }
  return status;
}

NTSTATUS close_pin(Pin& pin, PIRP irp) {
  NTSTATUS status = STATUS_SUCCESS;
  const std::uint64_t irp_id = ntos::irp_id(irp);
  {
    Hold held(pin.filter->control);
    free_events(pin.file, GuardedList(pin.events));
    const KSPIN_DISPATCH* dispatch = pin.pub.Descriptor->Dispatch;
    trace("pin.close", {{"pin", pin.id}});
    if (dispatch != nullptr && dispatch->Close != nullptr) {  // R-CRE-8
      status = call_driver(CallbackOf::kPin, "KSPIN_DISPATCH.Close", [&] { return dispatch->Close(&pin.pub, irp); });
    }
    if (status != STATUS_PENDING) leave_filter(pin);
  }
  if (status == STATUS_PENDING) {
    check_marked(irp, irp_id, "a pin's Close");
    return status;
  }
  destroy_pin(&pin);
  return STATUS_SUCCESS;
}

}  // namespace p2p::ks
