// IRPs: allocation, identity, stack cursor.
#include "sw/ntos/io/verify.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <unordered_map>

#include "ntos/ks_support.h"
#include "sw/ntos/ex/special_pool.h"
#include "sw/ntos/io/irp.h"
#include "sw/ntos/ke/cpu.h"
#include "sw/ntos/ke/irql.h"
#include "sw/ntos/ke/machine.h"

namespace p2p::io {

namespace {
// Never walked in an order that shows. Never destroyed: fibers outlive main().
std::unordered_map<const void*, IrpInfo>& irps() {
  static auto* const all = new std::unordered_map<const void*, IrpInfo>;
  return *all;
}
constexpr ULONG kIrpTag = 0x20707249;  // "Irp "

// One location more than the driver asked for stays zero: what is found there was written past the last one.
PIO_STACK_LOCATION guard_of(PIRP irp) { return reinterpret_cast<PIO_STACK_LOCATION>(irp + 1) + irp->StackCount; }

// R-IRP-1, R-IRP-4.
void set_up(PIRP irp, USHORT bytes, CCHAR stack_size) {
  std::memset(static_cast<void*>(irp), 0, bytes);
  irp->Type = IO_TYPE_IRP;
  irp->Size = bytes;
  irp->StackCount = stack_size;
  irp->CurrentLocation = static_cast<CHAR>(stack_size + 1);
  InitializeListHead(&irp->ThreadListEntry);
  irp->Tail.Overlay.CurrentStackLocation = reinterpret_cast<PIO_STACK_LOCATION>(irp + 1) + stack_size;
}
}  // namespace

bool in_flight(const IRP* irp, const IrpInfo& info) { return info.home != 0 && irp->CurrentLocation < info.home; }

void reset() { irps().clear(); }

IrpInfo* irp_info(const void* irp) {
  auto found = irps().find(irp);
  if (found == irps().end()) return nullptr;
  // Nobody says when a driver's own memory ceases to be an IRP.
  if (found->second.kind != IrpKind::kRaw) return &found->second;
  const ex::PoolSpot spot = ex::special_pool_spot(irp);
  const bool there = spot == ex::PoolSpot::kElsewhere || spot == ex::PoolSpot::kLive;
  if (!there || static_cast<const IRP*>(irp)->Type != IO_TYPE_IRP) return nullptr;
  return &found->second;
}

PIRP allocate_irp(CCHAR stack_size, IrpKind kind, bool must_succeed) {
  const USHORT bytes = IoSizeOfIrp(stack_size);
  const std::size_t with_guard = bytes + sizeof(IO_STACK_LOCATION);
  auto* irp = static_cast<PIRP>(ExAllocatePoolWithTag(NonPagedPool, with_guard, kIrpTag));
  const bool reserve = irp == nullptr && must_succeed;
  if (reserve) irp = static_cast<PIRP>(std::malloc(with_guard));
  if (irp == nullptr) return nullptr;
  set_up(irp, bytes, stack_size);
  *guard_of(irp) = {};
  IrpInfo& info = irps()[irp];
  info = {};
  info.id = ke::state().next_irp_id++;
  info.kind = kind;
  info.reserve = reserve;
  ++ke::state().counters.irps_issued;
  ++ke::state().counters.irps_outstanding;
  ke::trace("irp.create", {{"irp", info.id}, {"kind", kind == IrpKind::kThreaded ? "threaded" : "allocated"}});
  return irp;
}

void free_irp(PIRP irp) {
  IrpInfo* info = irp_info(irp);
  check_guard(irp);
  end_limits(info);
  ke::trace("irp.free", {{"irp", info->id}});
  --ke::state().counters.irps_outstanding;
  const bool reserve = info->reserve;
  irps().erase(irp);
  if (reserve) {
    std::free(irp);
  } else {
    ExFreePoolWithTag(irp, kIrpTag);
  }
}

void give_back(PIRP irp, PDEVICE_OBJECT device) {
  IrpInfo* info = irp_info(irp);
  info->holder = device != nullptr ? device->DriverObject : nullptr;
  info->at = device;
  info->given = irp->IoStatus;
  info->history.add(IrpStep::What::kGivenBack, info->holder);
}

std::vector<const IRP*> live_irps() {
  std::vector<const IRP*> live;
  for (const auto& [address, info] : irps()) {
    if (info.kind != IrpKind::kRaw) live.push_back(static_cast<const IRP*>(address));
  }
  std::sort(live.begin(), live.end(), [](const IRP* a, const IRP* b) { return irp_info(a)->id < irp_info(b)->id; });
  return live;
}

unsigned irps_held_by(PDRIVER_OBJECT driver) {
  unsigned count = 0;
  for (const auto& [address, info] : irps()) {
    if (info.holder == driver && irp_info(address) != nullptr && in_flight(static_cast<const IRP*>(address), info))
      ++count;
  }
  return count;
}

void check_guard(PIRP irp) {
  if (irp_info(irp)->kind == IrpKind::kRaw) return;
  const auto* bytes = reinterpret_cast<const unsigned char*>(guard_of(irp));
  const bool clean = std::all_of(bytes, bytes + sizeof(IO_STACK_LOCATION), [](unsigned char b) { return b == 0; });
  verify(clean, 0x212, 0, value_of(irp), 0, "MarkIrpPending",
         "a stack location beyond the last one of an IRP was written, as by IoMarkIrpPending in the completion routine "
         "of a driver without a location");
}

}  // namespace p2p::io

namespace p2p::ntos {
std::uint64_t irp_id(const void* irp) {
  const io::IrpInfo* info = io::irp_info(irp);
  return info != nullptr ? info->id : 0;
}
}  // namespace p2p::ntos

using namespace p2p;

extern "C" {

// R-IRP-9.
VOID NTAPI IoInitializeIrp(PIRP Irp, USHORT PacketSize, CCHAR StackSize) {
  if (io::IrpInfo* info = io::irp_info(Irp); info != nullptr && info->kind != io::IrpKind::kRaw) {
    io::verify(!io::in_flight(Irp, *info), 0x310, 0, ke::value_of(Irp), 0, "IoInitializeIrp",
               "IoInitializeIrp of an IRP that is in use");
    const bool quota = (Irp->AllocationFlags & IRP_QUOTA_CHARGED) != 0;
    io::verify(false, quota ? 0x20Du : 0x238u, 0, ke::value_of(Irp), 0, "IoInitializeIrp",
               "IoInitializeIrp of an IRP that IoAllocateIrp made");  // R-IRP-3
    io::set_up(Irp, PacketSize, StackSize);
    io::end_limits(info);
    info->home = 0;
    return;
  }
  io::set_up(Irp, PacketSize, StackSize);
  io::IrpInfo& info = io::irps()[Irp];
  io::end_limits(&info);
  info = {};
  info.id = ke::state().next_irp_id++;
  info.kind = io::IrpKind::kRaw;
  ke::trace("irp.create", {{"irp", info.id}, {"kind", "raw"}});
}

// R-IRP-2, R-IRP-6.
PIRP NTAPI IoAllocateIrp(CCHAR StackSize, BOOLEAN ChargeQuota) {
  if (StackSize < 1) return nullptr;
  PIRP irp = io::allocate_irp(StackSize, io::IrpKind::kAllocated);
  if (irp != nullptr && ChargeQuota) irp->AllocationFlags |= IRP_QUOTA_CHARGED;
  return irp;
}

// R-IRP-7.
VOID NTAPI IoFreeIrp(PIRP Irp) {
  io::IrpInfo* info = io::irp_info(Irp);
  if (info == nullptr || info->kind == io::IrpKind::kRaw) {
    ntos::bug_check(0xC9, 0x01, ke::value_of(Irp), 0, 0, "IoFreeIrp", "IoFreeIrp of something that is no IRP");
  }
  if (info->kind == io::IrpKind::kThreaded) {
    io::verify(!io::in_flight(Irp, *info) || info->thread == nullptr, 0x20C, ke::value_of(__builtin_return_address(0)),
               ke::value_of(Irp), 0, "IoFreeIrp", "IoFreeIrp of an IRP that is on its way and queued to a thread");
    ntos::bug_check(0xC9, 0x02, ke::value_of(Irp), 0, 0, "IoFreeIrp", "IoFreeIrp of an IRP the I/O manager owns");
  }
  const bool received = !info->calls.empty() && !info->calls.back()->forwarded && !info->calls.back()->completed &&
                        info->calls.back()->thread == ke::current_thread();
  io::verify(!received, 0x20B, ke::value_of(__builtin_return_address(0)), ke::value_of(Irp), 0, "IoFreeIrp",
             "IoFreeIrp of an IRP by the driver it was sent to: whoever sent it still uses it");
  io::verify(!io::in_flight(Irp, *info), 0x20A, 0, ke::value_of(Irp), 0, "IoFreeIrp",
             "IoFreeIrp of an IRP that a lower driver has not completed");
  io::free_irp(Irp);
}

// R-IRP-8.
VOID NTAPI IoReuseIrp(PIRP Irp, NTSTATUS Status) {
  io::IrpInfo* info = io::irp_info(Irp);
  if (info != nullptr) {
    const bool own = !info->built && (info->kind == io::IrpKind::kAllocated || info->kind == io::IrpKind::kRaw);
    io::verify(own, 0x311, 0, ke::value_of(Irp), 0, "IoReuseIrp",
               "IoReuseIrp of an IRP made by IoBuildXxx or IoMakeAssociatedIrp");
    io::verify(!io::in_flight(Irp, *info), 0x310, 0, ke::value_of(Irp), 0, "IoReuseIrp",
               "IoReuseIrp of an IRP that is in use");
    io::check_guard(Irp);
    io::end_limits(info);
    info->home = 0;
    info->holder = nullptr;
    info->at = info->passed_to = nullptr;
    info->history = {};
    info->ex_failed = false;
    info->calls.clear();
  }
  const UCHAR flags = Irp->AllocationFlags;
  io::set_up(Irp, Irp->Size, Irp->StackCount);
  Irp->AllocationFlags = flags;
  Irp->IoStatus.Status = Status;
}

}  // extern "C"
