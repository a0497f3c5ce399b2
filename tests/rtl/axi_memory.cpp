#include "tests/rtl/axi_memory.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace p2p::rtltest {
namespace {
constexpr uint64_t kPage = 4096;

// The pins of a beat: an integer of 64 bits, or words of 32.
template <typename Pins>
std::array<uint8_t, kBeatBytes> bytes_of(const Pins& pins) {
  std::array<uint8_t, kBeatBytes> bytes;
  static_assert(sizeof pins == sizeof bytes);
  std::memcpy(bytes.data(), &pins, sizeof bytes);
  return bytes;
}

std::vector<uint64_t> payload_of(const std::array<uint8_t, kBeatBytes>& bytes, uint64_t strobes, uint64_t last) {
  std::vector<uint64_t> payload(bytes.begin(), bytes.end());
  payload.push_back(strobes);
  payload.push_back(last);
  return payload;
}
}  // namespace

AxiMemory::AxiMemory(uint64_t base, size_t size, uint32_t max_burst, uint32_t max_outstanding, uint32_t seed)
    : bytes(size), base_(base), max_burst_(max_burst), max_outstanding_(max_outstanding), random_(seed) {
  for (uint8_t& byte : bytes) byte = random_.byte();
}

void AxiMemory::reset() {
  addresses_.clear();
  beats_.clear();
  responses_.clear();
  reads_.clear();
  response_driven_ = read_driven_ = false;
  held_aw_ = held_w_ = held_ar_ = {};
  bursts_offered_ = w_lasts_ = 0;
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
  if (1u << dut.m_axi_awsize != kBeatBytes || dut.m_axi_awburst != 1)
    violation("write burst not INCR of full size", cycle);
  if (!contains(address, uint64_t{beats} * kBeatBytes)) violation("write outside memory", cycle);
  bursts.push_back({address, beats, cycle});
  const uint8_t id = dut.m_axi_awid;
  const auto same = [id](const Write& write) { return write.id == id; };
  if (std::any_of(addresses_.begin(), addresses_.end(), same) ||
      std::any_of(responses_.begin(), responses_.end(), same)) {
    violation("write burst with the ID of one that is not answered", cycle);
  }
  addresses_.push_back({address, beats, id, {}, 0, 0});
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
      if ((beat.strobes >> lane) & 1) to[lane] = beat.data[lane];
    }
    to += kBeatBytes;
  }
}

void AxiMemory::before_edge(const Vvcap& dut, uint64_t cycle) {
  check_held(held_aw_, "AW", dut.m_axi_awvalid, dut.m_axi_awready, {dut.m_axi_awaddr, dut.m_axi_awlen, dut.m_axi_awid},
             cycle);
  check_held(held_w_, "W", dut.m_axi_wvalid, dut.m_axi_wready,
             payload_of(bytes_of(dut.m_axi_wdata), dut.m_axi_wstrb, dut.m_axi_wlast), cycle);
  check_held(held_ar_, "AR", dut.m_axi_arvalid, dut.m_axi_arready, {dut.m_axi_araddr, dut.m_axi_arlen, dut.m_axi_arid},
             cycle);

  if (dut.m_axi_awvalid && dut.m_axi_awready) {
    take_address(dut, cycle);
    ++bursts_offered_;
  }
  if (dut.m_axi_wvalid) {
    const uint64_t offered = bursts_offered_ + (dut.m_axi_awvalid && !dut.m_axi_awready ? 1u : 0u);
    if (w_lasts_ >= offered) violation("W beat before the address of its burst", cycle);
  }
  if (dut.m_axi_wvalid && dut.m_axi_wready) {
    beats_.push_back({bytes_of(dut.m_axi_wdata), dut.m_axi_wstrb, dut.m_axi_wlast != 0});
    write_beat_cycles.push_back(cycle);
    if (dut.m_axi_wlast) ++w_lasts_;
  }
  match_writes(cycle);
  if (addresses_.size() + responses_.size() > max_outstanding_) violation("too many bursts outstanding", cycle);
  if (dut.m_axi_bvalid && dut.m_axi_bready) {
    const Write& write = responses_[response_];
    commit(write);
    if (write.response != 0 && failed_write_response == 0) {
      failed_write = write.address;
      failed_write_response = write.response;
    }
    if (write.response != 0) ++errors_answered;
    if (response_ != 0) ++answers_out_of_order;
    responses_.erase(responses_.begin() + static_cast<std::ptrdiff_t>(response_));
    response_driven_ = false;
    ++responses_taken;
    last_response_cycle = last_answer_cycle = cycle;
  }
  if (dut.m_axi_arvalid && dut.m_axi_arready) {
    const uint64_t address = dut.m_axi_araddr;
    const uint32_t beats = dut.m_axi_arlen + 1u;
    if (address / kPage != (address + beats * kBeatBytes - 1) / kPage) violation("read burst crosses 4 KiB", cycle);
    if (1u << dut.m_axi_arsize != kBeatBytes || dut.m_axi_arburst != 1)
      violation("read burst not INCR of full size", cycle);
    const uint8_t id = dut.m_axi_arid;
    if (std::any_of(reads_.begin(), reads_.end(), [id](const Read& read) { return read.id == id; })) {
      violation("read burst with the ID of one that is not answered", cycle);
    }
    reads_.push_back({address, beats, 0, id, cycle + latency(), false});
    ++reads_taken;
  }
  if (dut.m_axi_rvalid && dut.m_axi_rready) {
    read_driven_ = false;
    last_answer_cycle = cycle;
    Read& read = reads_[read_];
    if (dut.m_axi_rresp != 0 && !std::exchange(read.failed, true)) {
      ++errors_answered;
      failed_read = read.address;
    }
    if (++read.sent == read.beats) {
      reads_.erase(reads_.begin() + static_cast<std::ptrdiff_t>(read_));
      ++read_bursts_done;
    }
  }
}

// The place of an answer whose time has come; the size if there is none.
template <typename Answer>
size_t AxiMemory::any_due(const std::deque<Answer>& answers, uint64_t cycle) {
  std::vector<size_t> due;
  for (size_t i = 0; i < answers.size(); ++i) {
    if (answers[i].due <= cycle) due.push_back(i);
  }
  if (due.empty()) return answers.size();
  return due[due.size() == 1 ? 0 : random_.between(0, static_cast<uint32_t>(due.size() - 1))];
}

void AxiMemory::after_edge(Vvcap& dut, uint64_t cycle) {
  dut.m_axi_awready = !hold_writes && !random_.chance(timing.aw_stall);
  dut.m_axi_wready = !hold_writes && !random_.chance(timing.w_stall);
  dut.m_axi_arready = !hold_reads && !random_.chance(timing.ar_stall);
  if (!response_driven_ && !hold_responses) {
    response_ = any_due(responses_, cycle);
    response_driven_ = response_ != responses_.size();
  }
  dut.m_axi_bvalid = response_driven_;
  dut.m_axi_bid = response_driven_ ? responses_[response_].id : 0;
  dut.m_axi_bresp = response_driven_ ? responses_[response_].response : 0;
  if (!read_driven_) {
    read_ = any_due(reads_, cycle);
    read_driven_ = !hold_reads && read_ != reads_.size() && !random_.chance(timing.r_stall);
    dut.m_axi_rvalid = read_driven_;
    if (read_driven_) {
      const Read& read = reads_[read_];
      const uint64_t address = read.address + uint64_t{read.sent} * kBeatBytes;
      std::array<uint8_t, kBeatBytes> data{};
      if (contains(address, kBeatBytes)) std::memcpy(data.data(), at(address), kBeatBytes);
      dut.m_axi_rid = read.id;
      std::memcpy(&dut.m_axi_rdata, data.data(), data.size());
      dut.m_axi_rresp = response_to(address, kBeatBytes, true);
      dut.m_axi_rlast = read.sent + 1 == read.beats;
    }
  }
}

}  // namespace p2p::rtltest
