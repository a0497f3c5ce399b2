#include "tb/model/comparison.h"

#include <cstdio>

namespace p2p::model {
namespace {

std::string hex(std::uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%llX", static_cast<unsigned long long>(value));
  return text;
}

/// Keeps the first that differs.
class Finder {
 public:
  void look(const char* signal, std::uint64_t expected, std::uint64_t found) {
    if (expected != found && difference_.signal.empty()) difference_ = {signal, hex(expected), hex(found)};
  }
  const Difference& difference() const { return difference_; }

 private:
  Difference difference_;
};

void look(Finder& finder, const RegisterOutputs& e, const RegisterOutputs& f) {
  finder.look("s_axil_awready", e.awready, f.awready);
  finder.look("s_axil_wready", e.wready, f.wready);
  finder.look("s_axil_bvalid", e.bvalid, f.bvalid);
  finder.look("s_axil_bresp", e.bresp, f.bresp);
  finder.look("s_axil_arready", e.arready, f.arready);
  finder.look("s_axil_rvalid", e.rvalid, f.rvalid);
  finder.look("s_axil_rdata", e.rdata, f.rdata);
  finder.look("s_axil_rresp", e.rresp, f.rresp);
}

void look(Finder& finder, const MemoryOutputs& e, const MemoryOutputs& f) {
  finder.look("m_axi_awvalid", e.awvalid, f.awvalid);
  finder.look("m_axi_awid", e.awid, f.awid);
  finder.look("m_axi_awaddr", e.awaddr, f.awaddr);
  finder.look("m_axi_awlen", e.awlen, f.awlen);
  finder.look("m_axi_awsize", e.awsize, f.awsize);
  finder.look("m_axi_awburst", e.awburst, f.awburst);
  finder.look("m_axi_awcache", e.awcache, f.awcache);
  finder.look("m_axi_awprot", e.awprot, f.awprot);
  finder.look("m_axi_wvalid", e.wvalid, f.wvalid);
  finder.look("m_axi_wlast", e.wlast, f.wlast);
  finder.look("m_axi_wstrb", e.wstrb, f.wstrb);
  finder.look("m_axi_wdata[63:0]", e.wdata.low, f.wdata.low);
  finder.look("m_axi_wdata[127:64]", e.wdata.high, f.wdata.high);
  finder.look("m_axi_bready", e.bready, f.bready);
  finder.look("m_axi_arvalid", e.arvalid, f.arvalid);
  finder.look("m_axi_arid", e.arid, f.arid);
  finder.look("m_axi_araddr", e.araddr, f.araddr);
  finder.look("m_axi_arlen", e.arlen, f.arlen);
  finder.look("m_axi_arsize", e.arsize, f.arsize);
  finder.look("m_axi_arburst", e.arburst, f.arburst);
  finder.look("m_axi_arcache", e.arcache, f.arcache);
  finder.look("m_axi_arprot", e.arprot, f.arprot);
  finder.look("m_axi_rready", e.rready, f.rready);
}

}  // namespace

Difference first_difference(const BusOutputs& expected, const BusOutputs& found) {
  Finder finder;
  finder.look("intr_o", expected.intr, found.intr);
  look(finder, expected.axil, found.axil);
  look(finder, expected.axi, found.axi);
  return finder.difference();
}

}  // namespace p2p::model
