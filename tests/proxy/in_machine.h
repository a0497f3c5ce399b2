// Runs a test's body in a simulated user thread and checks that it left nothing behind.
#pragma once

#include <gtest/gtest.h>

#include "fake_machine.h"

namespace p2p::fake {

template <class Body>
void in_machine(Machine& machine, Body body) {
  machine.run(body);
  EXPECT_EQ(machine.handles(), 0u) << "handles left open";
  EXPECT_EQ(machine.memory_blocks(), 0u) << "frame buffers not freed";
}

template <class Body>
void in_machine(Body body) {
  Machine machine;
  in_machine(machine, body);
}

}  // namespace p2p::fake
