// Copies of this process, asleep: a moment of the run that can be run again from there, exactly. Made by fork, so they
// share all memory that has not changed since. The process must have one OS thread.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

namespace p2p::tb {

/// What a woken snapshot is told, all in simulated ps.
struct Wake {
  std::uint64_t from_ps = 0, to_ps = 0;  ///< to be traced
  std::uint64_t failure_ps = 0;          ///< what it should come to
  std::uint64_t end_ps = 0;              ///< a failure known at the end only: when that was; else 0
  bool by_hand = false;                  ///< the run was interrupted, which nothing in it foretells
  int crash = 0;                         ///< the signal by which the process is about to end, which has this one go on
};

class Snapshots {
 public:
  Snapshots() = default;
  /// The sleepers end; one that was woken and not waited for does, too.
  ~Snapshots();
  Snapshots(const Snapshots&) = delete;
  Snapshots& operator=(const Snapshots&) = delete;

  /// Makes one. Returns nothing in the process that goes on, and what it was told in the snapshot, when it is woken:
  /// it then has the process's files, those it reads at the place they were at, those it writes (standard output
  /// and error among them) replaced by /dev/null. Throws std::system_error if the system refuses.
  std::optional<Wake> take(std::uint64_t time_ps);

  /// Times of the sleepers, oldest first.
  std::size_t count() const { return sleepers_.size(); }
  std::uint64_t time_ps(std::size_t index) const { return sleepers_.at(index).time_ps; }
  /// Ends one.
  void drop(std::size_t index);
  void drop_all();

  /// Wakes one and ends the others. Throws std::system_error if it is gone.
  void wake(std::size_t index, const Wake& wake);
  bool woken() const { return woken_ > 0; }
  /// Until the woken one has ended: its exit status, -1 if it was killed.
  int wait();

  /// The most memory that sleepers had for themselves at a time, seen whenever one was made or ended.
  std::uint64_t peak_bytes() const { return peak_bytes_; }

 private:
  struct Sleeper {
    pid_t process;
    int bell;  ///< the socket that wakes it
    std::uint64_t time_ps;
  };
  void measure();

  std::deque<Sleeper> sleepers_;
  pid_t woken_ = 0;
  std::uint64_t peak_bytes_ = 0;
};

}  // namespace p2p::tb
