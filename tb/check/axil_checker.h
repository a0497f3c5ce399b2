// AXI4-Lite on `s_axil_*`. References: IHI 0022 (AXI4-Lite is its part B).
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "tb/check/rule.h"

namespace p2p::tb {

class AxiLiteChecker {
 public:
  enum Id { kReset, kAwStable, kWStable, kBStable, kArStable, kRStable, kBAnswers, kRAnswers, kResponse, kCount };

  template <class Pins>
  void cycle(std::uint64_t cycle, const Pins& bus) {
    const auto& p = bus.axil;
    if (!bus.rst_n) {
      ++rules[kReset].exercised;
      if (p.bvalid | p.rvalid) fail(kReset, cycle, "BVALID or RVALID is high during reset");
      waiting_ = 0;
      writes_ = datas_ = reads_ = 0;
      return;
    }
    const unsigned valid =
        static_cast<unsigned>(p.awvalid | p.wvalid << 1 | p.bvalid << 2 | p.arvalid << 3 | p.rvalid << 4);
    if ((valid | waiting_) == 0) return;
    const unsigned ready =
        static_cast<unsigned>(p.awready | p.wready << 1 | p.bready << 2 | p.arready << 3 | p.rready << 4);
    const std::array<std::uint64_t, 5> payload{p.awaddr, std::uint64_t{p.wdata} | std::uint64_t{p.wstrb} << 32, p.bresp,
                                               p.araddr, std::uint64_t{p.rdata} | std::uint64_t{p.rresp} << 32};
    static constexpr std::array<const char*, 5> kNames{"AW", "W", "B", "AR", "R"};
    for (unsigned i = 0; i < 5 && waiting_ != 0; ++i) {
      if ((waiting_ >> i & 1) == 0) continue;
      Rule& rule = rules[kAwStable + i];
      ++rule.exercised;
      if ((valid >> i & 1) == 0) {
        violations.add(rule, "bus", cycle, std::string(kNames[i]) + "VALID fell before its READY");
      } else if (payload[i] != payload_[i]) {
        violations.add(rule, "bus", cycle, std::string(kNames[i]) + " payload changed before its READY");
      }
    }
    waiting_ = valid & ~ready;
    payload_ = payload;
    const unsigned taken = valid & ready;
    if (taken & 1) ++writes_;
    if (taken & 2) ++datas_;
    if (taken & 4) {
      ++rules[kBAnswers].exercised;
      if (writes_ == 0 || datas_ == 0) {
        fail(kBAnswers, cycle, "a write response without an accepted address and data");
      } else {
        --writes_;
        --datas_;
      }
      response(cycle, p.bresp);
    }
    if (taken & 8) ++reads_;
    if (taken & 16) {
      ++rules[kRAnswers].exercised;
      if (reads_ == 0) {
        fail(kRAnswers, cycle, "read data without an accepted address");
      } else {
        --reads_;
      }
      response(cycle, p.rresp);
    }
  }

  std::array<Rule, kCount> rules{{
      {"AXIL_RESET", "IHI0022 A3.1.2", "no VALID of the slave is high while reset is asserted"},
      {"AXIL_AW_STABLE", "IHI0022 A3.2.1", "AWVALID and AWADDR stay until AWREADY"},
      {"AXIL_W_STABLE", "IHI0022 A3.2.1", "WVALID, WDATA and WSTRB stay until WREADY"},
      {"AXIL_B_STABLE", "IHI0022 A3.2.1", "BVALID and BRESP stay until BREADY"},
      {"AXIL_AR_STABLE", "IHI0022 A3.2.1", "ARVALID and ARADDR stay until ARREADY"},
      {"AXIL_R_STABLE", "IHI0022 A3.2.1", "RVALID, RDATA and RRESP stay until RREADY"},
      {"AXIL_B_ANSWERS", "IHI0022 A3.3.1", "a write response follows its address and data"},
      {"AXIL_R_ANSWERS", "IHI0022 A3.3.1", "read data follow their address"},
      {"AXIL_RESPONSE", "IHI0022 B1.1.1", "EXOKAY does not exist on AXI4-Lite"},
  }};
  ViolationLog violations;
  /// cycle() has something to do even if no VALID is high.
  bool waiting() const { return waiting_ != 0; }

 private:
  void response(std::uint64_t cycle, unsigned value) {
    ++rules[kResponse].exercised;
    if (value == 1) fail(kResponse, cycle, "a response is EXOKAY");
  }
  [[gnu::cold]] void fail(Id id, std::uint64_t cycle, std::string text) {
    violations.add(rules[id], "bus", cycle, std::move(text));
  }

  unsigned waiting_ = 0;
  std::array<std::uint64_t, 5> payload_{};
  unsigned writes_ = 0, datas_ = 0, reads_ = 0;
};

}  // namespace p2p::tb
