// An IRP source pin's circuit: its own requests, sent round between its queue and the pin it is connected to
// (R-CIR-1..6). Needs sw/ks/ddk.h before it.
#pragma once

#include <list>
#include <memory>

#include "sw/ks/objects.h"

namespace p2p::ks {

struct StreamIrp;

/// The requestor and its requests. A data source fills a frame in its queue, then writes it to the sink; a data sink
/// reads a frame from the other pin, then has it in its queue. Either way the request comes back and goes round again.
class Circuit {
 public:
  /// Connects to the pin behind `sink_handle` and references its file. Errors: those of the handle,
  /// STATUS_INVALID_PARAMETER (not a pin that takes requests in the opposite direction).
  static NTSTATUS connect(Pin& pin, HANDLE sink_handle, KPROCESSOR_MODE mode, std::unique_ptr<Circuit>* circuit);
  ~Circuit();
  Circuit(const Circuit&) = delete;
  Circuit& operator=(const Circuit&) = delete;

  /// STOP -> ACQUIRE: frames as the allocator framing says; none in injection mode.
  NTSTATUS build();
  /// Sends every request that waits for the way to be open.
  void go();
  // ACQUIRE -> STOP, in this order; the queue refuses requests after the first and is closed before the last.
  /// From now on requests that come back stay.
  void retire();
  /// Cancels what is with the sink and waits for all requests, wherever they are. PASSIVE_LEVEL.
  void call_back();
  void free_turns();
  /// A request has left the pin's queue. IRQL <= DISPATCH_LEVEL.
  void released(const StreamIrp& request);
  /// KsPinSubmitFrame, KsPinSubmitFrameMdl.
  NTSTATUS submit(PVOID data, ULONG bytes, PMDL mdl, PKSSTREAM_HEADER header, PVOID context);

  PFILE_OBJECT sink_file() const { return sink_file_; }
  PDEVICE_OBJECT sink_device() const { return IoGetRelatedDeviceObject(sink_file_); }
  /// The connected pin if AVStream made it, else nullptr.
  Pin* sink_pin() const { return sink_pin_; }

 private:
  struct Turn;

  Circuit(Pin& pin, PFILE_OBJECT sink_file);
  std::unique_ptr<Turn> make_turn(PVOID data, ULONG bytes, PMDL mdl);
  void free_turn(Turn& turn);
  NTSTATUS open_allocator(ULONG frames, ULONG bytes);
  void close_allocator();
  PVOID allocate_frame(ULONG bytes);
  void free_frame(PVOID data);
  void prepare(Turn& turn);
  void launch(Turn& turn);
  void send(Turn& turn);
  void enter_queue(Turn& turn);
  void tell_completion(const Turn& turn);
  void returned(Turn& turn);
  void give_back(Turn& turn, NTSTATUS status);
  void recycle(Turn& turn, bool good);
  void start(Turn& turn);
  void rest(Turn& turn);
  bool is_writer() const { return pin_.pub.DataFlow == KSPIN_DATAFLOW_OUT; }
  static NTSTATUS NTAPI completed(PDEVICE_OBJECT device, PIRP irp, PVOID context);

  Pin& pin_;
  PFILE_OBJECT sink_file_;
  Pin* sink_pin_ = nullptr;
  const KSALLOCATOR_DISPATCH* allocator_ = nullptr;  // of one of the two pins (R-ALC-2)
  PVOID allocator_context_ = nullptr;
  KSPIN_LOCK lock_ = 0;
  std::list<std::unique_ptr<Turn>> turns_;
  bool built_ = false;
  bool retiring_ = false;
  std::uint64_t opened_ = 0;  // calls of go()
  unsigned active_ = 0;       // requests that are not idle, or whose way to rest is not over
  KEVENT all_back_;           // none is
};

}  // namespace p2p::ks
