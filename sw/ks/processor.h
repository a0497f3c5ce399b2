// When a Process dispatch runs, and at which IRQL. Needs sw/ks/ddk.h before it.
#pragma once

#include <memory>

#include "sw/ks/objects.h"

namespace p2p::ks {

/// Runs one Process dispatch, a pin's or a filter's, one call at a time (R-PR-1..8). Shared with its work item, which
/// may come after the object is gone.
class Processor : public std::enable_shared_from_this<Processor> {
 public:
  /// `gate`: the object's AND gate (R-GATE-1); closed, no dispatch begins.
  Processor(Device& device, ULONG flags, const KSGATE& gate);
  virtual ~Processor() = default;
  Processor(const Processor&) = delete;
  Processor& operator=(const Processor&) = delete;

  /// KsPinAttemptProcessing, KsFilterAttemptProcessing (R-PR-5). IRQL <= DISPATCH_LEVEL.
  void attempt(bool asynchronous);
  /// Returns when no dispatch is under way. The caller has seen to it that none begins. PASSIVE_LEVEL.
  void wait_idle();
  /// The object is going away.
  void retire() { retired_ = true; }

  /// The driver's own use of the processing mutex (R-KMX-3): no dispatch runs meanwhile. Only this is timed: a
  /// dispatch, for which AVStream holds the mutex, has the limit of callbacks. PASSIVE_LEVEL.
  void acquire();
  void release();
  /// The device loses power: no dispatch begins any more, one that is under way is waited for. PASSIVE_LEVEL.
  void settle_for_power();
  /// Does this thread hold the mutex?
  bool mine() const { return mutex_.mine(); }

 protected:
  virtual bool ready() const = 0;
  virtual NTSTATUS dispatch() = 0;
  /// Something that changes when the dispatch gets on.
  virtual std::uint64_t progress() const = 0;

 private:
  void run();
  void run_later();
  bool may_begin() const;
  bool enter(bool passive);
  bool leave(bool passive);
  bool kept_out();
  void keep_out();
  void let_in();
  static VOID NTAPI work(PVOID context);

  Device& device_;
  ULONG flags_;  // KSPIN_FLAG_*; KSFILTER_FLAG_* has the same values
  const KSGATE& gate_;
  Mutex mutex_;
  ULONGLONG acquired_at_ = 0;  // by the driver: KeQueryInterruptTime
  KEVENT idle_;
  WORK_QUEUE_ITEM item_;               // a part of this: an attempt needs no memory that could be refused
  KSPIN_LOCK lock_ = 0;                // guards what follows
  std::shared_ptr<Processor> queued_;  // this, while `item_` waits for its worker
  bool running_ = false;
  bool at_dispatch_ = false;  // and at DISPATCH_LEVEL, without the mutex
  bool again_ = false;
  bool held_ = false;  // by the driver
  bool retired_ = false;
};

/// AVStream's own attempt for `pin`, at arrivals and changes: not where the driver alone decides (R-PR-3).
void initiate_processing(Pin& pin, bool asynchronous = false);

/// The processor of a pin of a pin-centric filter, and of a filter-centric filter.
std::shared_ptr<Processor> make_pin_processor(Pin& pin);
std::shared_ptr<Processor> make_filter_processor(Filter& filter);
/// R-KS-5.
bool is_filter_centric(const Filter& filter);
/// The pin's leading edge has got a frame, or has none any more. The queue's lock is held.
void frames_available(Pin& pin, bool available);

}  // namespace p2p::ks
