#include "tb/output/output_folder.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <vector>

#include "tb/run/options.h"

namespace p2p::tb {

namespace fs = std::filesystem;

namespace {
constexpr std::array<std::string_view, 12> kFiles{"capture.mkv",  "capture.wav", "contact.png", "summary.json",
                                                  "events.jsonl", "report.html", "trace.fst",   "trace.gtkw",
                                                  "driver.bins",  "chip.bins",   "run.json",    "trace.perfetto.json"};

const std::string kPartial = ".partial-";
constexpr int kMostLinks = 40;  // as Linux has it

/// Only what runs write may be replaced.
void check_replaceable(const std::string& option, const fs::path& folder) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_regular_file() && std::find(kFiles.begin(), kFiles.end(), name) != kFiles.end()) continue;
    std::string text = option;
    text += ": holds " + name + ", which no run has written; expected a new or empty folder or an earlier run's";
    throw UsageError(text);
  }
}
/// What a run was writing to the same target when it was killed: looked at, if at all, before the next one.
void remove_leftovers(const fs::path& target) {
  const std::string prefix = target.filename().string() + kPartial;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(target.parent_path(), error)) {
    const std::string name = entry.path().filename().string();
    if (name.rfind(prefix, 0) != 0) continue;
    char* end = nullptr;
    const long process = std::strtol(name.c_str() + prefix.size(), &end, 10);
    if (*end == 0 && process > 0 && kill(static_cast<pid_t>(process), 0) != 0 && errno == ESRCH)
      fs::remove_all(entry.path(), error);
  }
}
/// Over file systems, too.
void move_file(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error != std::errc::cross_device_link) {
    if (error) throw fs::filesystem_error("rename", from, to, error);
    return;
  }
  fs::copy_file(from, to);
  fs::remove(from);
}

/// A folder that is there stays the same one: it may be a mount point, or where a shell stands. summary.json comes
/// last: where it is, the others are.
void fill(const fs::path& from, const fs::path& target) {
  for (const auto& entry : fs::directory_iterator(target)) fs::remove(entry.path());
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(from)) files.push_back(entry.path());
  std::partition(files.begin(), files.end(), [](const fs::path& file) { return file.filename() != "summary.json"; });
  for (const fs::path& file : files) move_file(file, target / file.filename());
  fs::remove(from);
}
}  // namespace

OutputFolder::OutputFolder(const std::string& target) : owner_(getpid()) {
  const std::string option = "--out " + target;
  if (target.empty()) throw UsageError("--out: expected the name of a folder");
  try {
    target_ = fs::weakly_canonical(fs::absolute(target));  // a link stays, and leads to the results
    if (target_.filename().empty()) target_ = target_.parent_path();
    for (int links = 0; links < kMostLinks && fs::is_symlink(target_); ++links)  // that lead to nothing yet
      target_ = fs::weakly_canonical(target_.parent_path() / fs::read_symlink(target_));
    if (fs::exists(target_)) {
      if (!fs::is_directory(target_)) throw UsageError(option + ": is a file; expected a folder");
      check_replaceable(option, target_);
    }
    aside_ = target_;
    remove_leftovers(target_);
    aside_ += kPartial + std::to_string(getpid());
    created_ = aside_;
    while (created_.has_relative_path() && !fs::exists(created_.parent_path())) created_ = created_.parent_path();
    fs::create_directories(aside_);
  } catch (const fs::filesystem_error& error) {
    std::string text = option + ": cannot be used: " + error.code().message();
    if (error.path1() == aside_) text += ": " + aside_.string() + ", where results are first written";
    throw UsageError(text);
  }
}

OutputFolder::~OutputFolder() {
  std::error_code error;
  if (!committed_ && getpid() == owner_) fs::remove_all(created_, error);
}

void OutputFolder::write(const std::string& file, const std::string& content) const {
  std::ofstream out(path(file), std::ios::binary);
  out << content;
  out.close();
  if (!out) throw std::runtime_error(path(file) + ": could not be written");
}

void OutputFolder::commit() {
  try {
    if (!fs::exists(target_)) {
      fs::rename(aside_, target_);
    } else {
      check_replaceable("--out " + target_.string(), target_);
      fill(aside_, target_);
    }
    committed_ = true;
  } catch (const UsageError& error) {  // somebody has put it there since
    committed_ = true;
    throw UsageError(std::string(error.what()) + "; the results are in " + aside_.string());
  } catch (const fs::filesystem_error& error) {
    committed_ = true;
    throw UsageError("--out " + target_.string() + ": " + error.code().message() + "; the results are in " +
                     aside_.string());
  }
}

}  // namespace p2p::tb
