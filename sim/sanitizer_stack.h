// The address sanitizer and SystemC's coroutines.
#pragma once

#ifdef __SANITIZE_ADDRESS__
#include <pthread.h>
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace p2p::sim {

/// SystemC tells the address sanitizer on which coroutine's stack it goes on, and not that it is back on the thread's
/// own when sc_start returns or throws: errors that are none follow. This, around sc_start, says so. Nothing in other
/// builds.
class ThreadStackAfterwards {
 public:
  ThreadStackAfterwards() = default;
  ThreadStackAfterwards(const ThreadStackAfterwards&) = delete;
  ThreadStackAfterwards& operator=(const ThreadStackAfterwards&) = delete;
#ifdef __SANITIZE_ADDRESS__
  ~ThreadStackAfterwards() {
    pthread_attr_t attributes;
    void* bottom = nullptr;
    std::size_t size = 0;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) return;
    pthread_attr_getstack(&attributes, &bottom, &size);
    pthread_attr_destroy(&attributes);
    __sanitizer_start_switch_fiber(nullptr, bottom, size);
    __sanitizer_finish_switch_fiber(nullptr, nullptr, nullptr);
    __asan_handle_no_return();  // frames that an exception left
  }
#else
  ~ThreadStackAfterwards() {}  // NOLINT(modernize-use-equals-default): a variable of this type is used
#endif
};

}  // namespace p2p::sim
