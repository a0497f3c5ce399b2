#include "tb/output/gtkwave_save.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <sstream>
#include <string_view>

namespace p2p::tb {

namespace {

// Width of the waves, in the unit of the zoom: 200 pixels.
constexpr double kWaveWidth = 1200.0 / 200;
constexpr std::int64_t kCyclesAround = 60;  // of a violation
constexpr std::int64_t kNoMarker = -1;

struct View {
  std::int64_t begin_ps = 0, end_ps = 1'000'000;
  std::int64_t marker_a = kNoMarker, marker_b = kNoMarker;
};

std::int64_t edge_ps(const Violation& violation, const RunResult& result) {
  const std::uint64_t hz = std::string_view(violation.clock) == "pixel" ? result.pixel_hz : result.bus_hz;
  return std::llround(1e12 / static_cast<double>(hz) * static_cast<double>(violation.cycle));
}

View view_of(const RunResult& result) {
  if (!result.violations.empty() && result.bus_hz != 0 && result.pixel_hz != 0) {
    std::int64_t first = edge_ps(result.violations.front(), result);
    for (const Violation& violation : result.violations) first = std::min(first, edge_ps(violation, result));
    const std::int64_t around = kCyclesAround * static_cast<std::int64_t>(1'000'000'000'000 / result.bus_hz);
    return {std::max<std::int64_t>(0, first - around), first + around, first, kNoMarker};
  }
  if (result.journeys.empty()) return {};
  const FrameJourney& frame = result.journeys.front();
  const auto ps = [](std::uint64_t ns) { return static_cast<std::int64_t>(ns * 1000); };
  const std::int64_t begin = ps(frame.start_ns), end = ps(frame.delivered ? frame.deliver_ns : frame.end_ns);
  if (end <= begin) return {begin, begin + 1'000'000, begin, kNoMarker};
  const std::int64_t margin = (end - begin) / 20;
  return {std::max<std::int64_t>(0, begin - margin), end + margin, begin, frame.delivered ? end : kNoMarker};
}

}  // namespace

std::string gtkwave_save_file(const RunResult& result) {
  const View view = view_of(result);
  std::ostringstream out;
  out << "[dumpfile] \"trace.fst\"\n[savefile] \"trace.gtkw\"\n[timestart] " << view.begin_ps
      << "\n[size] 1700 950\n[pos] -1 -1\n";
  // "*zoom cursor a b ... z": 200 pixels are 2^-zoom units of time.
  out << "*-" << std::fixed << std::log2(std::max(2.0, static_cast<double>(view.end_ps - view.begin_ps) / kWaveWidth))
      << " " << view.marker_a << " " << view.marker_a << " " << view.marker_b;
  for (char marker = 'c'; marker <= 'z'; ++marker) out << " " << kNoMarker;
  out << "\n[sst_width] 220\n[signals_width] 260\n[sst_expanded] 1\n";
  const auto group = [&out](const char* name, std::initializer_list<const char*> signals) {
    out << "@200\n-" << name << "\n";
    for (const char* signal : signals)
      out << (std::string_view(signal).find('[') != std::string_view::npos ? "@22\n" : "@28\n") << "vcap." << signal
          << "\n";
  };
  group("video in", {"pix_clk_i", "s_axis_video_tvalid", "s_axis_video_tready", "s_axis_video_tuser",
                     "s_axis_video_tlast", "s_axis_video_tdata[31:0]"});
  group("interrupt", {"clk_i", "intr_o"});
  group("registers", {"s_axil_awvalid", "s_axil_awaddr[11:0]", "s_axil_wvalid", "s_axil_wdata[31:0]", "s_axil_bvalid",
                      "s_axil_arvalid", "s_axil_araddr[11:0]", "s_axil_rvalid", "s_axil_rdata[31:0]"});
  group("DMA writes", {"m_axi_awvalid", "m_axi_awready", "m_axi_awaddr[63:0]", "m_axi_awlen[7:0]", "m_axi_wvalid",
                       "m_axi_wready", "m_axi_wlast", "m_axi_wdata[63:0]", "m_axi_bvalid", "m_axi_bresp[1:0]"});
  group("descriptor reads", {"m_axi_arvalid", "m_axi_arready", "m_axi_araddr[63:0]", "m_axi_arlen[7:0]", "m_axi_rvalid",
                             "m_axi_rlast", "m_axi_rdata[63:0]"});
  return out.str();
}

}  // namespace p2p::tb
