// A pin's queue: IRPs, their frames, stream pointers, references. Needs sw/ks/ddk.h before it.
//
// Everything here is guarded by the queue's spin lock unless said otherwise. Requests leave the queue after it is
// released, one at a time and in the order in which they were done.
#pragma once

#include "sw/ks/objects.h"

#include <list>
#include <memory>
#include <vector>

namespace p2p::ks {

struct Frame;
struct PinState;

/// One READ_STREAM or WRITE_STREAM request.
struct StreamIrp {
  PIRP irp;
  std::uint64_t id;
  std::list<Frame*> frames;  // not yet complete
  ULONG header_bytes;        // of the whole list
  ULONG data_bytes = 0;      // in completed frames
  std::uint64_t last_frame = 0;
  NTSTATUS status = STATUS_SUCCESS;
  bool cancelled = false;  // somebody wants it cancelled
  bool aborted = false;    // the cancellation took effect: its frames are no longer part of the stream
  bool ended = false;      // one of its frames was the last of an output stream
};

/// One KSSTREAM_HEADER of a request. It completes when its last reference goes (R-Q-1, R-Q-2).
struct Frame {
  StreamIrp* owner;
  PKSSTREAM_HEADER header;  // the kernel's copy
  PMDL mdl;
  std::uint64_t number;  // in order of arrival
  unsigned edges = 0;    // edges that have not passed it
  unsigned clones = 0;
  unsigned locks = 0;
  PSCATTER_GATHER_LIST list = nullptr;
  bool list_requested = false;  // the adapter will deliver `list` later: the frame must stay
  std::vector<UCHAR> mappings;  // KSMAPPINGs, stride bytes each
  ULONG mapping_count = 0;
};

/// A stream pointer; what drivers see comes first.
struct StreamPointer {
  KSSTREAM_POINTER pub;
  Pin* pin;
  Frame* frame = nullptr;
  bool locked = false;
  bool prepared = false;  // the offsets are valid for `frame`
  bool clone = false;
  PFNKSSTREAMPOINTER cancel = nullptr;
  PFNKSSTREAMPOINTER timeout = nullptr;  // scheduled if not null
  ULONGLONG due = 0;                     // interrupt time, 100 ns
  std::vector<UCHAR> context;
};

class Queue {
 public:
  explicit Queue(Pin& pin);
  ~Queue();
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;

  /// The queue takes requests from ACQUIRE to STOP. PASSIVE_LEVEL, control mutex.
  void open();
  /// From now on insert() refuses; what is there stays.
  void refuse();
  /// Waits until the last request has left; the queue is empty and refuses others.
  void close();
  bool is_open() const { return open_; }

  /// Adds a probed request, marked pending. `first`: the leading edge had nothing before (R-PR-1b). Errors, and the IRP
  /// stays the caller's: STATUS_INVALID_DEVICE_STATE (R-ST-7), STATUS_DEVICE_NOT_READY (R-IOS-3).
  NTSTATUS insert(PIRP irp, ULONG header_bytes, bool* first);
  /// A frame whose map registers are still awaited is none yet.
  bool has_data() const { return leading_.frame != nullptr && !leading_.frame->list_requested; }
  bool empty() const { return irps_.empty(); }
  bool any_locked() const;
  StreamPointer& leading() { return leading_; }
  /// nullptr without KSPIN_FLAG_DISTINCT_TRAILING_EDGE.
  StreamPointer* trailing() { return distinct_trailing_ ? &trailing_ : nullptr; }
  StreamPointer* clone(StreamPointer& source, PFNKSSTREAMPOINTER cancel, ULONG context_bytes);
  const std::list<std::unique_ptr<StreamPointer>>& clones() const { return clones_; }
  /// All that people may want to know, without the lock.
  void tell(PinState& state) const;
  /// Bytes from the leading edge to the end (R-Q-6).
  LONG available_bytes() const;

  NTSTATUS lock_pointer(StreamPointer& pointer);
  void unlock_pointer(StreamPointer& pointer);
  /// Moves to the next frame; the pointer is unlocked afterwards.
  void advance(StreamPointer& pointer);
  void delete_clone(StreamPointer& pointer);
  void set_status(StreamPointer& pointer, NTSTATUS status);
  /// R-SP-12. `timeout` null: no more.
  void schedule(StreamPointer& pointer, PFNKSSTREAMPOINTER timeout, ULONGLONG interval);

  // The following are called without the lock.
  /// A cancel routine's two halves: with the cancel spin lock, which keeps the IRP alive, and without it.
  void mark_cancelled(PIRP irp);
  void finish_cancel();
  /// Cancels all, or those with a frame that has one of the option flags.
  void cancel_all(ULONG options = 0);
  /// The device is gone: all requests end with STATUS_DEVICE_REMOVED, unless they have failed already (R-PNP-8).
  void fail_all();
  /// What the leading edge waits for has come: the end of the output that an input stream's end waits for (R-HDR-5), or
  /// a client that asks for the new format (R-HDR-3). The next frames can be seen.
  void go_on();
  /// The pin is a copy of `source`, or of none any more (splitter.cpp). Control mutex.
  void follow(Pin* source);
  /// Lets finished requests go. IRQL <= DISPATCH_LEVEL.
  void release_finished();
  /// Time-outs run from now on (the pin is in RUN).
  void start_timeouts();

  /// The queue's lock for a scope. Within a cancel callback the lock is held already.
  class Guard {
   public:
    explicit Guard(Queue& queue) : queue_(queue), nested_(queue.in_callback()) {
      if (!nested_) KeAcquireSpinLock(&queue_.lock_, &irql_);
    }
    ~Guard() {
      if (!nested_) KeReleaseSpinLock(&queue_.lock_, irql_);
    }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

   private:
    Queue& queue_;
    bool nested_;
    KIRQL irql_ = 0;
  };

 private:
  struct LateList;

  bool generates_mappings() const;
  bool in_callback() const;
  NTSTATUS make_mappings(Frame& frame);
  void fill_mappings(Frame& frame);
  void list_arrived(std::uint64_t frame_number, PSCATTER_GATHER_LIST list);
  void drop_mappings(Frame& frame);
  void note_consumed(const StreamPointer& pointer);
  void attach(StreamPointer& pointer, Frame* frame);
  Frame* next_of(const Frame* frame) const;
  void release_if_done(Frame* frame);
  void finish_frame(Frame* frame);
  void move_done_requests();
  void flush_ended();
  bool waits_at(const Frame& frame) const;
  bool changes_format(const Frame& frame) const;
  void try_cancel(StreamIrp& request);
  void cancel(const std::vector<StreamIrp*>& requests);
  void set_quiet();
  bool quiet() const { return !releasing_ && cancelling_ == 0 && late_lists_ == 0 && late_copies_ == 0; }
  void add_copy(Queue& copy);
  void drop_copy(Queue& copy);
  void copy_frame(const Frame& frame);
  bool take_copy(const Pin& source, const Frame& original);
  void copies_done();
  void forget_edges();
  void leave(StreamPointer& edge, const StreamIrp& request);
  void set_timer();
  void run_timeouts();
  static VOID NTAPI timer_dpc(PKDPC dpc, PVOID context, PVOID, PVOID);
  static VOID NTAPI take_list(PDEVICE_OBJECT device, PIRP irp, PSCATTER_GATHER_LIST list, PVOID context);
  static VOID NTAPI late_list_dpc(PKDPC dpc, PVOID context, PVOID, PVOID);

  Pin& pin_;
  KSPIN_LOCK lock_ = 0;
  bool open_ = false;
  bool accepting_ = false;
  bool distinct_trailing_ = false;
  std::list<std::unique_ptr<StreamIrp>> irps_;
  std::list<std::unique_ptr<Frame>> frames_;  // in order of arrival
  std::list<std::unique_ptr<StreamIrp>> finished_;
  StreamPointer leading_{};
  StreamPointer trailing_{};
  std::list<std::unique_ptr<StreamPointer>> clones_;
  std::uint64_t next_frame_ = 1;
  std::uint64_t flush_before_ = 0;  // an output stream has ended: frames with lower numbers go (R-HDR-5)
  bool end_answered_ = false;       // an output has answered the end that the leading edge has not gone over yet
  std::uint64_t waits_after_ = 0;   // an input stream has ended, or the format changes, with this frame: see go_on()
  bool releasing_ = false;          // somebody is in release_finished
  unsigned cancelling_ = 0;         // cancel routines between their halves
  unsigned late_lists_ = 0;         // scatter/gather lists that the adapter still owes
  unsigned late_copies_ = 0;        // copies taken whose requests nobody has released yet
  KEVENT quiet_;                    // none of these
  std::vector<Queue*> copies_;      // of a splitter: those that are open
  std::vector<Queue*> copied_;      // whose copies_done() is due
  bool copy_lost_ = false;          // of a copy: there was no frame for one
  bool lock_refused_ = false;       // the leading edge could not be locked because its frame is being cancelled
  bool retry_ = false;              // it has left that frame: processing that gave up must be tried again
  ULONG callback_cpu_ = MAXULONG;
  KTIMER timer_;
  KDPC timer_dpc_;
  bool timer_used_ = false;
};

/// Is it a pointer of an open queue? Reads nothing from what is none.
bool is_stream_pointer(const StreamPointer* pointer);

/// A request has left the queue of `pin`: completes it to its client, or sends it on its way round a circuit.
void request_released(Pin& pin, StreamIrp& request);

}  // namespace p2p::ks
