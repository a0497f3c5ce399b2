#include <sstream>

#include "tb/report/html.h"
#include "tb/report/sections.h"
#include "tb/report/story.h"
#include "tb/stall/diagnosis.h"

namespace p2p::tb {

namespace {
void chip_lines(std::ostream& out, const RunResult& r) {
  out << "<p>" << count(r.sent, "frame") << " sent, " << r.delivered << " delivered, " << r.dropped
      << " dropped by the device, " << r.mismatched << " mismatched. " << r.bus_cycles << " bus cycles and "
      << r.pixel_cycles << " pixel cycles " << (r.checked ? "checked; " : "run with the checkers off; ")
      << count(r.violations.size(), "violation") << ".</p>\n<p>Source <code>" << escape(r.source) << "</code>, "
      << r.width << "x" << r.height << ", driver <code>" << escape(r.driver) << "</code>, seed " << r.seed
      << (r.random_schedule ? ", random schedule" : "") << ", simulated " << microseconds(r.sim_time_ns)
      << " us.</p>\n";
}

void software_lines(std::ostream& out, const RunResult& r) {
  out << "<p>Device none: the driver brings its own hardware. Simulated " << microseconds(r.sim_time_ns)
      << " us, driver <code>" << escape(r.driver) << "</code>, seed " << r.seed
      << (r.random_schedule ? ", random schedule" : "") << ".</p>\n";
}
}  // namespace

std::string verdict_section(const RunResult& r) {
  std::ostringstream out;
  out << "<h1 class=\"verdict "
      << (r.pass()    ? "pass\">PASS"
          : r.clean() ? "warn\">UNCHECKED"
                      : "fail\">FAIL")
      << "</h1>\n";
  const std::vector<Failure> failures = failures_of(r);
  if (!failures.empty()) {
    const Failure& first = failures.front();
    out << "<p class=\"first\">";
    if (first.is_bugcheck) {
      out << "Bug check " << hex(r.bugcheck->code) << " <strong>" << escape(r.bugcheck->rule) << "</strong>: ";
    } else if (!first.rule.empty()) {
      out << "<strong>" << escape(first.rule) << "</strong>: ";
    }
    out << escape(first.what);
    const Diagnosis why = r.stall && !first.is_bugcheck ? diagnose(*r.stall) : Diagnosis{};
    if (!why.verdict.empty()) out << "<br><strong>" << escape(why.verdict) << "</strong>: " << escape(why.because);
    out << "</p>\n";
  } else if (!r.checked) {
    out << "<p class=\"first\">The checkers were off: nothing is known.</p>\n";
  }
  for (const std::string& note : r.notes) out << "<p class=\"warn\">" << escape(note) << "</p>\n";
  (r.device == "none" ? software_lines : chip_lines)(out, r);
  return out.str();
}

std::string streams_section(const RunResult& r) {
  if (r.device != "none") return {};
  std::vector<StreamResult> pins = r.streams;
  if (r.fed) pins.push_back(*r.fed);
  std::ostringstream out;
  open_table(out, "Streams by pin",
             {"pin", ".kind", ".format", "delivered", "mismatched", "dropped", "bytes", ".file"});
  for (const StreamResult& stream : pins) {
    out << "<tr><td>" << stream.pin;
    text_cell(out, stream.kind);
    text_cell(out, stream.format);
    out << "<td>" << stream.delivered << "<td>" << stream.mismatched << "<td>"
        << (stream.dropped ? std::to_string(*stream.dropped) : "no counter") << "<td>" << stream.bytes;
    text_cell(out, stream.file);
    out << "\n";
  }
  close_table(out);
  return out.str();
}

}  // namespace p2p::tb
