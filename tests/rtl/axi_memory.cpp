#include "tests/rtl/axi_memory.h"

#include <cstring>
#include <utility>

namespace p2p::rtltest {
namespace {
constexpr uint64_t kPage = 4096;
constexpr uint32_t kBeatBytes = 8;
}  // namespace

AxiMemory::AxiMemory(uint64_t base, size_t size, uint32_t max_burst, uint32_t max_outstanding, uint32_t seed)
    : bytes(size), base_(base), max_burst_(max_burst), max_outstanding_(max_outstanding), random_(seed) {
  for (uint8_t& byte : bytes) byte = random_.byte();
}

bool AxiMemory::contains(uint64_t address, uint64_t length) const {
  return address >= base_ && length <= bytes.size() && address - base_ <= bytes.size() - length;
}

void AxiMemory::violation(const std::string& text, uint64_t cycle) {
  violations.push_back(text + " in bus cycle " + std::to_string(cycle));
}

uint8_t AxiMemory::response_to(uint64_t address, uint64_t length, bool read) const {
  if (!contains(address, length)) return 3;
  for (const Fault& fault : faults) {
    if (fault.read == read && address < fault.end && address + length > fault.begin) return fault.response;
  }
  return 0;
}

void AxiMemory::check_held(Held& held, const char* channel, bool valid, bool ready, std::vector<uint64_t> payload,
                           uint64_t cycle) {
  if (held.waiting && !valid) violation(std::string(channel) + "VALID fell before READY", cycle);
  if (held.waiting && valid && payload != held.payload) {
    violation(std::string(channel) + " payload changed before READY", cycle);
  }
  held.waiting = valid && !ready;
  held.payload = std::move(payload);
}

void AxiMemory::take_address(const Vvcap& dut, uint64_t cycle) {
  const uint64_t address = dut.m_axi_awaddr;
  const uint32_t beats = dut.m_axi_awlen + 1u;
  if (beats > max_burst_) violation("write burst of " + std::to_string(beats) + " beats", cycle);
  if (address / kPage != (address + beats * kBeatBytes - 1) / kPage) violation("write burst crosses 4 KiB", cycle);
  if (dut.m_axi_awsize != 3 || dut.m_axi_awburst != 1) violation("write burst not INCR of full size", cycle);
  if (!contains(address, uint64_t{beats} * kBeatBytes)) violation("write outside memory", cycle);
  bursts.push_back({address, beats, cycle});
  addresses_.push_back({address, beats, {}, 0, 0});
}

// Gives data beats to the addresses in order, whichever came first.
void AxiMemory::match_writes(uint64_t cycle) {
  while (!addresses_.empty() && !beats_.empty()) {
    Write& write = addresses_.front();
    const Beat beat = beats_.front();
    beats_.pop_front();
    write.data.push_back(beat);
    const bool complete = write.data.size() == write.beats;
    if (beat.last != complete) violation("WLAST misplaced", cycle);
    if (!complete) continue;
    write.due = cycle + latency();
    write.response = response_to(write.address, uint64_t{write.beats} * kBeatBytes, false);
    responses_.push_back(std::move(write));
    addresses_.pop_front();
  }
}

void AxiMemory::commit(const Write& write) {
  if (write.response != 0) return;
  uint8_t* to = at(write.address);
  for (const Beat& beat : write.data) {
    for (uint32_t lane = 0; lane < kBeatBytes; ++lane) {
      if ((beat.strobes >> lane) & 1) to[lane] = static_cast<uint8_t>(beat.data >> (8 * lane));
    }
    to += kBeatBytes;
  }
}

void AxiMemory::before_edge(const Vvcap& dut, uint64_t cycle) {
  check_held(held_aw_, "AW", dut.m_axi_awvalid, dut.m_axi_awready, {dut.m_axi_awaddr, dut.m_axi_awlen}, cycle);
  check_held(held_w_, "W", dut.m_axi_wvalid, dut.m_axi_wready, {dut.m_axi_wdata, dut.m_axi_wstrb, dut.m_axi_wlast},
             cycle);
  check_held(held_ar_, "AR", dut.m_axi_arvalid, dut.m_axi_arready, {dut.m_axi_araddr, dut.m_axi_arlen}, cycle);

  if (dut.m_axi_awvalid && dut.m_axi_awready) {
    take_address(dut, cycle);
    ++bursts_offered_;
  }
  if (dut.m_axi_wvalid) {
    const uint64_t offered = bursts_offered_ + (dut.m_axi_awvalid && !dut.m_axi_awready ? 1u : 0u);
    if (w_lasts_ >= offered) violation("W beat before the address of its burst", cycle);
  }
  if (dut.m_axi_wvalid && dut.m_axi_wready) {
    beats_.push_back({dut.m_axi_wdata, dut.m_axi_wstrb, dut.m_axi_wlast != 0});
    write_beat_cycles.push_back(cycle);
    if (dut.m_axi_wlast) ++w_lasts_;
  }
  match_writes(cycle);
  if (addresses_.size() + responses_.size() > max_outstanding_) violation("too many bursts outstanding", cycle);
  if (dut.m_axi_bvalid && dut.m_axi_bready) {
    commit(responses_.front());
    if (responses_.front().response != 0) ++errors_answered;
    responses_.pop_front();
    response_driven_ = false;
    ++responses_taken;
    last_response_cycle = cycle;
  }
  if (dut.m_axi_arvalid && dut.m_axi_arready) {
    const uint64_t address = dut.m_axi_araddr;
    const uint32_t beats = dut.m_axi_arlen + 1u;
    if (address / kPage != (address + beats * kBeatBytes - 1) / kPage) violation("read burst crosses 4 KiB", cycle);
    if (dut.m_axi_arsize != 3 || dut.m_axi_arburst != 1) violation("read burst not INCR of full size", cycle);
    reads_.push_back({address, beats, 0, cycle + latency(), false});
    ++reads_taken;
  }
  if (dut.m_axi_rvalid && dut.m_axi_rready) {
    read_driven_ = false;
    if (dut.m_axi_rresp != 0 && !std::exchange(reads_.front().failed, true)) {
      ++errors_answered;
      failed_read = reads_.front().address;
    }
    if (++reads_.front().sent == reads_.front().beats) {
      reads_.pop_front();
      ++read_bursts_done;
    }
  }
}

void AxiMemory::after_edge(Vvcap& dut, uint64_t cycle) {
  dut.m_axi_awready = !hold_writes && !random_.chance(timing.aw_stall);
  dut.m_axi_wready = !hold_writes && !random_.chance(timing.w_stall);
  dut.m_axi_arready = !hold_reads && !random_.chance(timing.ar_stall);
  if (!response_driven_) response_driven_ = !hold_responses && !responses_.empty() && responses_.front().due <= cycle;
  dut.m_axi_bvalid = response_driven_;
  dut.m_axi_bid = 0;
  dut.m_axi_bresp = response_driven_ ? responses_.front().response : 0;
  if (!read_driven_) {
    read_driven_ = !hold_reads && !reads_.empty() && reads_.front().due <= cycle && !random_.chance(timing.r_stall);
    dut.m_axi_rvalid = read_driven_;
    if (read_driven_) {
      const Read& read = reads_.front();
      const uint64_t address = read.address + uint64_t{read.sent} * kBeatBytes;
      uint64_t data = 0;
      if (contains(address, kBeatBytes)) std::memcpy(&data, at(address), kBeatBytes);
      dut.m_axi_rid = 1;
      dut.m_axi_rdata = data;
      dut.m_axi_rresp = response_to(address, kBeatBytes, true);
      dut.m_axi_rlast = read.sent + 1 == read.beats;
    }
  }
}

}  // namespace p2p::rtltest
