#include "sw/ks/ddk.h"

#include "sw/ks/splitter.h"

#include <algorithm>
#include <cstring>

#include "ntos/ks_support.h"
#include "sw/ks/processor.h"
#include "sw/ks/queue.h"

namespace p2p::ks {

namespace {
bool is_splitter(const Pin& pin) {
  return (pin.pub.Descriptor->Flags & KSPIN_FLAG_SPLITTER) != 0 && pin.pub.DataFlow == KSPIN_DATAFLOW_OUT;
}

/// The oldest pin of the same type beside `pin`, or nullptr.
Pin* oldest_sibling(const Pin& pin) {
  const auto& pins = pin.filter->pins;  // in order of creation
  const auto found = std::find_if(pins.begin(), pins.end(),
                                  [&pin](const Pin* other) { return other != &pin && other->pub.Id == pin.pub.Id; });
  return found != pins.end() ? *found : nullptr;
}

/// What the copy's header takes from the original: everything but the client's own buffer.
void copy_header(const KSSTREAM_HEADER& from, PKSSTREAM_HEADER to) {
  to->TypeSpecificFlags = from.TypeSpecificFlags;
  to->PresentationTime = from.PresentationTime;
  to->Duration = from.Duration;
  to->DataUsed = from.DataUsed;
  to->OptionsFlags = from.OptionsFlags;
  const ULONG bytes = std::min(from.Size, to->Size);
  if (bytes > sizeof from) std::memcpy(to + 1, &from + 1, bytes - sizeof from);
}

PVOID address_of(const Frame& frame) {
  return frame.mdl != nullptr ? MmGetSystemAddressForMdlSafe(frame.mdl, NormalPagePriority) : nullptr;
}
}  // namespace

void join_splitter(Pin& pin) {
  if (is_splitter(pin)) pin.copy_source = oldest_sibling(pin);
}

void leave_splitter(Pin& pin) {
  Pin* heir = is_splitter(pin) && pin.copy_source == nullptr ? oldest_sibling(pin) : nullptr;
  if (heir == nullptr) return;
  for (Pin* other : pin.filter->pins) {
    if (other->copy_source != &pin) continue;
    other->queue->follow(other == heir ? nullptr : heir);
  }
  initiate_processing(*heir, true);  // frames that waited for copies wait for the minidriver now
}

void Queue::follow(Pin* source) {
  if (open_ && pin_.copy_source != nullptr) pin_.copy_source->queue->drop_copy(*this);
  pin_.copy_source = source;
  if (open_ && source != nullptr) source->queue->add_copy(*this);
}

void Queue::add_copy(Queue& copy) {
  Guard guard(*this);
  copies_.push_back(&copy);
}

void Queue::drop_copy(Queue& copy) {
  Guard guard(*this);
  std::erase(copies_, &copy);
}

/// With the lock of this queue, whose frame is done and full. The copies' locks come after it, never before.
void Queue::copy_frame(const Frame& frame) {
  for (Queue* copy : copies_) {
    if (copy->take_copy(pin_, frame)) copied_.push_back(copy);
  }
}

/// True: release_finished() has to be called for this queue, by copies_done().
bool Queue::take_copy(const Pin& source, const Frame& original) {
  Guard guard(*this);
  Frame* frame = leading_.frame;
  const ULONG bytes = original.header->DataUsed;
  const bool room = accepting_ && frame != nullptr && !frame->owner->cancelled && !leading_.locked &&
                    frame->header->FrameExtent >= bytes;
  trace_sink().event("ks", room ? "splitter.copy" : "splitter.lost",
                     {{"pin", source.id}, {"frame", original.number}, {"to", pin_.id}});
  if (!room) {
    copy_lost_ = true;
    return false;
  }
  if (bytes != 0) std::memcpy(address_of(*frame), address_of(original), bytes);
  copy_header(*original.header, frame->header);
  if (copy_lost_) frame->header->OptionsFlags |= KSSTREAM_HEADER_OPTIONSF_DATADISCONTINUITY;
  copy_lost_ = false;
  frame->owner->status = original.owner->status;
  if (distinct_trailing_ && trailing_.frame == frame) advance(trailing_);
  advance(leading_);
  ++late_copies_;  // the queue stays until copies_done()
  KeClearEvent(&quiet_);
  return true;
}

void Queue::copies_done() {
  release_finished();
  Guard guard(*this);
  --late_copies_;
  set_quiet();
}

}  // namespace p2p::ks

using namespace p2p;

extern "C" {

/// IRQL <= DISPATCH_LEVEL; the caller sees to it that the pins stay. Frames are always copied, never shared:
/// there is no delegate branch.
void NTAPI KsPinGetCopyRelationships(PKSPIN Pin, PKSPIN* CopySource, PKSPIN* DelegateBranch) {
  ks::Pin* source = reinterpret_cast<ks::Pin*>(Pin)->copy_source;
  *CopySource = source != nullptr ? &source->pub : nullptr;
  *DelegateBranch = nullptr;
}

}  // extern "C"
