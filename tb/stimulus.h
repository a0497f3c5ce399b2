// What entered the chip's pins in a run, edge by edge, and a checksum of what left them: enough to put the bare
// Verilated model through the same cycles without the machine around it, and to prove that they were the same.
//
// Two byte streams, one a clock domain. For each rising edge a byte says which groups of inputs changed after that edge
// (the chip acts on them at the next), followed by the new values of those groups, in the order of the bits.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "sim/pins.h"

namespace p2p::tb {

/// Inputs in groups that tend to change together; packed, as in the file, little endian.
struct ResetGroup {
  std::uint8_t rst_n;
};
struct WriteGroup {
  std::uint8_t awready, wready, bvalid, bid, bresp, arready;
};
struct ReadGroup {
  std::uint8_t rdata[8];
  std::uint8_t rvalid, rid, rresp, rlast;
};
struct RegisterGroup {
  std::uint32_t wdata;
  std::uint16_t awaddr, araddr;
  std::uint8_t awprot, awvalid, wstrb, wvalid, bready, arprot, arvalid, rready;
};
struct VideoGroup {
  std::uint32_t tdata;
  std::uint8_t tvalid, tuser, tlast, unused;
};
static_assert(sizeof(WriteGroup) == 6 && sizeof(ReadGroup) == 12 && sizeof(RegisterGroup) == 16 &&
              sizeof(VideoGroup) == 8);

enum StimulusBit : std::uint8_t { kResetBit = 1, kWriteBit = 2, kReadBit = 4, kRegisterBit = 8, kVideoBit = 16 };

/// Sum of the output pins over the cycles it was given, in order.
class OutputSum {
 public:
  template <class Pins>
  void bus(const Pins& pins) {
    const auto& a = pins.axi;
    const auto& l = pins.axil;
    add(a.awaddr);
    add(a.wdata);
    add(a.araddr);
    add(pack(a.awid, a.awlen, a.awsize, a.awburst, a.awcache, a.awprot, a.awvalid, a.wvalid));
    add(pack(a.arid, a.arlen, a.arsize, a.arburst, a.arcache, a.arprot, a.arvalid, a.rready));
    add(pack(a.wstrb, a.wlast, a.bready, pins.intr, l.awready, l.wready, l.arready, l.bvalid));
    add(pack(l.bresp, l.rresp, l.rvalid, 0, 0, 0, 0, 0) | std::uint64_t{l.rdata} << 32);
  }
  template <class Pins>
  void pixel(const Pins& pins) {
    add(pins.tready);
  }
  std::uint64_t value() const { return value_; }

 private:
  static std::uint64_t pack(std::uint64_t a, std::uint64_t b, std::uint64_t c, std::uint64_t d, std::uint64_t e,
                            std::uint64_t f, std::uint64_t g, std::uint64_t h) {
    return a | b << 8 | c << 16 | d << 24 | e << 32 | f << 40 | g << 48 | h << 56;
  }
  void add(std::uint64_t word) {
    value_ = (value_ ^ word) * 0x9E3779B97F4A7C15u;
    value_ ^= value_ >> 29;
  }
  std::uint64_t value_ = 0;
};

/// A whole recorded run.
struct Stimulus {
  /// Of the bus cycles, every this many-th enters `sparse_sum`: cheap enough to be checked while the clock is running.
  static constexpr std::uint64_t kSparse = 1024;

  std::uint64_t seed = 0;  ///< of the model's registers before reset, as VerilatedContext::randSeed takes it
  std::uint64_t bus_period_ps = 0, pixel_period_ps = 0;
  std::uint64_t bus_cycles = 0, pixel_cycles = 0;
  std::uint64_t full_sum = 0, sparse_sum = 0;
  std::uint64_t frames = 0;  ///< starts of frame accepted at the pins
  std::vector<std::uint8_t> bus, pixel;

  /// Throw std::runtime_error with one line that names the file.
  void save(const std::string& path) const;
  static Stimulus load(const std::string& path);
};

/// Observer half that records. Call once an edge with the pins before that edge.
class StimulusRecorder {
 public:
  template <class Pins>
  void bus_cycle(std::uint64_t cycle, const Pins& p) {
    const ResetGroup reset{p.rst_n};
    const WriteGroup write{p.axi.awready, p.axi.wready, p.axi.bvalid, p.axi.bid, p.axi.bresp, p.axi.arready};
    ReadGroup read{{}, p.axi.rvalid, p.axi.rid, p.axi.rresp, p.axi.rlast};
    const std::uint64_t rdata = p.axi.rdata;
    std::memcpy(read.rdata, &rdata, sizeof rdata);
    const auto& l = p.axil;
    const RegisterGroup registers{l.wdata,  l.awaddr, l.araddr, l.awprot,  l.awvalid, l.wstrb,
                                  l.wvalid, l.bready, l.arprot, l.arvalid, l.rready};
    Entry entry(stimulus_.bus, stimulus_.bus_cycles == 0);
    entry.add(kResetBit, reset, bus_reset_);
    entry.add(kWriteBit, write, write_);
    entry.add(kReadBit, read, read_);
    entry.add(kRegisterBit, registers, registers_);
    full_.bus(p);
    if (cycle % Stimulus::kSparse == 0) sparse_.bus(p);
    ++stimulus_.bus_cycles;
  }
  template <class Pins>
  void pixel_cycle(std::uint64_t /*cycle*/, const Pins& p) {
    const ResetGroup reset{p.rst_n};
    const VideoGroup video{p.tdata, p.tvalid, p.tuser, p.tlast, 0};
    Entry entry(stimulus_.pixel, stimulus_.pixel_cycles == 0);
    entry.add(kResetBit, reset, pixel_reset_);
    entry.add(kVideoBit, video, video_);
    full_.pixel(p);
    ++stimulus_.pixel_cycles;
    stimulus_.frames += p.tvalid & p.tready & p.tuser & 1;
  }
  Stimulus finish(std::uint64_t seed, std::uint64_t bus_period_ps, std::uint64_t pixel_period_ps);

 private:
  /// One edge's byte and what follows it.
  class Entry {
   public:
    Entry(std::vector<std::uint8_t>& out, bool first) : out_(out), at_(out.size()), first_(first) { out.push_back(0); }
    template <class Group>
    void add(std::uint8_t bit, const Group& now, Group& before) {
      if (!first_ && std::memcmp(&now, &before, sizeof now) == 0) return;
      before = now;
      out_[at_] |= bit;
      const auto* bytes = reinterpret_cast<const std::uint8_t*>(&now);
      out_.insert(out_.end(), bytes, bytes + sizeof now);
    }

   private:
    std::vector<std::uint8_t>& out_;
    std::size_t at_;
    bool first_;
  };

  Stimulus stimulus_;
  OutputSum full_, sparse_;
  ResetGroup bus_reset_{}, pixel_reset_{};
  WriteGroup write_{};
  ReadGroup read_{};
  RegisterGroup registers_{};
  VideoGroup video_{};
};

}  // namespace p2p::tb
