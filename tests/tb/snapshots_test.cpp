// Snapshots: a process that goes on from where it was when the snapshot was taken, and leaves the run's files alone.
#include "tb/run/snapshots.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <cstdlib>
#include <system_error>
#include <vector>

namespace p2p::tb {
namespace {

/// What a woken snapshot does in these tests: leaves `holds` as its exit status.
[[noreturn]] void leave(bool holds) { _exit(holds ? 0 : 9); }

TEST(Snapshots, GoOnFromWhereTheyWereTaken) {
  Snapshots snapshots;
  volatile int value = 1;
  if (snapshots.take(100)) leave(value == 1);
  value = 2;
  if (const std::optional<Wake> wake = snapshots.take(200))
    leave(value == 2 && wake->from_ps == 5 && wake->to_ps == 6 && wake->failure_ps == 7 && wake->end_ps == 8);
  value = 3;
  ASSERT_EQ(snapshots.count(), 2u);
  EXPECT_EQ(snapshots.time_ps(0), 100u);
  EXPECT_EQ(snapshots.time_ps(1), 200u);
  snapshots.wake(1, {5, 6, 7, 8});
  EXPECT_EQ(snapshots.count(), 0u);
  EXPECT_EQ(snapshots.wait(), 0);
}

TEST(Snapshots, ReadFilesFromWhereTheRunReadThem) {
  std::FILE* file = std::tmpfile();
  ASSERT_NE(file, nullptr);
  std::fputs("0123456789", file);
  std::fflush(file);
  const int reader = open(("/proc/self/fd/" + std::to_string(fileno(file))).c_str(), O_RDONLY);
  char text[5] = {};
  ASSERT_EQ(read(reader, text, 4), 4);
  Snapshots snapshots;
  if (snapshots.take(0)) leave(read(reader, text, 4) == 4 && std::strcmp(text, "4567") == 0);
  ASSERT_EQ(read(reader, text, 3), 3);
  snapshots.wake(0, {});
  EXPECT_EQ(snapshots.wait(), 0);
  ASSERT_EQ(read(reader, text, 3), 3);
  EXPECT_STREQ(text, "7893") << "the run's own place is where it was: three bytes on, the fourth from before";
  close(reader);
  std::fclose(file);
}

TEST(Snapshots, WriteNowhere) {
  std::FILE* file = std::tmpfile();
  ASSERT_NE(file, nullptr);
  std::fputs("of the run, ", file);
  Snapshots snapshots;
  if (snapshots.take(0)) {
    std::fputs("of the snapshot", file);
    std::fflush(file);
    leave(true);
  }
  snapshots.wake(0, {});
  EXPECT_EQ(snapshots.wait(), 0);
  std::fputs("and on", file);
  std::rewind(file);
  char text[64] = {};
  ASSERT_NE(std::fgets(text, sizeof text, file), nullptr);
  EXPECT_STREQ(text, "of the run, and on");
  std::fclose(file);
}

TEST(Snapshots, EndWhenTheyAreDropped) {
  Snapshots snapshots;
  for (std::uint64_t time = 0; time < 3; ++time)
    if (snapshots.take(time)) leave(false);
  snapshots.drop(1);
  ASSERT_EQ(snapshots.count(), 2u);
  EXPECT_EQ(snapshots.time_ps(1), 2u);
  snapshots.drop_all();
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD) << "no process is left";
}

TEST(Snapshots, EndWithARunThatIsKilled) {
  ASSERT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);  // what the run leaves becomes ours
  const pid_t run = fork();
  ASSERT_GE(run, 0);
  if (run == 0) {
    Snapshots snapshots;
    if (snapshots.take(0) || snapshots.take(1)) leave(false);
    raise(SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(waitpid(run, &status, 0), run);
  EXPECT_TRUE(WIFSIGNALED(status));
  for (int sleeper = 0; sleeper < 2; ++sleeper) EXPECT_GT(waitpid(-1, &status, 0), 0);
  EXPECT_EQ(waitpid(-1, &status, 0), -1);
}

TEST(Snapshots, OneThatIsGoneIsAnError) {
  Snapshots snapshots;
  if (const std::optional<Wake> wake = snapshots.take(0)) raise(SIGKILL);
  snapshots.wake(0, {});
  EXPECT_EQ(snapshots.wait(), -1) << "killed";
  const pid_t before = getpid();
  if (snapshots.take(0)) leave(false);
  // Its process is the only child.
  siginfo_t info{};
  char children[64] = {};
  std::FILE* file = std::fopen(("/proc/self/task/" + std::to_string(before) + "/children").c_str(), "r");
  ASSERT_NE(file, nullptr);
  ASSERT_NE(std::fgets(children, sizeof children, file), nullptr);
  std::fclose(file);
  ASSERT_EQ(kill(static_cast<pid_t>(std::atoi(children)), SIGKILL), 0);
  ASSERT_EQ(waitid(P_ALL, 0, &info, WEXITED | WNOWAIT), 0);
  EXPECT_THROW(snapshots.wake(0, {}), std::system_error);
}

TEST(Snapshots, TellWhatMemoryTheyTake) {
  Snapshots snapshots;
  std::vector<unsigned char> memory(16 << 20, 1);
  if (snapshots.take(0)) leave(false);
  EXPECT_EQ(snapshots.peak_bytes(), 0u) << "nothing was looked at yet";
  std::memset(memory.data(), 2, memory.size());
  snapshots.drop(0);
  EXPECT_GE(snapshots.peak_bytes(), memory.size()) << "the pages that changed are the snapshot's own";
}

}  // namespace
}  // namespace p2p::tb
