#include "tb/report/rule_places.h"

#include <algorithm>
#include <array>

namespace p2p::tb {
namespace {

constexpr RtlPort kPorts[] = {
#include "rtl_ports.inc"
};

struct RulePorts {
  std::string_view rule;  // or how the rules begin
  std::array<std::string_view, 5> ports;
};

/// The first that fits counts.
constexpr RulePorts kRules[] = {
    {"AXI4_RESET", {"m_axi_awvalid", "m_axi_wvalid", "m_axi_arvalid"}},
    {"AXI4_RESPONSE", {"m_axi_bresp", "m_axi_rresp"}},
    {"AXI4_SHAPE", {"m_axi_awburst", "m_axi_awsize", "m_axi_awaddr", "m_axi_arburst", "m_axi_araddr"}},
    {"AXI4_MAX_BURST", {"m_axi_awlen", "m_axi_arlen"}},
    {"AXI4_MAX_OUTSTANDING", {"m_axi_awvalid", "m_axi_bvalid"}},
    {"AXI4_AW_", {"m_axi_awvalid", "m_axi_awready", "m_axi_awaddr", "m_axi_awlen", "m_axi_awid"}},
    {"AXI4_W_", {"m_axi_wvalid", "m_axi_wready", "m_axi_wdata", "m_axi_wstrb", "m_axi_wlast"}},
    {"AXI4_B_", {"m_axi_bvalid", "m_axi_bready", "m_axi_bid", "m_axi_bresp"}},
    {"AXI4_AR_", {"m_axi_arvalid", "m_axi_arready", "m_axi_araddr", "m_axi_arlen", "m_axi_arid"}},
    {"AXI4_R_", {"m_axi_rvalid", "m_axi_rready", "m_axi_rid", "m_axi_rresp", "m_axi_rlast"}},
    {"AXIL_RESET", {"s_axil_bvalid", "s_axil_rvalid"}},
    {"AXIL_RESPONSE", {"s_axil_bresp", "s_axil_rresp"}},
    {"AXIL_AW_", {"s_axil_awvalid", "s_axil_awready", "s_axil_awaddr"}},
    {"AXIL_W_", {"s_axil_wvalid", "s_axil_wready", "s_axil_wdata", "s_axil_wstrb"}},
    {"AXIL_B_", {"s_axil_bvalid", "s_axil_bready", "s_axil_bresp"}},
    {"AXIL_AR_", {"s_axil_arvalid", "s_axil_arready", "s_axil_araddr"}},
    {"AXIL_R_", {"s_axil_rvalid", "s_axil_rready", "s_axil_rdata", "s_axil_rresp"}},
    {"AXIS_RESET", {"s_axis_video_tvalid"}},
    {"AXIS_SOF_FIRST", {"s_axis_video_tuser", "s_axis_video_tvalid"}},
    {"AXIS_", {"s_axis_video_tvalid", "s_axis_video_tready", "s_axis_video_tdata", "s_axis_video_tuser"}},
    {"INTR_SHOWN", {"intr_o", "s_axil_rdata"}},
    {"INTR_CAUSE", {"intr_o", "s_axil_rdata"}},
    {"INTR_SEEN", {"s_axil_wdata", "s_axil_rdata"}},
    {"INTR_", {"intr_o"}},
    {"CPL_SLOT", {"m_axi_awaddr"}},
    {"CPL_AFTER_DATA", {"m_axi_awvalid", "m_axi_wvalid", "m_axi_bvalid"}},
    {"CPL_", {"m_axi_wdata", "m_axi_wvalid"}},
    {"FRAME_RECORD", {"m_axi_wdata"}},
};

RtlPort port(std::string_view name) {
  const auto* found =
      std::find_if(std::begin(kPorts), std::end(kPorts), [name](const RtlPort& p) { return p.name == name; });
  return found == std::end(kPorts) ? RtlPort{} : *found;
}

}  // namespace

std::vector<RtlPort> rule_ports(std::string_view rule, std::string_view text) {
  std::vector<RtlPort> ports;
  const auto add = [&ports](std::string_view name) {
    if (const RtlPort found = port(name); found.line != 0) ports.push_back(found);
  };
  if (rule == "MODEL_OUTPUT") {
    add(text.substr(0, text.find_first_of(" [")));
    return ports;
  }
  const auto* found = std::find_if(std::begin(kRules), std::end(kRules),
                                   [rule](const RulePorts& r) { return rule.starts_with(r.rule); });
  if (found == std::end(kRules)) return ports;
  for (const std::string_view name : found->ports) add(name);
  return ports;
}

}  // namespace p2p::tb
