#include "sw/ks/ddk.h"

#include "sw/ks/end_of_stream.h"

#include <set>
#include <vector>

#include "sw/ks/circuit.h"
#include "sw/ks/dispatch.h"
#include "sw/ks/queue.h"

namespace p2p::ks {

namespace {
/// Does the filter's description lead from pin type `from` to pin type `to`? Only one that its author wrote counts: the
/// default topology connects everything.
bool connected(const KSFILTER_DESCRIPTOR& descriptor, ULONG from, ULONG to) {
  const auto outside = static_cast<ULONG>(KSFILTER_NODE);
  std::vector<ULONG> next;
  std::set<ULONG> reached;
  const auto follow = [&](const KSTOPOLOGY_CONNECTION& link) {
    if (link.ToNode == outside) return link.ToNodePin == to;
    if (reached.insert(link.ToNode).second) next.push_back(link.ToNode);
    return false;
  };
  const ULONG count = descriptor.Connections != nullptr ? descriptor.ConnectionsCount : 0;
  for (ULONG i = 0; i < count; ++i) {
    const KSTOPOLOGY_CONNECTION& link = descriptor.Connections[i];
    if (link.FromNode == outside && link.FromNodePin == from && follow(link)) return true;
  }
  while (!next.empty()) {
    const ULONG node = next.back();
    next.pop_back();
    for (ULONG i = 0; i < count; ++i) {
      if (descriptor.Connections[i].FromNode == node && follow(descriptor.Connections[i])) return true;
    }
  }
  return false;
}

/// The control mutex is held.
void reset_and_go_on(Pin& pin) {
  if (pin.pub.ResetState != KSRESET_BEGIN) {  // else a client flushes, and says itself when it has done
    pin.pub.ResetState = KSRESET_END;
    call_reset(pin);
    if (pin.circuit != nullptr) pin.circuit->go();
  }
  for (Pin* input : pin.filter->pins) {
    const bool feeds =
        input->pub.DataFlow == KSPIN_DATAFLOW_IN && connected(*pin.filter->pub.Descriptor, input->pub.Id, pin.pub.Id);
    if (feeds) input->queue->go_on();
  }
}

/// Takes one end; false: there is none any more, or it was of a stream that has been stopped since.
bool take_end(Pin& pin) {
  const Queue::Guard guard(*pin.queue);
  StreamEnds& ends = pin.ends;
  if (ends.untold != 0) {
    --ends.untold;
    return true;
  }
  ends.queued = false;
  return false;
}

VOID NTAPI tell_ends(PVOID context) {
  Pin& pin = *static_cast<Pin*>(context);
  PFILE_OBJECT file = pin.file;
  {
    Hold held(pin.filter->control);  // no change of state between taking an end and telling it
    while (take_end(pin)) reset_and_go_on(pin);
  }
  ObDereferenceObject(file);
}
}  // namespace

void output_ended(Pin& pin) {
  ++pin.ends.untold;
  if (pin.ends.queued) return;
  pin.ends.queued = true;
  ObReferenceObject(pin.file);  // the pin stays until its work item has run
  ExInitializeWorkItem(&pin.ends.item, tell_ends, &pin);
  ExQueueWorkItem(&pin.ends.item, DelayedWorkQueue);
}

bool waits_for_output(const Pin& pin) {
  if (pin.pub.DataFlow != KSPIN_DATAFLOW_IN) return false;
  for (const Pin* output : pin.filter->pins) {
    if (output->pub.DataFlow != KSPIN_DATAFLOW_OUT || !output->queue->is_open()) continue;
    if (connected(*pin.filter->pub.Descriptor, pin.pub.Id, output->pub.Id)) return true;
  }
  return false;
}

}  // namespace p2p::ks
