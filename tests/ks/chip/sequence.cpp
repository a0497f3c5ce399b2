#include "tests/ks/chip/sequence.h"

#include "sim/random.h"

namespace p2p {

namespace {
using Kind = Step::Kind;

struct Weight {
  Kind kind;
  unsigned weight;
};
constexpr Weight kWeights[] = {
    {Kind::kState, 24},    {Kind::kRead, 22},     {Kind::kSleep, 14}, {Kind::kWait, 12},
    {Kind::kCancelOne, 7}, {Kind::kFlush, 5},     {Kind::kVideo, 4},  {Kind::kFormat, 5},
    {Kind::kCount, 3},     {Kind::kCancelAll, 3}, {Kind::kClose, 2},  {Kind::kUnplug, 1},
};

Kind draw_kind(sim::Random& random) {
  unsigned all = 0;
  for (const Weight& entry : kWeights) all += entry.weight;
  auto left = static_cast<unsigned>(random.below(all));
  for (const Weight& entry : kWeights) {
    if (left < entry.weight) return entry.kind;
    left -= entry.weight;
  }
  return Kind::kSleep;
}

unsigned draw_argument(Kind kind, sim::Random& random) {
  switch (kind) {
    case Kind::kOpen:
    case Kind::kFormat:
    case Kind::kVideo:
      return random.between(0, kSizeCount - 1);
    case Kind::kState:
      return random.below(3) == 0 ? 3 : random.between(0, 3);  // RUN more often: there is more to go wrong
    case Kind::kRead:
      return random.below(5) == 0 ? random.between(1, kMostRequests) : random.between(1, 8);
    case Kind::kCancelOne:
      return random.between(0, kMostRequests - 1);
    case Kind::kSleep:
      return random.below(4) == 0 ? random.between(1, 300) : random.between(1, 40);
    default:
      return 0;
  }
}

std::string size_text(unsigned a) { return std::to_string(kSizes[a].width) + "x" + std::to_string(kSizes[a].height); }

std::string text_of(const Step& step) {
  switch (step.kind) {
    case Kind::kOpen:
      return "open " + size_text(step.a);
    case Kind::kState:
      return "state " + std::to_string(step.a);
    case Kind::kRead:
      return "read " + std::to_string(step.a);
    case Kind::kCancelOne:
      return "cancel " + std::to_string(step.a);
    case Kind::kCancelAll:
      return "cancel all";
    case Kind::kFlush:
      return "flush";
    case Kind::kFormat:
      return "format " + size_text(step.a);
    case Kind::kVideo:
      return "video " + size_text(step.a);
    case Kind::kCount:
      return "count";
    case Kind::kSleep:
      return "sleep " + std::to_string(step.a);
    case Kind::kWait:
      return "wait";
    case Kind::kClose:
      return "close";
    case Kind::kUnplug:
      return "unplug";
  }
  return "?";
}

/// Up to `count` steps more: to ACQUIRE, reads that wait there, and back.
void start_and_stop(std::vector<Step>& steps, unsigned count, sim::Random& random) {
  while (steps.size() + 3 < count) {
    steps.push_back({Kind::kState, 1});
    steps.push_back({Kind::kRead, draw_argument(Kind::kRead, random)});
    if (random.below(2) == 0) steps.push_back({Kind::kSleep, draw_argument(Kind::kSleep, random)});
    steps.push_back({Kind::kState, 0});
  }
}
}  // namespace

std::vector<Step> random_sequence(std::uint64_t seed) {
  sim::Random random(seed, 0x73657175);
  const unsigned count = random.between(8, 40);
  std::vector<Step> steps{{Kind::kOpen, draw_argument(Kind::kOpen, random)}};
  if (seed % 8 == 5) {  // odd: the random schedule (sequence_run.cpp)
    start_and_stop(steps, count, random);
    return steps;
  }
  // Most sequences stream: what comes at random finds the pin at work.
  if (random.below(4) != 0) {
    steps.push_back({Kind::kState, 2});
    steps.push_back({Kind::kRead, draw_argument(Kind::kRead, random)});
    steps.push_back({Kind::kState, 3});
  }
  bool open = true;
  while (steps.size() < count) {
    const Kind kind = open ? draw_kind(random) : Kind::kOpen;
    steps.push_back({kind, draw_argument(kind, random)});
    open = kind != Kind::kClose;
    if (kind == Kind::kUnplug) break;
  }
  return steps;
}

std::string text_of(const std::vector<Step>& steps) {
  std::string all;
  for (const Step& step : steps) all += (all.empty() ? "" : "; ") + text_of(step);
  return all;
}

}  // namespace p2p
