// Message-signalled interrupts instead of the line, as the driver's INF would ask for them.
#include "tests/e2e/program.h"

namespace p2p::e2e {
namespace {

class Messages : public Program {
 protected:
  static std::size_t count(const std::string& text, const std::string& word) {
    std::size_t found = 0;
    for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++found;
    return found;
  }
};

TEST_F(Messages, TheSameFramesArriveAndTheLineNeverMoves) {
  expect_pass(pin2pin("--size 64x48 --frames 8 --out line"), "line", 8);
  expect_pass(pin2pin("--size 64x48 --frames 8 --out messages" + with_messages()), "messages", 8);
  EXPECT_EQ(summary("messages")["frames"]["sha256"], summary("line")["frames"]["sha256"]);
  const std::string events = slurp(folder_ / "messages/events.jsonl");
  EXPECT_EQ(count(events, "\"irq.line\""), 0u);
  EXPECT_GT(count(events, "\"irq.message\""), 0u);
  EXPECT_EQ(count(events, "\"irq.message\""), summary("messages")["interrupts"]["isr_calls"]);
  EXPECT_GT(summary("messages")["latency_ns"]["irq_to_isr"]["max"], 0);
}

// A message is sent once: whatever is late, none may be lost.
TEST_F(Messages, NoneIsLostUnderAnySchedule) {
  for (unsigned seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(testing::Message() << "--schedule random --seed " << seed);
    expect_pass(pin2pin("--size 64x48 --frames 6 --no-capture --schedule random --seed " + std::to_string(seed) +
                        with_messages()),
                "out", 6);
  }
}

}  // namespace
}  // namespace p2p::e2e
