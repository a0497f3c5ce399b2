// Between the clocks: on a chip whose synchronisers take what changes an edge later at random, as silicon does, frames
// arrive whole all the same, and the model says that it was so. Built with VCAP_CDC_JITTER only.
#include <gtest/gtest.h>

#include "tests/rtl/session.h"

namespace p2p::rtltest {
namespace {

TEST(Crossing, WhatIsLateIsCountedAndHarmsNothing) {
  for (uint32_t seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE(seed);
    ChipOptions options;
    options.seed = seed;
    options.pixel_period_ps = 3000 + 2500 * seed;  // faster than the bus clock and slower
    Chip chip(options);
    Session session(chip, {}, seed);
    session.post(4);
    session.capture.start(true);
    for (int i = 0; i < 4; ++i) session.send();
    EXPECT_EQ(session.finish().size(), 4u);
    session.close();
    EXPECT_GT(chip.times_late(), 20u);
  }
}

// What is late by an edge may not be late by two: a chip that were would differ from the model.
TEST(Crossing, TheModelAllowsOneEdgeAndNoMore) {
  model::Crossing crossing;
  crossing.edge(1, 1);  // changes, and is late
  crossing.edge(1, 1);  // no change any more: nothing can be late
  EXPECT_EQ(crossing.seen(), 0u);
  crossing.edge(1, 1);
  EXPECT_EQ(crossing.seen(), 1u);
  EXPECT_EQ(crossing.times_late(), 1u);
}

}  // namespace
}  // namespace p2p::rtltest
