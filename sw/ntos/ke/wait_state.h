// A wait in progress. Lives on the waiting thread's stack; waits nest when an APC waits.
#pragma once

#include "sw/ntos/ddk.h"

namespace p2p::ke {

struct Thread;
struct Wait;

struct WaitBlock {
  LIST_ENTRY link;  // in the object's WaitListHead
  Wait* wait;
  PDISPATCHER_HEADER object;
};

struct Wait {
  Thread* thread;
  WaitBlock* blocks;
  unsigned count;
  bool all;
  bool alertable_user;  // user APCs end it
  bool satisfied = false;
  NTSTATUS status = 0;
  Wait* outer = nullptr;
};

}  // namespace p2p::ke
