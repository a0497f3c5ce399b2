// report.html and trace.gtkw.
#include <sstream>

#include "tb/output/summary.h"

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
    "table{border-collapse:collapse;margin:.6rem 0 1.6rem}th,td{padding:.25rem "
    ".7rem;text-align:right;border-bottom:1px solid #8884}"
    "th:first-child,td:first-child,td.t,th.t{text-align:left}.pass{color:#1a7f37}.fail{color:#cf222e}"
    ".verdict{font-size:1.6rem;font-weight:600}code{font-size:.95em}@media(prefers-color-scheme:dark){.pass{color:#"
    "3fb950}.fail{color:#ff7b72}}";
}  // namespace

std::string report_html(const RunResult& r) {
  std::ostringstream out;
  out << "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>pin2pin: " << (r.pass() ? "pass" : "fail")
      << "</title><style>" << kStyle << "</style><body>\n<p class=\"verdict "
      << (r.pass() ? "pass\">PASS" : "fail\">FAIL") << "</p>\n<p>" << r.sent << " frames sent, " << r.delivered
      << " delivered, " << r.dropped << " dropped by the device, " << r.mismatched << " mismatched. " << r.bus_cycles
      << " bus cycles and " << r.pixel_cycles << " pixel cycles checked; " << r.violations.size()
      << " violations.</p>\n<p>source <code>" << escape(r.source) << "</code>, " << r.width << "x" << r.height
      << ", driver <code>" << escape(r.driver) << "</code>, seed " << r.seed << ", simulated " << r.sim_time_ns / 1000
      << " us</p>\n";
  if (r.bugcheck) {
    out << "<h2 class=\"fail\">Bug check 0x" << std::hex << r.bugcheck->code << std::dec << " "
        << escape(r.bugcheck->rule) << "</h2><p>" << escape(r.bugcheck->message) << " (bus cycle "
        << r.bugcheck->bus_cycle << ")</p>\n";
  }
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
  out << "<h2>Latency, ns</h2><table><tr><th>hop<th>p50<th>p99<th>max<th>frames</tr>\n";
  for (const HopLatency& hop : r.latencies) {
    out << "<tr><td>" << hop.hop << "<td>" << hop.p50 << "<td>" << hop.p99 << "<td>" << hop.max << "<td>" << hop.samples
        << "</tr>\n";
  }
  out << "</table>\n<h2>Frames</h2><p>Each hop in ns after the frame's first beat at the "
         "pins.</p><table><tr><th>frame<th>IRP<th>start, bus cycle"
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
  out << "</table>\n<h2>IRPs and "
         "interrupts</h2><table><tr><th>issued<th>completed<th>cancelled<th>outstanding<th>interrupts<th>ISR "
         "calls<th>DPCs<th>spurious</tr><tr><td>"
      << r.kernel.irps_issued << "<td>" << r.kernel.irps_completed << "<td>" << r.kernel.irps_cancelled << "<td>"
      << r.kernel.irps_outstanding << "<td>" << r.interrupts_asserted << "<td>" << r.kernel.isr_calls << "<td>"
      << r.kernel.dpcs << "<td>" << r.kernel.spurious
      << "</tr></table>\n<h2>Checks</h2><table><tr><th>rule<th>exercised<th>violated<th class=\"t\">says<th "
         "class=\"t\">reference</tr>\n";
  for (const Rule& rule : r.rules) {
    out << "<tr><td>" << rule.name << "<td>" << rule.exercised << "<td>" << rule.violated << "<td class=\"t\">"
        << escape(rule.text) << "<td class=\"t\">" << escape(rule.reference) << "</tr>\n";
  }
  out << "</table></body></html>\n";
  return out.str();
}

std::string gtkwave_save_file() {
  std::ostringstream out;
  out << "[dumpfile] \"trace.fst\"\n[savefile] \"trace.gtkw\"\n[timestart] 0\n[sst_width] 220\n[signals_width] "
         "260\n[sst_expanded] 1\n";
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
