// How frames and requests end: references gone, cancellation, the way out of the queue.
#include "sw/ks/ddk.h"

#include <algorithm>
#include <cstring>

#include "ntos/ks_support.h"
#include "sw/ks/end_of_stream.h"
#include "sw/ks/event.h"
#include "sw/ks/objects.h"
#include "sw/ks/processor.h"
#include "sw/ks/queue.h"

namespace p2p::ks {

void Queue::release_if_done(Frame* frame) {
  if (frame->edges == 0 && frame->clones == 0 && !frame->list_requested) finish_frame(frame);
}

void Queue::finish_frame(Frame* frame) {
  StreamIrp* owner = frame->owner;
  trace_sink().event("ks", "frame.complete",
                     {{"pin", pin_.id},
                      {"irp", owner->id},
                      {"frame", frame->number},
                      {"bytes", static_cast<std::uint64_t>(frame->header->DataUsed)},
                      {"cpu", KeGetCurrentProcessorNumberEx(nullptr)}});
  drop_mappings(*frame);
  if (!owner->aborted) {
    if (NT_SUCCESS(owner->status)) copy_frame(*frame);
    owner->data_bytes += frame->header->DataUsed;
    if ((frame->header->OptionsFlags & KSSTREAM_HEADER_OPTIONSF_ENDOFSTREAM) != 0) {
      end_of_stream(pin_);
      if (pin_.pub.DataFlow == KSPIN_DATAFLOW_OUT) {
        owner->ended = true;
        flush_before_ = next_frame_;
        output_ended(pin_);
      }
    }
  }
  owner->frames.remove(frame);
  std::erase_if(frames_, [frame](const auto& entry) { return entry.get() == frame; });
  if (owner->frames.empty()) move_done_requests();
}

/// R-Q-5: with ENFORCE_FIFO a request that is done waits for earlier ones; one that was cancelled waits for nobody.
void Queue::move_done_requests() {
  const bool fifo = (pin_.pub.Descriptor->Flags & KSPIN_FLAG_ENFORCE_FIFO) != 0;
  bool earlier = false;
  for (auto at = irps_.begin(); at != irps_.end();) {
    auto request = at++;
    if (!(*request)->frames.empty()) {
      earlier = true;
    } else if (!fifo || !earlier || (*request)->aborted) {
      finished_.splice(finished_.end(), irps_, request);
    }
  }
}

/// R-HDR-5: what waits behind the end of an output stream goes back to its client; with the lock.
void Queue::flush_ended() {
  const std::uint64_t before = flush_before_;
  flush_before_ = 0;
  std::vector<StreamIrp*> behind;
  for (auto& request : irps_) {
    if (request->last_frame < before) behind.push_back(request.get());
  }
  for (StreamIrp* request : behind) {
    if (!request->ended) {
      request->cancelled = true;
      try_cancel(*request);
      continue;
    }
    // The request that brings the end is a success; its other frames stay empty.
    for (StreamPointer* edge : {&leading_, &trailing_}) {
      while (edge->frame != nullptr && edge->frame->owner == request && !edge->locked) advance(*edge);
    }
  }
}

bool Queue::waits_at(const Frame& frame) const {
  return (frame.header->OptionsFlags & KSSTREAM_HEADER_OPTIONSF_ENDOFSTREAM) != 0 && waits_for_output(pin_);
}

/// R-HDR-3: behind such a frame nothing is read before the client has asked for the new format.
bool Queue::changes_format(const Frame& frame) const {
  return pin_.pub.DataFlow == KSPIN_DATAFLOW_OUT &&
         (frame.header->OptionsFlags & KSSTREAM_HEADER_OPTIONSF_TYPECHANGED) != 0;
}

void Queue::go_on() {
  {
    Guard guard(*this);
    if (waits_after_ == 0) {
      // The output was quicker than the edge here, which still stands at the frame that brings the end.
      end_answered_ = leading_.frame != nullptr && waits_at(*leading_.frame);
      return;
    }
    const auto next = std::find_if(frames_.begin(), frames_.end(), [this](const auto& frame) {
      return frame->number > waits_after_ && !frame->owner->aborted;
    });
    waits_after_ = 0;
    if (next == frames_.end()) return;
    attach(leading_, next->get());
  }
  initiate_processing(pin_, true);
}

void Queue::release_finished() {
  if (in_callback()) return;  // whoever made the callback does it, without the lock
  std::vector<Queue*> copied;
  {
    Guard guard(*this);
    copied.swap(copied_);
  }
  for (Queue* copy : copied) copy->copies_done();
  {
    Guard guard(*this);
    if (flush_before_ != 0) flush_ended();
    // One at a time, or two processors would complete requests out of order.
    if (releasing_ || (finished_.empty() && !retry_)) return;
    releasing_ = true;
    KeClearEvent(&quiet_);
  }
  for (;;) {
    std::unique_ptr<StreamIrp> request;
    {
      Guard guard(*this);
      if (!finished_.empty()) {
        request = std::move(finished_.front());
        finished_.pop_front();
      } else if (!retry_) {
        releasing_ = false;
        set_quiet();
        return;
      }
      retry_ = retry_ && request != nullptr;
    }
    if (request != nullptr) {
      request_released(pin_, *request);
    } else {
      initiate_processing(pin_, true);
    }
  }
}

void Queue::set_quiet() {
  if (quiet()) KeSetEvent(&quiet_, IO_NO_INCREMENT, FALSE);
}

void Queue::close() {
  if (pin_.copy_source != nullptr) pin_.copy_source->queue->drop_copy(*this);
  for (;;) {
    KeWaitForSingleObject(&quiet_, Executive, KernelMode, FALSE, nullptr);
    Guard guard(*this);  // also: whoever said so has let go of the lock
    if (quiet()) {
      open_ = false;
      pin_.ends.untold = 0;
      break;
    }
  }
  if (timer_used_) {
    KeCancelTimer(&timer_);
    KeFlushQueuedDpcs();
    timer_used_ = false;
  }
  forget_edges();
}

/// Moves an edge off the frames of a request (R-Q-3).
void Queue::leave(StreamPointer& edge, const StreamIrp& request) {
  if (edge.frame == nullptr || edge.frame->owner != &request) return;
  attach(edge, next_of(edge.frame));
  if (&edge != &leading_ || !lock_refused_) return;
  lock_refused_ = false;
  retry_ = edge.frame != nullptr;
}

// R-SP-13; with the lock.
void Queue::try_cancel(StreamIrp& request) {
  if (request.aborted || request.frames.empty()) return;
  for (const Frame* frame : request.frames) {
    if (frame->locks != 0) return;  // a locked pointer: not now
  }
  request.aborted = true;
  leave(leading_, request);
  leave(trailing_, request);
  for (Frame* frame : request.frames) frame->edges = 0;
  // Unlocked clones are told, with the lock held; their callback may delete them and others.
  for (auto at = clones_.begin(); at != clones_.end();) {
    StreamPointer* pointer = at->get();
    if (pointer->cancel == nullptr || pointer->frame == nullptr || pointer->frame->owner != &request) {
      ++at;
      continue;
    }
    const PFNKSSTREAMPOINTER callback = pointer->cancel;
    pointer->cancel = nullptr;
    callback_cpu_ = KeGetCurrentProcessorNumber();
    callback(&pointer->pub);
    callback_cpu_ = MAXULONG;
    at = clones_.begin();
  }
  // Clones without a callback keep their frame until the driver deletes them.
  for (Frame* frame : std::vector<Frame*>(request.frames.begin(), request.frames.end())) release_if_done(frame);
}

void Queue::mark_cancelled(PIRP irp) {
  Guard guard(*this);
  ++cancelling_;
  KeClearEvent(&quiet_);
  for (auto& request : irps_) {
    if (request->irp == irp) request->cancelled = true;
  }
}

void Queue::finish_cancel() {
  {
    Guard guard(*this);
    std::vector<StreamIrp*> marked;
    for (auto& request : irps_) {
      if (request->cancelled) marked.push_back(request.get());
    }
    // Nothing leaves `irps_` for good while the lock is held.
    for (StreamIrp* request : marked) try_cancel(*request);
  }
  release_finished();
  Guard guard(*this);
  --cancelling_;
  set_quiet();
}

/// With the lock. Those with a locked stream pointer go when it is unlocked.
void Queue::cancel(const std::vector<StreamIrp*>& requests) {
  for (StreamIrp* request : requests) {
    request->cancelled = true;
    try_cancel(*request);
  }
}

void Queue::cancel_all(ULONG options) {
  {
    Guard guard(*this);
    std::vector<StreamIrp*> all;
    for (auto& request : irps_) {
      const bool wanted =
          options == 0 || std::any_of(request->frames.begin(), request->frames.end(), [options](const Frame* frame) {
            return (frame->header->OptionsFlags & options) != 0;
          });
      if (wanted) all.push_back(request.get());
    }
    cancel(all);
  }
  release_finished();
}

void Queue::fail_all() {
  {
    Guard guard(*this);
    std::vector<StreamIrp*> all;
    for (auto& request : irps_) {
      if (NT_SUCCESS(request->status)) request->status = STATUS_DEVICE_REMOVED;
      all.push_back(request.get());
    }
    cancel(all);
  }
  release_finished();
}

}  // namespace p2p::ks
