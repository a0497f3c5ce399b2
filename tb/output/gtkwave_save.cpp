#include "tb/output/gtkwave_save.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <optional>
#include <set>
#include <sstream>
#include <string_view>
#include <vector>

#include "tb/wave/bus_signals.h"
#include "tb/wave/dma_signals.h"
#include "tb/wave/irp_signals.h"

namespace p2p::tb {

namespace {

// Width of the waves, in the unit of the zoom: 200 pixels.
constexpr double kWaveWidth = 1200.0 / 200;
constexpr std::int64_t kCyclesAround = 60;  // of a violation
constexpr std::int64_t kNoMarker = -1;
constexpr std::size_t kMarkers = 26;  // A to Z

struct View {
  std::int64_t begin_ps = 0, end_ps = 1'000'000;
  std::vector<std::int64_t> markers;  // A, B, …; the cursor is on A
};

std::int64_t signed_ps(std::uint64_t ps) { return static_cast<std::int64_t>(ps); }

/// When there were violations that the waveform shows; each time once, in order, as many as there are letters.
std::vector<std::int64_t> violations_ps(const RunResult& result) {
  std::set<std::int64_t> times;
  for (const Violation& violation : result.violations) {
    const std::uint64_t ps = violation.time_ps(result.bus_period_ps, result.pixel_period_ps);
    if (!result.traced || (ps >= result.traced->from_ps && ps <= result.traced->to_ps)) times.insert(signed_ps(ps));
  }
  std::vector<std::int64_t> marked(times.begin(), times.end());
  marked.resize(std::min(marked.size(), kMarkers));
  return marked;
}

View view_of(const RunResult& result) {
  if (std::vector<std::int64_t> marked = violations_ps(result); !marked.empty()) {
    const std::int64_t around = kCyclesAround * signed_ps(result.bus_period_ps);
    const std::int64_t first = marked.front(), begin = result.traced ? signed_ps(result.traced->from_ps) : 0;
    return {std::max(begin, first - around), first + around, std::move(marked)};
  }
  if (const std::optional<TracedSpan>& span = result.traced) {
    View view{signed_ps(span->from_ps), signed_ps(span->to_ps), {}};
    if (span->failure_ps) view.markers.push_back(signed_ps(*span->failure_ps));
    return view;
  }
  if (result.journeys.empty()) return {};
  const FrameJourney& frame = result.journeys.front();
  // At the end of a nanosecond what happens in it has happened, and is what a marker shows.
  const auto ps = [](std::uint64_t ns) { return static_cast<std::int64_t>(ns * 1000 + 999); };
  const std::int64_t begin = ps(frame.start_ns), end = ps(frame.delivered ? frame.deliver_ns : frame.end_ns);
  if (end <= begin) return {begin, begin + 1'000'000, {begin}};
  const std::int64_t margin = (end - begin) / 20;
  View view{std::max<std::int64_t>(0, begin - margin), end + margin, {begin}};
  if (frame.delivered) view.markers.push_back(end);
  return view;
}

/// Writes signals under headings, in the way they read best.
class Groups {
 public:
  explicit Groups(std::ostream& out) : out_(out) {}
  void begin(const char* name) { out_ << "@200\n-" << name << "\n"; }
  /// Of the chip, vectors as hexadecimal numbers.
  void chip(std::initializer_list<const char*> signals) {
    for (const char* signal : signals)
      out_ << (std::string_view(signal).find('[') != std::string_view::npos ? "@22\n" : "@28\n") << "vcap." << signal
           << "\n";
  }
  /// Of software or a bus, under the name that a person would say.
  void words(const std::string& name, const std::string& signal) { named("@28", name, signal); }
  void bit(const std::string& name, const std::string& signal) { named("@28", name, signal); }
  void decimal(const std::string& name, const std::string& signal, unsigned bits) {
    named("@24", name, signal + "[" + std::to_string(bits - 1) + ":0]");
  }

 private:
  void named(const char* how, const std::string& name, const std::string& signal) {
    out_ << how << "\n+{" << name << "} " << signal << "\n";
  }
  std::ostream& out_;
};

void frames(Groups& groups, const RunResult& result, const WaveUse& use) {
  groups.begin("frames");
  for (unsigned i = 0; i < use.frame_lanes; ++i) {
    const std::string number = std::to_string(i);
    groups.words("frame " + number, "sw.frame.lane" + number + ".summary");
  }
  groups.begin("checks");
  groups.decimal("violations", "sw.check.violations", 32);
  if (result.bugcheck) groups.words("bug check", "sw.check.bugcheck");
  if (result.violations.empty()) return;
  groups.words("rule", "sw.check.rule");
  groups.words("what", "sw.check.text");
}

void requests(Groups& groups, const WaveUse& use) {
  groups.begin("IRPs");
  for (unsigned i = 0; i < use.irp_lanes; ++i)
    groups.words("IRP " + std::to_string(i), "sw." + IrpSignals::lane_name(i) + ".summary");
  for (const unsigned number : use.pins) {
    const std::string pin = "pin" + std::to_string(number), scope = "sw.ks." + pin + ".";
    groups.begin(("KS pin " + std::to_string(number)).c_str());
    groups.words(pin + " state", scope + "state");
    groups.decimal(pin + " queued", scope + "queued", 16);
    groups.decimal(pin + " leading edge", scope + "leading", 32);
    groups.decimal(pin + " completed", scope + "completed", 32);
  }
}

void processors(Groups& groups, const WaveUse& use) {
  groups.begin("interrupt");
  groups.chip({"clk_i", "intr_o"});
  groups.bit("line at the CPUs", "sw.interrupt.line");
  groups.decimal("messages", "sw.interrupt.messages", 32);
  groups.bit("ISR", "sw.interrupt.isr");
  groups.decimal("DPCs queued", "sw.interrupt.dpcs_queued", 8);
  groups.bit("DPC", "sw.interrupt.dpc");
  groups.begin("CPUs");
  for (unsigned i = 0; i < use.cpus; ++i) {
    const std::string cpu = "cpu" + std::to_string(i);
    for (const char* what : {"irql", "context", "function"}) groups.words(cpu + " " + what, "sw." + cpu + "." + what);
  }
}

void bursts(Groups& groups, bool write, unsigned lanes) {
  for (unsigned i = 0; i < lanes; ++i)
    groups.words((write ? "write " : "read ") + std::to_string(i), BusSignals::lane_name(write, i) + ".summary");
}

void dma_writes(Groups& groups, const WaveUse& use) {
  groups.begin("DMA writes");
  bursts(groups, true, use.write_lanes);
  groups.chip({"m_axi_awvalid", "m_axi_awready", "m_axi_awaddr[63:0]", "m_axi_awlen[7:0]", "m_axi_wvalid",
               "m_axi_wready", "m_axi_wlast"});
  if (use.wide_data) groups.chip({"m_axi_wdata[63:0]"});
  groups.chip({"m_axi_bvalid", "m_axi_bresp[1:0]"});
}

void mappings_and_other_buses(Groups& groups, const WaveUse& use) {
  groups.begin("DMA mappings");
  for (unsigned i = 0; i < use.dma_lanes; ++i)
    groups.words("mapping " + std::to_string(i), "sw." + DmaSignals::lane_name(i) + ".summary");
  groups.begin("descriptor reads");
  bursts(groups, false, use.read_lanes);
  groups.chip(
      {"m_axi_arvalid", "m_axi_arready", "m_axi_araddr[63:0]", "m_axi_arlen[7:0]", "m_axi_rvalid", "m_axi_rlast"});
  if (use.wide_data) groups.chip({"m_axi_rdata[63:0]"});
  groups.begin("registers");
  groups.words("access", "bus.register.access");
  groups.words("last access", "bus.register.done");
  groups.chip({"s_axil_awvalid", "s_axil_awaddr[11:0]", "s_axil_wvalid", "s_axil_wdata[31:0]", "s_axil_bvalid",
               "s_axil_arvalid", "s_axil_araddr[11:0]", "s_axil_rvalid", "s_axil_rdata[31:0]"});
  groups.begin("video in");
  groups.chip({"pix_clk_i", "s_axis_video_tvalid", "s_axis_video_tready", "s_axis_video_tuser", "s_axis_video_tlast"});
  if (use.wide_data) groups.chip({"s_axis_video_tdata[31:0]"});
}

}  // namespace

std::string gtkwave_save_file(const RunResult& result, const WaveUse& use) {
  const View view = view_of(result);
  std::ostringstream out;
  out << "[dumpfile] \"trace.fst\"\n[savefile] \"trace.gtkw\"\n[timestart] " << view.begin_ps
      << "\n[size] 1700 950\n[pos] -1 -1\n";
  // "*zoom cursor a b ... z": 200 pixels are 2^-zoom units of time.
  out << "*-" << std::fixed << std::log2(std::max(2.0, static_cast<double>(view.end_ps - view.begin_ps) / kWaveWidth))
      << " " << (view.markers.empty() ? kNoMarker : view.markers.front());
  for (std::size_t i = 0; i < kMarkers; ++i) out << " " << (i < view.markers.size() ? view.markers[i] : kNoMarker);
  out << "\n[sst_width] 220\n[signals_width] 260\n[sst_expanded] 1\n";
  Groups groups(out);
  frames(groups, result, use);
  dma_writes(groups, use);
  requests(groups, use);
  processors(groups, use);
  mappings_and_other_buses(groups, use);
  return out.str();
}

}  // namespace p2p::tb
