// Builds of the bench on a netlist that carries mutants (scripts/mutate_rtl.py): which mutant lives, when its run is
// over, and a trace of the output pins, from which the script tells at which cycle a mutant first shows. Other builds:
// nothing.
#pragma once

#include "Vvcap.h"

#ifdef P2P_MUTANTS

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <iostream>

namespace p2p::rtltest {

// Environment: P2P_MUTANT, the mutant's number, 0 none; P2P_CYCLES, bus cycles after which the process ends, 0 never;
// P2P_PINS, a file for the trace.
class MutantRun {
 public:
  // What the process ends with when a mutant was noticed, and when it kept the chip busy for too long.
  static constexpr int kNoticed = 10, kEndless = 11;

  static MutantRun& instance() {
    static MutantRun run;
    return run;
  }
  uint32_t mutant() const { return mutant_; }
  uint32_t next_chip() { return ++chips_; }

  // Before each edge of the bus clock, out of reset. The trace has an entry of 16 bytes for each.
  void cycle(uint32_t chip, uint64_t cycle, const Vvcap& pins) {
    ++cycles_;
    if (limit_ != 0 && cycles_ > limit_) end(kEndless);
    if (trace_ == nullptr) return;
    const struct {
      uint32_t chip, cycle;
      uint64_t pins;
    } entry{chip, static_cast<uint32_t>(cycle), digest(pins)};
    if (std::fwrite(&entry, sizeof entry, 1, trace_) != 1) std::abort();
  }
  // An expectation failed. The chip as it is goes on, to tell every test that does not hold.
  void failed() {
    if (mutant_ != 0) end(kNoticed);
  }
  // The test put values into registers of the chip. Where a mutant sits on one the netlist computes it anew.
  void registers_set() { registers_set_ = true; }
  void test_ends(const testing::TestInfo& test) {
    std::cout << "CYCLES " << test.test_suite_name() << "." << test.name() << " " << cycles_ - before_test_
              << (registers_set_ ? " registers set" : "") << std::endl;
    before_test_ = cycles_;
    registers_set_ = false;
  }

 private:
  MutantRun() : mutant_(static_cast<uint32_t>(number("P2P_MUTANT"))), limit_(number("P2P_CYCLES")) {
    const char* name = std::getenv("P2P_PINS");
    if (name == nullptr) return;
    trace_ = std::fopen(name, "wb");
    if (trace_ == nullptr) std::abort();
  }
  static uint64_t number(const char* variable) {
    const char* text = std::getenv(variable);
    return text == nullptr ? 0 : std::strtoull(text, nullptr, 10);
  }
  [[noreturn]] static void end(int code) {
    std::cout.flush();
    std::fflush(nullptr);
    std::_Exit(code);
  }

  // What is not valid is not seen.
  static uint64_t digest(const Vvcap& p) {
    uint64_t hash = 1;
    add(hash, {p.intr_o, p.s_axis_video_tready, p.s_axil_awready, p.s_axil_wready, p.s_axil_bvalid, p.s_axil_arready,
               p.s_axil_rvalid, p.m_axi_awvalid, p.m_axi_wvalid, p.m_axi_bready, p.m_axi_arvalid, p.m_axi_rready});
    if (p.s_axil_bvalid) add(hash, {p.s_axil_bresp});
    if (p.s_axil_rvalid) add(hash, {p.s_axil_rdata, p.s_axil_rresp});
    if (p.m_axi_awvalid) {
      add(hash, {p.m_axi_awid, p.m_axi_awaddr, p.m_axi_awlen, p.m_axi_awsize, p.m_axi_awburst, p.m_axi_awcache,
                 p.m_axi_awprot});
    }
    if (p.m_axi_arvalid) {
      add(hash, {p.m_axi_arid, p.m_axi_araddr, p.m_axi_arlen, p.m_axi_arsize, p.m_axi_arburst, p.m_axi_arcache,
                 p.m_axi_arprot});
    }
    if (p.m_axi_wvalid) {
      add(hash, {p.m_axi_wstrb, p.m_axi_wlast});
      const auto* bytes = reinterpret_cast<const uint8_t*>(&p.m_axi_wdata);
      for (size_t i = 0; i < P2P_DATA_WIDTH / 8; ++i) {
        if ((p.m_axi_wstrb >> i) & 1) add(hash, {bytes[i]});
      }
    }
    return hash;
  }
  static void add(uint64_t& hash, std::initializer_list<uint64_t> values) {
    for (const uint64_t value : values) {
      hash = (hash ^ value) * 0x9E37'79B9'7F4A'7C15;
      hash ^= hash >> 29;
    }
  }

  uint32_t mutant_;
  uint64_t limit_, cycles_ = 0, before_test_ = 0;
  uint32_t chips_ = 0;
  bool registers_set_ = false;
  std::FILE* trace_ = nullptr;
};

}  // namespace p2p::rtltest

#endif
