// AXI4 on `m_axi_*`, every cycle, both directions. References: IHI 0022 (AXI4).
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "tb/check/rule.h"

namespace p2p::tb {

struct Axi4Limits {
  unsigned max_burst = 16;
  unsigned max_outstanding = 8;
};

class Axi4Checker {
 public:
  enum Id {
    kReset,
    kAwStable,
    kWStable,
    kBStable,
    kArStable,
    kRStable,
    kAw4k,
    kAr4k,
    kAwLegal,
    kArLegal,
    kWLast,
    kBAnswers,
    kRAnswers,
    kRLast,
    kResponse,
    kShape,
    kWStrobe,
    kMaxBurst,
    kMaxOutstanding,
    kCount
  };

  explicit Axi4Checker(const Axi4Limits& limits = {}) : limits_(limits) {}

  template <class Pins>
  void cycle(std::uint64_t cycle, const Pins& bus) {
    const auto& p = bus.axi;
    if (!bus.rst_n) {
      ++rules[kReset].exercised;
      if (p.awvalid | p.wvalid | p.arvalid) fail(kReset, cycle, "AWVALID, WVALID or ARVALID is high during reset");
      forget();
      return;
    }
    const unsigned valid = p.awvalid | p.wvalid | p.bvalid | p.arvalid | p.rvalid;
    if ((valid | waiting_) == 0) return;
    stable(kAwStable, cycle, aw_, p.awvalid, p.awready, "AW", [&] {
      return Payload{p.awaddr, pack(p.awid, p.awlen, p.awsize, p.awburst, p.awprot, p.awcache)};
    });
    stable(kWStable, cycle, w_, p.wvalid, p.wready, "W", [&] {
      return Payload{p.wdata, pack(p.wstrb, p.wlast, 0, 0, 0, 0)};
    });
    stable(kBStable, cycle, b_, p.bvalid, p.bready, "B", [&] { return Payload{0, pack(p.bid, p.bresp, 0, 0, 0, 0)}; });
    stable(kArStable, cycle, ar_, p.arvalid, p.arready, "AR", [&] {
      return Payload{p.araddr, pack(p.arid, p.arlen, p.arsize, p.arburst, p.arprot, p.arcache)};
    });
    stable(kRStable, cycle, r_, p.rvalid, p.rready, "R", [&] {
      return Payload{p.rdata, pack(p.rid, p.rresp, p.rlast, 0, 0, 0)};
    });
    waiting_ = aw_.waiting | w_.waiting | b_.waiting | ar_.waiting | r_.waiting;
    if (p.awvalid & p.awready) write_address(cycle, p.awaddr, p.awlen, p.awsize, p.awburst, p.awid);
    if (p.wvalid & p.wready) {
      ++beats;
      write_beat(cycle, p.wstrb, p.wlast);
    }
    if (p.bvalid & p.bready) write_response(cycle, p.bid, p.bresp);
    if (p.arvalid & p.arready) read_address(cycle, p.araddr, p.arlen, p.arsize, p.arburst, p.arid);
    if (p.rvalid & p.rready) {
      ++beats;
      read_beat(cycle, p.rid, p.rresp, p.rlast);
    }
  }

  std::array<Rule, kCount> rules{{
      {"AXI4_RESET", "IHI0022 A3.1.2", "no VALID of the master is high while reset is asserted"},
      {"AXI4_AW_STABLE", "IHI0022 A3.2.1", "AWVALID and its payload stay until AWREADY"},
      {"AXI4_W_STABLE", "IHI0022 A3.2.1", "WVALID and its payload stay until WREADY"},
      {"AXI4_B_STABLE", "IHI0022 A3.2.1", "BVALID and its payload stay until BREADY"},
      {"AXI4_AR_STABLE", "IHI0022 A3.2.1", "ARVALID and its payload stay until ARREADY"},
      {"AXI4_R_STABLE", "IHI0022 A3.2.1", "RVALID and its payload stay until RREADY"},
      {"AXI4_AW_4K", "IHI0022 A3.4.1", "a write burst does not cross a 4 KiB boundary"},
      {"AXI4_AR_4K", "IHI0022 A3.4.1", "a read burst does not cross a 4 KiB boundary"},
      {"AXI4_AW_LEGAL", "IHI0022 A3.4.1", "AWBURST is not reserved and AWSIZE not wider than the bus"},
      {"AXI4_AR_LEGAL", "IHI0022 A3.4.1", "ARBURST is not reserved and ARSIZE not wider than the bus"},
      {"AXI4_W_LAST", "IHI0022 A3.2.2", "WLAST is on exactly the last beat of its burst"},
      {"AXI4_B_ANSWERS", "IHI0022 A3.3.1",
       "a write response answers, by ID, a burst whose address and last beat were accepted"},
      {"AXI4_R_ANSWERS", "IHI0022 A3.3.1", "read data answer, by ID, an accepted read address"},
      {"AXI4_R_LAST", "IHI0022 A3.2.2", "RLAST is on exactly the last beat of its burst"},
      {"AXI4_RESPONSE", "IHI0022 A3.4.4", "no EXOKAY without an exclusive access"},
      {"AXI4_SHAPE", "docs/registers.md, Pins", "every burst is INCR, of full size, from an aligned address"},
      {"AXI4_W_STROBE", "docs/registers.md, Pins", "the strobes of a beat name at least one byte and form one run"},
      {"AXI4_MAX_BURST", "docs/registers.md, CAPS", "no burst is longer than CAPS.MAX_BURST"},
      {"AXI4_MAX_OUTSTANDING", "docs/registers.md, CAPS",
       "no more write bursts are outstanding than CAPS.MAX_OUTSTANDING"},
  }};
  ViolationLog violations;
  std::uint64_t beats = 0;
  /// cycle() has something to do even if no VALID is high.
  bool waiting() const { return waiting_ != 0; }

 private:
  struct Payload {
    std::uint64_t wide = 0, narrow = 0;
    bool operator==(const Payload&) const = default;
  };
  struct Channel {
    unsigned waiting = 0;
    Payload payload{};
  };
  static std::uint64_t pack(std::uint64_t a, std::uint64_t b, std::uint64_t c, std::uint64_t d, std::uint64_t e,
                            std::uint64_t f) {
    return a | b << 8 | c << 16 | d << 24 | e << 32 | f << 40;
  }
  /// `payload()` is gathered only for a channel that waits or begins to: most handshakes take one cycle.
  template <class Gather>
  void stable(Id id, std::uint64_t cycle, Channel& channel, unsigned valid, unsigned ready, const char* name,
              Gather payload) {
    const unsigned waits = valid & static_cast<unsigned>(!ready);
    if (channel.waiting | waits) wait_on(id, cycle, channel, valid, waits, name, payload());
  }
  void wait_on(Id id, std::uint64_t cycle, Channel& channel, unsigned valid, unsigned waits, const char* name,
               const Payload& now);
  void write_address(std::uint64_t cycle, std::uint64_t address, unsigned len, unsigned size, unsigned burst,
                     unsigned id);
  void read_address(std::uint64_t cycle, std::uint64_t address, unsigned len, unsigned size, unsigned burst,
                    unsigned id);
  void address(Id legal, Id page, std::uint64_t cycle, std::uint64_t address, unsigned len, unsigned size,
               unsigned burst);
  void write_beat(std::uint64_t cycle, unsigned strobes, bool last);
  void match_write(std::uint64_t cycle);
  void write_response(std::uint64_t cycle, unsigned id, unsigned response);
  void read_beat(std::uint64_t cycle, unsigned id, unsigned response, bool last);
  [[gnu::cold]] void fail(Id id, std::uint64_t cycle, std::string text) {
    violations.add(rules[id], "bus", cycle, std::move(text));
  }
  void forget();

  static constexpr unsigned kIds = 16, kRing = 64;
  struct Burst {
    std::uint16_t beats;
    std::uint8_t id;
  };
  Axi4Limits limits_;
  Channel aw_, w_, b_, ar_, r_;
  unsigned waiting_ = 0;
  std::array<Burst, kRing> addresses_{};  // write addresses whose data is not complete
  unsigned address_head_ = 0, address_count_ = 0;
  std::array<std::uint16_t, kRing> ended_{};  // data bursts that ended before their address came
  unsigned ended_head_ = 0, ended_count_ = 0;
  unsigned w_beats_ = 0;
  unsigned outstanding_ = 0;                 // addresses without response
  std::array<unsigned, kIds> answerable_{};  // complete bursts without response, by ID
  struct ReadQueue {
    std::array<std::uint16_t, kRing> beats;
    unsigned head, count, done;
  };
  std::array<ReadQueue, kIds> reads_{};
};

}  // namespace p2p::tb
