#include "tb/run/snapshots.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

namespace p2p::tb {

namespace {

[[noreturn]] void refuse(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

struct OpenFile {
  int descriptor;
  bool read_only;  ///< a regular file, and not written to
  off_t position;
};

std::vector<OpenFile> open_files() {
  std::vector<OpenFile> files;
  DIR* const folder = opendir("/proc/self/fd");
  if (folder == nullptr) refuse("/proc/self/fd");
  while (const dirent* entry = readdir(folder)) {
    char* end = nullptr;
    const int descriptor = static_cast<int>(std::strtol(entry->d_name, &end, 10));
    if (end == entry->d_name || *end != 0 || descriptor == dirfd(folder)) continue;
    struct stat status {};
    const bool regular = fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
    const bool read_only = regular && (fcntl(descriptor, F_GETFL) & O_ACCMODE) == O_RDONLY;
    files.push_back({descriptor, read_only, read_only ? lseek(descriptor, 0, SEEK_CUR) : 0});
  }
  closedir(folder);
  return files;
}

/// A file's position is shared with the process that goes on: what is read is opened again, what is written is cut off.
bool part_from(const std::vector<OpenFile>& files, int bell) {
  const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (nothing < 0) return false;
  for (const OpenFile& file : files) {
    if (file.descriptor == bell) continue;
    if (!file.read_only) {
      if (dup2(nothing, file.descriptor) < 0) return false;
      continue;
    }
    const int again = open(("/proc/self/fd/" + std::to_string(file.descriptor)).c_str(), O_RDONLY | O_CLOEXEC);
    if (again < 0 || lseek(again, file.position, SEEK_SET) < 0 || dup2(again, file.descriptor) < 0) return false;
    close(again);
  }
  close(nothing);
  return true;
}

/// Sleeps until the bell rings. Nobody left to ring it: the run is over, and so is this.
Wake sleep_until(int bell) {
  Wake wake;
  ssize_t got = 0;
  do {
    got = recv(bell, &wake, sizeof wake, 0);
  } while (got < 0 && errno == EINTR);
  if (got != sizeof wake) _exit(0);
  close(bell);
  return wake;
}

std::uint64_t own_bytes(pid_t process) {
  std::ifstream rollup("/proc/" + std::to_string(process) + "/smaps_rollup");
  std::uint64_t kilobytes = 0;
  for (std::string line; std::getline(rollup, line);) {
    if (line.rfind("Private_", 0) == 0) kilobytes += std::strtoull(line.c_str() + line.find(':') + 1, nullptr, 10);
  }
  return kilobytes << 10;
}

int ended(pid_t process) {
  int status = 0;
  while (waitpid(process, &status, 0) < 0) {
    if (errno != EINTR) return -1;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

Snapshots::~Snapshots() {
  drop_all();
  if (woken_ > 0) {
    kill(woken_, SIGKILL);
    ended(woken_);
  }
}

std::optional<Wake> Snapshots::take(std::uint64_t time_ps) {
  measure();
  const std::vector<OpenFile> files = open_files();
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) refuse("snapshot: socketpair");
  const pid_t parent = getpid(), process = fork();
  if (process < 0) {
    const int error = errno;
    close(ends[0]);
    close(ends[1]);
    errno = error;
    refuse("snapshot: fork");
  }
  if (process > 0) {
    close(ends[0]);
    sleepers_.push_back({process, ends[1], time_ps});
    return {};
  }
  // It dies with the run; what the terminal sends to all is the run's to answer.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(0);
  for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, SIG_IGN);
  close(ends[1]);
  sleepers_.clear();  // the run's, whose bells are among the files left behind
  if (!part_from(files, ends[0])) _exit(1);
  return sleep_until(ends[0]);
}

void Snapshots::drop(std::size_t index) {
  measure();
  const Sleeper sleeper = sleepers_.at(index);
  sleepers_.erase(sleepers_.begin() + static_cast<std::ptrdiff_t>(index));
  close(sleeper.bell);
  ended(sleeper.process);
}

void Snapshots::drop_all() {
  if (!sleepers_.empty()) measure();
  for (const Sleeper& sleeper : sleepers_) close(sleeper.bell);
  for (const Sleeper& sleeper : sleepers_) ended(sleeper.process);
  sleepers_.clear();
}

void Snapshots::wake(std::size_t index, const Wake& wake) {
  const Sleeper sleeper = sleepers_.at(index);
  if (send(sleeper.bell, &wake, sizeof wake, MSG_NOSIGNAL) != sizeof wake) refuse("snapshot: send");
  close(sleeper.bell);
  woken_ = sleeper.process;
  measure();
  sleepers_.erase(sleepers_.begin() + static_cast<std::ptrdiff_t>(index));
  drop_all();
}

int Snapshots::wait() {
  const int status = ended(woken_);
  woken_ = 0;
  return status;
}

void Snapshots::measure() {
  std::uint64_t bytes = 0;
  for (const Sleeper& sleeper : sleepers_) bytes += own_bytes(sleeper.process);
  if (bytes > peak_bytes_) peak_bytes_ = bytes;
}

}  // namespace p2p::tb
