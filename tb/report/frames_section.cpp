#include <algorithm>
#include <array>
#include <set>
#include <sstream>

#include "tb/report/html.h"
#include "tb/report/sections.h"

namespace p2p::tb {
namespace {

constexpr std::size_t kMost = 1000, kFirst = 400, kSlowest = 200;

struct Hop {
  std::string_view name;
  std::uint64_t FrameJourney::*at;
};
constexpr std::array<Hop, 11> kHops{{{"last pixel", &FrameJourney::end_ns},
                                     {"first write", &FrameJourney::first_beat_ns},
                                     {"last write", &FrameJourney::last_beat_ns},
                                     {"answered", &FrameJourney::response_ns},
                                     {"record", &FrameJourney::record_ns},
                                     {"interrupt", &FrameJourney::irq_ns},
                                     {"ISR", &FrameJourney::isr_ns},
                                     {"DPC", &FrameJourney::dpc_ns},
                                     {"frame complete", &FrameJourney::complete_ns},
                                     {"IRP done", &FrameJourney::irp_ns},
                                     {"delivered", &FrameJourney::deliver_ns}}};

/// Indexes of the frames that are shown: all, or the first, the slowest and the last.
std::set<std::size_t> chosen(const std::vector<FrameJourney>& journeys) {
  std::set<std::size_t> shown;
  if (journeys.size() <= kMost) {
    for (std::size_t i = 0; i < journeys.size(); ++i) shown.insert(i);
    return shown;
  }
  std::vector<std::size_t> by_time;
  for (std::size_t i = 0; i < journeys.size(); ++i) by_time.push_back(i);
  const auto took = [&journeys](std::size_t i) {
    return journeys[i].delivered ? journeys[i].deliver_ns - journeys[i].end_ns : ~std::uint64_t{0};
  };
  std::stable_sort(by_time.begin(), by_time.end(), [&](std::size_t a, std::size_t b) { return took(a) > took(b); });
  shown.insert(by_time.begin(), by_time.begin() + kSlowest);
  for (std::size_t i = 0; i < kFirst; ++i) shown.insert(i);
  for (std::size_t i = journeys.size(); shown.size() < kMost; --i) shown.insert(i - 1);
  return shown;
}

void table(std::ostream& out, const RunResult& r, const std::set<std::size_t>& shown) {
  out << "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Hops of each frame\"><table "
         "id=\"hops\"><thead>"
         "<tr><th>frame<th>IRP<th>first pixel, bus cycle";
  for (const Hop& hop : kHops) out << "<th>" << hop.name;
  out << "</thead><tbody>\n";
  for (const std::size_t i : shown) {
    const FrameJourney& j = r.journeys[i];
    out << "<tr><td>" << j.frame;
    if (!j.delivered) {
      out << "<td><td>" << j.start_cycle << "<td colspan=11 class=\"t\">"
          << (j.recorded ? "in memory, not delivered" : "not delivered") << "\n";
      continue;
    }
    out << "<td>" << j.irp << "<td>" << j.start_cycle;
    for (const Hop& hop : kHops) {
      out << "<td>";
      // A hop that nobody has seen is not one of no time.
      if (j.*hop.at >= j.start_ns && j.*hop.at != 0) out << j.*hop.at - j.start_ns;
    }
    out << "\n";
  }
  out << "</tbody></table></div>\n";
}

}  // namespace

std::string frames_section(const RunResult& r) {
  if (r.device == "none") return {};
  if (r.journeys.empty()) {
    return r.checked ? "<p>No frame was sent.</p>\n" : "<p>Not followed: the checkers were off.</p>\n";
  }
  const std::set<std::size_t> shown = chosen(r.journeys);
  std::ostringstream out;
  out << "<p>Each frame from its first pixel at the pins to the application, hop by hop";
  if (shown.size() < r.journeys.size()) {
    out << ". Of " << r.journeys.size() << " frames these are the first " << kFirst << ", the " << kSlowest
        << " slowest (those not delivered among them) and as many of the last as make " << kMost
        << "; <code>events.jsonl</code> has all";
  }
  out << ".</p>\n<div id=\"waterfall\" hidden><fieldset><legend>Time begins at the frame's</legend><label><input "
         "type=\"radio\" name=\"axis\" value=\"last\" checked> last pixel</label> <label><input type=\"radio\" "
         "name=\"axis\" value=\"first\"> first pixel</label></fieldset>\n<p class=\"legend\" id=\"legend\"></p>\n<div "
         "class=\"split\"><div><p class=\"axis\" id=\"axis\" aria-hidden=\"true\"></p><div id=\"rows\" "
         "role=\"listbox\" "
         "tabindex=\"0\" aria-label=\"Frames\" aria-describedby=\"keys\"></div><p class=\"note\" id=\"keys\">Click a "
         "frame, or choose one with the arrow keys or <kbd>j</kbd> and <kbd>k</kbd>, <kbd>Page Up</kbd>, <kbd>Page "
         "Down</kbd>, <kbd>Home</kbd>, <kbd>End</kbd>.</p></div><div id=\"frame\" "
         "aria-live=\"polite\"></div></div></div>\n"
         "<noscript><p>The bars need scripts; the table has the same in numbers.</p></noscript>\n"
         "<details><summary>The same in numbers: each hop in ns after the frame's first pixel</summary>\n";
  table(out, r, shown);
  out << "</details>\n";
  return out.str();
}

}  // namespace p2p::tb
