// Stream time, clock files and master clocks.
#include "sw/ks/ddk.h"

#include <vector>

#include "ntos/ks_support.h"
#include "sw/ks/automation.h"
#include "sw/ks/clock.h"
#include "sw/ks/dispatch.h"
#include "sw/ks/event.h"

namespace p2p::ks {

namespace {
/// Physical time and the system's, at the same instant, 100 ns (R-CLK-3).
LONGLONG physical_time(const Pin& pin, LONGLONG* system_time) {
  const KSPIN_DISPATCH* dispatch = pin.pub.Descriptor->Dispatch;
  if (dispatch != nullptr && dispatch->Clock != nullptr && dispatch->Clock->CorrelatedTime != nullptr) {
    return dispatch->Clock->CorrelatedTime(const_cast<PKSPIN>(&pin.pub), system_time);
  }
  const auto now = static_cast<LONGLONG>(KeQueryInterruptTime());
  if (system_time != nullptr) *system_time = now;
  return now;
}

LONGLONG stream_time(const Pin& pin, LONGLONG* system_time) {
  const LONGLONG now = physical_time(pin, system_time);
  return pin.clock_running ? pin.clock_base + (now - pin.clock_started) : pin.clock_base;
}

Pin& pin_of_clock(PFILE_OBJECT file) { return *static_cast<Clock*>(file->FsContext)->pin; }

LONGLONG FASTCALL get_time(PFILE_OBJECT file) { return stream_time(pin_of_clock(file), nullptr); }
LONGLONG FASTCALL get_physical_time(PFILE_OBJECT file) { return physical_time(pin_of_clock(file), nullptr); }
LONGLONG FASTCALL get_correlated_time(PFILE_OBJECT file, PLONGLONG system_time) {
  return stream_time(pin_of_clock(file), system_time);
}
LONGLONG FASTCALL get_correlated_physical_time(PFILE_OBJECT file, PLONGLONG system_time) {
  return physical_time(pin_of_clock(file), system_time);
}
const KSCLOCK_FUNCTIONTABLE kFunctions = {get_time, get_physical_time, get_correlated_time,
                                          get_correlated_physical_time};

KSRESOLUTION resolution_of(const Pin& pin) {
  KSRESOLUTION resolution{1, 0};  // interrupt time is exact on this machine
  const KSPIN_DISPATCH* dispatch = pin.pub.Descriptor->Dispatch;
  if (dispatch != nullptr && dispatch->Clock != nullptr && dispatch->Clock->Resolution != nullptr) {
    dispatch->Clock->Resolution(const_cast<PKSPIN>(&pin.pub), &resolution);
  }
  return resolution;
}

// -- properties -------------------------------------------------------------------------------------------------------

Pin& pin_of(PIRP irp) { return pin_of_clock(IoGetCurrentIrpStackLocation(irp)->FileObject); }

NTSTATUS NTAPI property_time(PIRP irp, PKSIDENTIFIER request, PVOID data) {
  const LONGLONG time =
      request->Id == KSPROPERTY_CLOCK_TIME ? stream_time(pin_of(irp), nullptr) : physical_time(pin_of(irp), nullptr);
  return give(irp, data, &time, sizeof time);
}
NTSTATUS NTAPI property_correlated(PIRP irp, PKSIDENTIFIER request, PVOID data) {
  KSCORRELATED_TIME time{};
  time.Time = request->Id == KSPROPERTY_CLOCK_CORRELATEDTIME ? stream_time(pin_of(irp), &time.SystemTime)
                                                             : physical_time(pin_of(irp), &time.SystemTime);
  return give(irp, data, &time, sizeof time);
}
NTSTATUS NTAPI property_resolution(PIRP irp, PKSIDENTIFIER, PVOID data) {
  const KSRESOLUTION resolution = resolution_of(pin_of(irp));
  return give(irp, data, &resolution, sizeof resolution);
}
NTSTATUS NTAPI property_state(PIRP irp, PKSIDENTIFIER, PVOID data) {
  return give(irp, data, &pin_of(irp).pub.DeviceState, sizeof(KSSTATE));
}
NTSTATUS NTAPI property_functions(PIRP irp, PKSIDENTIFIER, PVOID data) {
  if (irp->RequestorMode != KernelMode) return STATUS_INVALID_DEVICE_REQUEST;  // user mode cannot call them
  return give(irp, data, &kFunctions, sizeof kFunctions);
}

constexpr KSPROPERTY_ITEM item(ULONG id, PFNKSHANDLER get, ULONG least_data) {
  KSPROPERTY_ITEM entry{};
  entry.PropertyId = id;
  entry.GetPropertyHandler = get;
  entry.MinProperty = sizeof(KSPROPERTY);
  entry.MinData = least_data;
  return entry;
}
const KSPROPERTY_ITEM kClockItems[] = {
    item(KSPROPERTY_CLOCK_TIME, property_time, sizeof(LONGLONG)),
    item(KSPROPERTY_CLOCK_PHYSICALTIME, property_time, sizeof(LONGLONG)),
    item(KSPROPERTY_CLOCK_CORRELATEDTIME, property_correlated, sizeof(KSCORRELATED_TIME)),
    item(KSPROPERTY_CLOCK_CORRELATEDPHYSICALTIME, property_correlated, sizeof(KSCORRELATED_TIME)),
    item(KSPROPERTY_CLOCK_RESOLUTION, property_resolution, sizeof(KSRESOLUTION)),
    item(KSPROPERTY_CLOCK_STATE, property_state, sizeof(KSSTATE)),
    item(KSPROPERTY_CLOCK_FUNCTIONTABLE, property_functions, sizeof(KSCLOCK_FUNCTIONTABLE)),
};
const KSPROPERTY_SET kClockSet = {&KSPROPSETID_Clock, SIZEOF_ARRAY(kClockItems), kClockItems, 0, nullptr};
}  // namespace

LONGLONG pin_stream_time(const Pin& pin) { return stream_time(pin, nullptr); }

NTSTATUS create_clock(Pin& pin, PFILE_OBJECT file) {
  UNICODE_STRING guid{};
  NTSTATUS status = RtlStringFromGUID(KSNAME_Clock, &guid);
  if (!NT_SUCCESS(status)) return status;
  const bool is_clock = file->FileName.Length >= guid.Length + sizeof(WCHAR) + sizeof(KSCLOCK_CREATE) &&
                        std::memcmp(file->FileName.Buffer, guid.Buffer, guid.Length) == 0;
  RtlFreeUnicodeString(&guid);
  if (!is_clock) return STATUS_OBJECT_NAME_INVALID;
  if ((pin.pub.Descriptor->Flags & KSPIN_FLAG_IMPLEMENT_CLOCK) == 0) return STATUS_INVALID_DEVICE_REQUEST;
  auto* clock = new Clock;
  clock->pin = &pin;
  clock->file = file;
  init_marks(*clock);
  register_object(clock, ObjectKind::kClock);
  pin.clocks.push_back(clock);
  file->FsContext = clock;
  return STATUS_SUCCESS;
}

void close_clock(Clock* clock) {
  end_marks(*clock);
  clock->pin->clocks.remove(clock);
  unregister_object(clock);
  clock->file->FsContext = nullptr;
  delete clock;
}

NTSTATUS clock_request(Clock& clock, PIRP irp, ULONG code) {
  if (code == IOCTL_KS_ENABLE_EVENT) return enable_mark(clock, irp);
  if (code == IOCTL_KS_DISABLE_EVENT) return complete(irp, disable_event(irp, GuardedList(clock.events)));
  if (code != IOCTL_KS_PROPERTY) return complete(irp, STATUS_INVALID_DEVICE_REQUEST);
  const NTSTATUS status = KsPropertyHandler(irp, 1, &kClockSet);
  return finish_control(irp, status, IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.OutputBufferLength);
}

void clock_state_changed(Pin& pin, KSSTATE to, KSSTATE from) {
  if (to == KSSTATE_RUN) {
    pin.clock_started = physical_time(pin, nullptr);
    pin.clock_running = true;
  } else if (from == KSSTATE_RUN) {
    pin.clock_base = stream_time(pin, nullptr);
    pin.clock_running = false;
  }
  if (to == KSSTATE_STOP) pin.clock_base = 0;
  for (Clock* clock : pin.clocks) set_mark_timer(*clock);
}

NTSTATUS set_master_clock(Pin& pin, HANDLE handle, KPROCESSOR_MODE mode) {
  if (pin.pub.DeviceState != KSSTATE_STOP) return STATUS_INVALID_DEVICE_STATE;
  PFILE_OBJECT file = nullptr;
  KSCLOCK_FUNCTIONTABLE functions{};
  if (handle != nullptr) {
    PVOID object = nullptr;
    NTSTATUS status = ObReferenceObjectByHandle(handle, 0, *IoFileObjectType, mode, &object, nullptr);
    if (!NT_SUCCESS(status)) return status;
    file = static_cast<PFILE_OBJECT>(object);
    KSPROPERTY property{};
    property.Set = KSPROPSETID_Clock;
    property.Id = KSPROPERTY_CLOCK_FUNCTIONTABLE;
    property.Flags = KSPROPERTY_TYPE_GET;
    ULONG returned = 0;
    status = KsSynchronousIoControlDevice(file, KernelMode, IOCTL_KS_PROPERTY, &property, sizeof property, &functions,
                                          sizeof functions, &returned);
    if (!NT_SUCCESS(status)) {
      ObDereferenceObject(file);
      return status;
    }
  }
  release_master_clock(pin);
  pin.master_clock = file;
  pin.master_functions = functions;
  return STATUS_SUCCESS;
}

void release_master_clock(Pin& pin) {
  if (pin.master_clock != nullptr) ObDereferenceObject(pin.master_clock);
  pin.master_clock = nullptr;
}

}  // namespace p2p::ks

using namespace p2p;
using namespace p2p::ks;

namespace {
/// IKsReferenceClock as C sees it: `this` is the first argument.
struct ReferenceClock;
struct ReferenceClockTable {
  NTSTATUS(NTAPI* QueryInterface)(ReferenceClock*, const GUID*, PVOID*);
  ULONG(NTAPI* AddRef)(ReferenceClock*);
  ULONG(NTAPI* Release)(ReferenceClock*);
  LONGLONG(NTAPI* GetTime)(ReferenceClock*);
  LONGLONG(NTAPI* GetPhysicalTime)(ReferenceClock*);
  LONGLONG(NTAPI* GetCorrelatedTime)(ReferenceClock*, PLONGLONG);
  LONGLONG(NTAPI* GetCorrelatedPhysicalTime)(ReferenceClock*, PLONGLONG);
  NTSTATUS(NTAPI* GetResolution)(ReferenceClock*, PKSRESOLUTION);
  NTSTATUS(NTAPI* GetState)(ReferenceClock*, PKSSTATE);
};
struct ReferenceClock {
  const ReferenceClockTable* table;
  LONG references;
  ks::Pin* pin;                     // its own clock, or
  PFILE_OBJECT file;                // the master clock, referenced
  KSCLOCK_FUNCTIONTABLE functions;  // of the master clock
};

ULONG NTAPI add_ref(ReferenceClock* self) { return static_cast<ULONG>(InterlockedIncrement(&self->references)); }
ULONG NTAPI release(ReferenceClock* self) {
  const auto left = static_cast<ULONG>(InterlockedDecrement(&self->references));
  if (left != 0) return left;
  if (self->file != nullptr) ObDereferenceObject(self->file);
  delete self;
  return 0;
}
const GUID kUnknown = {0x00000000, 0x0000, 0x0000, {0xC0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x46}};
const GUID kReferenceClockId = {0xC9902485, 0xC180, 0x11D2, {0x84, 0x73, 0xD4, 0x23, 0x94, 0x45, 0x9E, 0x5E}};
NTSTATUS NTAPI query_interface(ReferenceClock* self, const GUID* id, PVOID* interface_pointer) {
  *interface_pointer = nullptr;
  if (!same(*id, kUnknown) && !same(*id, kReferenceClockId)) return STATUS_NOINTERFACE;
  add_ref(self);
  *interface_pointer = self;
  return STATUS_SUCCESS;
}
LONGLONG NTAPI time_of(ReferenceClock* self) {
  return self->file != nullptr ? self->functions.GetTime(self->file) : stream_time(*self->pin, nullptr);
}
LONGLONG NTAPI physical_time_of(ReferenceClock* self) {
  return self->file != nullptr ? self->functions.GetPhysicalTime(self->file) : physical_time(*self->pin, nullptr);
}
LONGLONG NTAPI correlated_time_of(ReferenceClock* self, PLONGLONG system_time) {
  return self->file != nullptr ? self->functions.GetCorrelatedTime(self->file, system_time)
                               : stream_time(*self->pin, system_time);
}
LONGLONG NTAPI correlated_physical_time_of(ReferenceClock* self, PLONGLONG system_time) {
  return self->file != nullptr ? self->functions.GetCorrelatedPhysicalTime(self->file, system_time)
                               : physical_time(*self->pin, system_time);
}
/// A property of the master clock.
NTSTATUS ask_master(const ReferenceClock* self, ULONG id, PVOID value, ULONG bytes) {
  KSPROPERTY property{};
  property.Set = KSPROPSETID_Clock;
  property.Id = id;
  property.Flags = KSPROPERTY_TYPE_GET;
  ULONG returned = 0;
  return KsSynchronousIoControlDevice(self->file, KernelMode, IOCTL_KS_PROPERTY, &property, sizeof property, value,
                                      bytes, &returned);
}
NTSTATUS NTAPI resolution_of_clock(ReferenceClock* self, PKSRESOLUTION resolution) {
  if (self->file != nullptr) return ask_master(self, KSPROPERTY_CLOCK_RESOLUTION, resolution, sizeof *resolution);
  *resolution = resolution_of(*self->pin);
  return STATUS_SUCCESS;
}
NTSTATUS NTAPI state_of_clock(ReferenceClock* self, PKSSTATE state) {
  if (self->file != nullptr) return ask_master(self, KSPROPERTY_CLOCK_STATE, state, sizeof *state);
  *state = self->pin->pub.DeviceState;
  return STATUS_SUCCESS;
}
const ReferenceClockTable kReferenceClock = {query_interface,
                                             add_ref,
                                             release,
                                             time_of,
                                             physical_time_of,
                                             correlated_time_of,
                                             correlated_physical_time_of,
                                             resolution_of_clock,
                                             state_of_clock};
}  // namespace

extern "C" {

// R-CLK-2.
NTSTATUS NTAPI KsPinGetReferenceClockInterface(PKSPIN Pin, struct IKsReferenceClock** Interface) {
  require_passive("KsPinGetReferenceClockInterface");
  auto* pin = reinterpret_cast<ks::Pin*>(Pin);
  const bool own = (pin->pub.Descriptor->Flags & KSPIN_FLAG_IMPLEMENT_CLOCK) != 0;
  *Interface = nullptr;
  if (pin->master_clock == nullptr && !own) return STATUS_DEVICE_NOT_READY;
  auto* clock = new ReferenceClock{&kReferenceClock, 1, pin, pin->master_clock, pin->master_functions};
  if (clock->file != nullptr) ObReferenceObject(clock->file);
  *Interface = reinterpret_cast<struct IKsReferenceClock*>(clock);
  return STATUS_SUCCESS;
}

// R-CLK-4.
VOID NTAPI KsPinSetPinClockTime(PKSPIN Pin, LONGLONG Time) {
  auto* pin = reinterpret_cast<ks::Pin*>(Pin);
  pin->clock_base = Time;
  pin->clock_started = physical_time(*pin, nullptr);
  for (Clock* clock : pin->clocks) set_mark_timer(*clock);
}

}  // extern "C"
