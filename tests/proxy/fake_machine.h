// A stand-in for the kernel behind ntos/syscalls.h: cooperative threads on a virtual clock, events, files whose
// requests a scripted device answers. One simulated thread runs at a time and hands over in system calls only, so a
// test is deterministic; a seed makes system calls hand over at other moments.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "sw/ntos/include/ntos/syscalls.h"

namespace p2p::fake {

/// One device control in progress.
struct Request {
  std::uint32_t code = 0;
  void* input = nullptr;
  std::uint32_t input_bytes = 0;
  void* output = nullptr;
  std::uint32_t output_bytes = 0;
  std::uintptr_t information = 0;  ///< set by the device before it returns or completes
  nt::IoStatusBlock* iosb = nullptr;
  nt::Handle event = 0;
  nt::Handle file = 0;
  unsigned id = 0;
};

/// What a file handle leads to.
class Device {
 public:
  virtual ~Device() = default;
  /// Opens `name` relative to this device.
  virtual nt::Status create(std::u16string_view name, std::uint32_t access, std::shared_ptr<Device>* opened);
  /// Returns the final status, or STATUS_PENDING after keeping `request` for Machine::complete.
  virtual nt::Status control(const std::shared_ptr<Request>& request) = 0;
  /// Completes what is pending; all of it, or the request with `iosb`.
  virtual void cancel(nt::IoStatusBlock* iosb);
  virtual void close() {}
};

class Machine {
 public:
  explicit Machine(std::uint64_t seed = 0);
  ~Machine();
  static Machine& get();

  void add_interface(std::u16string link, std::shared_ptr<Device> device);
  /// Runs `body` as a user thread and returns when every thread has ended.
  void run(std::function<void()> body);
  /// The status, then the event, as the I/O manager does it for a request that pended.
  void complete(const std::shared_ptr<Request>& request, nt::Status status, std::uintptr_t information);

  std::size_t handles() const { return objects_.size(); }
  std::size_t memory_blocks() const { return blocks_.size(); }
  std::int64_t now() const { return now_; }

  int fail_event_after = -1;   ///< the n-th next event cannot be created
  int fail_memory_after = -1;  ///< the n-th next allocation fails

 private:
  friend struct Calls;
  struct Object {
    enum class Kind { kEvent, kThread, kFile } kind;
    bool manual_reset = true;
    bool signalled = false;
    std::shared_ptr<Device> device;
  };
  struct Thread {
    std::string name;
    std::thread os;
    std::condition_variable turn;
    std::vector<std::shared_ptr<Object>> waits_for;
    bool timed = false;
    std::int64_t deadline = 0;
    nt::Status result = 0;
    bool ended = false;
  };

  nt::Handle add(std::shared_ptr<Object> object);
  std::shared_ptr<Object> find(nt::Handle handle) const;
  void enter();
  void signal(Object& object);
  bool try_satisfy(Thread& thread);
  nt::Status wait(std::vector<std::shared_ptr<Object>> objects, const std::int64_t* timeout);
  Thread& spawn(std::string name, std::function<void()> body, const std::shared_ptr<Object>& object);
  void hand_over(std::unique_lock<std::mutex>& lock, bool ready_again);

  std::mutex lock_;
  std::condition_variable all_ended_;
  std::vector<std::unique_ptr<Thread>> threads_;
  std::deque<Thread*> ready_;
  Thread* current_ = nullptr;
  std::int64_t now_ = 0;
  std::uint64_t random_;
  std::map<nt::Handle, std::shared_ptr<Object>> objects_;
  nt::Handle next_handle_ = 4;
  std::map<void*, std::size_t> blocks_;
  std::vector<std::pair<std::u16string, std::shared_ptr<Device>>> interfaces_;
  unsigned next_request_ = 0;
};

}  // namespace p2p::fake
