#include <algorithm>
#include <cstdio>
#include <sstream>

#include "tb/report/html.h"
#include "tb/report/sections.h"

namespace p2p::tb {
namespace {

constexpr unsigned kWidth = 880, kHeight = 200, kLeft = 56, kRight = 64, kTop = 12, kBottom = 40;
constexpr unsigned kBeatBytes = 8;

std::string tenth(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

/// Without decimals that are zero.
std::string short_number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", value);
  return text;
}

class Chart {
 public:
  Chart(const RunResult& r, std::ostream& out) : r_(r), use_(r.bus_use), top_(top()), out_(out) {}

  void draw() {
    out_ << "<svg class=\"chart\" viewBox=\"0 0 " << kLeft + kWidth + kRight << " " << kTop + kHeight + kBottom
         << "\" role=\"img\" aria-labelledby=\"bus-title\"><title id=\"bus-title\">Cycles with a data beat on the "
            "memory "
            "bus, in percent, over time in us; the numbers are in the table below</title>\n";
    grid();
    series("written", &BusBeats::written);
    series("read", &BusBeats::read);
    out_ << "</svg>\n";
  }

  /// Bus cycles of a span: the last one may be shorter.
  std::uint64_t cycles(std::size_t span) const {
    return std::min(use_.span_cycles, r_.bus_cycles - static_cast<std::uint64_t>(span) * use_.span_cycles);
  }
  double percent(std::size_t span, std::uint64_t BusBeats::*of) const {
    return 100.0 * static_cast<double>(use_.spans[span].*of) / static_cast<double>(cycles(span));
  }
  /// What beats of that many percent carry, in 10^6 bytes a second.
  double rate(double percent) const {
    return percent / 100.0 * kBeatBytes * 1e6 / static_cast<double>(r_.bus_period_ps);
  }
  double us(std::uint64_t cycle) const { return static_cast<double>(cycle * r_.bus_period_ps) / 1e6; }

 private:
  void grid() {
    constexpr unsigned kLines = 4;
    for (unsigned i = 0; i <= kLines; ++i) {
      const double percent = static_cast<double>(top_) * i / kLines;
      const unsigned y = kTop + kHeight - i * kHeight / kLines;
      out_ << "<path class=\"grid\" d=\"M" << kLeft << " " << y << "h" << kWidth << "\"/><text x=\"" << kLeft - 6
           << "\" y=\"" << y + 4 << "\" text-anchor=\"end\">" << short_number(percent) << " %</text><text x=\""
           << kLeft + kWidth + 6 << "\" y=\"" << y + 4 << "\">" << short_number(rate(percent)) << "</text>\n";
    }
    constexpr unsigned kMarks = 8;
    for (unsigned i = 0; i <= kMarks; ++i) {
      const unsigned x = kLeft + i * kWidth / kMarks;
      out_ << "<path class=\"grid\" d=\"M" << x << " " << kTop + kHeight << "v5\"/><text x=\"" << x << "\" y=\""
           << kTop + kHeight + 18 << "\" text-anchor=\"middle\">" << tenth(us(r_.bus_cycles) * i / kMarks) << "</text>";
    }
    out_ << "<text x=\"" << kLeft + kWidth / 2 << "\" y=\"" << kTop + kHeight + 34
         << "\" text-anchor=\"middle\">us of simulated time</text><text x=\"" << kLeft + kWidth + kRight - 4
         << "\" y=\"" << kTop + kHeight + 34 << "\" text-anchor=\"end\">MB/s</text>\n";
  }

  void series(const char* name, std::uint64_t BusBeats::*of) {
    out_ << "<path class=\"" << name << "\" d=\"M" << kLeft << " " << kTop + kHeight;
    for (std::size_t i = 0; i < use_.spans.size(); ++i) {
      const std::uint64_t from = static_cast<std::uint64_t>(i) * use_.span_cycles;
      out_ << "V" << tenth(kTop + kHeight * (1 - percent(i, of) / top_)) << "H" << tenth(x(from + cycles(i)));
    }
    out_ << "V" << kTop + kHeight << "\"/>\n";
  }

  double x(std::uint64_t cycle) const {
    return kLeft + static_cast<double>(cycle) * kWidth / static_cast<double>(r_.bus_cycles);
  }

  /// A scale that the busiest span fills to a good part.
  unsigned top() const {
    double most = 0;
    for (std::size_t i = 0; i < use_.spans.size(); ++i)
      most = std::max({most, percent(i, &BusBeats::written), percent(i, &BusBeats::read)});
    return most > 50 ? 100 : most > 20 ? 50 : most > 8 ? 20 : 8;
  }

  const RunResult& r_;
  const BusUseResult& use_;
  unsigned top_;  // percent
  std::ostream& out_;
};

}  // namespace

std::string bus_section(const RunResult& r) {
  if (r.device == "none") return {};
  if (r.bus_use.spans.empty() || r.bus_period_ps == 0 || r.bus_cycles == 0)
    return "<p>Not counted: the checkers were off, or no cycle ran.</p>\n";
  std::ostringstream out;
  Chart chart(r, out);
  BusBeats all;
  double busiest = 0;
  for (std::size_t i = 0; i < r.bus_use.spans.size(); ++i) {
    all.written += r.bus_use.spans[i].written;
    all.read += r.bus_use.spans[i].read;
    busiest = std::max(busiest, chart.percent(i, &BusBeats::written));
  }
  const double written = 100.0 * static_cast<double>(all.written) / static_cast<double>(r.bus_cycles);
  out << "<p>" << all.written << " beats written and " << all.read << " read in " << r.bus_cycles
      << " bus cycles: " << tenth(written) << " % of them carry a beat on the write channel, " << tenth(busiest)
      << " % in the busiest span. A beat counts as " << kBeatBytes << " bytes; a point is " << r.bus_use.span_cycles
      << " bus cycles.</p>\n<p class=\"legend\"><span class=\"key written\"></span>written (W channel) <span "
         "class=\"key read\"></span>read (R channel)</p>\n";
  chart.draw();
  out << "<details><summary>The same in numbers</summary>\n";
  open_table(out, "Beats over time",
             {"from bus cycle", "us", "beats written", "% of cycles", "MB/s", "beats read", "% of cycles"});
  for (std::size_t i = 0; i < r.bus_use.spans.size(); ++i) {
    const std::uint64_t from = static_cast<std::uint64_t>(i) * r.bus_use.span_cycles;
    const double w = chart.percent(i, &BusBeats::written), read = chart.percent(i, &BusBeats::read);
    out << "<tr><td>" << from << "<td>" << tenth(chart.us(from)) << "<td>" << r.bus_use.spans[i].written << "<td>"
        << tenth(w) << "<td>" << tenth(chart.rate(w)) << "<td>" << r.bus_use.spans[i].read << "<td>" << tenth(read)
        << "\n";
  }
  close_table(out);
  out << "</details>\n";
  return out.str();
}

}  // namespace p2p::tb
