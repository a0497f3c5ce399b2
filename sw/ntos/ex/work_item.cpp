// The workers: a queue of delayed and one of critical work, with threads of their own.
#include "sw/ntos/ex/work_item.h"

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

#include "sw/ntos/ke/irql.h"
#include "sw/ntos/ke/objects.h"

namespace p2p::ex {

namespace {
struct Work {
  std::function<void()> call;
  const void* routine;  // a driver's; nullptr for the kernel's own
};

class Workers {
 public:
  Workers(const char* name, unsigned threads, int priority) : name_(name), threads_(threads), priority_(priority) {
    KeInitializeSemaphore(&available_, 0, MAXLONG);
  }

  void queue(Work work) {
    queue_.push_back(std::move(work));
    if (started_ < threads_) {  // on demand: a machine without work has no workers
      ke::Thread* thread = ke::create_thread(name_ + std::to_string(started_++), KernelMode, [this] { run(); });
      thread->base_priority = thread->priority = priority_;
    }
    KeReleaseSemaphore(&available_, IO_NO_INCREMENT, 1, FALSE);
  }

  const void* routine_in(const void* base, std::size_t bytes) const {
    const auto inside = [=](const void* routine) { return ke::value_of(routine) - ke::value_of(base) < bytes; };
    for (const Work& work : queue_) {
      if (inside(work.routine)) return work.routine;
    }
    const auto found = std::find_if(running_.begin(), running_.end(), inside);
    return found != running_.end() ? *found : nullptr;
  }

 private:
  [[noreturn]] void run() {
    ke::current_thread()->base_priority = ke::current_thread()->priority = priority_;
    for (;;) {
      void* object = &available_;
      ke::wait_for_objects(&object, 1, false, false, nullptr);
      const Work work = std::move(queue_.front());
      queue_.pop_front();
      running_.push_back(work.routine);
      work.call();
      running_.erase(std::find(running_.begin(), running_.end(), work.routine));
    }
  }

  std::string name_;
  unsigned threads_;
  int priority_;
  unsigned started_ = 0;
  KSEMAPHORE available_;
  std::deque<Work> queue_;
  std::vector<const void*> running_;  // by all the threads
};

Workers& delayed() {
  static auto* const workers = new Workers("worker", 3, 12);
  return *workers;
}
Workers& critical() {
  static auto* const workers = new Workers("critical_worker", 2, 13);
  return *workers;
}
}  // namespace

void queue_work(std::function<void()> work, const void* routine) { delayed().queue({std::move(work), routine}); }
void queue_critical_work(std::function<void()> work, const void* routine) {
  critical().queue({std::move(work), routine});
}

const void* work_routine_in(const void* base, std::size_t bytes) {
  const void* found = delayed().routine_in(base, bytes);
  return found != nullptr ? found : critical().routine_in(base, bytes);
}

}  // namespace p2p::ex
