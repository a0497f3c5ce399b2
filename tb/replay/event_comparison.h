// The events of a run against those that another has left in its events.jsonl.
#pragma once

#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>

namespace p2p::tb {

class EventComparison {
 public:
  /// `killed`: the run that left the file did not come to its end; behind the last whole line nothing departs. Throws
  /// UsageError if the file cannot be read.
  explicit EventComparison(const std::string& file, bool killed = false);

  /// The next event of this run, as its line, without the end of the line. False from the first that is another than
  /// the file's on.
  bool event(std::string_view line);
  /// There are no more. False if the file has.
  bool end();

  /// In words what was recorded and what has happened instead, with the line's number; empty while all are the same.
  const std::string& departure() const { return departure_; }
  std::uint64_t same() const { return same_; }

 private:
  void depart(std::string_view recorded, std::string_view now);
  std::string file_;
  std::ifstream recorded_;
  std::uint64_t same_ = 0;
  bool killed_, over_ = false;
  std::string departure_;
};

}  // namespace p2p::tb
