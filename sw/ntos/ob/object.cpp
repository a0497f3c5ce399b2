#include "sw/ntos/ddk.h"

#include <map>
#include <utility>
#include <vector>

#include "ntos/ks_support.h"
#include "sw/ntos/ex/module.h"
#include "sw/ntos/ex/work_item.h"
#include "sw/ntos/ke/cpu.h"
#include "sw/ntos/ke/verify.h"
#include "sw/ntos/ob/object.h"
#include "sw/ntos/user/addresses.h"

namespace p2p::ob {

namespace {
struct Object {
  Kind kind;
  std::uint64_t references;
  std::function<void()> destroy;
};
struct Slot {
  void* body = nullptr;
  std::uint32_t access = 0;
  std::function<void()> closing;
  HandleOwner owner = HandleOwner::kEither;
};
// Never destroyed: what a driver or an application leaves open at the end is no leak of the kernel's.
std::map<const void*, Object>& g_objects = *new std::map<const void*, Object>;
std::vector<Slot>& g_handles = *new std::vector<Slot>;

Slot* slot_of(std::uintptr_t handle) {
  const std::size_t index = handle / 4;
  if (handle % 4 != 0 || index == 0 || index > g_handles.size() || g_handles[index - 1].body == nullptr) return nullptr;
  return &g_handles[index - 1];
}
}  // namespace

void reset() {
  g_objects.clear();
  g_handles.clear();
}

void create(void* body, Kind kind, std::function<void()> destroy) { g_objects[body] = {kind, 1, std::move(destroy)}; }

bool is_object(const void* body, Kind kind) {
  auto found = g_objects.find(body);
  return found != g_objects.end() && found->second.kind == kind;
}

std::uint64_t references_of(const void* body) {
  auto found = g_objects.find(body);
  return found == g_objects.end() ? 0 : found->second.references;
}

void reference(void* body) {
  auto found = g_objects.find(body);
  if (found == g_objects.end()) {
    ntos::bug_check(0xC4, 0x3F, reinterpret_cast<std::uintptr_t>(body), 1, 0, "ObReferenceObject",
                    "a reference was taken on something that is no object, or no longer one");
  }
  ++found->second.references;
}

void dereference(void* body) {
  auto found = g_objects.find(body);
  if (found == g_objects.end()) {
    ntos::bug_check(0xC4, 0x3F, reinterpret_cast<std::uintptr_t>(body), static_cast<std::uint64_t>(-1), 0,
                    "ObDereferenceObject", "a reference was dropped on something that is no object, or no longer one");
  }
  if (--found->second.references != 0) return;
  std::function<void()> destroy = std::move(found->second.destroy);
  const bool at_passive = found->second.kind == Kind::kFile;
  g_objects.erase(found);
  if (!destroy) return;
  // The last reference of a file may go in the APC of its last request; its driver sees IRP_MJ_CLOSE at PASSIVE_LEVEL.
  if (at_passive && ke::current_cpu().irql > PASSIVE_LEVEL) {
    ex::queue_work(std::move(destroy));
  } else {
    destroy();
  }
}

bool is_open(std::uintptr_t handle) { return slot_of(handle) != nullptr; }

void* any_body_of(std::uintptr_t handle, std::uint32_t* access) {
  const Slot* slot = slot_of(handle);
  if (slot == nullptr) return nullptr;
  *access = slot->access;
  return slot->body;
}

HandleOwner owner_of_caller() { return ke::current_thread()->system ? HandleOwner::kEither : HandleOwner::kUser; }

HandleOwner owner_of(std::uintptr_t handle) {
  const Slot* slot = slot_of(handle);
  return slot != nullptr ? slot->owner : HandleOwner::kEither;
}

std::uintptr_t insert_handle(void* body, std::uint32_t access, std::function<void()> closing, HandleOwner owner) {
  std::size_t index = 0;
  while (index < g_handles.size() && g_handles[index].body != nullptr) ++index;
  if (index == g_handles.size()) g_handles.emplace_back();
  g_handles[index] = {body, access, std::move(closing), owner};
  return (index + 1) * 4;
}

void* body_of(std::uintptr_t handle, Kind kind, std::uint32_t* access) {
  Slot* slot = slot_of(handle);
  if (slot == nullptr || !is_object(slot->body, kind)) return nullptr;
  if (access != nullptr) *access = slot->access;
  return slot->body;
}

void* waitable_of(std::uintptr_t handle, void** body) {
  Slot* slot = slot_of(handle);
  if (slot == nullptr) return nullptr;
  if (body != nullptr) *body = slot->body;
  switch (g_objects.at(slot->body).kind) {
    case Kind::kEvent:
    case Kind::kThread:
      return slot->body;
    case Kind::kFile:
      return &static_cast<PFILE_OBJECT>(slot->body)->Event;
    default:
      return nullptr;
  }
}

NTSTATUS close_handle(std::uintptr_t handle) {
  Slot* slot = slot_of(handle);
  if (slot == nullptr) return STATUS_INVALID_HANDLE;
  void* body = slot->body;
  const std::function<void()> closing = std::move(slot->closing);
  *slot = {};
  if (closing) closing();
  dereference(body);
  return STATUS_SUCCESS;
}

}  // namespace p2p::ob

using namespace p2p;

namespace {
// Object types are opaque: only their addresses and what they stand for matter.
UCHAR g_file_type, g_event_type, g_thread_type;
POBJECT_TYPE g_file_type_pointer = reinterpret_cast<POBJECT_TYPE>(&g_file_type);
POBJECT_TYPE g_event_type_pointer = reinterpret_cast<POBJECT_TYPE>(&g_event_type);
POBJECT_TYPE g_thread_type_pointer = reinterpret_cast<POBJECT_TYPE>(&g_thread_type);

/// Of the type, or of any if that is null; nullptr if there is none.
void* find(std::uintptr_t handle, POBJECT_TYPE type, std::uint32_t* access) {
  if (type == nullptr) return ob::any_body_of(handle, access);
  const std::pair<POBJECT_TYPE, ob::Kind> kinds[] = {{g_file_type_pointer, ob::Kind::kFile},
                                                     {g_event_type_pointer, ob::Kind::kEvent},
                                                     {g_thread_type_pointer, ob::Kind::kThread}};
  for (const auto& [its_type, kind] : kinds) {
    if (type == its_type) return ob::body_of(handle, kind, access);
  }
  return nullptr;
}

/// Whose handle may be used in whose name.
void check_handle(std::uintptr_t handle, POBJECT_TYPE type, KPROCESSOR_MODE mode, const void* caller) {
  const bool user_thread = !ke::current_thread()->system;
  ke::verify(handle != 0 || mode != KernelMode, 0xF5, handle, ke::value_of(type), 0, "ObReferenceObjectByHandle",
             "ObReferenceObjectByHandle with a NULL handle");
  // Who is linked into the program plays driver and application at once.
  const bool as_kernel = mode == KernelMode && user_thread && ex::module_of(caller) != nullptr;
  ke::verify(!as_kernel || ob::owner_of(handle) != ob::HandleOwner::kUser, 0xF6, handle,
             ke::value_of(IoGetCurrentProcess()), ke::value_of(caller), "ObReferenceObjectByHandle",
             "an application's handle was used in KernelMode: it may name anything by now");
  ke::verify(mode == KernelMode || user_thread || ob::owner_of(handle) != ob::HandleOwner::kKernel, 0xF7, handle,
             ke::value_of(type), static_cast<std::uint64_t>(mode), "ObReferenceObjectByHandle",
             "a kernel handle was used in UserMode in the system process");
}
}  // namespace

extern "C" {

POBJECT_TYPE* IoFileObjectType = &g_file_type_pointer;
POBJECT_TYPE* ExEventObjectType = &g_event_type_pointer;
POBJECT_TYPE* PsThreadType = &g_thread_type_pointer;

LONG_PTR NTAPI ObfReferenceObject(PVOID Object) {
  ob::reference(Object);
  return 0;
}
LONG_PTR NTAPI ObfDereferenceObject(PVOID Object) {
  ob::dereference(Object);
  return 0;
}
NTSTATUS NTAPI ObReferenceObjectByPointer(PVOID Object, ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType,
                                          KPROCESSOR_MODE AccessMode) {
  UNREFERENCED_PARAMETER(DesiredAccess);
  UNREFERENCED_PARAMETER(ObjectType);
  UNREFERENCED_PARAMETER(AccessMode);
  ob::reference(Object);
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI ObReferenceObjectByHandle(HANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType,
                                         KPROCESSOR_MODE AccessMode, PVOID* Object,
                                         POBJECT_HANDLE_INFORMATION HandleInformation) {
  const auto handle = reinterpret_cast<std::uintptr_t>(Handle);
  nt::check_kernel_address(Object, sizeof *Object, "ObReferenceObjectByHandle");
  check_handle(handle, ObjectType, AccessMode, __builtin_return_address(0));
  std::uint32_t access = 0;
  void* body = find(handle, ObjectType, &access);
  if (body == nullptr) {
    // A handle from an application may be anything; one of the driver's own may not.
    ke::verify(AccessMode != KernelMode || ob::is_open(handle), 0x3C, handle, ke::value_of(ObjectType), 0,
               "ObReferenceObjectByHandle", "ObReferenceObjectByHandle with a handle that is not open");
    return ob::is_open(handle) ? STATUS_OBJECT_TYPE_MISMATCH : STATUS_INVALID_HANDLE;
  }
  constexpr ACCESS_MASK kSpecific = 0xFFFF;
  if (AccessMode != KernelMode && (DesiredAccess & kSpecific & ~access) != 0) return STATUS_ACCESS_DENIED;
  ob::reference(body);
  if (HandleInformation != nullptr) *HandleInformation = {0, access};
  *Object = body;
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI ZwClose(HANDLE Handle) { return ob::close_handle(reinterpret_cast<std::uintptr_t>(Handle)); }

}  // extern "C"
