#include "sw/ks/ddk.h"

#include <algorithm>
#include <cstring>

#include "ntos/ks_support.h"
#include "sw/ks/objects.h"
#include "sw/ks/queue.h"

namespace p2p::ks {

namespace {
void trace(const char* event, std::initializer_list<TraceField> fields) { trace_sink().event("ks", event, fields); }

VOID NTAPI cancel_routine(PDEVICE_OBJECT device, PIRP irp) {
  UNREFERENCED_PARAMETER(device);
  IoReleaseCancelSpinLock(irp->CancelIrql);
  Pin* pin = pin_of_file(IoGetCurrentIrpStackLocation(irp)->FileObject);
  if (pin != nullptr && pin->queue != nullptr) pin->queue->cancel(irp);
}
}  // namespace

Queue::Queue(Pin& pin) : pin_(pin) {
  leading_.pub.Pin = &pin.pub;
  leading_.pin = &pin;
}
Queue::~Queue() = default;

bool Queue::generates_mappings() const { return (pin_.pub.Descriptor->Flags & KSPIN_FLAG_GENERATE_MAPPINGS) != 0; }

bool Queue::insert(PIRP irp, ULONG header_bytes, ULONG header_count) {
  auto request = std::make_unique<StreamIrp>();
  request->irp = irp;
  request->id = ntos::irp_id(irp);
  request->header_bytes = header_bytes;
  IoMarkIrpPending(irp);  // R-IRP-71: before anybody else can see it
  bool was_empty = false;
  {
    Guard guard(*this);
    was_empty = leading_.frame == nullptr;
    PMDL mdl = irp->MdlAddress;
    auto* at = static_cast<UCHAR*>(irp->AssociatedIrp.SystemBuffer);
    for (ULONG i = 0; i < header_count; ++i) {
      auto frame = std::make_unique<Frame>();
      frame->owner = request.get();
      frame->header = reinterpret_cast<PKSSTREAM_HEADER>(at);
      at += frame->header->Size;
      if (frame->header->FrameExtent != 0 && mdl != nullptr) {
        frame->mdl = mdl;
        mdl = mdl->Next;
      }
      frame->number = next_frame_++;
      trace("queue.insert", {{"pin", pin_.id}, {"irp", request->id}, {"frame", frame->number}});
      request->frames.push_back(frame.get());
      if (leading_.frame == nullptr) attach(leading_, frame.get());  // R-Q-3
      frames_.push_back(std::move(frame));
    }
    irps_.push_back(std::move(request));
    IoSetCancelRoutine(irp, cancel_routine);
  }
  if (irp->Cancel && IoSetCancelRoutine(irp, nullptr) != nullptr) cancel(irp);  // R-IRP-83
  return was_empty && leading_.frame != nullptr;
}

void Queue::attach(StreamPointer& pointer, Frame* frame) {
  pointer.frame = frame;
  pointer.pub.StreamHeader = nullptr;
  pointer.pub.OffsetIn = {};
  pointer.pub.OffsetOut = {};
  pointer.pub.Offset = pin_.pub.DataFlow == KSPIN_DATAFLOW_IN ? &pointer.pub.OffsetIn : &pointer.pub.OffsetOut;
}

// R-SP-2, R-SP-14.
NTSTATUS Queue::lock_pointer(StreamPointer& pointer) {
  if (pointer.locked) {
    ntos::bug_check(0xC4, 0x81003, 0, 0, 0, "KsStreamPointerLock", "a locked stream pointer was locked again");
  }
  Frame* frame = pointer.frame;
  if (frame == nullptr || frame->owner->cancelled) return STATUS_DEVICE_NOT_READY;
  KSSTREAM_POINTER_OFFSET& offset = *pointer.pub.Offset;
  if (pointer.pub.StreamHeader == nullptr) {  // first time on this frame
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
  }
  pointer.locked = true;
  ++frame->locks;
  return STATUS_SUCCESS;
}

void Queue::unlock_pointer(StreamPointer& pointer) {
  if (!pointer.locked) {
    ntos::bug_check(0xC4, 0x81003, 1, 0, 0, "KsStreamPointerLock", "an unlocked stream pointer was unlocked");
  }
  pointer.locked = false;
  Frame* frame = pointer.frame;
  --frame->locks;
  if (frame->owner->cancelled && frame->locks == 0) try_cancel(*frame->owner);
}

void Queue::advance(StreamPointer& pointer) {
  Frame* frame = pointer.frame;
  if (pointer.locked) {
    pointer.locked = false;
    --frame->locks;
  }
  auto at = std::find_if(frames_.begin(), frames_.end(), [frame](const auto& entry) { return entry.get() == frame; });
  ++at;
  Frame* next = at != frames_.end() ? at->get() : nullptr;
  attach(pointer, next);
  if (pointer.clone) {
    if (next != nullptr) ++next->clones;
    --frame->clones;
  } else {
    frame->passed = true;
    trace("edge.advance", {{"pin", pin_.id}, {"irp", frame->owner->id}, {"frame", frame->number}});
  }
  release_if_done(frame);
}

// R-SP-7.
StreamPointer* Queue::clone(StreamPointer& source, PFNKSSTREAMPOINTER cancel_callback, ULONG context_bytes) {
  auto copy = std::make_unique<StreamPointer>();
  copy->pub = source.pub;
  copy->pub.Offset = source.pub.Offset == &source.pub.OffsetIn ? &copy->pub.OffsetIn : &copy->pub.OffsetOut;
  copy->pin = &pin_;
  copy->frame = source.frame;
  copy->locked = source.locked;
  copy->clone = true;
  copy->cancel = cancel_callback;
  copy->context.resize(context_bytes);
  copy->pub.Context = context_bytes != 0 ? copy->context.data() : nullptr;
  if (copy->frame != nullptr) {
    ++copy->frame->clones;
    if (copy->locked) ++copy->frame->locks;
  }
  clones_.push_back(std::move(copy));
  return clones_.back().get();
}

bool Queue::is_pointer(const StreamPointer* pointer) const {
  return pointer == &leading_ ||
         std::any_of(clones_.begin(), clones_.end(), [pointer](const auto& entry) { return entry.get() == pointer; });
}

// R-SP-8.
void Queue::delete_clone(StreamPointer& pointer) {
  auto found = std::find_if(clones_.begin(), clones_.end(), [&](const auto& entry) { return entry.get() == &pointer; });
  if (found == clones_.end()) {
    ntos::bug_check(0xC4, 0x8100C, 0, 0, 0, "KsInvalidStreamPointer",
                    "KsStreamPointerDelete of something that is no clone, or no longer one");
  }
  Frame* frame = pointer.frame;
  if (frame != nullptr) {
    if (pointer.locked) --frame->locks;
    --frame->clones;
  }
  clones_.erase(found);
  if (frame != nullptr) release_if_done(frame);
}

// R-SP-11: the first failing status sticks.
void Queue::set_status(StreamPointer& pointer, NTSTATUS status) {
  if (pointer.frame != nullptr && NT_SUCCESS(pointer.frame->owner->status)) pointer.frame->owner->status = status;
}

void Queue::release_if_done(Frame* frame) {
  if (frame->clones != 0) return;
  if (frame->passed) {
    finish_frame(frame);
  } else if (frame->owner->cancelled && frame->locks == 0) {
    try_cancel(*frame->owner);
  }
}

void Queue::finish_frame(Frame* frame) {
  StreamIrp* owner = frame->owner;
  trace("frame.complete", {{"pin", pin_.id},
                           {"irp", owner->id},
                           {"frame", frame->number},
                           {"bytes", static_cast<std::uint64_t>(frame->header->DataUsed)}});
  drop_mappings(*frame);
  owner->frames.remove(frame);
  std::erase_if(frames_, [frame](const auto& entry) { return entry.get() == frame; });
  if (!owner->frames.empty()) return;
  auto found = std::find_if(irps_.begin(), irps_.end(), [owner](const auto& entry) { return entry.get() == owner; });
  finished_.push_back(std::move(*found));
  irps_.erase(found);
}

void Queue::complete_finished() {
  for (;;) {
    std::unique_ptr<StreamIrp> request;
    {
      Guard guard(*this);
      if (finished_.empty()) return;
      request = std::move(finished_.front());
      finished_.pop_front();
    }
    PIRP irp = request->irp;
    IoSetCancelRoutine(irp, nullptr);
    NTSTATUS status = request->status;
    if (request->cancelled && NT_SUCCESS(status)) {
      // Data that arrived before the cancellation took effect is delivered.
      ULONG used = 0;
      for (auto* at = static_cast<UCHAR*>(irp->AssociatedIrp.SystemBuffer);
           at < static_cast<UCHAR*>(irp->AssociatedIrp.SystemBuffer) + request->header_bytes;
           at += reinterpret_cast<PKSSTREAM_HEADER>(at)->Size) {
        used += reinterpret_cast<PKSSTREAM_HEADER>(at)->DataUsed;
      }
      if (used == 0) status = STATUS_CANCELLED;
    }
    // R-HDR-2: a read reflects the headers to the client, Information is their size.
    if (pin_.pub.DataFlow == KSPIN_DATAFLOW_OUT && irp->UserBuffer != nullptr) {
      std::memcpy(irp->UserBuffer, irp->AssociatedIrp.SystemBuffer, request->header_bytes);
    }
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = NT_SUCCESS(status) ? request->header_bytes : 0;
    IoCompleteRequest(irp, IO_VIDEO_INCREMENT);
  }
}

// R-SP-13; with the lock.
void Queue::try_cancel(StreamIrp& request) {
  for (const Frame* frame : request.frames) {
    if (frame->locks != 0) return;  // a locked pointer: not now
  }
  StreamIrp* owner = &request;
  // Unlocked clones are told; their callback may delete them.
  for (auto at = clones_.begin(); at != clones_.end();) {
    StreamPointer* pointer = at->get();
    ++at;
    if (pointer->frame != nullptr && pointer->frame->owner == owner && pointer->cancel != nullptr) {
      const PFNKSSTREAMPOINTER callback = pointer->cancel;
      pointer->cancel = nullptr;
      callback(&pointer->pub);
    }
  }
  if (leading_.frame != nullptr && leading_.frame->owner == owner) {
    Frame* last = request.frames.back();
    auto after =
        std::find_if(frames_.begin(), frames_.end(), [last](const auto& entry) { return entry.get() == last; });
    ++after;
    attach(leading_, after != frames_.end() ? after->get() : nullptr);
  }
  for (Frame* frame : std::vector<Frame*>(request.frames.begin(), request.frames.end())) {
    frame->passed = true;
    if (frame->clones == 0) {
      const bool last = request.frames.size() == 1;
      finish_frame(frame);
      if (last) return;  // `request` has moved to finished_
    }
  }
}

void Queue::cancel(PIRP irp) {
  {
    Guard guard(*this);
    for (auto& request : irps_) {
      if (request->irp != irp) continue;
      request->cancelled = true;
      try_cancel(*request);
      break;
    }
  }
  complete_finished();
}

void Queue::cancel_all() {
  {
    Guard guard(*this);
    std::vector<StreamIrp*> all;
    for (auto& request : irps_) all.push_back(request.get());
    for (StreamIrp* request : all) {
      const bool live =
          std::any_of(irps_.begin(), irps_.end(), [request](const auto& entry) { return entry.get() == request; });
      if (!live) continue;
      request->cancelled = true;
      try_cancel(*request);
    }
  }
  complete_finished();
}

}  // namespace p2p::ks
