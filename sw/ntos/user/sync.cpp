// System calls on events, waits, completion ports, threads, memory and time.
#include "sw/ntos/ddk.h"

#include <deque>
#include <map>
#include <memory>

#include "ntos/ks_support.h"
#include "ntos/syscalls.h"
#include "sw/ntos/io/irp.h"
#include "sw/ntos/io/names.h"
#include "sw/ntos/ke/objects.h"
#include "sw/ntos/ob/object.h"
#include "sw/ntos/user/addresses.h"
#include "sw/ntos/user/syscall.h"

namespace p2p::nt {

namespace {
constexpr ULONG kEventTag = 0x6E657645;  // "Even"

struct Port {
  KSEMAPHORE packets;
  std::deque<CompletionPacket> queue;
};
std::map<void*, std::size_t> g_regions;  // user memory: base to pages

/// Objects that somebody waits for stay, whoever closes their handles meanwhile.
class References {
 public:
  References() = default;
  ~References() {
    for (void* body : bodies_) ob::dereference(body);
  }
  References(const References&) = delete;
  References& operator=(const References&) = delete;
  void add(void* body) {
    ob::reference(body);
    bodies_.push_back(body);
  }

 private:
  std::vector<void*> bodies_;
};

const LARGE_INTEGER* as_time(const std::int64_t* time) { return reinterpret_cast<const LARGE_INTEGER*>(time); }
}  // namespace

Status create_event(Handle* event, bool manual_reset, bool initial_state) {
  SystemCall call;
  auto* object = static_cast<PKEVENT>(ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(KEVENT), kEventTag));
  if (object == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  KeInitializeEvent(object, manual_reset ? NotificationEvent : SynchronizationEvent, initial_state);
  ob::create(object, ob::Kind::kEvent, [object] { ExFreePoolWithTag(object, kEventTag); });
  *event = ob::insert_handle(object, EVENT_ALL_ACCESS, {}, ob::owner_of_caller());
  return STATUS_SUCCESS;
}

Status set_event(Handle event) {
  SystemCall call;
  auto* object = static_cast<PKEVENT>(ob::body_of(event, ob::Kind::kEvent));
  if (object == nullptr) return STATUS_INVALID_HANDLE;
  KeSetEvent(object, 0, FALSE);
  return STATUS_SUCCESS;
}

Status reset_event(Handle event) {
  SystemCall call;
  auto* object = static_cast<PKEVENT>(ob::body_of(event, ob::Kind::kEvent));
  if (object == nullptr) return STATUS_INVALID_HANDLE;
  KeClearEvent(object);
  return STATUS_SUCCESS;
}

Status wait_for_multiple_objects(const Handle* handles, std::uint32_t count, bool wait_all, bool alertable,
                                 const std::int64_t* timeout) {
  SystemCall call;
  if (count == 0 || count > MAXIMUM_WAIT_OBJECTS) return STATUS_INVALID_PARAMETER;
  References waited_for;
  void* objects[MAXIMUM_WAIT_OBJECTS];
  for (std::uint32_t i = 0; i < count; ++i) {
    void* body = nullptr;
    objects[i] = ob::waitable_of(handles[i], &body);
    if (objects[i] == nullptr) return STATUS_INVALID_HANDLE;
    waited_for.add(body);
  }
  return ke::wait_for_objects(objects, count, wait_all, alertable, as_time(timeout));
}

Status wait_for_single_object(Handle handle, bool alertable, const std::int64_t* timeout) {
  return wait_for_multiple_objects(&handle, 1, false, alertable, timeout);
}

Status delay_execution(bool alertable, const std::int64_t* interval) {
  SystemCall call;
  ke::wait_for_objects(nullptr, 0, false, alertable, as_time(interval));
  return STATUS_SUCCESS;
}

Status create_io_completion(Handle* port) {
  SystemCall call;
  auto* object = new Port;
  KeInitializeSemaphore(&object->packets, 0, MAXLONG);
  ob::create(object, ob::Kind::kCompletionPort, [object] { delete object; });
  *port = ob::insert_handle(object, 0x1F0003, {}, ob::owner_of_caller());
  return STATUS_SUCCESS;
}

Status associate_io_completion(Handle port, Handle file, std::uintptr_t key) {
  SystemCall call;
  void* port_object = ob::body_of(port, ob::Kind::kCompletionPort);
  auto* file_object = static_cast<PFILE_OBJECT>(ob::body_of(file, ob::Kind::kFile));
  if (port_object == nullptr || file_object == nullptr) return STATUS_INVALID_HANDLE;
  if (file_object->CompletionContext != nullptr) return STATUS_INVALID_PARAMETER;
  auto* context = static_cast<PIO_COMPLETION_CONTEXT>(
      ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(IO_COMPLETION_CONTEXT), 0x656C6946));
  if (context == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  ob::reference(port_object);
  context->Port = port_object;
  context->Key = reinterpret_cast<PVOID>(key);
  file_object->CompletionContext = context;
  return STATUS_SUCCESS;
}

Status remove_io_completion(Handle port, CompletionPacket* packet, const std::int64_t* timeout) {
  SystemCall call;
  auto* object = static_cast<Port*>(ob::body_of(port, ob::Kind::kCompletionPort));
  if (object == nullptr) return STATUS_INVALID_HANDLE;
  ob::reference(object);
  void* semaphore = &object->packets;
  const NTSTATUS status = ke::wait_for_objects(&semaphore, 1, false, false, as_time(timeout));
  if (status == STATUS_SUCCESS) {
    *packet = object->queue.front();
    object->queue.pop_front();
  }
  ob::dereference(object);
  return status;
}

void* allocate_virtual_memory(std::size_t bytes) {
  SystemCall call;
  const std::size_t pages = (bytes + PAGE_SIZE - 1) / PAGE_SIZE;
  void* base = pages != 0 ? ke::hardware().allocate_pages(pages) : nullptr;
  if (base != nullptr) g_regions[base] = pages;
  return base;
}

void free_virtual_memory(void* base) {
  SystemCall call;
  auto found = g_regions.find(base);
  if (found == g_regions.end()) return;
  ke::hardware().free_pages(base, found->second);
  g_regions.erase(found);
}

bool is_user_address(const void* address) {
  auto found = g_regions.upper_bound(const_cast<void*>(address));
  if (found == g_regions.begin()) return false;
  --found;
  return static_cast<const char*>(address) < static_cast<const char*>(found->first) + found->second * PAGE_SIZE;
}

Status create_thread(Handle* thread, std::string_view name, std::function<void()> body) {
  SystemCall call;
  ke::Thread* object = ke::create_thread(std::string(name), UserMode, std::move(body));
  ob::create(object, ob::Kind::kThread, {});  // threads live as long as the kernel
  *thread = ob::insert_handle(object, 0x1FFFFF, {}, ob::owner_of_caller());
  return STATUS_SUCCESS;
}

std::int64_t query_system_time() { return ke::now_100ns(); }

std::vector<std::u16string> enumerate_device_interfaces(const void* class_guid) {
  SystemCall call;
  return io::enabled_interfaces(*static_cast<const GUID*>(class_guid));
}

}  // namespace p2p::nt

namespace p2p::io {
void post_completion(void* port, std::uintptr_t key, void* apc_context, const IO_STATUS_BLOCK& iosb) {
  auto* object = static_cast<nt::Port*>(port);
  nt::CompletionPacket packet{key, apc_context, {}};
  packet.iosb.status = iosb.Status;
  packet.iosb.information = iosb.Information;
  object->queue.push_back(packet);
  KeReleaseSemaphore(&object->packets, 0, 1, FALSE);
}
}  // namespace p2p::io
