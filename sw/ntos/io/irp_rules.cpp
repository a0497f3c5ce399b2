#include "sw/ntos/io/verify.h"

#include "sw/ntos/io/irp_rules.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <set>
#include <utility>

#include "sw/ntos/io/device.h"
#include "sw/ntos/io/paged_code.h"
#include "sw/ntos/ke/cpu.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/ob/object.h"
#include "sw/ntos/pnp/drivers.h"
#include "sw/ntos/user/addresses.h"

namespace p2p::io {

namespace {
/// Whose pages say "Reserved for system use. Drivers must not send this IRP."
bool reserved_for_system(UCHAR major, UCHAR minor) {
  if (major == IRP_MJ_POWER) return minor == IRP_MN_SET_POWER || minor == IRP_MN_QUERY_POWER;
  constexpr UCHAR kReserved[] = {IRP_MN_START_DEVICE,
                                 IRP_MN_QUERY_REMOVE_DEVICE,
                                 IRP_MN_REMOVE_DEVICE,
                                 IRP_MN_CANCEL_REMOVE_DEVICE,
                                 IRP_MN_STOP_DEVICE,
                                 IRP_MN_QUERY_STOP_DEVICE,
                                 IRP_MN_CANCEL_STOP_DEVICE,
                                 IRP_MN_SURPRISE_REMOVAL,
                                 IRP_MN_QUERY_RESOURCES,
                                 IRP_MN_QUERY_RESOURCE_REQUIREMENTS,
                                 IRP_MN_QUERY_DEVICE_TEXT,
                                 IRP_MN_FILTER_RESOURCE_REQUIREMENTS,
                                 IRP_MN_QUERY_PNP_DEVICE_STATE,
                                 IRP_MN_QUERY_BUS_INFORMATION,
                                 IRP_MN_EJECT,
                                 IRP_MN_SET_LOCK};
  return major == IRP_MJ_PNP && std::find(std::begin(kReserved), std::end(kReserved), minor) != std::end(kReserved);
}

const void* user_address_in(const IRP* irp, const IO_STACK_LOCATION* location) {
  const bool neither = location->MajorFunction == IRP_MJ_DEVICE_CONTROL &&
                       (location->Parameters.DeviceIoControl.IoControlCode & 3) == METHOD_NEITHER;
  const void* members[] = {irp->UserBuffer, irp->UserIosb, irp->AssociatedIrp.SystemBuffer,
                           neither ? location->Parameters.DeviceIoControl.Type3InputBuffer : nullptr};
  const auto found = std::find_if(std::begin(members), std::end(members), nt::is_user_address);
  return found != std::end(members) ? *found : nullptr;
}

/// Did the driver copy its location as it is, to no end? Who has marked the IRP pending must not skip it (R-IRP-13).
bool copied_for_nothing(const IRP* irp, const IrpInfo& info, const IO_STACK_LOCATION* next) {
  const DispatchCall* call = info.calls.empty() ? nullptr : info.calls.back();
  if (call == nullptr || call->forwarded || call->cursor != irp->CurrentLocation) return false;
  const IO_STACK_LOCATION* own = irp->Tail.Overlay.CurrentStackLocation;
  const bool pending = (own->Control & SL_PENDING_RETURNED) != 0;
  return !pending && next->Control == 0 && next->MajorFunction == own->MajorFunction &&
         next->MinorFunction == own->MinorFunction && next->FileObject == own->FileObject &&
         // A copy is one byte for byte. NOLINTNEXTLINE(bugprone-suspicious-memory-comparison,cert-exp42-c,cert-flp37-c)
         std::memcmp(&next->Parameters, &own->Parameters, sizeof own->Parameters) == 0;
}

/// Warnings do not stop the machine; once for each driver.
void warn(std::uint64_t code, PDRIVER_OBJECT driver, std::uint64_t irp, const char* message) {
  static auto* const warned = new std::set<std::pair<std::uint64_t, std::string>>;
  const std::string name = pnp::driver_name(driver);
  if (!warned->emplace(code, name).second) return;
  ke::trace("warning", {{"code", 0xC9u}, {"p1", code}, {"driver", name}, {"irp", irp}, {"message", message}});
}

bool below(PDEVICE_OBJECT device, PDEVICE_OBJECT target) {
  while (device != nullptr && device != target) device = state_of(device).attached_to;
  return device != nullptr;
}
}  // namespace

bool suspicious(NTSTATUS status) {
  const auto bits = static_cast<ULONG>(status);
  constexpr ULONG kReservedBit = 1u << 28, kCustomer = 1u << 29, kHighestFacility = 0xFF;
  return (bits & kReservedBit) != 0 || ((bits & kCustomer) == 0 && (bits >> 16 & 0xFFF) > kHighestFacility);
}

void check_new_request(PDEVICE_OBJECT device, PIRP irp, const IrpInfo& info, const IO_STACK_LOCATION* location) {
  if (!ntos::verifier_enabled()) return;
  verify(info.system || !reserved_for_system(location->MajorFunction, location->MinorFunction), 0x237, 0, value_of(irp),
         location->MinorFunction, "IoCallDriver", "a driver sent a request that only the system may send");
  // Who is linked into the program plays driver and application at once.
  if (irp->RequestorMode == KernelMode && info.sender != nullptr) {
    const void* address = user_address_in(irp, location);
    ke::verify(address == nullptr, 0xE2, value_of(irp), value_of(address), 0, "UserModeAddress",
               "a KernelMode IRP was sent with a user-mode address in it");
  }
  if (location->MajorFunction != IRP_MJ_CREATE || location->FileObject == nullptr) return;
  PFILE_OBJECT file = location->FileObject;
  const bool closed = !ob::is_object(file, ob::Kind::kFile) || (file->Flags & FO_CLEANUP_COMPLETE) != 0;
  verify(!closed, 0x0F, value_of(device), value_of(irp), value_of(file), "IoCallDriver",
         "a create request was sent with a file object that is closed");
}

void check_passing(PDEVICE_OBJECT device, PIRP irp, const IrpInfo& info, const IO_STACK_LOCATION* location) {
  if (!ntos::verifier_enabled()) return;
  constexpr UCHAR kInvoke = SL_INVOKE_ON_SUCCESS | SL_INVOKE_ON_ERROR | SL_INVOKE_ON_CANCEL;
  const bool routine = (location->Control & kInvoke) != 0;
  verify(!routine || !is_paged_code(reinterpret_cast<const void*>(location->CompletionRoutine)), 0x227,
         value_of(location->CompletionRoutine), value_of(irp), 0, "IoSetCompletionRoutine",
         "a completion routine lies in pageable code");
  if (info.home == 0) return;
  if (copied_for_nothing(irp, info, location)) {
    warn(0x21C, info.holder, info.id, "a stack location was copied without a completion routine: skip it");
  }
  verify(irp->CurrentLocation - 1 >= device->StackSize, 0x208, 0, value_of(irp), 0, "IoCallDriver",
         "an IRP was forwarded to a stack that needs more locations than it has left: one from another stack");
  if (!ob::is_object(info.at, ob::Kind::kDevice)) return;
  PDEVICE_OBJECT next = state_of(info.at).attached_to;
  verify(next == nullptr || next == device || !below(next, device), 0x211, value_of(device), value_of(irp), 0,
         "IoCallDriver", "an IRP was forwarded past a device of the stack, not to the one that was attached to");
}

void check_unwound(const void* frame) {
  const ke::Thread* thread = ke::current_thread();
  if (thread == nullptr || thread->built_irps == 0 || !ntos::verifier_enabled()) return;
  for (PLIST_ENTRY at = thread->irp_list.Flink; at != &thread->irp_list; at = at->Flink) {
    PIRP irp = CONTAINING_RECORD(at, IRP, ThreadListEntry);
    const IrpInfo* info = irp_info(irp);
    if (info == nullptr || !info->built || info->home == 0) continue;
    // A stack grows down: between where it stood then and where it stands now nothing is anybody's any more.
    const auto unwound = [&](const void* address) { return address > info->frame && address < frame; };
    verify(!unwound(irp->UserIosb), 0x0C, value_of(irp->UserIosb), 0, 0, "IoBuildRequestIosb",
           "a request is on its way whose I/O status block was on a stack frame that is gone");
    verify(!unwound(irp->UserEvent), 0x0D, value_of(irp->UserEvent), 0, 0, "IoBuildRequestEvent",
           "a request is on its way whose event was on a stack frame that is gone");
  }
}

}  // namespace p2p::io
