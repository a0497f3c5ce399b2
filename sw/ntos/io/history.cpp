// Where IRPs are and how they got there, for reports.
#include "sw/ntos/ddk.h"

#include <algorithm>

#include "ntos/inspect.h"
#include "ntos/kernel.h"
#include "sw/ntos/io/irp.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/ob/object.h"
#include "sw/ntos/pnp/drivers.h"

namespace p2p::io {

namespace {
const char* verb_of(IrpStep::What what) {
  switch (what) {
    case IrpStep::What::kCalled:
      return "to driver";
    case IrpStep::What::kCompleted:
      return "completed by driver";
    default:
      return "back with driver";
  }
}
}  // namespace

void IrpHistory::add(IrpStep::What what, PDRIVER_OBJECT driver) {
  steps_[count_++ % steps_.size()] = {ke::hardware().bus_cycle(), driver, what};
}

std::string IrpHistory::text() const {
  std::string text;
  const auto kept = static_cast<std::uint32_t>(steps_.size());
  for (std::uint32_t i = count_ > kept ? count_ - kept : 0; i < count_; ++i) {
    const IrpStep& step = steps_[i % kept];
    if (!text.empty()) text += "; ";
    text +=
        "cycle " + std::to_string(step.cycle) + ": " + verb_of(step.what) + " '" + pnp::driver_name(step.driver) + "'";
  }
  return text;
}

std::uint64_t IrpHistory::last_cycle() const { return count_ == 0 ? 0 : steps_[(count_ - 1) % steps_.size()].cycle; }

std::string describe(const IRP* irp, const IrpInfo& info) {
  std::string text = "IRP " + std::to_string(info.id);
  if (irp->CurrentLocation >= 1 && irp->CurrentLocation <= irp->StackCount) {
    const IO_STACK_LOCATION* location = irp->Tail.Overlay.CurrentStackLocation;
    text += ", major function " + std::to_string(location->MajorFunction) + ", minor function " +
            std::to_string(location->MinorFunction);
  }
  return text + ", is with driver '" + pnp::driver_name(info.holder) + "'; " + info.history.text();
}

}  // namespace p2p::io

namespace p2p::ntos {

std::vector<OutstandingIrp> Kernel::outstanding_irps() const {
  std::vector<OutstandingIrp> all;
  for (const IRP* irp : io::live_irps()) {
    const io::IrpInfo& info = *io::irp_info(irp);
    if (!io::in_flight(irp, info)) continue;
    OutstandingIrp entry;
    entry.id = info.id;
    entry.driver = pnp::driver_name(info.holder);
    entry.thread = info.thread != nullptr ? info.thread->name : std::string();
    entry.bus_cycle = info.history.last_cycle();
    entry.description = io::describe(irp, info);
    all.push_back(std::move(entry));
  }
  return all;
}

std::vector<IrpState> irp_states() {
  std::vector<IrpState> all;
  for (const IRP* irp : io::live_irps()) {
    const io::IrpInfo& info = *io::irp_info(irp);
    all.push_back({info.id, pnp::driver_name(info.holder), io::describe(irp, info), io::in_flight(irp, info)});
  }
  return all;
}

}  // namespace p2p::ntos
