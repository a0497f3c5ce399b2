#include "tb/coverage/driver_bins.h"

#include <string>

namespace p2p::coverage {
namespace {

const std::vector<std::string> kKsStates{"STOP", "ACQUIRE", "PAUSE", "RUN"};
const std::vector<std::string> kPinStates{"no pin", "STOP", "ACQUIRE", "PAUSE", "RUN"};

}  // namespace

DriverBins::DriverBins()
    : pin_state("pin state", "SetDeviceState was called for these states, and agreed or refused",
                {{"change",
                  {"STOP to ACQUIRE", "ACQUIRE to PAUSE", "PAUSE to RUN", "RUN to PAUSE", "PAUSE to ACQUIRE",
                   "ACQUIRE to STOP", "a jump"}},
                 {"answer", {"success", "refused"}}}),
      state_load("state and queue", "a pin went to a state while its queue held this",
                 {{"to", kKsStates}, {"queue", {"no buffer", "buffers wait", "a buffer in the driver's hand"}}}),
      source_frame("source frame",
                   "a frame began at the chip's video pins: the pin's state against buffers in its queue",
                   {{"state", kPinStates}, {"buffers", {"none", "1", "2 or 3", "4 or more"}}}),
      buffer_end("buffer end", "a buffer left the pin's queue with or without data, in this state",
                 {{"buffer", {"filled", "empty"}}, {"state", kKsStates}}),
      request("request", "an IRP came to its end: at once (no STATUS_PENDING) or later, how",
              {{"request",
                {"create", "cleanup", "close", "stream", "device control", "power", "pnp", "system control", "other"}},
               {"end", {"at once", "at once, failed", "pended", "pended, failed", "cancelled"}}}),
      completion("completion", "IoCompleteRequest was called here, with a status of this kind",
                 {{"from", {"a thread", "a thread at DISPATCH_LEVEL", "a DPC"}},
                  {"status", {"success", "failure", "STATUS_CANCELLED"}}}),
      cancel("cancel", "an IRP was cancelled: where its buffers were, in which state of the pin",
             {{"place", {"in no pin's queue", "waits in the queue", "in the driver's hand"}}, {"state", kPinStates}}),
      interrupt("interrupt", "a service routine ran: which DPCs it interrupted or ran beside, and what it did",
                {{"meanwhile", {"no DPC runs", "this processor runs one", "another processor runs one"}},
                 {"did", {"claimed, DPC queued", "claimed, no DPC queued", "did not claim"}}}),
      interrupt_state("interrupt and state", "a service routine ran while the pin was in this state",
                      {{"state", kPinStates}, {"by", {"line", "message"}}}),
      dpc_frames("DPC", "a DPC finished so many buffers", {{"buffers", {"none", "1", "2 or 3", "4 or more"}}}) {
  for (const char* buffers : {"1", "2 or 3", "4 or more"}) {
    source_frame.impossible({"no pin", buffers}, "without a pin there is no queue");
  }
  for (const char* place : {"waits in the queue", "in the driver's hand"}) {
    cancel.impossible({place, "no pin"}, "without a pin there is no queue");
  }
}

std::vector<Cross*> DriverBins::all() {
  return {&pin_state,  &state_load, &source_frame, &buffer_end,      &request,
          &completion, &cancel,     &interrupt,    &interrupt_state, &dpc_frames};
}

}  // namespace p2p::coverage
