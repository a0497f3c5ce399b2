// Frames and the pointers on them: arrival, locking, moving, cloning.
#include "sw/ks/ddk.h"

#include <algorithm>
#include <cstring>
#include <unordered_set>
#include <utility>

#include "ntos/ks_support.h"
#include "sw/ks/circuit.h"
#include "sw/ks/objects.h"
#include "sw/ks/processor.h"
#include "sw/ks/queue.h"

namespace p2p::ks {

namespace {
std::unordered_set<const StreamPointer*> g_pointers;  // looked up, never walked

void trace(const char* event, std::initializer_list<TraceField> fields) { trace_sink().event("ks", event, fields); }

VOID NTAPI cancel_routine(PDEVICE_OBJECT device, PIRP irp) {
  UNREFERENCED_PARAMETER(device);
  // Once the cancel spin lock is released, the request may complete elsewhere; the queue stays until finish_cancel.
  Pin* pin = pin_of_file(IoGetCurrentIrpStackLocation(irp)->FileObject);
  const KIRQL irql = irp->CancelIrql;
  pin->queue->mark_cancelled(irp);
  IoReleaseCancelSpinLock(irql);
  pin->queue->finish_cancel();
}
}  // namespace

Queue::Queue(Pin& pin) : pin_(pin) {
  for (StreamPointer* edge : {&leading_, &trailing_}) {
    edge->pub.Pin = &pin.pub;
    edge->pin = &pin;
  }
  KeInitializeEvent(&quiet_, NotificationEvent, TRUE);
  KeInitializeTimer(&timer_);
  KeInitializeDpc(&timer_dpc_, timer_dpc, this);
}
Queue::~Queue() = default;

bool is_stream_pointer(const StreamPointer* pointer) { return g_pointers.contains(pointer); }

void Queue::open() {
  distinct_trailing_ = (pin_.pub.Descriptor->Flags & KSPIN_FLAG_DISTINCT_TRAILING_EDGE) != 0;
  g_pointers.insert(&leading_);
  if (distinct_trailing_) g_pointers.insert(&trailing_);
  copy_lost_ = false;
  {
    Guard guard(*this);
    open_ = accepting_ = true;
  }
  if (pin_.copy_source != nullptr) pin_.copy_source->queue->add_copy(*this);
}

void Queue::refuse() {
  Guard guard(*this);
  accepting_ = false;
}

bool Queue::generates_mappings() const { return (pin_.pub.Descriptor->Flags & KSPIN_FLAG_GENERATE_MAPPINGS) != 0; }

bool Queue::in_callback() const { return callback_cpu_ != MAXULONG && callback_cpu_ == KeGetCurrentProcessorNumber(); }

NTSTATUS Queue::insert(PIRP irp, ULONG header_bytes, bool* first) {
  auto request = std::make_unique<StreamIrp>();
  request->irp = irp;
  request->id = ntos::irp_id(irp);
  request->header_bytes = header_bytes;
  const bool write = pin_.pub.DataFlow == KSPIN_DATAFLOW_IN;
  {
    Guard guard(*this);
    // Whoever stops or resets the pin says so before it takes this lock to cancel what is here.
    if (!accepting_) return STATUS_INVALID_DEVICE_STATE;
    if (pin_.pub.ResetState == KSRESET_BEGIN) return STATUS_DEVICE_NOT_READY;
    const bool was_empty = leading_.frame == nullptr;
    PMDL mdl = irp->MdlAddress;
    auto* at = static_cast<UCHAR*>(irp->AssociatedIrp.SystemBuffer);
    for (const UCHAR* end = at + header_bytes; at < end;) {
      auto frame = std::make_unique<Frame>();
      frame->owner = request.get();
      frame->header = reinterpret_cast<PKSSTREAM_HEADER>(at);
      at += frame->header->Size;
      // KsProbeStreamIrp built an MDL for every header with data, in order.
      if ((write ? frame->header->DataUsed : frame->header->FrameExtent) != 0 && mdl != nullptr) {
        frame->mdl = mdl;
        mdl = mdl->Next;
      }
      frame->number = request->last_frame = next_frame_++;
      frame->edges = distinct_trailing_ ? 2 : 1;
      trace("queue.insert", {{"pin", pin_.id}, {"irp", request->id}, {"frame", frame->number}});
      request->frames.push_back(frame.get());
      if (leading_.frame == nullptr && waits_after_ == 0) attach(leading_, frame.get());  // R-Q-3
      if (distinct_trailing_ && trailing_.frame == nullptr) attach(trailing_, frame.get());
      frames_.push_back(std::move(frame));
    }
    irps_.push_back(std::move(request));
    if (pin_.circuit == nullptr) IoSetCancelRoutine(irp, cancel_routine);  // nobody else knows a circuit's requests
    if (irp->Cancel && IoSetCancelRoutine(irp, nullptr) != nullptr) {      // R-IRP-83
      irps_.back()->cancelled = true;
      try_cancel(*irps_.back());
    }
    *first = was_empty && leading_.frame != nullptr;
  }
  release_finished();
  return STATUS_SUCCESS;
}

void Queue::attach(StreamPointer& pointer, Frame* frame) {
  if (&pointer == &leading_ && (pointer.frame == nullptr) != (frame == nullptr)) {
    frames_available(pin_, frame != nullptr);
  }
  pointer.frame = frame;
  pointer.prepared = false;
  pointer.pub.StreamHeader = nullptr;
  pointer.pub.OffsetIn = {};
  pointer.pub.OffsetOut = {};
  pointer.pub.Offset = pin_.pub.DataFlow == KSPIN_DATAFLOW_IN ? &pointer.pub.OffsetIn : &pointer.pub.OffsetOut;
}

/// The next frame that is part of the stream, or nullptr (R-Q-4).
Frame* Queue::next_of(const Frame* frame) const {
  for (const auto& entry : frames_) {
    if (entry->number > frame->number && !entry->owner->aborted) return entry.get();
  }
  return nullptr;
}

// R-SP-2, R-SP-14.
NTSTATUS Queue::lock_pointer(StreamPointer& pointer) {
  if (pointer.locked) {
    violation(0x81003, 0, 0, 0, "KsStreamPointerLock", "a locked stream pointer was locked again");
    return STATUS_SUCCESS;
  }
  Frame* frame = pointer.frame;
  if (frame == nullptr) return STATUS_DEVICE_NOT_READY;
  if (frame->owner->cancelled) {
    if (&pointer == &leading_) lock_refused_ = true;
    return STATUS_DEVICE_NOT_READY;
  }
  if (!pointer.prepared) {
    KSSTREAM_POINTER_OFFSET& offset = *pointer.pub.Offset;
    if (generates_mappings() && frame->mdl != nullptr) {
      const NTSTATUS status = make_mappings(*frame);
      if (!NT_SUCCESS(status)) return status;
      offset.Mappings = reinterpret_cast<PKSMAPPING>(frame->mappings.data());
      offset.Count = offset.Remaining = frame->mapping_count;
    } else {
      offset.Data = frame->mdl != nullptr
                        ? static_cast<PUCHAR>(MmGetSystemAddressForMdlSafe(frame->mdl, NormalPagePriority))
                        : nullptr;
      offset.Count = pin_.pub.DataFlow == KSPIN_DATAFLOW_IN ? frame->header->DataUsed : frame->header->FrameExtent;
      offset.Remaining = offset.Count;
    }
    pointer.pub.StreamHeader = frame->header;
    pointer.prepared = true;
  }
  pointer.locked = true;
  ++frame->locks;
  return STATUS_SUCCESS;
}

void Queue::unlock_pointer(StreamPointer& pointer) {
  if (!pointer.locked) {
    violation(0x81003, 1, 0, 0, "KsStreamPointerLock", "an unlocked stream pointer was unlocked");
    return;
  }
  pointer.locked = false;
  Frame* frame = pointer.frame;
  --frame->locks;
  if (frame->owner->cancelled) try_cancel(*frame->owner);
}

/// R-MAP-3: where the driver has not said how much of a frame it uses, it is what the edge's offsets went over.
void Queue::note_consumed(const StreamPointer& pointer) {
  Frame& frame = *pointer.frame;
  if (!pointer.prepared || pin_.pub.DataFlow != KSPIN_DATAFLOW_OUT || frame.header->DataUsed != 0) return;
  const ULONG consumed = pointer.pub.OffsetOut.Count - pointer.pub.OffsetOut.Remaining;
  if (frame.mappings.empty()) {
    frame.header->DataUsed = consumed;
    return;
  }
  const ULONG stride = pin_.filter->factory->device->mapping_stride;
  ULONG bytes = 0;
  for (ULONG i = 0; i < consumed; ++i) {
    bytes += reinterpret_cast<const KSMAPPING*>(frame.mappings.data() + std::size_t{i} * stride)->ByteCount;
  }
  frame.header->DataUsed = bytes < frame.header->FrameExtent ? bytes : frame.header->FrameExtent;
}

void Queue::advance(StreamPointer& pointer) {
  Frame* frame = pointer.frame;
  StreamIrp* owner = frame->owner;
  if (pointer.locked) {
    pointer.locked = false;
    --frame->locks;
  }
  Frame* next = next_of(frame);
  if (pointer.clone) {
    attach(pointer, next);
    if (next != nullptr) ++next->clones;
    --frame->clones;
  } else {
    note_consumed(pointer);
    const bool waits = &pointer == &leading_ && waits_at(*frame) && !std::exchange(end_answered_, false);
    if (waits || (&pointer == &leading_ && changes_format(*frame))) {
      waits_after_ = frame->number;
      next = nullptr;
    }
    attach(pointer, next);
    --frame->edges;
    if (&pointer == &leading_) {
      trace("edge.advance", {{"pin", pin_.id}, {"irp", owner->id}, {"frame", frame->number}});
    }
  }
  release_if_done(frame);
  if (owner->cancelled) try_cancel(*owner);
}

// R-SP-7.
StreamPointer* Queue::clone(StreamPointer& source, PFNKSSTREAMPOINTER cancel_callback, ULONG context_bytes) {
  auto copy = std::make_unique<StreamPointer>();
  copy->pub = source.pub;
  copy->pub.Offset = source.pub.Offset == &source.pub.OffsetIn ? &copy->pub.OffsetIn : &copy->pub.OffsetOut;
  copy->pin = &pin_;
  copy->frame = source.frame;
  copy->locked = source.locked;
  copy->prepared = source.prepared;
  copy->clone = true;
  copy->cancel = cancel_callback;
  copy->context.resize(context_bytes);
  copy->pub.Context = context_bytes != 0 ? copy->context.data() : nullptr;
  ++copy->frame->clones;
  if (copy->locked) ++copy->frame->locks;
  g_pointers.insert(copy.get());
  clones_.push_back(std::move(copy));
  return clones_.back().get();
}

void Queue::forget_edges() {
  for (StreamPointer* edge : {&leading_, &trailing_}) {
    attach(*edge, nullptr);
    edge->timeout = nullptr;
    g_pointers.erase(edge);
  }
  flush_before_ = waits_after_ = 0;
  end_answered_ = false;
}

bool Queue::any_locked() const {
  return std::any_of(frames_.begin(), frames_.end(), [](const auto& frame) { return frame->locks != 0; });
}

LONG Queue::available_bytes() const {
  LONG bytes = 0;
  if (leading_.frame == nullptr) return 0;
  const bool write = pin_.pub.DataFlow == KSPIN_DATAFLOW_IN;
  for (const auto& frame : frames_) {
    if (frame->number < leading_.frame->number || frame->owner->aborted) continue;
    ULONG whole = write ? frame->header->DataUsed : frame->header->FrameExtent;
    if (frame.get() == leading_.frame && leading_.prepared && frame->mappings.empty()) {
      whole = leading_.pub.Offset->Remaining;
    }
    bytes += static_cast<LONG>(whole);
  }
  return bytes;
}

// R-SP-8.
void Queue::delete_clone(StreamPointer& pointer) {
  auto found = std::find_if(clones_.begin(), clones_.end(), [&](const auto& entry) { return entry.get() == &pointer; });
  if (found == clones_.end()) {
    violation(0x8100C, 0, 0, 0, "KsInvalidStreamPointer",
              "KsStreamPointerDelete of something that is no clone, or no longer one");
    return;
  }
  Frame* frame = pointer.frame;
  if (frame != nullptr) {
    if (pointer.locked) --frame->locks;
    --frame->clones;
  }
  g_pointers.erase(&pointer);
  clones_.erase(found);
  if (frame == nullptr) return;
  StreamIrp* owner = frame->owner;  // until the lock is released, also when its last frame goes
  release_if_done(frame);
  if (owner->cancelled) try_cancel(*owner);
}

// R-SP-11: the first failing status sticks.
void Queue::set_status(StreamPointer& pointer, NTSTATUS status) {
  if (pointer.frame != nullptr && NT_SUCCESS(pointer.frame->owner->status)) pointer.frame->owner->status = status;
}

}  // namespace p2p::ks
