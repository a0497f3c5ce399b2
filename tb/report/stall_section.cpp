#include <sstream>

#include "tb/report/html.h"
#include "tb/report/sections.h"
#include "tb/stall/diagnosis.h"

namespace p2p::tb {

std::string stall_section(const RunResult& r) {
  if (!r.stall) return {};
  const StallEvidence& stall = *r.stall;
  const Diagnosis why = diagnose(stall);
  const auto cycle = [](const std::optional<std::uint64_t>& at) {
    return at ? std::to_string(*at) : std::string("none");
  };
  std::ostringstream out;
  out << "<p>At bus cycle " << stall.cycle << ", " << count(stall.sent, "frame") << " sent, " << stall.delivered
      << " delivered: ";
  if (!why.verdict.empty()) {
    out << "<strong>" << escape(why.verdict) << "</strong>: " << escape(why.because);
  } else {
    out << (why.because.empty() ? "none of the causes that are known" : escape(why.because));
  }
  out << ".</p>\n";
  const PinEvidence pin = stall.pin.value_or(PinEvidence{});
  open_table(out, "Pin and chip",
             {"pin", ".state", "IRPs", "frames waiting", "clones", "descriptors at the chip", "records not taken",
              "causes", "enables", "line", "FIFO words", "last ISR, cycle", "last DPC, cycle"});
  out << "<tr><td>" << pin.id << "<td class=\"t\">" << (stall.pin ? escape(pin.state) : "no pin") << "<td>" << pin.irps
      << "<td>" << pin.waiting << "<td>" << pin.clones << "<td>" << stall.channel.descriptors << "<td>"
      << stall.channel.records << "<td>" << hex(stall.channel.causes) << "<td>" << hex(stall.channel.enables) << "<td>"
      << (stall.line ? "high" : "low") << "<td>" << stall.channel.fifo_words << "<td>" << cycle(stall.last_isr)
      << "<td>" << cycle(stall.last_dpc) << "\n";
  close_table(out);
  for (const auto& [heading, text] : stall.tables) {
    out << "<details><summary>" << escape(heading) << "</summary><pre tabindex=\"0\">" << escape(text)
        << "</pre></details>\n";
  }
  return out.str();
}

}  // namespace p2p::tb
