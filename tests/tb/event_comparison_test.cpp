// The first event that departs from a record is named, by line and by both sides.
#include "tb/replay/event_comparison.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "tb/replay/run_record.h"

namespace p2p::tb {
namespace {

class Record : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() /
              (std::string("p2p_record_") + testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string file(const std::string& name, const std::string& content) const {
    std::string path = (folder_ / name).string();
    std::ofstream(path) << content;
    return path;
  }
  std::filesystem::path folder_;
};

TEST_F(Record, TheSameEventsDoNotDepart) {
  EventComparison events(file("events.jsonl", "one\ntwo\n"));
  EXPECT_TRUE(events.event("one"));
  EXPECT_TRUE(events.event("two"));
  EXPECT_TRUE(events.end());
  EXPECT_EQ(events.same(), 2u);
  EXPECT_EQ(events.departure(), "");
}

TEST_F(Record, AnotherEventDeparts) {
  const std::string path = file("events.jsonl", "one\ntwo\nthree\n");
  EventComparison events(path);
  EXPECT_TRUE(events.event("one"));
  EXPECT_FALSE(events.event("2"));
  EXPECT_FALSE(events.event("three")) << "what comes after cannot mend it";
  EXPECT_FALSE(events.end());
  EXPECT_EQ(events.departure(), "departs from " + path + " at line 2: recorded two, now 2");
  EXPECT_EQ(events.same(), 1u);
}

TEST_F(Record, OneEventMoreDeparts) {
  const std::string path = file("events.jsonl", "one\n");
  EventComparison events(path);
  EXPECT_TRUE(events.event("one"));
  EXPECT_FALSE(events.event("two"));
  EXPECT_EQ(events.departure(), "departs from " + path + " at line 2: recorded no further event, now two");
}

TEST_F(Record, OneEventLessDeparts) {
  const std::string path = file("events.jsonl", "one\ntwo\n");
  EventComparison events(path);
  EXPECT_TRUE(events.event("one"));
  EXPECT_FALSE(events.end());
  EXPECT_EQ(events.departure(), "departs from " + path + " at line 2: recorded two, now no further event");
}

TEST_F(Record, OfAKilledRunIsHeldAgainstItsWholeLines) {
  const std::string path = file("events.jsonl", "one\ntwo\nthr");
  EventComparison events(path, true);
  for (const char* line : {"one", "two", "three", "four"}) EXPECT_TRUE(events.event(line)) << line;
  EXPECT_TRUE(events.end());
  EXPECT_EQ(events.same(), 2u);
  EventComparison same(path, true);
  EXPECT_TRUE(same.event("one") && same.event("two") && same.end());
  EventComparison less(path, true);
  EXPECT_TRUE(less.event("one"));
  EXPECT_FALSE(less.end());
  EventComparison other(path, true);
  EXPECT_FALSE(other.event("1"));
  EXPECT_EQ(other.departure(), "departs from " + path + " at line 1: recorded one, now 1");
}

TEST_F(Record, AFileThatIsNotThereIsOneClearError) {
  try {
    EventComparison events("/nowhere/events.jsonl");
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(), "/nowhere/events.jsonl: No such file or directory");
  }
}

TEST_F(Record, HasWhatARunWasGivenButNotWhereItsResultsWent) {
  RunOptions options;
  options.config_file = file("run.toml", "[run]\n");
  file("run.json", run_json(record_run({"run", "--out", "somewhere", "--seed", "3", "--json", "--out=there", "--config",
                                        options.config_file},
                                       options)));
  const RunRecord record = read_run_record(folder_.string());
  EXPECT_EQ(record.arguments, (std::vector<std::string>{"run", "--seed", "3", "--config", options.config_file}));
  EXPECT_EQ(record.config, "[run]\n");
  EXPECT_EQ(record.folder, std::filesystem::current_path().string());
}

TEST_F(Record, AnotherFilesContentIsOneClearError) {
  for (const char* content :
       {"", "{", "{\"arguments\": []}", "{\"arguments\": 3, \"folder\": \"\", \"config\": null}"}) {
    file("run.json", content);
    try {
      read_run_record(folder_.string());
      FAIL() << content;
    } catch (const UsageError& error) {
      EXPECT_EQ(error.what(), folder_.string() + "/run.json: expected the record of a run, as pin2pin run writes it");
    }
  }
}

}  // namespace
}  // namespace p2p::tb
