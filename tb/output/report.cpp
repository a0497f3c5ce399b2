// report.html.
#include <sstream>

#include "tb/output/summary.h"
#include "tb/stall/diagnosis.h"

namespace p2p::tb {

namespace {
std::string escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

constexpr const char* kStyle =
    ":root{color-scheme:light dark;font:15px/1.45 system-ui,sans-serif}body{max-width:72rem;margin:2rem auto;padding:0 "
    "1rem}"
    ".wide{overflow-x:auto}table{border-collapse:collapse;margin:.6rem 0 1.6rem}th,td{padding:.25rem "
    ".7rem;text-align:right;border-bottom:1px solid #8884}"
    "th:first-child,td:first-child,td.t,th.t{text-align:left}.pass{color:#1a7f37}.fail{color:#cf222e}"
    ".verdict{font-size:1.6rem;font-weight:600}code{font-size:.95em}@media(prefers-color-scheme:dark){.pass{color:#"
    "3fb950}.fail{color:#ff7b72}}";

void stack_table(std::ostream& out, const std::vector<CallSite>& stack) {
  out << "<table><tr><th>module<th class=\"t\">function<th class=\"t\">where</tr>\n";
  for (const CallSite& site : stack) {
    out << "<tr" << (site.driver ? " class=\"fail\"" : "") << "><td>" << escape(site.module) << "<td class=\"t\">"
        << escape(site.function) << "<td class=\"t\">" << escape(site.location) << "</tr>\n";
  }
  out << "</table>\n";
}

void bugcheck_section(std::ostream& out, const RunResult& r) {
  const ntos::BugCheck& bugcheck = *r.bugcheck;
  out << "<h2 class=\"fail\">Bug check 0x" << std::hex << std::uppercase << bugcheck.code << " "
      << escape(bugcheck.rule) << "</h2>\n<p>" << escape(bugcheck.message) << "</p>\n<p>Parameters <code>";
  for (const std::uint64_t parameter : bugcheck.parameters) out << "0x" << parameter << " ";
  out << std::dec << std::nouppercase << "</code> at bus cycle " << bugcheck.bus_cycle << ", CPU " << bugcheck.cpu
      << ", IRQL " << bugcheck.irql << ", thread <code>" << escape(bugcheck.thread) << "</code></p>\n";
  if (!r.bugcheck_stack.empty()) stack_table(out, r.bugcheck_stack);
  if (!r.contrary_stack.empty()) {
    out << "<p>The other way round, earlier:</p>\n";
    stack_table(out, r.contrary_stack);
  }
  if (r.bugcheck_irp.empty()) return;
  out << "<h3>IRP " << r.bugcheck->irp
      << "</h3>\n<table><tr><th>bus cycle<th>ns<th class=\"t\">event<th class=\"t\">with</tr>\n";
  for (const RecordedEvent& event : r.bugcheck_irp) {
    out << "<tr><td>" << event.cycle << "<td>" << event.ns << "<td class=\"t\">" << escape(event.what())
        << "<td class=\"t\">" << escape(event.text("irp")) << "</tr>\n";
  }
  out << "</table>\n";
}
}  // namespace

namespace {
void stall_section(std::ostream& out, const StallEvidence& stall) {
  const Diagnosis why = diagnose(stall);
  out << "<h2 class=\"fail\">Where it stands</h2>\n<p>At bus cycle " << stall.cycle << ", " << stall.sent
      << " frames sent, " << stall.delivered << " delivered: <strong>"
      << (why.verdict.empty() ? "none of the causes that are known" : escape(why.verdict)) << "</strong>";
  if (!why.because.empty()) out << ": " << escape(why.because);
  out << ".</p>\n<table><tr><th>pin<th class=\"t\">state<th>IRPs<th>frames waiting<th>clones<th>descriptors at the chip"
         "<th>records not taken<th>causes<th>enables<th>line<th>FIFO words<th>last ISR, cycle<th>last DPC, "
         "cycle</tr>\n<tr><td>";
  const auto cycle = [](const std::optional<std::uint64_t>& at) {
    return at ? std::to_string(*at) : std::string("none");
  };
  const PinEvidence pin = stall.pin.value_or(PinEvidence{});
  out << pin.id << "<td class=\"t\">" << (stall.pin ? pin.state : "no pin") << "<td>" << pin.irps << "<td>"
      << pin.waiting << "<td>" << pin.clones << "<td>" << stall.channel.descriptors << "<td>" << stall.channel.records
      << std::hex << "<td>0x" << stall.channel.causes << "<td>0x" << stall.channel.enables << std::dec << "<td>"
      << (stall.line ? "high" : "low") << "<td>" << stall.channel.fifo_words << "<td>" << cycle(stall.last_isr)
      << "<td>" << cycle(stall.last_dpc) << "</tr></table>\n";
  for (const auto& [heading, text] : stall.tables)
    out << "<details><summary>" << escape(heading) << "</summary><pre>" << escape(text) << "</pre></details>\n";
}
}  // namespace

namespace {
/// A run without the chip: what its pins delivered, and nothing of cycles.
void software_head(std::ostream& out, const RunResult& r) {
  out << "<p>Device none: the driver brings its own hardware. Simulated " << r.sim_time_ns / 1000
      << " us, driver <code>" << escape(r.driver) << "</code>, seed " << r.seed
      << ".</p>\n<table><tr><th>pin<th class=\"t\">kind<th "
      << "class=\"t\">format<th>delivered<th>mismatched<th>dropped<th>bytes<th class=\"t\">file</tr>\n";
  std::vector<StreamResult> pins = r.streams;
  if (r.fed) pins.push_back(*r.fed);
  for (const StreamResult& stream : pins) {
    out << "<tr><td>" << stream.pin << "<td class=\"t\">" << stream.kind << "<td class=\"t\">" << escape(stream.format)
        << "<td>" << stream.delivered << "<td>" << stream.mismatched << "<td>"
        << (stream.dropped ? std::to_string(*stream.dropped) : "no counter") << "<td>" << stream.bytes
        << "<td class=\"t\">" << stream.file << "</tr>\n";
  }
  out << "</table>\n";
}

void chip_head(std::ostream& out, const RunResult& r) {
  out << "<p>" << r.sent << " frames sent, " << r.delivered << " delivered, " << r.dropped << " dropped by the device, "
      << r.mismatched << " mismatched. " << r.bus_cycles << " bus cycles and " << r.pixel_cycles << " pixel cycles "
      << (r.checked ? "checked; " : "run with the checkers off; ") << r.violations.size()
      << " violations.</p>\n<p>source <code>" << escape(r.source) << "</code>, " << r.width << "x" << r.height
      << ", driver <code>" << escape(r.driver) << "</code>, seed " << r.seed << ", simulated " << r.sim_time_ns / 1000
      << " us</p>\n";
}

void latency_and_frames(std::ostream& out, const RunResult& r) {
  out << "<h2>Latency, ns</h2><table><tr><th>hop<th>p50<th>p99<th>max<th>frames</tr>\n";
  for (const HopLatency& hop : r.latencies) {
    out << "<tr><td>" << hop.hop << "<td>" << hop.p50 << "<td>" << hop.p99 << "<td>" << hop.max << "<td>" << hop.samples
        << "</tr>\n";
  }
  out << "</table>\n<h2>Frames</h2><p>Each hop in ns after the frame's first beat at the "
         "pins.</p><div class=\"wide\" tabindex=\"0\"><table><tr><th>frame<th>IRP<th>start, bus cycle"
         "<th>last pixel<th>first write<th>last write<th>answered<th>record<th>interrupt<th>ISR<th>DPC<th>frame "
         "complete<th>IRP done<th>delivered</tr>\n";
  for (const FrameJourney& j : r.journeys) {
    out << "<tr><td>" << j.frame << "<td>";
    if (!j.delivered) {
      out << "<td>" << j.start_cycle << "<td colspan=11 class=\"t\">not delivered</tr>\n";
      continue;
    }
    out << j.irp << "<td>" << j.start_cycle;
    for (const std::uint64_t ns : {j.end_ns, j.first_beat_ns, j.last_beat_ns, j.response_ns, j.record_ns, j.irq_ns,
                                   j.isr_ns, j.dpc_ns, j.complete_ns, j.irp_ns, j.deliver_ns})
      out << "<td>" << ns - j.start_ns;
    out << "</tr>\n";
  }
  out << "</table></div>\n";
}

void checks_table(std::ostream& out, const RunResult& r) {
  out << "<h2>Checks</h2><table><tr><th>rule<th>exercised<th>violated<th class=\"t\">says<th "
         "class=\"t\">reference</tr>\n";
  for (const Rule& rule : r.rules) {
    out << "<tr><td>" << rule.name << "<td>" << rule.exercised << "<td>" << rule.violated << "<td class=\"t\">"
        << escape(rule.text) << "<td class=\"t\">" << escape(rule.reference) << "</tr>\n";
  }
  out << "</table>\n";
}
}  // namespace

namespace {
void coverage_table(std::ostream& out, const CoverageResult& coverage) {
  out << "<h2>Functional coverage</h2><p>What this run was seen to do: " << coverage.covered() << " of "
      << coverage.possible() << " bins. <code>scripts/coverage.py --bins-only</code> merges runs.</p><table><tr><th>of"
      << "<th class=\"t\">group<th>bins<th class=\"t\">counts<th class=\"t\">not seen</tr>\n";
  for (const CrossResult& cross : coverage.crosses) {
    out << "<tr><td>" << cross.subject << "<td class=\"t\">" << escape(cross.name) << "<td>" << cross.covered << "/"
        << cross.possible << "<td class=\"t\">" << escape(cross.says) << "<td class=\"t\">";
    if (!cross.missing.empty()) {
      out << "<details><summary>" << cross.missing.size() << "</summary>";
      for (const std::string& bin : cross.missing) out << escape(bin) << "<br>";
      out << "</details>";
    }
    out << "</tr>\n";
  }
  out << "</table>\n";
}
}  // namespace

std::string report_html(const RunResult& r) {
  const bool chip = r.device != "none";
  std::ostringstream out;
  out << "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>pin2pin: " << r.status() << "</title><style>"
      << kStyle << "</style><body>\n<p class=\"verdict "
      << (r.pass()    ? "pass\">PASS"
          : r.clean() ? "fail\">UNCHECKED"
                      : "fail\">FAIL")
      << "</p>\n";
  (chip ? chip_head : software_head)(out, r);
  if (r.bugcheck) bugcheck_section(out, r);
  if (!r.failures.empty() || !r.violations.empty()) {
    out << "<h2 class=\"fail\">What failed</h2><table><tr><th>rule<th>cycle<th class=\"t\">what</tr>\n";
    for (const std::string& failure : r.failures)
      out << "<tr><td>run<td><td class=\"t\">" << escape(failure) << "</tr>\n";
    for (const Violation& v : r.violations) {
      out << "<tr><td>" << v.rule << "<td>" << v.clock << " " << v.cycle << "<td class=\"t\">" << escape(v.text)
          << "</tr>\n";
    }
    out << "</table>\n";
  }
  if (r.stall) stall_section(out, *r.stall);
  if (r.traced) {
    out << "<p>Waveform of bus cycles " << r.traced->from_cycle() << " to " << r.traced->to_cycle()
        << ": <code>pin2pin view</code> and this folder.</p>\n";
  }
  if (chip) latency_and_frames(out, r);
  out << "<h2>IRPs and "
         "interrupts</h2><table><tr><th>issued<th>completed<th>cancelled<th>outstanding<th>interrupts<th>ISR "
         "calls<th>DPCs<th>spurious</tr><tr><td>"
      << r.kernel.irps_issued << "<td>" << r.kernel.irps_completed << "<td>" << r.kernel.irps_cancelled << "<td>"
      << r.kernel.irps_outstanding << "<td>" << r.interrupts_asserted << "<td>" << r.kernel.isr_calls << "<td>"
      << r.kernel.dpcs << "<td>" << r.kernel.spurious << "</tr></table>\n";
  if (chip) checks_table(out, r);
  if (r.coverage) coverage_table(out, *r.coverage);
  out << "</body></html>\n";
  return out.str();
}

}  // namespace p2p::tb
