#include <sstream>
#include <unordered_map>

#include "tb/events/event_words.h"
#include "tb/report/html.h"
#include "tb/report/sections.h"

namespace p2p::tb {
namespace {

constexpr std::size_t kMostLines = 1200, kFirstLines = 400;

std::string end_of(const IrpLine& irp) {
  if (!irp.done) return irp.freed ? "freed" : irp.pended ? "pending" : "not done";
  if (irp.cancelled) return "done, cancelled";
  return irp.failed() ? "done, failed" : "done";
}

/// IRP to source frame.
std::unordered_map<std::uint64_t, std::uint64_t> carried_frames(const RunResult& r) {
  std::unordered_map<std::uint64_t, std::uint64_t> frames;
  for (const FrameJourney& journey : r.journeys) {
    if (journey.irp != 0) frames[journey.irp] = journey.frame;
  }
  return frames;
}

void line(std::ostream& out, const IrpLine& irp, bool told, const std::string& frame) {
  out << (irp.done || irp.kind == "raw" ? irp.failed() ? "<tr class=\"bad\">" : "<tr>" : "<tr class=\"bad\">")
      << "<td>";
  if (told) {
    out << "<a href=\"#irp-" << irp.id << "\">" << irp.id << "</a>";
  } else {
    out << irp.id;
  }
  text_cell(out, irp.major);
  text_cell(out, irp.driver);
  out << "<td>" << irp.from_cycle << "<td>" << irp.to_cycle << "<td>" << irp.to_ns - irp.from_ns << "<td class=\"t\">"
      << (irp.status ? status_words(static_cast<std::uint32_t>(*irp.status)) : std::string());
  text_cell(out, end_of(irp));
  out << "<td>" << frame;
  out << "\n";
}

void counts(std::ostream& out, const RunResult& r) {
  open_table(out, "IRPs and interrupts",
             {"issued", "completed", "cancelled", "outstanding", "interrupts", "ISR calls", "DPCs", "spurious"});
  out << "<tr><td>" << r.kernel.irps_issued << "<td>" << r.kernel.irps_completed << "<td>" << r.kernel.irps_cancelled
      << "<td>" << r.kernel.irps_outstanding << "<td>" << r.interrupts_asserted << "<td>" << r.kernel.isr_calls
      << "<td>" << r.kernel.dpcs << "<td>" << r.kernel.spurious << "\n";
  close_table(out);
}

}  // namespace

std::string irp_section(const RunResult& r, const Story& story) {
  std::ostringstream out;
  counts(out, r);
  if (!r.outstanding_irps.empty()) {
    out << "<h3>Outstanding at the end</h3>\n<ul>\n";
    for (const std::string& irp : r.outstanding_irps) out << "<li>" << escape(irp) << "\n";
    out << "</ul>\n";
  }
  if (story.irps.empty()) return out.str();
  const std::size_t all = story.irps.size(), last = kMostLines - kFirstLines;
  out << "<h3>Each IRP</h3>\n<p>" << all << " in the order in which they came";
  if (all > kMostLines) {
    out << "; shown are the first " << kFirstLines << ", the last " << last << " and of those between up to "
        << kMostLines << " that failed or are not done";
  }
  out << ". A number that is a link leads to its history; of any other " << command("pin2pin events DIR --irp N")
      << " tells it.</p>\n";
  const auto frames = carried_frames(r);
  std::size_t between = 0;
  open_table(out, "Each IRP",
             {"IRP", ".major", ".first driver", "from, bus cycle", "to, bus cycle", "ns", ".status", ".end", "frame"});
  for (std::size_t i = 0; i < all; ++i) {
    const IrpLine& irp = story.irps[i];
    const bool told = story.histories.contains(irp.id);
    const bool shown = all <= kMostLines || i < kFirstLines || i + last >= all ||
                       ((irp.failed() || !irp.done) && between++ < kMostLines);
    const auto frame = frames.find(irp.id);
    if (shown || told) line(out, irp, told, frame != frames.end() ? std::to_string(frame->second) : std::string());
  }
  close_table(out);
  out << "<h3>Histories</h3>\n<p>Of " << story.histories.size()
      << ": those a failure is about, the slowest frame's, the last ones, and as there is room those not done or "
         "failed.</p>\n";
  for (const auto& [irp, events] : story.histories) {
    const std::string title = "IRP " + std::to_string(irp);
    out << "<details id=\"irp-" << irp << "\"><summary>" << title << ", " << count(events.size(), "event")
        << "</summary>\n";
    event_table(out, title, events, "irp");
    out << "</details>\n";
  }
  return out.str();
}

}  // namespace p2p::tb
