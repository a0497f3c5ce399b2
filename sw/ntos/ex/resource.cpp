// ERESOURCE: shared by many or owned by one. Its state lives beside the structure, which drivers treat as opaque.
#include "sw/ntos/ke/irql.h"

#include <map>
#include <memory>

#include "sw/ntos/ex/resource.h"

namespace p2p::ex {

namespace {
struct Resource {
  ke::Thread* exclusive = nullptr;
  unsigned depth = 0;                        // of the exclusive owner
  std::map<std::uint64_t, unsigned> shared;  // acquisitions by thread id
  unsigned shared_waiters = 0, exclusive_waiters = 0;
  KEVENT changed;  // set whenever somebody leaves
};
std::map<std::uintptr_t, std::unique_ptr<Resource>>& resources() {
  static auto* const map = new std::map<std::uintptr_t, std::unique_ptr<Resource>>;
  return *map;
}
}  // namespace

const void* active_resource_in(const void* base, std::size_t bytes) {
  auto found = resources().lower_bound(reinterpret_cast<std::uintptr_t>(base));
  if (found == resources().end() || found->first - reinterpret_cast<std::uintptr_t>(base) >= bytes) return nullptr;
  return reinterpret_cast<const void*>(found->first);
}

}  // namespace p2p::ex

using namespace p2p;
using namespace p2p::ke;

namespace {
ex::Resource& state_of(PERESOURCE resource) {
  auto found = ex::resources().find(value_of(resource));
  if (found == ex::resources().end()) {
    verify(false, 0x1002, value_of(resource), 0, 0, "Resource", "an ERESOURCE is used that is not initialised");
    ntos::bug_check(0xE3, value_of(resource), current_thread()->id, 0, 0, "RESOURCE_NOT_OWNED",
                    "an ERESOURCE is used that is not initialised");
  }
  return *found->second;
}

/// Normal kernel APCs cannot suspend a thread that owns a resource.
void check_apcs_off(PERESOURCE resource, std::uint64_t sub_code, const char* message) {
  const Thread* self = current_thread();
  const bool off = current_cpu().irql >= APC_LEVEL || self->kernel_apc_disable > 0 || self->special_apc_disable > 0;
  verify(off, sub_code, current_cpu().irql, static_cast<std::uint64_t>(self->kernel_apc_disable), value_of(resource),
         "ResourceCriticalRegion", message);
}

void check_acquire(PERESOURCE resource) {
  verify(value_of(resource) % alignof(ERESOURCE) == 0, 0x3D, 0, 0, value_of(resource), "ResourceAlignment",
         "an ERESOURCE is not aligned");
  check_apcs_off(resource, 0x37, "an ERESOURCE is acquired with normal kernel APCs enabled");
}

void wait_change(ex::Resource& state, unsigned& waiters) {
  ++waiters;
  KeClearEvent(&state.changed);
  void* event = &state.changed;
  wait_for_objects(&event, 1, false, false, nullptr);
  --waiters;
}

bool acquire_exclusive(PERESOURCE resource, bool wait) {
  check_acquire(resource);
  ex::Resource& state = state_of(resource);
  Thread* self = current_thread();
  if (state.exclusive == self) {
    ++state.depth;
    return true;
  }
  if (wait && state.shared.contains(self->id)) {
    verify(false, 0x1000, value_of(resource), 0, 0, "DeadlockSelf",
           "a thread that shares an ERESOURCE waits to own it exclusively");
  }
  while (state.exclusive != nullptr || !state.shared.empty()) {
    if (!wait) return false;
    wait_change(state, state.exclusive_waiters);
  }
  state.exclusive = self;
  state.depth = 1;
  return true;
}

bool acquire_shared(PERESOURCE resource, bool wait, bool behind_exclusive) {
  check_acquire(resource);
  ex::Resource& state = state_of(resource);
  Thread* self = current_thread();
  if (state.exclusive == self) {
    ++state.depth;
    return true;
  }
  const bool again = state.shared.contains(self->id);
  while (state.exclusive != nullptr || (behind_exclusive && !again && state.exclusive_waiters > 0)) {
    if (!wait) return false;
    wait_change(state, state.shared_waiters);
    // Once it has waited its turn, those that came later do not go first.
    if (state.exclusive == nullptr) break;
  }
  ++state.shared[self->id];
  return true;
}

void release(PERESOURCE resource, Thread* thread) {
  check_apcs_off(resource, 0x38, "an ERESOURCE is released with normal kernel APCs enabled");
  ex::Resource& state = state_of(resource);
  auto shared = state.shared.find(thread->id);
  if (state.exclusive == thread) {
    if (--state.depth == 0) state.exclusive = nullptr;
  } else if (shared != state.shared.end()) {
    if (--shared->second == 0) state.shared.erase(shared);
  } else {
    ntos::bug_check(0xE3, value_of(resource), thread->id, 0, 0, "RESOURCE_NOT_OWNED",
                    "an ERESOURCE was released by a thread that does not own it");
  }
  if (state.exclusive == nullptr) KeSetEvent(&state.changed, IO_NO_INCREMENT, FALSE);
}
}  // namespace

extern "C" {

NTSTATUS NTAPI ExInitializeResourceLite(PERESOURCE Resource) {
  auto& slot = ex::resources()[value_of(Resource)];
  verify(slot == nullptr, 0xD0, value_of(Resource), 0, 0, "Resource", "an ERESOURCE was initialised twice");
  *Resource = {};
  slot = std::make_unique<ex::Resource>();
  KeInitializeEvent(&slot->changed, NotificationEvent, FALSE);
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI ExDeleteResourceLite(PERESOURCE Resource) {
  auto found = ex::resources().find(value_of(Resource));
  verify(found != ex::resources().end(), 0xD1, value_of(Resource), 0, 0, "Resource",
         "an ERESOURCE was deleted that is not initialised");
  if (found == ex::resources().end()) return STATUS_INVALID_PARAMETER;
  const bool active = found->second->exclusive != nullptr || !found->second->shared.empty();
  verify(!active, 0xD2, value_of(Resource), 0, 0, "Resource", "an ERESOURCE was deleted while owned");
  ex::resources().erase(found);
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI ExReinitializeResourceLite(PERESOURCE Resource) {
  ExDeleteResourceLite(Resource);
  return ExInitializeResourceLite(Resource);
}

BOOLEAN NTAPI ExAcquireResourceExclusiveLite(PERESOURCE Resource, BOOLEAN Wait) {
  return acquire_exclusive(Resource, Wait != FALSE);
}
#undef ExTryToAcquireResourceExclusiveLite
BOOLEAN NTAPI ExTryToAcquireResourceExclusiveLite(PERESOURCE Resource) { return acquire_exclusive(Resource, false); }

BOOLEAN NTAPI ExAcquireResourceSharedLite(PERESOURCE Resource, BOOLEAN Wait) {
  return acquire_shared(Resource, Wait != FALSE, true);
}
BOOLEAN NTAPI ExAcquireSharedStarveExclusive(PERESOURCE Resource, BOOLEAN Wait) {
  return acquire_shared(Resource, Wait != FALSE, false);
}

VOID NTAPI ExReleaseResourceLite(PERESOURCE Resource) { release(Resource, current_thread()); }

VOID NTAPI ExConvertExclusiveToSharedLite(PERESOURCE Resource) {
  ex::Resource& state = state_of(Resource);
  if (state.exclusive != current_thread()) {
    ntos::bug_check(0xE3, value_of(Resource), current_thread()->id, 0, 0, "RESOURCE_NOT_OWNED",
                    "an ERESOURCE was made shared by a thread that does not own it exclusively");
  }
  state.shared[current_thread()->id] = state.depth;
  state.exclusive = nullptr;
  state.depth = 0;
  KeSetEvent(&state.changed, IO_NO_INCREMENT, FALSE);
}

BOOLEAN NTAPI ExIsResourceAcquiredExclusiveLite(PERESOURCE Resource) {
  return state_of(Resource).exclusive == current_thread();
}
ULONG NTAPI ExIsResourceAcquiredSharedLite(PERESOURCE Resource) {
  const ex::Resource& state = state_of(Resource);
  if (state.exclusive == current_thread()) return state.depth;
  auto shared = state.shared.find(current_thread()->id);
  return shared != state.shared.end() ? shared->second : 0;
}
ULONG NTAPI ExGetExclusiveWaiterCount(PERESOURCE Resource) { return state_of(Resource).exclusive_waiters; }
ULONG NTAPI ExGetSharedWaiterCount(PERESOURCE Resource) { return state_of(Resource).shared_waiters; }

PVOID NTAPI ExEnterCriticalRegionAndAcquireResourceExclusive(PERESOURCE Resource) {
  KeEnterCriticalRegion();
  acquire_exclusive(Resource, true);
  return current_thread();
}
PVOID NTAPI ExEnterCriticalRegionAndAcquireResourceShared(PERESOURCE Resource) {
  KeEnterCriticalRegion();
  acquire_shared(Resource, true, true);
  return current_thread();
}
VOID NTAPI ExReleaseResourceAndLeaveCriticalRegion(PERESOURCE Resource) {
  release(Resource, current_thread());
  KeLeaveCriticalRegion();
}

}  // extern "C"
