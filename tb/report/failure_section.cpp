#include <algorithm>
#include <sstream>

#include "tb/report/html.h"
#include "tb/report/rule_places.h"
#include "tb/report/sections.h"

namespace p2p::tb {
namespace {

constexpr std::uint64_t kReplayBefore = 2000, kReplayAfter = 200;  // bus cycles

/// With a waveform of the cycles around it.
std::string replay_command(const RunResult& r, const Failure& failure) {
  if (r.device == "none") return "pin2pin replay DIR";
  if (failure.clock.empty() || (r.stall && failure.chain_is == Chain::kSignsOfLife)) {
    if (!r.traced) return "pin2pin replay DIR";
    return "pin2pin replay DIR --from " + std::to_string(r.traced->from_cycle()) + " --to " +
           std::to_string(r.traced->to_cycle());
  }
  const std::uint64_t at = failure.bus_cycle;
  return "pin2pin replay DIR --from " + std::to_string(at - std::min(at, kReplayBefore)) + " --to " +
         std::to_string(at + kReplayAfter);
}

void row(std::ostream& out, const char* what, const std::string& html) {
  if (!html.empty()) out << "<dt>" << what << "<dd>" << html;
}

std::string where(const RunResult& r, const Failure& failure) {
  if (failure.clock.empty()) return {};
  std::string text = failure.chain_is == Chain::kSignsOfLife ? "given up at " : "";
  text += failure.clock + " cycle " + std::to_string(failure.cycle);
  if (failure.clock == "pixel") text += ", bus cycle " + std::to_string(failure.bus_cycle);
  if (r.bus_period_ps != 0) text += ", " + microseconds(failure.bus_cycle * r.bus_period_ps / 1000) + " us";
  return escape(text);
}

std::string signals(const Failure& failure) {
  std::string html;
  for (const RtlPort& port : rule_ports(failure.rule, failure.what)) {
    html += html.empty() ? "" : "<br>";
    html.append("<code>")
        .append(kRtlScope)
        .append(".")
        .append(port.name)
        .append("</code>, declared at <code>")
        .append(kRtlTop)
        .append(":")
        .append(std::to_string(port.line))
        .append("</code>");
  }
  return html;
}

std::string subject(const Failure& failure) {
  std::string html;
  if (failure.frame)
    html += "frame " + std::to_string(*failure.frame) + ": " +
            command("pin2pin events DIR --frame " + std::to_string(*failure.frame));
  if (failure.irp) {
    html += html.empty() ? "" : "<br>";
    html += "IRP " + std::to_string(*failure.irp) + ": " +
            command("pin2pin events DIR --irp " + std::to_string(*failure.irp));
  }
  return html;
}

std::string driver_lines(const RunResult& r) {
  std::string html;
  for (const CallSite& site : r.bugcheck_stack) {
    if (!site.driver) continue;
    html += html.empty() ? "" : "<br>";
    html += escape(site.function) + " <code>" + escape(site.location) + "</code>";
  }
  return html;
}

const char* chain_words(Chain chain) {
  switch (chain) {
    case Chain::kOfIt:
      return "What led there: its last events";
    case Chain::kInterrupts:
      return "What led there: the last interrupts, ISRs and DPCs";
    case Chain::kSignsOfLife:
      return "What moved last";
    case Chain::kAll:
      break;
  }
  return "What led there: the last events before it";
}

void tell(std::ostream& out, const RunResult& r, const Failure& failure) {
  out << "<dl>";
  row(out, "What", escape(failure.what));
  if (failure.broken != nullptr) {
    row(out, "Rule", escape(failure.broken->text));
    row(out, "Source", escape(failure.broken->reference));
  }
  row(out, "Where", where(r, failure));
  row(out, "Signals", signals(failure));
  if (failure.is_bugcheck) row(out, "Driver", driver_lines(r));
  row(out, "About", subject(failure));
  row(out, "Again", command(replay_command(r, failure)));
  out << "</dl>\n";
  if (!failure.chain.empty()) {
    out << "<h4>" << chain_words(failure.chain_is) << "</h4>\n";
    event_table(out, chain_words(failure.chain_is), failure.chain);
  }
}

}  // namespace

std::string failure_section(const RunResult& r, const Story& story) {
  if (r.clean()) return {};
  std::ostringstream out;
  if (!r.failures.empty()) {
    out << "<ul>\n";
    for (const std::string& failure : r.failures) out << "<li>" << escape(failure) << "\n";
    out << "</ul>\n";
  }
  if (r.traced && !story.failures.empty()) {
    out << "<p>A waveform of bus cycles " << r.traced->from_cycle() << " to " << r.traced->to_cycle()
        << " is there: " << command("pin2pin view DIR") << "</p>\n";
  }
  for (const Failure& failure : story.failures) {
    const bool first = &failure == story.failures.data();
    const std::string title = failure.is_bugcheck ? "Bug check" : failure.rule.empty() ? "The run" : failure.rule;
    if (first) {
      out << "<section class=\"failure\"><h3>" << escape(title) << "</h3>\n";
    } else {
      out << "<details class=\"failure\"><summary>" << escape(title) << ", " << where(r, failure) << ": "
          << escape(failure.what) << "</summary>\n";
    }
    tell(out, r, failure);
    out << (first ? "</section>\n" : "</details>\n");
  }
  if (r.violations.size() > 1) {
    out << "<details><summary>All " << r.violations.size() << " violations that are kept</summary>\n";
    open_table(out, "Violations", {".rule", ".clock", "cycle", ".what"});
    for (const Violation& v : r.violations) {
      out << "<tr>";
      text_cell(out, v.rule);
      text_cell(out, v.clock);
      number_cell(out, v.cycle);
      text_cell(out, v.text);
      out << "\n";
    }
    close_table(out);
    out << "</details>\n";
  }
  return out.str();
}

}  // namespace p2p::tb
