// docs/rules.md lists every rule with its words and its source, and no other; docs/latency.md every hop.
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <string>

#include "tb/check/model_checker.h"
#include "tb/observer.h"
#include "tb/scoreboard.h"

namespace p2p::tb {
namespace {

/// Table rows below the head, one a rule.
std::set<std::string> documented() {
  std::ifstream file(P2P_DOCS "/rules.md");
  EXPECT_TRUE(file) << P2P_DOCS "/rules.md";
  std::set<std::string> rows;
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("| ", 0) != 0 || line.rfind("| rule |", 0) == 0) continue;
    EXPECT_TRUE(rows.insert(line).second) << "twice: " << line;
  }
  return rows;
}

std::set<std::string> in_code() {
  std::set<std::string> rows;
  const auto add = [&rows](const auto& rules) {
    for (const Rule& rule : rules) {
      const std::string row = std::string("| ") + rule.name + " | " + rule.text + " | " + rule.reference + " |";
      EXPECT_TRUE(rows.insert(row).second) << "twice: " << row;
    }
  };
  CheckingObserver observer;
  observer.each_checker([&](const auto& rules, const ViolationLog&) { add(rules); });
  add(ModelChecker().rules);
  add(Scoreboard().rules);
  return rows;
}

TEST(Rules, TheDocumentListsEveryRule) {
  const auto document = documented(), code = in_code();
  EXPECT_GE(code.size(), 40u);
  for (const std::string& row : code) EXPECT_TRUE(document.count(row) != 0) << "missing in docs/rules.md: " << row;
  for (const std::string& row : document) EXPECT_TRUE(code.count(row) != 0) << "no such rule: " << row;
}

TEST(Latency, TheDocumentNamesEveryHop) {
  std::ifstream file(P2P_DOCS "/latency.md");
  ASSERT_TRUE(file);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  for (const HopLatency& hop : Scoreboard().latencies()) {
    EXPECT_NE(text.find("| `" + hop.hop + "` |"), std::string::npos) << hop.hop;
  }
}

}  // namespace
}  // namespace p2p::tb
