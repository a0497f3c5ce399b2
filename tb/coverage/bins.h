// Functional bins: crosses of named values, each with a sentence that says what it counts, and with its impossible
// combinations and why they are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace p2p::coverage {

struct Axis {
  const char* name;
  std::vector<std::string> values;
};

class Cross {
 public:
  Cross(const char* name, const char* says, std::vector<Axis> axes);

  /// `where` names a value for each axis; "*" is any.
  Cross& impossible(std::initializer_list<std::string_view> where, const char* reason);

  /// Counts one; a value for each axis. Names what is impossible in `wrong()`.
  void hit(std::size_t first, std::size_t second = 0);
  void add(const Cross& other);

  const char* name() const { return name_; }
  std::uint64_t count(std::size_t bin) const { return counts_.at(bin); }
  std::size_t size() const { return counts_.size(); }
  /// "descriptor: 1 byte, at the start of a beat".
  std::string text(std::size_t bin) const;
  /// "1 byte, at the start of a beat".
  std::string values_text(std::size_t bin) const;
  bool possible(std::size_t bin) const { return impossible_.at(bin) == nullptr; }
  const char* says() const { return says_; }
  /// Impossible bins that were hit, with the reason that does not hold.
  const std::vector<std::string>& wrong() const { return wrong_; }
  void write_json(std::ostream& out) const;

 private:
  std::vector<std::string> values_of(std::size_t bin) const;

  const char* name_;
  const char* says_;
  std::vector<Axis> axes_;
  std::vector<std::uint64_t> counts_;
  std::vector<const char*> impossible_;  // reason or null, a bin
  std::vector<std::string> wrong_;
};

/// Adds `theirs` to `mine`, cross by cross: two lists of the same bins.
void add(const std::vector<Cross*>& mine, const std::vector<Cross*>& theirs);
/// What was impossible and happened, of all.
std::vector<std::string> wrong(const std::vector<Cross*>& crosses);
/// {"crosses":[…]}, for scripts/coverage.py.
void write_json(std::ostream& out, const std::vector<Cross*>& crosses);
/// The same into the file `path`. False if it cannot be written.
bool save(const std::string& path, const std::vector<Cross*>& crosses);

}  // namespace p2p::coverage
