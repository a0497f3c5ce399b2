// main() of every test binary: GoogleTest inside sc_main. Link target p2p_test_main (with p2p_add_test(... NO_MAIN)).
#include <gtest/gtest.h>

#include <cstdlib>

#include <systemc>

#include "sim/sanitizer_stack.h"
#include "tests/sim/every_seed.h"

int sc_main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  const p2p::sim::ThreadStackAfterwards back;
  return RUN_ALL_TESTS();
}

int main(int argc, char** argv) {
  setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);  // the banner would end up in the list of tests
  const auto run = [&] { return sc_core::sc_elab_and_sim(argc, argv); };
  if (!p2p::test::wants_every_seed()) return run();
  ::testing::InitGoogleTest(&argc, argv);
  return p2p::test::run_every_seed(run);
}
