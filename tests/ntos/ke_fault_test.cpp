// Faults that are no driver's end the process as they always did. Those of drivers: tests/gallery; of the kernel for
// them: ex_special_pool_test.cpp.
#include "tests/ntos/faults.h"
#include "tests/ntos/kernel_fixture.h"

#include <unistd.h>

#include <csignal>

namespace p2p::test {
namespace {

class KeFault : public KernelTest {
 protected:
  void SetUp() override { P2P_SKIP_FAULTS; }
};

volatile int* volatile g_null = nullptr;
volatile int g_depth = 0;

// Not a tail call: each frame is used after the next has returned.
[[gnu::noinline]] int descend(int level) {  // NOLINT(misc-no-recursion): to the end of the stack
  volatile char frame[1024];
  frame[0] = static_cast<char>(level);
  g_depth = level;
  return (level < 1'000'000 ? descend(level + 1) : 0) + frame[0];
}

TEST_F(KeFault, AStackThatOverflowsIsNamedAndEndsTheProcess) {
  EXPECT_EXIT(run([] { descend(0); }), ::testing::KilledBySignal(SIGSEGV),
              "the stack of a simulated thread has overflowed");
}

TEST_F(KeFault, AFaultOfTheKernelWithoutADriverIsTheSimulators) {
  EXPECT_EXIT(run([] { *g_null = 1; }), ::testing::KilledBySignal(SIGSEGV), "the simulator itself has faulted");
}

TEST_F(KeFault, AFaultOutsideAThreadKeepsItsAction) {
  EXPECT_EXIT(
      {
        boot();
        *g_null = 1;
      },
      ::testing::KilledBySignal(SIGSEGV), "");
}

TEST_F(KeFault, AHandlerThatWasThereBeforeGetsWhatIsNotAThreads) {
  EXPECT_EXIT(
      {
        std::signal(SIGSEGV, [](int) { _exit(42); });
        boot();
        *g_null = 1;
      },
      ::testing::ExitedWithCode(42), "");
}

}  // namespace
}  // namespace p2p::test
