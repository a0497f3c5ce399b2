// Results are written aside and renamed: what was promised is there whole, or not at all.
#pragma once

#include <filesystem>
#include <string>

namespace p2p::tb {

class OutputFolder {
 public:
  /// `target` must be new, empty, or hold an earlier run and nothing else. Throws UsageError otherwise, or if it cannot
  /// be created. Removes what killed runs have left of theirs beside it.
  explicit OutputFolder(const std::string& target);
  /// Removes what was not committed.
  ~OutputFolder();
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;
  std::string target() const { return target_.string(); }
  std::string path(const std::string& file) const { return (aside_ / file).string(); }
  /// Throws std::runtime_error if the file cannot be written.
  void write(const std::string& file, const std::string& content) const;
  /// Puts the folder in place of the target, or its files into a target that is there, summary.json last. Throws
  /// UsageError if the target has got what no run writes, or cannot be written: then what was written aside stays.
  void commit();

 private:
  std::filesystem::path target_, aside_;
  std::filesystem::path created_;  // topmost folder that did not exist before
  int owner_;                      // process: a copy of it has no say here
  bool committed_ = false;
};

}  // namespace p2p::tb
