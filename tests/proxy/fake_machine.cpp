#include "fake_machine.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace p2p::fake {
namespace {

constexpr nt::Status kPending = 0x103;
constexpr nt::Status kTimeout = 0x102;
constexpr nt::Status kInvalidHandle = static_cast<nt::Status>(0xC0000008);
constexpr nt::Status kNotImplemented = static_cast<nt::Status>(0xC0000002);
constexpr nt::Status kInsufficientResources = static_cast<nt::Status>(0xC000009A);
constexpr nt::Status kNameNotFound = static_cast<nt::Status>(0xC0000034);
constexpr std::int64_t kSystemCall100ns = 3;

Machine* instance = nullptr;

bool is_error(nt::Status status) { return (static_cast<std::uint32_t>(status) >> 30) == 3; }

}  // namespace

nt::Status Device::create(std::u16string_view, std::uint32_t, std::shared_ptr<Device>*) { return kNameNotFound; }
void Device::cancel(nt::IoStatusBlock*) {}

Machine::Machine(std::uint64_t seed) : random_(seed) { instance = this; }

Machine::~Machine() {
  for (auto& thread : threads_) thread->os.join();
  instance = nullptr;
}

Machine& Machine::get() {
  if (instance == nullptr) {
    std::fprintf(stderr, "system call outside a fake machine\n");
    std::abort();
  }
  return *instance;
}

void Machine::add_interface(std::u16string link, std::shared_ptr<Device> device) {
  interfaces_.emplace_back(std::move(link), std::move(device));
}

nt::Handle Machine::add(std::shared_ptr<Object> object) {
  const nt::Handle handle = next_handle_;
  next_handle_ += 4;
  objects_[handle] = std::move(object);
  return handle;
}

std::shared_ptr<Machine::Object> Machine::find(nt::Handle handle) const {
  const auto found = objects_.find(handle);
  return found == objects_.end() ? nullptr : found->second;
}

/// Every system call: costs time, and with a seed may let another thread run first.
void Machine::enter() {
  now_ += kSystemCall100ns;
  if (random_ == 0 || current_ == nullptr) return;
  random_ = random_ * 6364136223846793005u + 1442695040888963407u;
  if ((random_ >> 60) < 6 && !ready_.empty()) {
    std::unique_lock lock(lock_);
    hand_over(lock, true);
  }
}

void Machine::hand_over(std::unique_lock<std::mutex>& lock, bool ready_again) {
  Thread* me = current_;
  if (ready_again) ready_.push_back(me);
  if (ready_.empty()) {
    Thread* earliest = nullptr;
    for (auto& thread : threads_) {
      if (!thread->ended && thread->timed && (earliest == nullptr || thread->deadline < earliest->deadline)) {
        earliest = thread.get();
      }
    }
    if (earliest != nullptr) {
      now_ = std::max(now_, earliest->deadline);
      earliest->timed = false;
      earliest->waits_for.clear();
      earliest->result = kTimeout;
      ready_.push_back(earliest);
    }
  }
  if (ready_.empty()) {
    const bool done = std::all_of(threads_.begin(), threads_.end(), [](const auto& t) { return t->ended; });
    if (!done) {
      std::fprintf(stderr, "deadlock: every thread waits for ever\n");
      for (auto& thread : threads_) {
        if (!thread->ended) std::fprintf(stderr, "  %s\n", thread->name.c_str());
      }
      std::abort();
    }
    current_ = nullptr;
    all_ended_.notify_all();
    return;
  }
  current_ = ready_.front();
  ready_.pop_front();
  current_->turn.notify_one();
  if (!me->ended) me->turn.wait(lock, [&] { return current_ == me; });
}

Machine::Thread& Machine::spawn(std::string name, std::function<void()> body, const std::shared_ptr<Object>& object) {
  threads_.push_back(std::make_unique<Thread>());
  Thread* thread = threads_.back().get();
  thread->name = std::move(name);
  thread->os = std::thread([this, thread, code = std::move(body), object]() mutable {
    {
      std::unique_lock lock(lock_);
      thread->turn.wait(lock, [&] { return current_ == thread; });
    }
    code();
    code = nullptr;
    if (object != nullptr) signal(*object);
    std::unique_lock lock(lock_);
    thread->ended = true;
    hand_over(lock, false);
  });
  ready_.push_back(thread);
  return *thread;
}

void Machine::run(std::function<void()> body) {
  spawn("test", std::move(body), nullptr);
  std::unique_lock lock(lock_);
  current_ = ready_.front();
  ready_.pop_front();
  current_->turn.notify_one();
  all_ended_.wait(lock, [&] { return current_ == nullptr; });
}

bool Machine::try_satisfy(Thread& thread) {
  for (std::size_t i = 0; i < thread.waits_for.size(); ++i) {
    Object& object = *thread.waits_for[i];
    if (!object.signalled) continue;
    if (!object.manual_reset) object.signalled = false;
    thread.result = static_cast<nt::Status>(i);
    thread.waits_for.clear();
    thread.timed = false;
    return true;
  }
  return false;
}

void Machine::signal(Object& object) {
  object.signalled = true;
  for (auto& thread : threads_) {
    if (!thread->waits_for.empty() && try_satisfy(*thread)) ready_.push_back(thread.get());
  }
}

nt::Status Machine::wait(std::vector<std::shared_ptr<Object>> objects, const std::int64_t* timeout) {
  Thread& me = *current_;
  me.waits_for = std::move(objects);
  if (try_satisfy(me)) return me.result;
  if (timeout != nullptr && *timeout == 0) {
    me.waits_for.clear();
    return kTimeout;
  }
  me.timed = timeout != nullptr;
  if (me.timed) me.deadline = *timeout < 0 ? now_ - *timeout : *timeout;
  std::unique_lock lock(lock_);
  hand_over(lock, false);
  return me.result;
}

void Machine::complete(const std::shared_ptr<Request>& request, nt::Status status, std::uintptr_t information) {
  request->iosb->information = information;
  request->iosb->status = status;
  if (const auto event = find(request->event)) signal(*event);
  if (const auto file = find(request->file)) signal(*file);
}

/// The system calls, as friends of the machine.
struct Calls {
  static Machine& enter() {
    Machine& m = Machine::get();
    m.enter();
    return m;
  }
  static nt::Status create_file(nt::Handle* file, std::uint32_t access, nt::Handle root, std::u16string_view name) {
    Machine& m = enter();
    std::shared_ptr<Device> opened;
    if (root == 0) {
      for (const auto& [link, device] : m.interfaces_) {
        if (link == name) opened = device;
      }
      if (opened == nullptr) return kNameNotFound;
    } else {
      const auto parent = m.find(root);
      if (parent == nullptr || parent->device == nullptr) return kInvalidHandle;
      const nt::Status status = parent->device->create(name, access, &opened);
      if (status < 0) return status;
    }
    *file =
        m.add(std::make_shared<Machine::Object>(Machine::Object{Machine::Object::Kind::kFile, true, false, opened}));
    return 0;
  }
  static nt::Status close(nt::Handle handle) {
    Machine& m = enter();
    const auto object = m.find(handle);
    if (object == nullptr) return kInvalidHandle;
    m.objects_.erase(handle);
    if (object->device != nullptr) object->device->close();
    return 0;
  }
  static nt::Status control(nt::Handle file, nt::Handle event, nt::IoStatusBlock* iosb, std::uint32_t code, void* input,
                            std::uint32_t input_bytes, void* output, std::uint32_t output_bytes) {
    Machine& m = enter();
    const auto object = m.find(file);
    if (object == nullptr || object->device == nullptr) return kInvalidHandle;
    const auto signalled = m.find(event);
    if (event != 0 && signalled == nullptr) return kInvalidHandle;
    if (signalled != nullptr) signalled->signalled = false;
    object->signalled = false;
    auto request = std::make_shared<Request>(
        Request{code, input, input_bytes, output, output_bytes, 0, iosb, event, file, m.next_request_++});
    const nt::Status status = object->device->control(request);
    // An error that never pended touches neither block nor event.
    if (status != kPending && !is_error(status)) m.complete(request, status, request->information);
    return status;
  }
  static nt::Status cancel(nt::Handle file, nt::IoStatusBlock* iosb) {
    Machine& m = enter();
    const auto object = m.find(file);
    if (object == nullptr || object->device == nullptr) return kInvalidHandle;
    object->device->cancel(iosb);
    return 0;
  }
  static nt::Status create_event(nt::Handle* event, bool manual_reset, bool initial) {
    Machine& m = enter();
    if (m.fail_event_after >= 0 && m.fail_event_after-- == 0) return kInsufficientResources;
    *event = m.add(std::make_shared<Machine::Object>(
        Machine::Object{Machine::Object::Kind::kEvent, manual_reset, initial, nullptr}));
    return 0;
  }
  static nt::Status set(nt::Handle handle, bool signalled) {
    Machine& m = enter();
    const auto object = m.find(handle);
    if (object == nullptr || object->kind != Machine::Object::Kind::kEvent) return kInvalidHandle;
    if (signalled) {
      m.signal(*object);
    } else {
      object->signalled = false;
    }
    return 0;
  }
  static nt::Status wait(const nt::Handle* handles, std::uint32_t count, bool all, const std::int64_t* timeout) {
    Machine& m = enter();
    if (all && count > 1) return kNotImplemented;
    std::vector<std::shared_ptr<Machine::Object>> objects;
    for (std::uint32_t i = 0; i < count; ++i) {
      objects.push_back(m.find(handles[i]));
      if (objects.back() == nullptr) return kInvalidHandle;
    }
    return m.wait(std::move(objects), timeout);
  }
  static nt::Status delay(const std::int64_t* interval) {
    Machine& m = enter();
    m.wait({std::make_shared<Machine::Object>()}, interval);
    return 0;
  }
  static void* allocate(std::size_t bytes) {
    Machine& m = enter();
    if (m.fail_memory_after >= 0 && m.fail_memory_after-- == 0) return nullptr;
    const std::size_t rounded = (bytes + 4095) / 4096 * 4096;
    void* block = std::aligned_alloc(4096, rounded);
    std::memset(block, 0, rounded);
    m.blocks_[block] = rounded;
    return block;
  }
  static void release(void* block) {
    Machine& m = enter();
    if (m.blocks_.erase(block) != 1) std::abort();  // freed twice, or never allocated
    std::free(block);
  }
  static nt::Status create_thread(nt::Handle* handle, std::string_view name, std::function<void()> body) {
    Machine& m = enter();
    auto object =
        std::make_shared<Machine::Object>(Machine::Object{Machine::Object::Kind::kThread, true, false, nullptr});
    m.spawn(std::string(name), std::move(body), object);
    *handle = m.add(object);
    return 0;
  }
  static std::vector<std::u16string> interfaces() {
    Machine& m = enter();
    std::vector<std::u16string> links;
    for (const auto& [link, device] : m.interfaces_) links.push_back(link);
    return links;
  }
};

}  // namespace p2p::fake

namespace p2p::nt {

using fake::Calls;

Status create_file(Handle* file, std::uint32_t access, Handle root, std::u16string_view name, bool) {
  return Calls::create_file(file, access, root, name);
}
Status close(Handle handle) { return Calls::close(handle); }
Status device_io_control_file(Handle file, Handle event, void*, IoStatusBlock* iosb, std::uint32_t code, void* input,
                              std::uint32_t input_bytes, void* output, std::uint32_t output_bytes) {
  return Calls::control(file, event, iosb, code, input, input_bytes, output, output_bytes);
}
Status cancel_io_file(Handle file, IoStatusBlock* iosb) { return Calls::cancel(file, iosb); }
Status create_event(Handle* event, bool manual_reset, bool initial) {
  return Calls::create_event(event, manual_reset, initial);
}
Status set_event(Handle event) { return Calls::set(event, true); }
Status reset_event(Handle event) { return Calls::set(event, false); }
Status wait_for_single_object(Handle handle, bool, const std::int64_t* timeout) {
  return Calls::wait(&handle, 1, false, timeout);
}
Status wait_for_multiple_objects(const Handle* handles, std::uint32_t count, bool all, bool,
                                 const std::int64_t* timeout) {
  return Calls::wait(handles, count, all, timeout);
}
Status delay_execution(bool, const std::int64_t* interval) { return Calls::delay(interval); }
Status create_io_completion(Handle*) { return fake::kNotImplemented; }
Status associate_io_completion(Handle, Handle, std::uintptr_t) { return fake::kNotImplemented; }
Status remove_io_completion(Handle, CompletionPacket*, const std::int64_t*) { return fake::kNotImplemented; }
void* allocate_virtual_memory(std::size_t bytes) { return Calls::allocate(bytes); }
void free_virtual_memory(void* base) { Calls::release(base); }
Status create_thread(Handle* thread, std::string_view name, std::function<void()> body) {
  return Calls::create_thread(thread, name, std::move(body));
}
std::int64_t query_system_time() { return fake::Calls::enter().now(); }
std::vector<std::u16string> enumerate_device_interfaces(const void*) { return Calls::interfaces(); }

}  // namespace p2p::nt
