// Watchdogs: requests that somebody keeps too long end the run with a report, not with silence.
#include "sw/ntos/io/verify.h"

#include "sw/ntos/io/device.h"
#include "sw/ntos/io/limits.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/ke/objects.h"
#include "sw/ntos/ob/object.h"

namespace p2p::io {

namespace {
std::unique_ptr<ke::Alarm> alarm_in(std::uint32_t milliseconds, std::function<void()> expired) {
  auto alarm = std::make_unique<ke::Alarm>();
  ke::set_alarm_in(alarm.get(), milliseconds, std::move(expired));
  return alarm;
}

void end(std::unique_ptr<ke::Alarm>& alarm) {
  if (alarm == nullptr) return;
  ke::cancel_alarm(alarm.get());
  alarm.reset();
}

/// What parameter 3 of 0x9F/3 points to, as far as there is something to say here.
struct Triage9fPower {
  USHORT signature = 0x8000, revision = 1;
  void *irp_list = nullptr, *thread_list = nullptr, *delayed_work_queue = nullptr;
};

PDEVICE_OBJECT lowest_below(PDEVICE_OBJECT device) {
  if (!ob::is_object(device, ob::Kind::kDevice)) return nullptr;
  while (state_of(device).attached_to != nullptr) device = state_of(device).attached_to;
  return device;
}

void power_limit_passed(PIRP irp, const IrpInfo& info) {
  static const Triage9fPower triage;
  ntos::bug_check(0x9F, 3, value_of(lowest_below(info.at)), value_of(&triage), value_of(irp),
                  "DRIVER_POWER_STATE_FAILURE", "a power request was held too long: " + describe(irp, info));
}
}  // namespace

void end_limits(IrpInfo* info) {
  end(info->cancel_limit);
  end(info->time_limit);
}

void limit_cancelled(PIRP irp, IrpInfo* info) {
  const std::uint32_t limit_ms = ke::state().config.cancel_limit_ms;
  if (!ntos::verifier_enabled() || info->cancel_limit != nullptr || !in_flight(irp, *info)) return;
  info->cancel_limit = alarm_in(limit_ms, [irp, info, limit_ms] {
    ke::verify(false, 0x135, value_of(irp), limit_ms, 0, "IrpCancelField",
               "a request was cancelled and not completed in time: " + describe(irp, *info));
  });
}

void limit_power(PIRP irp, IrpInfo* info) {
  const std::uint32_t limit_ms = ke::state().config.power_limit_ms;
  if (limit_ms != 0) info->time_limit = alarm_in(limit_ms, [irp, info] { power_limit_passed(irp, *info); });
}

void limit_request(PIRP irp, IrpInfo* info) {
  const std::uint32_t limit_ms = ke::state().config.irp_limit_ms;
  if (limit_ms == 0 || irp->RequestorMode == KernelMode) return;
  info->time_limit = alarm_in(limit_ms, [irp, info] {
    ntos::bug_check(0xC9, 0x200, 0, value_of(irp), 0, "IrpNeverCompleted",
                    "an application's request was never completed: " + describe(irp, *info));
  });
}

}  // namespace p2p::io
