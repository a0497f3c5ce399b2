// The proxy's I/O thread: waits on the completion events of the segments in flight, in order of submission (R-PXY-21).
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string_view>

#include "sw/proxy/windows_headers.h"

namespace p2p::proxy {

/// Segments beyond what one wait can hold stay queued behind and move up as others complete. All members may be called
/// from any simulated thread; such threads switch only inside system calls, which is what keeps the queue consistent.
class IoThread {
 public:
  IoThread() = default;
  ~IoThread();
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  /// `on_wake` runs in the I/O thread after wake(). `keep_alive` is held until the thread ends.
  HRESULT start(std::string_view name, std::function<void()> on_wake, IUnknown* keep_alive);
  bool running() const { return thread_ != nullptr; }
  /// Takes `segment` into the queue; its handler's KsCompleteIo is called once its event is set.
  void queue(PKSSTREAM_SEGMENT segment);
  /// Removes `segment` from the queue; false if it is not there.
  bool remove(PKSSTREAM_SEGMENT segment);
  std::size_t in_flight() const { return segments_.size(); }
  /// The I/O thread runs `on_wake` soon.
  void wake();
  /// Returns once the I/O thread has left whatever it was doing when called: decisions taken before the call hold for
  /// everything it does from now on. Never from the I/O thread itself.
  void synchronize();
  /// Ends the thread when the queue is empty. False if that did not happen within `timeout_100ns`.
  bool stop(std::int64_t timeout_100ns);

 private:
  void run();
  void wait_and_complete();

  std::deque<PKSSTREAM_SEGMENT> segments_;  // in order of submission
  std::function<void()> on_wake_;
  HANDLE thread_ = nullptr;
  HANDLE control_ = nullptr;       // auto-reset: something other than a completion happened
  HANDLE synchronized_ = nullptr;  // auto-reset: answered a synchronize()
  bool waiting_ = false;
  bool wake_requested_ = false;
  bool quit_ = false;
  std::uint64_t sync_requested_ = 0;
  std::uint64_t sync_done_ = 0;
};

}  // namespace p2p::proxy
