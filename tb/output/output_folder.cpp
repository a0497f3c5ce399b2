#include "tb/output/output_folder.h"

#include <unistd.h>

#include <fstream>
#include <stdexcept>

#include "tb/run/options.h"

namespace p2p::tb {

namespace fs = std::filesystem;

OutputFolder::OutputFolder(const std::string& target) : target_(fs::absolute(target).lexically_normal()) {
  if (target_.filename().empty()) target_ = target_.parent_path();
  std::error_code error;
  if (fs::exists(target_)) {
    if (!fs::is_directory(target_)) throw UsageError("--out " + target + ": is a file; expected a folder");
    if (!fs::is_empty(target_, error) && !fs::exists(target_ / "summary.json")) {
      throw UsageError("--out " + target +
                       ": is not empty and holds no earlier run (no summary.json); expected a new or empty folder");
    }
  }
  aside_ = target_;
  aside_ += ".partial-" + std::to_string(getpid());
  fs::create_directories(aside_, error);
  if (error) throw UsageError("--out " + target + ": cannot be created: " + error.message());
}

OutputFolder::~OutputFolder() {
  std::error_code error;
  if (!committed_) fs::remove_all(aside_, error);
}

void OutputFolder::write(const std::string& file, const std::string& content) const {
  std::ofstream out(path(file), std::ios::binary);
  out << content;
  out.close();
  if (!out) throw std::runtime_error(path(file) + ": could not be written");
}

void OutputFolder::commit() {
  fs::remove_all(target_);
  fs::rename(aside_, target_);
  committed_ = true;
}

}  // namespace p2p::tb
