// The random schedule: nothing but the seed decides, and mistakes that need an unlucky moment are found.
#include <sys/wait.h>
#include <unistd.h>

#include "tests/ntos/kernel_fixture.h"

namespace p2p::test {
namespace {

/// How a run ended; fits a pipe.
struct Outcome {
  bool finished = false;
  std::uint32_t bugcheck = 0;
  std::uint64_t sub_code = 0;
  std::uint64_t end_ps = 0;
  std::size_t events = 0;  ///< of all event lines
  bool operator==(const Outcome&) const = default;
};

class ScheduleTest : public KernelTest {
 protected:
  /// Runs `body` in a process of its own, because SystemC elaborates once in each.
  Outcome outcome(ntos::Schedule schedule, std::uint64_t seed, const std::function<void()>& body) {
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
      config.schedule = schedule;
      config.seed = seed;
      boot();
      kernel->run_in_system_thread("test", [&] {
        body();
        finished = true;
      });
      FakeHardware::run();
      Outcome result;
      result.finished = finished;
      if (const ntos::BugCheck* bugcheck = kernel->bugcheck(); bugcheck != nullptr) {
        result.bugcheck = bugcheck->code;
        result.sub_code = bugcheck->parameters[0];
      }
      result.end_ps = hardware.now_ps();
      std::string all;
      for (const std::string& line : events.lines) all += line + '\n';
      result.events = std::hash<std::string>()(all);
      const bool written = write(ends[1], &result, sizeof result) == sizeof result;
      _exit(written ? 0 : 1);
    }
    close(ends[1]);
    Outcome result;
    EXPECT_EQ(read(ends[0], &result, sizeof result), static_cast<ssize_t>(sizeof result)) << "seed " << seed;
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0) << "seed " << seed;
    return result;
  }

  /// Two threads that wait for `work` to be done twice, each with its share.
  void two_threads(const std::function<void()>& first, const std::function<void()>& second) {
    KEVENT done[2];
    for (KEVENT& event : done) KeInitializeEvent(&event, NotificationEvent, FALSE);
    spawn("first", [&] {
      first();
      KeSetEvent(&done[0], 0, FALSE);
    });
    spawn("second", [&] {
      second();
      KeSetEvent(&done[1], 0, FALSE);
    });
    for (KEVENT& event : done) wait_for(&event);
  }

  /// A consumer that looks, clears and waits: what comes between look and clear is lost. `fixed` clears first.
  std::function<void()> handoff(bool fixed) {
    return [this, fixed] {
      KEVENT changed;
      KeInitializeEvent(&changed, NotificationEvent, FALSE);
      volatile bool ready = false;
      two_threads(
          [&] {
            if (fixed) KeClearEvent(&changed);
            if (ready) return;
            if (!fixed) KeClearEvent(&changed);
            wait_for(&changed);
          },
          [&] {
            ready = true;
            KeSetEvent(&changed, 0, FALSE);
          });
    };
  }

  /// Two locks; the second thread takes them the other way round unless `fixed`.
  std::function<void()> two_locks(bool fixed) {
    return [this, fixed] {
      KSPIN_LOCK a, b;
      KeInitializeSpinLock(&a);
      KeInitializeSpinLock(&b);
      auto take = [](PKSPIN_LOCK outer, PKSPIN_LOCK inner) {
        KIRQL irql;
        KeAcquireSpinLock(outer, &irql);
        KeAcquireSpinLockAtDpcLevel(inner);
        KeReleaseSpinLockFromDpcLevel(inner);
        KeReleaseSpinLock(outer, irql);
      };
      two_threads([&] { take(&a, &b); }, [&] { fixed ? take(&a, &b) : take(&b, &a); });
    };
  }

  static constexpr std::uint64_t kSeeds = 200;
};

TEST_F(ScheduleTest, TheSeedDecidesAndNothingElse) {
  const auto body = handoff(true);
  std::size_t different = 0;
  const Outcome reference = outcome(ntos::Schedule::kRandom, 1, body);
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Outcome once = outcome(ntos::Schedule::kRandom, seed, body);
    EXPECT_TRUE(once == outcome(ntos::Schedule::kRandom, seed, body)) << "seed " << seed;
    different += once.end_ps != reference.end_ps ? 1 : 0;
  }
  EXPECT_GT(different, 10u);
}

TEST_F(ScheduleTest, FifoDoesNotDependOnTheSeed) {
  const auto body = handoff(true);
  EXPECT_TRUE(outcome(ntos::Schedule::kFifo, 1, body) == outcome(ntos::Schedule::kFifo, 2, body));
}

TEST_F(ScheduleTest, ALostWakeUpIsFoundAndReplayedFromItsSeed) {
  EXPECT_TRUE(outcome(ntos::Schedule::kFifo, 1, handoff(false)).finished) << "needs no luck at all: a poor example";
  std::uint64_t found = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    EXPECT_TRUE(outcome(ntos::Schedule::kRandom, seed, handoff(true)).finished) << "the corrected twin, seed " << seed;
    const Outcome broken = outcome(ntos::Schedule::kRandom, seed, handoff(false));
    EXPECT_EQ(broken.bugcheck, 0u);
    if (!broken.finished && found == 0) {
      found = seed;
      EXPECT_TRUE(broken == outcome(ntos::Schedule::kRandom, seed, handoff(false))) << "replay of seed " << seed;
    }
  }
  EXPECT_NE(found, 0u) << "no seed of " << kSeeds << " loses the wake-up";
}

// V-C4-1001 as it happens: processors spin on each other's locks.
TEST_F(ScheduleTest, LocksTakenInDifferentOrdersDeadlockUnderSomeSeed) {
  config.verifier = false;
  EXPECT_TRUE(outcome(ntos::Schedule::kFifo, 1, two_locks(false)).finished) << "needs no luck at all: a poor example";
  std::uint64_t found = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    EXPECT_TRUE(outcome(ntos::Schedule::kRandom, seed, two_locks(true)).finished)
        << "the corrected twin, seed " << seed;
    const Outcome broken = outcome(ntos::Schedule::kRandom, seed, two_locks(false));
    if (broken.bugcheck == 0 || found != 0) continue;
    found = seed;
    EXPECT_EQ(broken.bugcheck, 0xC4u);
    EXPECT_EQ(broken.sub_code, 0x1001u);
    EXPECT_TRUE(broken == outcome(ntos::Schedule::kRandom, seed, two_locks(false))) << "replay of seed " << seed;
  }
  EXPECT_NE(found, 0u) << "no seed of " << kSeeds << " deadlocks";
}

// R-IRP-38: a completion routine may be called at DISPATCH_LEVEL although the IRP is completed below it.
KIRQL g_routine_irql;
NTSTATUS NTAPI note_irql(PDEVICE_OBJECT, PIRP, PVOID) {
  g_routine_irql = KeGetCurrentIrql();
  return STATUS_MORE_PROCESSING_REQUIRED;
}

TEST_F(ScheduleTest, R_IRP_38_CompletionRoutinesRunAtEitherIrql) {
  const auto body = [] {
    PIRP irp = IoAllocateIrp(2, FALSE);
    IoSetNextIrpStackLocation(irp);
    IoSetCompletionRoutine(irp, note_irql, nullptr, TRUE, TRUE, TRUE);
    irp->IoStatus.Status = STATUS_SUCCESS;
    IoSetNextIrpStackLocation(irp);
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    IoFreeIrp(irp);
    if (KeGetCurrentIrql() != PASSIVE_LEVEL) ntos::bug_check(1, 0, 0, 0, 0, "test", "IRQL is not restored");
    if (g_routine_irql == DISPATCH_LEVEL) ntos::bug_check(0xE2, 0, 0, 0, 0, "test", "seen");
  };
  config.verifier = false;
  std::size_t raised = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Outcome result = outcome(ntos::Schedule::kRandom, seed, body);
    EXPECT_TRUE(result.bugcheck == 0 || result.bugcheck == 0xE2) << "seed " << seed;
    raised += result.bugcheck == 0xE2 ? 1 : 0;
  }
  EXPECT_GT(raised, 0u);
  EXPECT_LT(raised, 20u);
  EXPECT_EQ(outcome(ntos::Schedule::kFifo, 1, body).bugcheck, 0u);
}

}  // namespace
}  // namespace p2p::test
