// A pin's queue: IRPs, their frames, stream pointers, references. Needs sw/ks/ddk.h before it.
//
// Everything here is guarded by the queue's spin lock unless said otherwise. IRPs are completed after it is released.
#pragma once

#include "sw/ks/objects.h"

#include <list>
#include <memory>
#include <vector>

namespace p2p::ks {

struct Frame;

/// One READ_STREAM or WRITE_STREAM request.
struct StreamIrp {
  PIRP irp;
  std::uint64_t id;
  std::list<Frame*> frames;  // not yet complete
  ULONG header_bytes;        // of the whole list
  NTSTATUS status = STATUS_SUCCESS;
  bool cancelled = false;
};

/// One KSSTREAM_HEADER of a request.
struct Frame {
  StreamIrp* owner;
  PKSSTREAM_HEADER header;  // the kernel's copy
  PMDL mdl;
  std::uint64_t number;  // in order of arrival
  unsigned clones = 0;
  bool passed = false;  // the leading edge has moved beyond
  unsigned locks = 0;
  PSCATTER_GATHER_LIST list = nullptr;
  std::vector<UCHAR> mappings;  // KSMAPPINGs, stride bytes each
  ULONG mapping_count = 0;
};

/// A stream pointer; what drivers see comes first.
struct StreamPointer {
  KSSTREAM_POINTER pub;
  Pin* pin;
  Frame* frame = nullptr;
  bool locked = false;
  bool clone = false;
  PFNKSSTREAMPOINTER cancel = nullptr;
  std::vector<UCHAR> context;
};

class Queue {
 public:
  explicit Queue(Pin& pin);
  ~Queue();

  /// Adds a probed request. True if the leading edge had nothing before (R-PR-1b).
  bool insert(PIRP irp, ULONG header_bytes, ULONG header_count);
  bool has_data() const { return leading_.frame != nullptr; }
  bool empty() const { return irps_.empty(); }
  StreamPointer& leading() { return leading_; }
  StreamPointer* clone(StreamPointer& source, PFNKSSTREAMPOINTER cancel, ULONG context_bytes);
  bool is_pointer(const StreamPointer* pointer) const;
  const std::list<std::unique_ptr<StreamPointer>>& clones() const { return clones_; }

  NTSTATUS lock_pointer(StreamPointer& pointer);
  void unlock_pointer(StreamPointer& pointer);
  /// Moves to the next frame; the pointer is unlocked afterwards.
  void advance(StreamPointer& pointer);
  void delete_clone(StreamPointer& pointer);
  void set_status(StreamPointer& pointer, NTSTATUS status);

  /// Cancels one request as R-SP-13 says; called without the lock.
  void cancel(PIRP irp);
  /// Cancels all.
  void cancel_all();
  /// Completes requests whose frames are all done; without the lock, at IRQL <= DISPATCH_LEVEL.
  void complete_finished();

  /// The queue's lock for a scope.
  class Guard {
   public:
    explicit Guard(Queue& queue) : queue_(queue) { KeAcquireSpinLock(&queue_.lock_, &irql_); }
    ~Guard() { KeReleaseSpinLock(&queue_.lock_, irql_); }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

   private:
    Queue& queue_;
    KIRQL irql_;
  };

 private:
  bool generates_mappings() const;
  NTSTATUS make_mappings(Frame& frame);
  void drop_mappings(Frame& frame);
  void attach(StreamPointer& pointer, Frame* frame);
  void release_if_done(Frame* frame);
  void finish_frame(Frame* frame);
  void try_cancel(StreamIrp& request);

  Pin& pin_;
  KSPIN_LOCK lock_ = 0;
  std::list<std::unique_ptr<StreamIrp>> irps_;
  std::list<std::unique_ptr<Frame>> frames_;  // in order of arrival
  std::list<std::unique_ptr<StreamIrp>> finished_;
  StreamPointer leading_{};
  std::list<std::unique_ptr<StreamPointer>> clones_;
  std::uint64_t next_frame_ = 1;
};

}  // namespace p2p::ks
