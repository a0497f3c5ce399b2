// Events in words: what a number stands for, and that the names are those of ntstatus.h.
#include "tb/events/event_words.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <regex>

#include "tests/tb/recorded.h"

namespace p2p::tb {
namespace {

std::string words(const std::string& layer, const std::string& name, const std::string& rest) {
  return event_words(parse_events({event_line(1, layer, name, rest)}).at(0));
}

TEST(EventWords, NamesStatusesMajorFunctionsAndPinStates) {
  EXPECT_EQ(words("ntos", "irp.call", R"(,"irp":4,"major":27,"driver":"vcapdrv")"), "irp=4 major=PNP driver=vcapdrv");
  EXPECT_EQ(words("ntos", "irp.done", R"(,"irp":4,"status":3221225760,"information":0)"),
            "irp=4 status=STATUS_CANCELLED information=0");
  EXPECT_EQ(words("proxy", "segment.complete", R"(,"segment":0,"status":-1073741435)"),
            "segment=0 status=STATUS_IO_DEVICE_ERROR");
  EXPECT_EQ(words("ks", "pin.state", R"(,"pin":3,"from":2,"to":3,"status":0)"), "pin=3 from=PAUSE to=RUN status=0");
  EXPECT_EQ(words("ntos", "dma.map", R"(,"mapping":3,"address":4562333696,"bytes":6144)"),
            "mapping=3 address=0x10FEFB000 bytes=6144");
}

TEST(EventWords, LeavesWhatHasNoName) {
  EXPECT_EQ(words("ntos", "irp.call", R"(,"irp":4,"major":99)"), "irp=4 major=99");
  EXPECT_EQ(words("ntos", "irp.done", R"(,"status":3235774465)"), "status=0xC0DE0001");
  EXPECT_EQ(words("ks", "pin.state", R"(,"from":2,"to":9)"), "from=PAUSE to=9");
  EXPECT_EQ(words("ntos", "other", R"(,"from":2,"status":"well")"), "from=2 status=well");
}

TEST(EventWords, StatusesAreThoseOfTheHeader) {
  std::ifstream header(P2P_NTSTATUS);
  ASSERT_TRUE(header) << P2P_NTSTATUS;
  const std::regex definition(R"(#define (STATUS_\w+)\s+\(\(NTSTATUS\)\s*(0x[0-9A-Fa-f]+)\))");
  unsigned named = 0;
  std::map<std::uint32_t, std::vector<std::string>> names;
  for (std::string line; std::getline(header, line);) {
    std::smatch found;
    if (std::regex_search(line, found, definition))
      names[static_cast<std::uint32_t>(std::stoul(found[2], nullptr, 16))].push_back(found[1]);
  }
  for (const auto& [status, words] : names) {
    const std::string told = status_words(status);
    if (!told.starts_with("STATUS_")) continue;
    ++named;
    EXPECT_NE(std::find(words.begin(), words.end(), told), words.end()) << told;
  }
  EXPECT_GT(named, 40u);
}

}  // namespace
}  // namespace p2p::tb
