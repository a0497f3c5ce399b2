#include "bench/software_chip.h"

#include <algorithm>
#include <stdexcept>

namespace p2p::bench {

SoftwareChip::SoftwareChip(test::FakeHardware& hardware, std::uint64_t frame_ps)
    : hardware_(hardware), frame_ps_(frame_ps) {
  reg(VCAP_ID) = VCAP_ID_VALUE;
  reg(VCAP_VERSION) = VCAP_VERSION_VALUE;
  reg(VCAP_CAPS) = 16u | 3u << 12 | 8u << 16 | 8u << 24;
  reg(VCAP_CLK_KHZ) = static_cast<std::uint32_t>(1'000'000'000 / test::FakeHardware::kBusPeriodPs);
  reg(VCAP_STATUS) = VCAP_STATUS_IDLE;
  hardware.on_read = [this](std::uint64_t physical, unsigned) -> std::uint64_t {
    return read(static_cast<std::uint32_t>(physical - test::FakeHardware::kBar0));
  };
  hardware.on_write = [this](std::uint64_t physical, unsigned, std::uint64_t value) {
    write(static_cast<std::uint32_t>(physical - test::FakeHardware::kBar0), static_cast<std::uint32_t>(value));
    drive_line();
  };
}

std::uint32_t SoftwareChip::read(std::uint32_t offset) const { return reg(offset); }

void SoftwareChip::write(std::uint32_t offset, std::uint32_t value) {
  if (offset == VCAP_INTR_STATE) {
    reg(offset) &= ~value;
    return;
  }
  if (offset == VCAP_CTRL && (value & VCAP_CTRL_SOFT_RESET) != 0) return soft_reset();
  const bool was_enabled = enabled();
  reg(offset) = value;
  if (offset != VCAP_CTRL) return;
  if (was_enabled && !enabled()) reg(VCAP_INTR_STATE) |= VCAP_INTR_DRAINED;
  if (enabled() && !ticking_) {
    ticking_ = true;
    hardware_.after_ps(frame_ps_, [this] { tick(); });
  }
}

void SoftwareChip::soft_reset() {
  for (std::uint32_t offset : {VCAP_CTRL, VCAP_RING_HEAD, VCAP_RING_TAIL, VCAP_CPL_HEAD, VCAP_CPL_TAIL, VCAP_CNT_FRAMES,
                               VCAP_CNT_DROPPED, VCAP_CNT_NOBUF, VCAP_CNT_STARTED}) {
    reg(offset) = 0;
  }
  lost_ = false;
  reg(VCAP_INTR_STATE) = VCAP_INTR_DRAINED;
}

void SoftwareChip::tick() {
  ticking_ = enabled();
  if (!ticking_) return;
  frame();
  drive_line();
  hardware_.after_ps(frame_ps_, [this] { tick(); });
}

void SoftwareChip::frame() {
  ++reg(VCAP_CNT_STARTED);
  const unsigned posted = (reg(VCAP_RING_TAIL) - reg(VCAP_RING_HEAD)) & 0xFFFFu;
  const unsigned records = (reg(VCAP_CPL_HEAD) - reg(VCAP_CPL_TAIL)) & 0xFFFFu;
  if (posted == 0 || records >= 1u << reg(VCAP_CPL_SIZE)) {
    ++reg(VCAP_CNT_DROPPED);
    ++reg(VCAP_CNT_NOBUF);
    ++dropped_;
    lost_ = true;
    return;
  }
  const std::uint64_t ring = base(VCAP_RING_BASE_LO);
  const std::uint32_t size = 1u << reg(VCAP_RING_SIZE);
  auto index = static_cast<std::uint16_t>(reg(VCAP_RING_HEAD));
  VCAP_DESCRIPTOR piece{};
  std::uint16_t cookie = 0;
  for (bool first = true;; first = false, ++index) {
    if (!hardware_.dma_read(ring + std::uint64_t{index % size} * sizeof piece, &piece, sizeof piece)) {
      throw std::logic_error("a descriptor lies where the device has no mapping");
    }
    if (first) cookie = static_cast<std::uint16_t>(piece.Flags >> VCAP_DESC_COOKIE_SHIFT);
    if ((piece.Flags & VCAP_DESC_LAST) != 0) break;
  }
  reg(VCAP_RING_HEAD) = static_cast<std::uint16_t>(index + 1);
  complete(index, cookie, reg(VCAP_FORMAT_STRIDE) * (reg(VCAP_FORMAT_HEIGHT) - 1) + 2 * reg(VCAP_FORMAT_WIDTH));
}

void SoftwareChip::complete(std::uint16_t last, std::uint16_t cookie, std::uint32_t bytes) {
  const std::uint32_t size = 1u << reg(VCAP_CPL_SIZE), head = reg(VCAP_CPL_HEAD);
  VCAP_COMPLETION record{};
  record.Index = last;
  record.Cookie = cookie;
  record.Bytes = bytes;
  record.Flags = (head / size % 2 == 0 ? VCAP_CPL_PHASE : 0u) | (lost_ ? VCAP_CPL_DISCONTINUITY : 0u);
  record.Sequence = reg(VCAP_CNT_STARTED) - 1;
  record.EndTime = hardware_.bus_cycle();
  record.StartTime = record.EndTime - frame_ps_ / test::FakeHardware::kBusPeriodPs / 2;
  hardware_.dma_write(base(VCAP_CPL_BASE_LO) + std::uint64_t{head % size} * sizeof record, &record, sizeof record);
  lost_ = false;
  reg(VCAP_CPL_HEAD) = (head + 1) & 0xFFFFu;
  ++reg(VCAP_CNT_FRAMES);
  ++frames_;
  reg(VCAP_INTR_STATE) |= VCAP_INTR_FRAME_DONE;
}

void SoftwareChip::drive_line() {
  hardware_.set_line(test::FakeHardware::kLine, (reg(VCAP_INTR_STATE) & reg(VCAP_INTR_ENABLE)) != 0);
}

}  // namespace p2p::bench
