// ExAllocatePool… and ExFreePool… (R-IRQL-4).
#include "sw/ntos/ke/irql.h"

#include <algorithm>

#include "sw/ntos/ex/pool.h"
#include "sw/ntos/io/irp.h"
#include "sw/ntos/ke/machine.h"

using namespace p2p;
using namespace p2p::ke;

namespace {
constexpr ULONG kNoTag = 0x656E6F4E;   // "None", as Windows tags untagged allocations
constexpr ULONG kRaiseOnFailure = 16;  // POOL_RAISE_IF_ALLOCATION_FAILURE
constexpr ULONG kZeroAllocation = 1024;

PVOID allocate(bool paged, SIZE_T bytes, ULONG tag, bool zero, bool raise, const void* caller) {
  const KIRQL irql = KeGetCurrentIrql();
  verify(bytes != 0, 0x00, irql, paged, 0, "ExAllocatePool", "an allocation of zero bytes");
  if (paged && irql > APC_LEVEL) {
    verify(false, 0x01, irql, 1, bytes, "IrqlExAllocatePool", "paged pool was allocated above APC_LEVEL");
    ntos::bug_check(0xC2, 8, irql, 1, bytes, "BAD_POOL_CALLER", "paged pool was allocated above APC_LEVEL");
  }
  if (irql > DISPATCH_LEVEL) {
    verify(false, 0x02, irql, 0, bytes, "IrqlExAllocatePool", "pool was allocated above DISPATCH_LEVEL");
    ntos::bug_check(0xC2, 8, irql, 0, bytes, "BAD_POOL_CALLER", "pool was allocated above DISPATCH_LEVEL");
  }
  PVOID block = ex::pool_allocate(bytes, tag, zero, paged, caller);
  if (block == nullptr && raise) ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
  return block;
}

PVOID allocate_type(POOL_TYPE type, SIZE_T bytes, ULONG tag, const void* caller) {
  const auto bits = static_cast<ULONG>(type);
  return allocate((bits & PagedPool) != 0, bytes, tag, (bits & kZeroAllocation) != 0, (bits & kRaiseOnFailure) != 0,
                  caller);
}

PVOID allocate_flags(POOL_FLAGS flags, SIZE_T bytes, ULONG tag, bool valid, const void* caller) {
  const POOL_FLAGS kind = flags & (POOL_FLAG_NON_PAGED | POOL_FLAG_NON_PAGED_EXECUTE | POOL_FLAG_PAGED);
  if (!valid || tag == 0 || kind == 0 || (kind & (kind - 1)) != 0 || bytes == 0) {
    if ((flags & POOL_FLAG_RAISE_ON_FAILURE) != 0) ExRaiseStatus(STATUS_INVALID_PARAMETER);
    return nullptr;
  }
  return allocate((flags & POOL_FLAG_PAGED) != 0, bytes, tag, (flags & POOL_FLAG_UNINITIALIZED) == 0,
                  (flags & POOL_FLAG_RAISE_ON_FAILURE) != 0, caller);
}

bool acceptable(const POOL_EXTENDED_PARAMETER& parameter, POOL_FLAGS flags) {
  if (parameter.Optional != 0) return true;
  constexpr ULONG kAnyNodeWillDo = 0x80000000;  // MM_ANY_NODE_OK; this machine has node 0
  const ULONG node = parameter.PreferredNode;
  const bool node_known = (node & kAnyNodeWillDo) != 0 || node == 0;
  return parameter.Type == PoolExtendedParameterPriority ||
         (parameter.Type == PoolExtendedParameterNumaNode && node_known && (flags & POOL_FLAG_NON_PAGED) != 0);
}

void free_block(PVOID block, ULONG tag, bool check_tag) {
  const KIRQL irql = KeGetCurrentIrql();
  const io::IrpInfo* irp = io::irp_info(block);
  verify(irp == nullptr || irp->kind == io::IrpKind::kRaw, 0x105, value_of(block), 0, 0, "ExFreePool",
         "an IRP was freed as pool: IoFreeIrp frees it");
  const bool paged = ex::pool_is_paged(block);
  const bool allowed = irql <= (paged ? APC_LEVEL : DISPATCH_LEVEL);
  if (!allowed) {
    verify(false, paged ? 0x11 : 0x12, irql, paged, value_of(block), "IrqlExFreePool",
           "pool was freed at an IRQL its kind does not allow");
    ntos::bug_check(0xC2, 9, irql, paged, value_of(block), "BAD_POOL_CALLER",
                    "pool was freed at an IRQL its kind does not allow");
  }
  ex::pool_free(block, tag, check_tag);
}
}  // namespace

extern "C" {

PVOID NTAPI ExAllocatePool(POOL_TYPE PoolType, SIZE_T NumberOfBytes) {
  return allocate_type(PoolType, NumberOfBytes, kNoTag, __builtin_return_address(0));
}

PVOID NTAPI ExAllocatePoolWithTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag) {
  return allocate_type(PoolType, NumberOfBytes, Tag, __builtin_return_address(0));
}

PVOID NTAPI ExAllocatePoolWithTagPriority(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag,
                                          EX_POOL_PRIORITY Priority) {
  UNREFERENCED_PARAMETER(Priority);
  return allocate_type(PoolType, NumberOfBytes, Tag, __builtin_return_address(0));
}

// Quotas are not limited. Unlike its relatives this one raises by default.
PVOID NTAPI ExAllocatePoolWithQuotaTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag) {
  constexpr ULONG kFailInstead = 8;  // POOL_QUOTA_FAIL_INSTEAD_OF_RAISE
  const auto bits = static_cast<ULONG>(PoolType);
  return allocate((bits & PagedPool) != 0, NumberOfBytes, Tag, false, (bits & kFailInstead) == 0,
                  __builtin_return_address(0));
}

PVOID NTAPI ExAllocatePool2(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag) {
  return allocate_flags(Flags, NumberOfBytes, Tag, true, __builtin_return_address(0));
}

// A parameter that is not optional must be one this system knows: a priority, or a node for nonpaged pool.
PVOID NTAPI ExAllocatePool3(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag,
                            PCPOOL_EXTENDED_PARAMETER ExtendedParameters, ULONG ExtendedParametersCount) {
  const bool valid = std::all_of(ExtendedParameters, ExtendedParameters + ExtendedParametersCount,
                                 [Flags](const POOL_EXTENDED_PARAMETER& p) { return acceptable(p, Flags); });
  return allocate_flags(Flags, NumberOfBytes, Tag, valid, __builtin_return_address(0));
}

VOID NTAPI ExFreePoolWithTag(PVOID P, ULONG Tag) { free_block(P, Tag, true); }

VOID NTAPI ExFreePool(PVOID P) { free_block(P, 0, false); }

VOID NTAPI ExFreePool2(PVOID P, ULONG Tag, PVOID ExtendedParameters, ULONG ExtendedParametersCount) {
  UNREFERENCED_PARAMETER(ExtendedParameters);
  UNREFERENCED_PARAMETER(ExtendedParametersCount);
  free_block(P, Tag, true);
}

VOID NTAPI ExInitializeDriverRuntime(ULONG RuntimeFlags) { UNREFERENCED_PARAMETER(RuntimeFlags); }

}  // extern "C"
