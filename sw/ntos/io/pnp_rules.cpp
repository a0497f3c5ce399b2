#include "sw/ntos/io/verify.h"

#include "sw/ntos/io/pnp_rules.h"

#include "sw/ntos/io/device.h"
#include "sw/ntos/ob/object.h"

namespace p2p::io {

namespace {
constexpr const char *kPnp = "PnpIrpCompletion", *kPower = "PowerIrpCompletion";

/// A request on its way, as the rules see it.
struct Case {
  PIRP irp;
  UCHAR major, minor;
  NTSTATUS status, given;  // now, and when the driver got it
  bool power;
  DeviceRole role;  // of the driver's device
  bool lowest;

  /// The sub-code and rule of a PnP request, or of a power request.
  void expect(bool holds, std::uint64_t pnp_code, std::uint64_t power_code, const char* message) const {
    verify(holds, power ? power_code : pnp_code, 0, value_of(irp), 0, power ? kPower : kPnp, message);
  }
  bool failed() const { return !NT_SUCCESS(status) && status != STATUS_NOT_SUPPORTED; }
};

Case case_of(PIRP irp, const IrpInfo& info, const IO_STACK_LOCATION* location) {
  const DeviceState& device = state_of(info.at);
  return {irp,
          location->MajorFunction,
          location->MinorFunction,
          irp->IoStatus.Status,
          info.given.Status,
          location->MajorFunction == IRP_MJ_POWER,
          device.role,
          device.attached_to == nullptr};
}

bool concerns(const IrpInfo& info, const IO_STACK_LOCATION* location) {
  const bool kind = location->MajorFunction == IRP_MJ_PNP || location->MajorFunction == IRP_MJ_POWER ||
                    (info.fake && location->MajorFunction == IRP_MJ_SYSTEM_CONTROL);
  return kind && ntos::verifier_enabled() && ob::is_object(info.at, ob::Kind::kDevice);
}

/// Of whose pages it is said that function and filter drivers do not handle them.
bool for_the_bus_only(UCHAR minor) {
  return minor == IRP_MN_QUERY_ID || minor == IRP_MN_QUERY_DEVICE_TEXT || minor == IRP_MN_QUERY_RESOURCES ||
         minor == IRP_MN_QUERY_RESOURCE_REQUIREMENTS || minor == IRP_MN_QUERY_BUS_INFORMATION ||
         minor == IRP_MN_READ_CONFIG || minor == IRP_MN_WRITE_CONFIG || minor == IRP_MN_EJECT ||
         minor == IRP_MN_SET_LOCK;
}

/// What a function driver must have an opinion on before it passes it down. START it passes down first.
bool must_be_handled(UCHAR minor) {
  return (minor > IRP_MN_START_DEVICE && minor <= IRP_MN_CANCEL_STOP_DEVICE) || minor == IRP_MN_SURPRISE_REMOVAL;
}

/// What rule PnpRemove lets nobody fail, but for REMOVE itself, which is 0xC9/0x306.
bool pnp_remove(UCHAR minor) {
  return minor == IRP_MN_SURPRISE_REMOVAL || minor == IRP_MN_CANCEL_REMOVE_DEVICE || minor == IRP_MN_CANCEL_STOP_DEVICE;
}

void check_fake(const Case& request, const IrpInfo& info) {
  if (!info.fake) return;
  request.expect(request.status == request.given, 0x213, 0x23B,
                 "a driver changed the status of a request with a minor function it cannot know");
  request.expect(request.irp->IoStatus.Information == info.given.Information, 0x214, 0x214,
                 "a driver changed IoStatus.Information of a request with a minor function it cannot know");
}

/// Neither failed, nor agreed to, nor passed on.
void check_not_passed(const Case& request, const IrpInfo& info, const IO_STACK_LOCATION* location) {
  request.expect(!info.fake, 0x22D, 0x230,
                 "a driver completed a request with a minor function it cannot know and did not pass it down");
  const bool relations = request.major == IRP_MJ_PNP && request.minor == IRP_MN_QUERY_DEVICE_RELATIONS;
  const bool target = relations && location->Parameters.QueryDeviceRelations.Type == TargetDeviceRelation;
  verify(!target || !NT_SUCCESS(request.status), 0x24B, 0, value_of(info.at), 0, kPnp,
         "a driver that is not the bus's answered a query of TargetDeviceRelation and did not pass it down");
  const bool own_interface = request.major == IRP_MJ_PNP && request.minor == IRP_MN_QUERY_INTERFACE;
  request.expect(!NT_SUCCESS(request.status) || own_interface, 0x22E, 0x231,
                 "a driver completed a request with success and did not pass it down");
  // A driver whose device cannot wake completes WAIT_WAKE so.
  const bool cannot_wake = request.power && request.minor == IRP_MN_WAIT_WAKE;
  request.expect(cannot_wake || request.status != STATUS_NOT_SUPPORTED, 0x22F, 0x232,
                 "a driver completed a request as it came, or with STATUS_NOT_SUPPORTED, and did not pass it down");
}
}  // namespace

void check_pnp_passing(PIRP irp, const IrpInfo& info, const IO_STACK_LOCATION* location) {
  if (!concerns(info, location)) return;
  const Case request = case_of(irp, info, location);
  check_fake(request, info);
  if (request.major == IRP_MJ_SYSTEM_CONTROL) return;
  request.expect(!request.failed(), 0x215, 0x219, "a failed request was passed down: it must be completed");
  request.expect(request.status != STATUS_NOT_SUPPORTED || request.given == STATUS_NOT_SUPPORTED, 0x216, 0x21A,
                 "a driver set the status of a request back to STATUS_NOT_SUPPORTED");
  if (request.power || request.role == DeviceRole::kOther) return;
  request.expect(!for_the_bus_only(request.minor) || request.status == request.given, 0x218, 0,
                 "a driver answered a request that only the bus driver answers");
  const bool function = request.role == DeviceRole::kFunction;
  // Handled on the way up, as START is.
  const bool postponed = (request.minor == IRP_MN_CANCEL_STOP_DEVICE || request.minor == IRP_MN_CANCEL_REMOVE_DEVICE) &&
                         (location->Control & SL_INVOKE_ON_SUCCESS) != 0;
  const bool handled = postponed || !must_be_handled(request.minor) || request.status != STATUS_NOT_SUPPORTED;
  request.expect(!function || handled, 0x217, 0,
                 "a function driver passed a request down that it must handle, without a status of its own");
}

void check_pnp_completion(PIRP irp, const IrpInfo& info) {
  const IO_STACK_LOCATION* location = irp->Tail.Overlay.CurrentStackLocation;
  if (!concerns(info, location)) return;
  const Case request = case_of(irp, info, location);
  if (request.major == IRP_MJ_PNP) {
    ke::verify(NT_SUCCESS(request.status) || !pnp_remove(request.minor), 0x43006, 0, 0, 0, "PnpRemove",
               "a driver completed a PnP request with a failure that may not fail");
  }
  if (request.lowest) return;
  const bool passed = info.passed_to != info.at;
  if (!passed) check_fake(request, info);
  if (request.major == IRP_MJ_SYSTEM_CONTROL) return;
  if (request.major == IRP_MJ_PNP && request.role != DeviceRole::kOther) {
    request.expect(passed || !for_the_bus_only(request.minor) || request.status == request.given, 0x218, 0,
                   "a driver answered a request that only the bus driver answers");
  }
  if (!passed) check_not_passed(request, info, location);
  request.expect(request.status != STATUS_NOT_SUPPORTED || request.given == STATUS_NOT_SUPPORTED, 0x216, 0x21A,
                 "a driver set the status of a request back to STATUS_NOT_SUPPORTED");
}

}  // namespace p2p::io
