// IRPs: allocation, identity, stack cursor.
#include "sw/ntos/ddk.h"

#include <cstring>
#include <map>

#include "ntos/ks_support.h"
#include "sw/ntos/io/irp.h"
#include "sw/ntos/ke/cpu.h"
#include "sw/ntos/ke/machine.h"
#include "sw/ntos/ob/object.h"

namespace p2p::io {

namespace {
std::map<const void*, IrpInfo> g_irps;
constexpr ULONG kIrpTag = 0x20707249;  // "Irp "
}  // namespace

void reset() { g_irps.clear(); }

IrpInfo* irp_info(const void* irp) {
  auto found = g_irps.find(irp);
  return found == g_irps.end() ? nullptr : &found->second;
}

PIRP allocate_irp(CCHAR stack_size, IrpKind kind) {
  const USHORT bytes = IoSizeOfIrp(stack_size);
  auto* irp = static_cast<PIRP>(ExAllocatePoolWithTag(NonPagedPool, bytes, kIrpTag));
  if (irp == nullptr) return nullptr;
  IoInitializeIrp(irp, bytes, stack_size);
  IrpInfo& info = g_irps[irp];
  info = {};
  info.id = ke::state().next_irp_id++;
  info.kind = kind;
  ++ke::state().counters.irps_issued;
  ++ke::state().counters.irps_outstanding;
  ke::trace("irp.create", {{"irp", info.id}, {"kind", kind == IrpKind::kThreaded ? "threaded" : "allocated"}});
  return irp;
}

void free_irp(PIRP irp) {
  ke::trace("irp.free", {{"irp", irp_info(irp)->id}});
  --ke::state().counters.irps_outstanding;
  g_irps.erase(irp);
  ExFreePoolWithTag(irp, kIrpTag);
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

VOID NTAPI IoInitializeIrp(PIRP Irp, USHORT PacketSize, CCHAR StackSize) {
  if (io::irp_info(Irp) != nullptr) {
    ntos::bug_check(0xC9, 0x20D, 0, reinterpret_cast<std::uintptr_t>(Irp), 0, "IoInitializeIrp",
                    "IoInitializeIrp on an IRP that IoAllocateIrp made");  // R-IRP-3
  }
  std::memset(static_cast<void*>(Irp), 0, PacketSize);
  Irp->Type = IO_TYPE_IRP;
  Irp->Size = PacketSize;
  Irp->StackCount = StackSize;
  Irp->CurrentLocation = static_cast<CHAR>(StackSize + 1);  // R-IRP-4
  InitializeListHead(&Irp->ThreadListEntry);
  Irp->Tail.Overlay.CurrentStackLocation = reinterpret_cast<PIO_STACK_LOCATION>(Irp + 1) + StackSize;
}

PIRP NTAPI IoAllocateIrp(CCHAR StackSize, BOOLEAN ChargeQuota) {
  UNREFERENCED_PARAMETER(ChargeQuota);
  if (StackSize < 1) return nullptr;
  return io::allocate_irp(StackSize, io::IrpKind::kAllocated);
}

VOID NTAPI IoFreeIrp(PIRP Irp) {
  io::IrpInfo* info = io::irp_info(Irp);
  if (info == nullptr) {
    ntos::bug_check(0xC9, 0x01, reinterpret_cast<std::uintptr_t>(Irp), 0, 0, "IoFreeIrp",
                    "IoFreeIrp of something that is no IRP");
  }
  if (info->kind == io::IrpKind::kThreaded) {
    ntos::bug_check(0xC9, 0x02, reinterpret_cast<std::uintptr_t>(Irp), 0, 0, "IoFreeIrp",
                    "IoFreeIrp of an IRP the I/O manager owns");  // R-IRP-7
  }
  io::free_irp(Irp);
}

VOID NTAPI IoReuseIrp(PIRP Irp, NTSTATUS Status) {
  io::IrpInfo* info = io::irp_info(Irp);
  if (info != nullptr && info->kind == io::IrpKind::kThreaded) {
    ntos::bug_check(0xC9, 0x311, 0, reinterpret_cast<std::uintptr_t>(Irp), 0, "IoReuseIrp",
                    "IoReuseIrp of an IRP made by IoBuildXxx");  // R-IRP-8
  }
  const CHAR stack_count = Irp->StackCount;
  const USHORT bytes = Irp->Size;
  std::memset(static_cast<void*>(Irp), 0, bytes);
  Irp->Type = IO_TYPE_IRP;
  Irp->Size = bytes;
  Irp->StackCount = stack_count;
  Irp->CurrentLocation = static_cast<CHAR>(stack_count + 1);
  InitializeListHead(&Irp->ThreadListEntry);
  Irp->Tail.Overlay.CurrentStackLocation = reinterpret_cast<PIO_STACK_LOCATION>(Irp + 1) + stack_count;
  Irp->IoStatus.Status = Status;
}

}  // extern "C"
