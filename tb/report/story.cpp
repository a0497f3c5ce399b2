#include "tb/report/story.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <deque>
#include <fstream>
#include <functional>
#include <set>
#include <unordered_map>

#include "tb/events/irp_major.h"
#include "tb/events/line_head.h"
#include "tb/run/options.h"

namespace p2p::tb {
namespace {

constexpr std::uint64_t kError = 0xC0000000;
// Not supported, cancelled, no such property, no such property set.
constexpr std::array<std::uint64_t, 4> kAnswers{0xC00000BB, 0xC0000120, 0xC0000225, 0xC0000230};

/// Visits with a number from 1.
void each_line(const std::string& file,
               const std::function<void(const LineHead&, const std::string&, std::uint64_t)>& visit) {
  std::ifstream in(file);
  if (!in) throw UsageError(file + ": cannot be read; expected the folder of a run");
  std::uint64_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (const auto head = line_head(line)) visit(*head, line, number);
  }
}

void take_irp(const LineHead& head, std::uint64_t line, IrpLine& irp) {
  irp.to_cycle = head.cycle;
  irp.to_ns = head.ns;
  if (head.name == "irp.create") {
    irp.kind = head.text("kind");
  } else if (head.name == "irp.call" && irp.major.empty()) {
    irp.major = irp_major_name(head.number("major").value_or(~std::uint64_t{0}));
    irp.driver = head.text("driver");
  } else if (head.name == "irp.pend") {
    irp.pended = true;
  } else if (head.name == "irp.cancel") {
    irp.cancelled = true;
  } else if (head.name == "irp.complete") {
    irp.status = head.number("status");
    irp.completed_cycle = head.cycle;
    irp.completed_line = line;
  } else if (head.name == "irp.done") {
    irp.status = head.number("status");
    irp.done = true;
  } else if (head.name == "irp.free") {
    irp.freed = true;
  }
}

/// Of `text`, "frame 17 took …", the number behind the word, where there is one first.
std::optional<std::uint64_t> number_behind(const std::string& text, const std::string& word) {
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    std::uint64_t number = 0;
    const char* const digits = text.data() + at + word.size();
    if (std::from_chars(digits, text.data() + text.size(), number).ec == std::errc()) return number;
  }
  return std::nullopt;
}

bool of_an_interrupt(std::string_view name) {
  return name.starts_with("irq.") || name.starts_with("isr.") || name.starts_with("dpc.") ||
         name.starts_with("interrupt.");
}

/// The source's own events do not tell, nor does an application that asks.
bool is_sign_of_life(std::string_view name) {
  return of_an_interrupt(name) || name == "frame.complete" || name.starts_with("queue.") || name.starts_with("edge.") ||
         name == "pin.state" || name == "sample.deliver";
}

bool concerns(const LineHead& head, const Failure& failure) {
  switch (failure.chain_is) {
    case Chain::kInterrupts:
      return of_an_interrupt(head.name);
    case Chain::kSignsOfLife:
      return is_sign_of_life(head.name);
    case Chain::kOfIt:
      if (failure.irp && head.number("irp") == failure.irp) return true;
      if (failure.frame && head.layer == "sim" && head.number("frame") == failure.frame) return true;
      if (const auto hop = failure.hops.find(head.ns); hop != failure.hops.end())
        return head.name.starts_with(hop->second);
      return false;
    case Chain::kAll:
      break;
  }
  return true;
}

void read_chains(const std::string& file, Story& story, const std::set<std::uint64_t>& wanted) {
  std::vector<std::deque<std::string>> chains(story.failures.size());
  std::map<std::uint64_t, std::vector<std::string>> histories;
  each_line(file, [&](const LineHead& head, const std::string& line, std::uint64_t number) {
    for (std::size_t i = 0; i < chains.size(); ++i) {
      const Failure& failure = story.failures[i];
      const bool before = failure.last_line != 0 ? number <= failure.last_line
                                                 : failure.clock.empty() || head.cycle <= failure.bus_cycle;
      if (!before || !concerns(head, failure)) continue;
      chains[i].push_back(line);
      if (chains[i].size() > Story::kLongestChain) chains[i].pop_front();
    }
    const auto irp = head.number("irp");
    if (irp && wanted.contains(*irp)) histories[*irp].push_back(line);
  });
  for (std::size_t i = 0; i < chains.size(); ++i) {
    for (const std::string& line : chains[i]) {
      if (auto event = parse_event(line)) story.failures[i].chain.push_back(std::move(*event));
    }
  }
  for (const auto& [irp, lines] : histories) {
    for (const std::string& line : lines) {
      if (auto event = parse_event(line)) story.histories[irp].push_back(std::move(*event));
    }
  }
}

/// Whose histories the page tells: those of failures, the slowest frame's, the last ones, and as there is room those
/// that never came back and those that failed.
std::set<std::uint64_t> worth_telling(const RunResult& result, const Story& story) {
  std::set<std::uint64_t> wanted;
  const auto want = [&wanted](std::uint64_t irp) {
    if (irp != 0 && wanted.size() < Story::kMostHistories) wanted.insert(irp);
  };
  if (result.bugcheck) want(result.bugcheck->irp);
  for (const Failure& failure : story.failures) want(failure.irp.value_or(0));
  const FrameJourney* slowest = nullptr;
  for (const FrameJourney& journey : result.journeys) {
    if (!journey.delivered) continue;
    if (slowest == nullptr || journey.deliver_ns - journey.end_ns > slowest->deliver_ns - slowest->end_ns)
      slowest = &journey;
  }
  if (slowest != nullptr) want(slowest->irp);
  for (std::size_t i = story.irps.size(); i-- > 0 && i + 8 >= story.irps.size();) want(story.irps[i].id);
  for (const IrpLine& irp : story.irps) {
    if (!irp.done && irp.kind != "raw") want(irp.id);
  }
  for (const IrpLine& irp : story.irps) {
    if (irp.failed()) want(irp.id);
  }
  return wanted;
}

bool is_trouble(std::string_view name) {
  return name == "dma.fault" || name == "bus.error" || name == "allocation.refused" || name == "warning" ||
         name == "interrupt.storm" || name == "interrupt.spurious";
}

struct Trouble {
  std::uint64_t cycle = 0, line = 0;  // line 0: none
};

/// Of a failure that is told in words only: the first request that came back with an error, or what was refused before.
void point_at_trouble(Story& story, Trouble trouble) {
  if (story.failures.empty()) return;
  Failure& failure = story.failures.front();
  if (!failure.rule.empty() || !failure.clock.empty()) return;
  const IrpLine* first = nullptr;
  for (const IrpLine& irp : story.irps) {
    if (!irp.failed() || irp.completed_line == 0) continue;
    if (first == nullptr || irp.completed_line < first->completed_line) first = &irp;
  }
  if (first != nullptr) {
    failure.irp = first->id;
    if (trouble.line == 0 || first->completed_line < trouble.line)
      trouble = {first->completed_cycle, first->completed_line};
  }
  if (trouble.line == 0) return;
  failure.clock = "bus";
  failure.cycle = failure.bus_cycle = trouble.cycle;
  failure.last_line = trouble.line;
}

}  // namespace

bool IrpLine::failed() const {
  return status && (*status & kError) == kError &&
         std::find(kAnswers.begin(), kAnswers.end(), *status) == kAnswers.end();
}

std::vector<Failure> failures_of(const RunResult& result) {
  const std::uint64_t bus_period = std::max<std::uint64_t>(result.bus_period_ps, 1);
  std::vector<Failure> failures;
  if (result.bugcheck) {
    Failure failure;
    failure.is_bugcheck = true;
    failure.what = result.bugcheck->message;
    failure.clock = "bus";
    failure.cycle = failure.bus_cycle = result.bugcheck->bus_cycle;
    if (result.bugcheck->irp != 0) failure.irp = result.bugcheck->irp;  // its history stands beside the stop code
    failures.push_back(std::move(failure));
  }
  for (const Violation& violation : result.violations) {
    Failure failure;
    failure.rule = violation.rule;
    failure.what = violation.text;
    failure.clock = violation.clock;
    failure.cycle = violation.cycle;
    failure.bus_cycle = violation.time_ps(bus_period, result.pixel_period_ps) / bus_period;
    for (const Rule& rule : result.rules) {
      if (rule.name == violation.rule) failure.broken = &rule;
    }
    failure.irp = number_behind(violation.text, "IRP ");
    failure.frame = number_behind(violation.text, "frame ");
    for (const FrameJourney& journey : result.journeys) {
      if (failure.frame != journey.frame) continue;
      if (journey.irp != 0) failure.irp = journey.irp;
      if (journey.delivered) {
        failure.hops = {{journey.irq_ns, "irq."},
                        {journey.isr_ns, "isr.enter"},
                        {journey.dpc_ns, "dpc.enter"},
                        {journey.deliver_ns, "sample.deliver"}};
      }
    }
    // A request that completed twice is seen by its events: the checker has no cycle of its own.
    if (violation.rule == "IRP_ONCE") failure.clock.clear();
    failure.chain_is = violation.rule.starts_with("INTR_") ? Chain::kInterrupts
                       : failure.irp || failure.frame      ? Chain::kOfIt
                                                           : Chain::kAll;
    failures.push_back(std::move(failure));
  }
  std::stable_sort(failures.begin(), failures.end(),
                   [](const Failure& a, const Failure& b) { return a.bus_cycle < b.bus_cycle; });
  // What a run misses that stands still is no cause.
  if ((failures.empty() || result.stall) && !result.failures.empty()) {
    Failure failure;
    failure.what = result.failures.front();
    if (result.stall) {
      failure.chain_is = Chain::kSignsOfLife;
      failure.clock = "bus";
      failure.cycle = failure.bus_cycle = result.stall->cycle;
    }
    failures.insert(failures.begin(), std::move(failure));
  }
  return failures;
}

Story read_story(const std::string& file, const RunResult& result) {
  Story story;
  std::unordered_map<std::uint64_t, std::size_t> place;
  Trouble trouble;  // the first
  each_line(file, [&](const LineHead& head, const std::string&, std::uint64_t number) {
    if (trouble.line == 0 && is_trouble(head.name)) trouble = {head.cycle, number};
    const auto id = head.number("irp");
    if (!id || *id == 0) return;
    const auto [found, is_new] = place.try_emplace(*id, story.irps.size());
    if (is_new) {
      IrpLine& irp = story.irps.emplace_back();
      irp.id = *id;
      irp.from_cycle = head.cycle;
      irp.from_ns = head.ns;
    }
    take_irp(head, number, story.irps[found->second]);
  });
  story.failures = failures_of(result);
  if (story.failures.size() > Story::kMostFailures) story.failures.resize(Story::kMostFailures);
  point_at_trouble(story, trouble);
  read_chains(file, story, worth_telling(result, story));
  return story;
}

}  // namespace p2p::tb
