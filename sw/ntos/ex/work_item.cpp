// The workers: a queue of delayed and one of critical work, with threads of their own.
#include "sw/ntos/ex/work_item.h"

#include <deque>
#include <string>

#include "sw/ntos/ke/irql.h"
#include "sw/ntos/ke/objects.h"

namespace p2p::ex {

namespace {
class Workers {
 public:
  Workers(const char* name, unsigned threads, int priority) : name_(name), threads_(threads), priority_(priority) {
    KeInitializeSemaphore(&available_, 0, MAXLONG);
  }

  void queue(std::function<void()> work) {
    queue_.push_back(std::move(work));
    if (started_ < threads_) {  // on demand: a machine without work has no workers
      ke::Thread* thread = ke::create_thread(name_ + std::to_string(started_++), KernelMode, [this] { run(); });
      thread->base_priority = thread->priority = priority_;
    }
    KeReleaseSemaphore(&available_, IO_NO_INCREMENT, 1, FALSE);
  }

 private:
  [[noreturn]] void run() {
    ke::current_thread()->base_priority = ke::current_thread()->priority = priority_;
    for (;;) {
      void* object = &available_;
      ke::wait_for_objects(&object, 1, false, false, nullptr);
      std::function<void()> work = std::move(queue_.front());
      queue_.pop_front();
      work();
    }
  }

  std::string name_;
  unsigned threads_;
  int priority_;
  unsigned started_ = 0;
  KSEMAPHORE available_;
  std::deque<std::function<void()>> queue_;
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

void queue_work(std::function<void()> work) { delayed().queue(std::move(work)); }
void queue_critical_work(std::function<void()> work) { critical().queue(std::move(work)); }

}  // namespace p2p::ex
