#include <algorithm>
#include <sstream>
#include <string_view>

#include "tb/report/html.h"
#include "tb/report/sections.h"

namespace p2p::tb {
namespace {

constexpr std::string_view kJudged = "pin_to_deliver";  // the hop that the contract is about
constexpr unsigned kWidth = 320, kHeight = 14;

unsigned scaled(std::uint64_t ns, std::uint64_t most) {
  return static_cast<unsigned>(static_cast<double>(ns) / static_cast<double>(most) * kWidth);
}

/// Up to p50, p99 and the maximum, darkest first; the contract is a line.
void bar(std::ostream& out, const HopLatency& hop, std::uint64_t most, std::uint64_t limit) {
  out << "<svg class=\"bar\" width=\"" << kWidth + 4 << "\" height=\"" << kHeight << "\" aria-hidden=\"true\">"
      << "<rect class=\"max\" width=\"" << scaled(hop.max, most) << "\" height=\"" << kHeight
      << "\"/><rect class=\"p99\" width=\"" << scaled(hop.p99, most) << "\" height=\"" << kHeight
      << "\"/><rect class=\"p50\" width=\"" << scaled(hop.p50, most) << "\" height=\"" << kHeight << "\"/>";
  if (limit != 0) out << "<path class=\"limit\" d=\"M" << scaled(limit, most) << " 0v" << kHeight << "\"/>";
  out << "</svg>";
}

void judged(std::ostream& out, const RunResult& r) {
  if (r.latency_limit_ns == 0) {
    out << "<p>No contract is set (<code>[latency] pin_to_deliver_ns</code> in <code>--config</code>): measured, not "
           "judged.</p>\n";
    return;
  }
  std::uint64_t late = 0, all = 0;
  for (const FrameJourney& j : r.journeys) {
    if (!j.delivered) continue;
    ++all;
    late += j.deliver_ns - j.end_ns > r.latency_limit_ns ? 1 : 0;
  }
  if (all == 0) {
    out << "<p>The contract, <code>" << kJudged << "</code> within " << r.latency_limit_ns
        << " ns, is not judged: no frame was followed to the application.</p>\n";
    return;
  }
  out << "<p>The contract: <code>" << kJudged << "</code> within " << r.latency_limit_ns << " ns. <strong class=\""
      << (late == 0 ? "pass\">Kept by all " : "fail\">Broken by ") << count(late == 0 ? all : late, "frame")
      << "</strong>" << (late == 0 ? "" : " of " + std::to_string(all)) << ".</p>\n";
}

}  // namespace

std::string latency_section(const RunResult& r) {
  if (r.device == "none") return {};
  std::ostringstream out;
  judged(out, r);
  const bool measured =
      std::any_of(r.latencies.begin(), r.latencies.end(), [](const HopLatency& hop) { return hop.samples != 0; });
  if (!measured) {
    out << "<p>No frame was delivered.</p>\n";
    return out.str();
  }
  std::uint64_t most = std::max<std::uint64_t>(r.latency_limit_ns, 1);
  for (const HopLatency& hop : r.latencies) most = std::max(most, hop.max);
  open_table(out, "Latency by hop, ns",
             {".hop", "p50", "p99", "max", "contract", "frames", ".0 to " + std::to_string(most) + " ns"});
  for (const HopLatency& hop : r.latencies) {
    const std::uint64_t limit = hop.hop == kJudged ? r.latency_limit_ns : 0;
    out << (limit != 0 && hop.max > limit ? "<tr class=\"bad\">" : "<tr>");
    text_cell(out, hop.hop);
    out << "<td>" << hop.p50 << "<td>" << hop.p99 << "<td>" << hop.max << "<td>"
        << (limit != 0 ? std::to_string(limit) : std::string()) << "<td>" << hop.samples << "<td class=\"t\">";
    bar(out, hop, most, limit);
    out << "\n";
  }
  close_table(out);
  out << "<p class=\"note\">Bars: p50 in the darkest colour, then p99, then the maximum. The hops are those of "
         "docs/latency.md.</p>\n";
  return out.str();
}

}  // namespace p2p::tb
