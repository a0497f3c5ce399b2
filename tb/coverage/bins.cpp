#include "tb/coverage/bins.h"

#include <algorithm>
#include <fstream>
#include <stdexcept>

namespace p2p::coverage {
namespace {

// Our own words: nothing in them needs more than quotes.
std::string quoted(std::string_view text) { return '"' + std::string(text) + '"'; }

}  // namespace

Cross::Cross(const char* name, const char* says, std::vector<Axis> axes)
    : name_(name), says_(says), axes_(std::move(axes)) {
  if (axes_.size() == 1) axes_.push_back({"", {""}});
  if (axes_.size() != 2) throw std::logic_error(std::string(name) + ": one axis or two");
  const std::size_t bins = axes_[0].values.size() * axes_[1].values.size();
  counts_.resize(bins);
  impossible_.resize(bins);
}

std::vector<std::string> Cross::values_of(std::size_t bin) const {
  const std::size_t inner = axes_[1].values.size();
  std::vector<std::string> values{axes_[0].values.at(bin / inner)};
  if (axes_[1].name[0] != '\0') values.push_back(axes_[1].values.at(bin % inner));
  return values;
}

Cross& Cross::impossible(std::initializer_list<std::string_view> where, const char* reason) {
  bool any = false;
  for (std::size_t bin = 0; bin < size(); ++bin) {
    const std::vector<std::string> values = values_of(bin);
    if (values.size() != where.size()) throw std::logic_error(std::string(name_) + ": a value for each axis");
    const bool matches = std::equal(values.begin(), values.end(), where.begin(),
                                    [](const auto& value, auto wanted) { return wanted == "*" || wanted == value; });
    if (!matches) continue;
    impossible_[bin] = reason;
    any = true;
  }
  if (!any) throw std::logic_error(std::string(name_) + ": no such bin is impossible");
  return *this;
}

void Cross::hit(std::size_t first, std::size_t second) {
  const std::size_t bin = first * axes_[1].values.size() + second;
  if (second >= axes_[1].values.size() || bin >= size()) throw std::logic_error(std::string(name_) + ": no such bin");
  if (++counts_[bin] == 1 && impossible_[bin] != nullptr) {
    wrong_.push_back(text(bin) + ": impossible, it was said: " + impossible_[bin]);
  }
}

void Cross::add(const Cross& other) {
  for (std::size_t bin = 0; bin < size(); ++bin) counts_[bin] += other.counts_.at(bin);
}

std::string Cross::text(std::size_t bin) const { return std::string(name_) + ": " + values_text(bin); }

std::string Cross::values_text(std::size_t bin) const {
  std::string text;
  const std::vector<std::string> values = values_of(bin);
  for (std::size_t i = 0; i < values.size(); ++i) text += (i == 0 ? "" : ", ") + values[i];
  return text;
}

void Cross::write_json(std::ostream& out) const {
  out << "{\"name\":" << quoted(name_) << ",\"says\":" << quoted(says_) << ",\"bins\":[";
  for (std::size_t bin = 0; bin < size(); ++bin) {
    out << (bin == 0 ? "" : ",") << "\n{\"name\":" << quoted(text(bin)) << ",\"count\":" << counts_[bin];
    if (impossible_[bin] != nullptr) out << ",\"impossible\":" << quoted(impossible_[bin]);
    out << "}";
  }
  out << "]}";
}

void add(const std::vector<Cross*>& mine, const std::vector<Cross*>& theirs) {
  for (std::size_t i = 0; i < mine.size(); ++i) mine[i]->add(*theirs.at(i));
}

std::vector<std::string> wrong(const std::vector<Cross*>& crosses) {
  std::vector<std::string> found;
  for (const Cross* cross : crosses) found.insert(found.end(), cross->wrong().begin(), cross->wrong().end());
  return found;
}

void write_json(std::ostream& out, const std::vector<Cross*>& crosses) {
  out << "{\"crosses\":[\n";
  bool first = true;
  for (const Cross* cross : crosses) {
    out << (first ? "" : ",\n");
    cross->write_json(out);
    first = false;
  }
  out << "]}\n";
}

bool save(const std::string& path, const std::vector<Cross*>& crosses) {
  std::ofstream out(path);
  write_json(out, crosses);
  return static_cast<bool>(out.flush());
}

}  // namespace p2p::coverage
