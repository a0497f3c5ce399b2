// docs/rules.md lists exactly the rules the checkers have.
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>
#include <string>

#include "tb/observer.h"
#include "tb/scoreboard.h"

namespace p2p::tb {
namespace {

TEST(Rules, TheDocumentListsEveryRule) {
  std::set<std::string> code, document;
  CheckingObserver observer;
  observer.each_checker([&](const auto& rules, const ViolationLog&) {
    for (const Rule& rule : rules) code.insert(rule.name);
  });
  for (const Rule& rule : Scoreboard().rules) code.insert(rule.name);
  std::ifstream file(P2P_RULES_MD);
  ASSERT_TRUE(file) << P2P_RULES_MD;
  const std::regex row("^\\| ([A-Z0-9]+_[A-Z0-9_]+) \\|.*");
  for (std::string line; std::getline(file, line);) {
    std::smatch match;
    if (std::regex_match(line, match, row)) document.insert(match[1]);
  }
  EXPECT_EQ(code, document);
}

}  // namespace
}  // namespace p2p::tb
